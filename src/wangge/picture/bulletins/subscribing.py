"""Who is told of bulletins 订阅: people for themselves, or a desk for others and for the robot of a group."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import lru_cache
from uuid import UUID

from django.db import transaction

from wangge.ground.accounts.queries import people, people_who_may, recipients
from wangge.ground.areas.permission import may, require
from wangge.ground.areas.tree import tree
from wangge.ground.journal import services as journal
from wangge.ground.journal.readers import Event
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import InputInvalid, NotFound, PdfUnavailable
from wangge.picture.bulletins import events
from wangge.picture.bulletins.models import Bulletin, Subscription
from wangge.picture.bulletins.paper import WORD
from wangge.picture.bulletins.pdf import PDF, as_pdf
from wangge.picture.bulletins.queries import content_of
from wangge.picture.bulletins.word import as_docx
from wangge.spine.messaging.channels import CHANNELS
from wangge.spine.messaging.channels.contract import Attachment
from wangge.spine.messaging.services import Notice, notify_many
from wangge.spine.messaging.templates import wording

ATTACHED = ("", "word", "pdf")


@transaction.atomic
def subscribe(
    *,
    actor: Actor,
    response_id: UUID,
    area_id: UUID,
    person_id: UUID,
    channels: Collection[str],
    attach: str,
    now: datetime,
) -> Subscription:
    """Tell somebody of an area's bulletins from now on; subscribed already, the channels change.

    Everybody for themselves where they see the figures; others, and programs such as a group's robot, by whoever
    may issue the area's bulletins.
    """
    require(actor, "figure.view" if person_id == actor.person_id else "bulletin.issue", area_id)
    reached = recipients([person_id]).get(person_id)
    if reached is None:
        raise NotFound(what="账号")
    if not reached.is_program and person_id not in people_who_may([person_id], "figure.view", area_id, now):
        zh, en = "此人看不到本区域的数据，不能订阅。", "This person may not see the figures of the area."
        raise InputInvalid(field="person", why_zh=zh, why_en=en)
    chosen = [name for name in CHANNELS if name in channels]
    unreached = [name for name in chosen if not CHANNELS[name].reaches(reached)]
    if not chosen or unreached:
        zh = "请至少选择一种送达方式。" if not chosen else "该账号没有登记这种送达方式的地址。"
        en = "Choose at least one way." if not chosen else "The account has no address for this way."
        raise InputInvalid(field="channels", why_zh=zh, why_en=en)
    if attach not in ATTACHED:
        raise InputInvalid(field="attach", why_zh="请从列表中选择。", why_en="Choose one from the list.")
    subscription, fresh = Subscription.objects.get_or_create(
        response_id=response_id,
        area_id=area_id,
        person_id=person_id,
        until=None,
        defaults={"channels": chosen, "attach": attach, "since": now},
    )
    if fresh or (subscription.channels, subscription.attach) != (chosen, attach):
        Subscription.objects.filter(id=subscription.id).update(channels=chosen, attach=attach)
        _record(events.SUBSCRIBED, subscription, actor, now, channels=chosen, attach=attach)
    return subscription


@transaction.atomic
def unsubscribe(*, actor: Actor, subscription_id: UUID, now: datetime) -> None:
    """End a subscription: one's own, or as whoever may issue the area's bulletins. Ended twice, nothing changes."""
    found = Subscription.objects.filter(id=subscription_id).first()
    own = found is not None and actor.person_id is not None and found.person_id == actor.person_id
    if found is None or not (own or may(actor, "bulletin.issue", found.area_id)):
        raise NotFound(what="订阅")
    if Subscription.objects.filter(id=subscription_id, until__isnull=True).update(until=now):
        _record(events.UNSUBSCRIBED, found, actor, now)


def subscriptions(*, actor: Actor, response_id: UUID, area_id: UUID) -> list[Subscription]:
    """Who is told of an area's bulletins, for whoever may issue them."""
    require(actor, "bulletin.issue", area_id)
    rows = Subscription.objects.filter(response_id=response_id, area_id=area_id, until__isnull=True)
    return list(rows.select_related("person").order_by("since", "id"))


def subscriptions_of(person_id: UUID, response_id: UUID) -> list[Subscription]:
    """What somebody is told of, wherever that is."""
    rows = Subscription.objects.filter(response_id=response_id, person_id=person_id, until__isnull=True)
    return list(rows.order_by("since", "id"))


def person_named(username: str) -> UUID:
    """The account with a sign-in name. Raises InputInvalid at the field."""
    found = people().filter(username=username.strip().lower(), is_active=True).values_list("id", flat=True).first()
    if found is None:
        raise InputInvalid(field="person", why_zh="没有这个账号。", why_en="There is no such account.")
    return found


def _record(type_: str, subscription: Subscription, actor: Actor, now: datetime, **data: object) -> None:
    journal.record(
        type_,
        at=now,
        actor_id=actor.person_id,
        area_id=subscription.area_id,
        subject_id=subscription.id,
        response_id=subscription.response_id,
        person=str(subscription.person_id),
        **data,
    )


# -- telling them ------------------------------------------------------------------------------------


def tell_subscribers(happened: list[Event], now: datetime) -> None:
    """Tell the subscribers of every bulletin that was issued, each once on every channel chosen.

    Those who may no longer see the figures of the area are passed over; their subscription rests until they may.
    """
    for bulletin in Bulletin.objects.filter(id__in=[event.subject_id for event in happened]).defer("content"):
        rows = list(
            Subscription.objects.filter(
                response_id=bulletin.response_id, area_id=bulletin.area_id, until__isnull=True
            ).select_related("person")
        )
        allowed = people_who_may([row.person_id for row in rows], "figure.view", bulletin.area_id, now)
        notify_many(
            [
                Notice(
                    person_id=row.person_id,
                    about=f"bulletin:{bulletin.id}",
                    template=BULLETIN_ISSUED,
                    params=_params(bulletin, row.attach),
                    subject_id=bulletin.id,
                    exercise=bulletin.exercise,
                    channels=frozenset(row.channels),
                )
                for row in rows
                if row.person.is_program or row.person_id in allowed
            ],
            now=now,
        )


def _params(bulletin: Bulletin, attach: str) -> dict[str, object]:
    return {
        "bulletin": str(bulletin.id),
        "scope": tree().path_name(bulletin.area_id),
        "serial": bulletin.serial,
        "cutoff": f"{local(bulletin.cutoff):%Y-%m-%d %H:%M}",
        "attach": attach,
    }


def _attached(params: dict[str, object]) -> list[Attachment]:
    """The bulletin as the subscriber wants it; Word where PDF cannot be made on this machine."""
    if not params["attach"]:
        return []
    return [_written(UUID(str(params["bulletin"])), str(params["attach"]))]


@lru_cache(maxsize=8)
def _written(bulletin_id: UUID, form: str) -> Attachment:
    # An issued bulletin never changes, so what was written for one subscriber serves all of them.
    bulletin = Bulletin.objects.get(id=bulletin_id)
    content = content_of(bulletin)
    name = f"bulletin-{content.area_code}-{bulletin.serial:03d}"
    if form == "pdf":
        try:
            return Attachment(f"{name}.pdf", as_pdf(content), PDF)
        except PdfUnavailable:
            pass
    return Attachment(f"{name}.docx", as_docx(content), WORD)


BULLETIN_ISSUED = wording(
    "bulletin.issued",
    "{scope}第{serial}期战报已发布（截至{cutoff}）。请点链接查看；如不再需要，可在战报设置页退订。",
    "Bulletin no. {serial} of {scope} to {cutoff} is issued. The link opens it; on the settings of bulletins you may "
    "unsubscribe.",
    link="/bulletin/issued/{bulletin}",
    attached=_attached,
)
