"""Duty times 值班时段: what a published roster puts into force at posts, and who came."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from wangge.ground.accounts import events
from wangge.ground.accounts.models import DutyTime, Post, RosteredTime
from wangge.ground.areas.permission import require
from wangge.ground.journal import services as journal
from wangge.ground.kernel.bulk import insert_rows
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import InputInvalid, NotFound, NotOnDuty

EARLY = timedelta(hours=1)  # so long before the start somebody may check in
LATE = timedelta(minutes=15)  # so long after it they are late, where a roster says nothing else
LATE_AT_ONCE = 200


class Duty(NamedTuple):
    """Somebody's duty at a post, from when to when."""

    post_id: UUID
    person_id: UUID
    since: datetime
    until: datetime


@transaction.atomic
def duties_replace(
    *,
    actor: Actor,
    post_ids: Collection[UUID],
    since: datetime,
    until: datetime,
    duties: Iterable[Duty],
    now: datetime,
    late: timedelta = LATE,
) -> int:
    """Put a roster into force at some posts for a period: these duties take the place of what was there.

    A duty that was there already keeps its check-in; one that has begun and is no longer wanted ends now; what is
    over stays as it was. Who has not come `late` after the start is told of. Returns how many duties were added,
    taken away or changed.
    """
    posts = _posts(actor, post_ids)
    since = max(since, now)
    if until <= since:
        raise InputInvalid(field="until", why_zh="排班期已经过去。", why_en="The period of the roster is over.")
    wanted = {duty[:3]: duty.until for duty in duties if duty.until > since}
    strangers = {post_id for post_id, *_ in wanted} - set(posts)
    if strangers:
        raise InputInvalid(
            field="duties", why_zh="有的时段不属于这些岗位。", why_en="Some duties belong to other posts."
        )
    changed = _drop_all_but(wanted, posts, since, until, now)
    rows = [(*key, end, max(key[2], now) + late) for key, end in wanted.items()]
    insert_rows(DutyTime, ("post", "person", "since", "until", "late_at"), rows)
    RosteredTime.objects.bulk_create(
        [RosteredTime(post_id=post_id, since=since, until=until) for post_id in posts], ignore_conflicts=True
    )
    window = {"since": since.isoformat(), "until": until.isoformat(), "times": changed + len(wanted)}
    _tell(events.DUTY_ROSTERED, posts, actor, now, **window)
    return changed + len(wanted)


def _posts(actor: Actor, post_ids: Collection[UUID]) -> dict[UUID, UUID]:
    """The area of each post, locked until the transaction ends. Raises NotFound, NotPermitted."""
    rows = Post.objects.select_for_update().filter(id__in=set(post_ids)).order_by("id")
    posts = dict(rows.values_list("id", "area_id"))
    if len(posts) < len(set(post_ids)):
        raise NotFound(what="岗位")
    for area_id in set(posts.values()):
        require(actor, "roster.publish", area_id)
    return posts


def _drop_all_but(
    wanted: dict[tuple[UUID, UUID, datetime], datetime],
    post_ids: Iterable[UUID],
    since: datetime,
    until: datetime,
    now: datetime,
) -> int:
    """Take away what is there and not wanted; what is there as wanted is struck from `wanted`. How many changed."""
    first = min([since, *(start for _, _, start in wanted)])
    gone, moved = [], []
    for duty in DutyTime.objects.filter(post_id__in=list(post_ids), since__lt=until, until__gt=first):
        end = wanted.pop((duty.post_id, duty.person_id, duty.since), None)
        if end is None and duty.ended_at is None and duty.until > since:
            gone.append(duty.id)
        elif end is not None and (end != duty.until or duty.ended_at):
            duty.until, duty.ended_at = end, None
            moved.append(duty)
    DutyTime.objects.filter(id__in=gone, since__lt=now).update(ended_at=now, late_at=None)
    DutyTime.objects.filter(id__in=gone, since__gte=now).delete()
    DutyTime.objects.bulk_update(moved, ["until", "ended_at"])
    return len(gone) + len(moved)


@transaction.atomic
def duties_withdraw(
    *, actor: Actor, post_ids: Collection[UUID], since: datetime, until: datetime, now: datetime
) -> None:
    """Take a roster out of force at some posts for what is left of a period: their holders stand there again."""
    posts = _posts(actor, post_ids)
    since = max(since, now)
    _drop_all_but({}, posts, since, until, now)
    over = Q(post_id__in=list(posts), since__lt=until, until__gt=since)
    RosteredTime.objects.filter(over, since__gte=since).delete()
    RosteredTime.objects.filter(over).update(until=since)
    _tell(events.DUTY_WITHDRAWN, posts, actor, now, since=since.isoformat(), until=until.isoformat())


def _tell(type_: str, posts: dict[UUID, UUID], actor: Actor, now: datetime, **data: Any) -> None:
    journal.record_many(
        [
            journal.draft(type_, at=now, actor_id=actor.person_id, area_id=area_id, subject_id=post_id, **data)
            for post_id, area_id in posts.items()
        ]
    )


@transaction.atomic
def duty_check_in(*, actor: Actor, duty_id: UUID, now: datetime) -> datetime:
    """Say that somebody has come on duty 签到, oneself or for another; when they came. Again, it changes nothing."""
    duty = DutyTime.objects.select_related("post").filter(id=duty_id).first()
    if duty is None:
        raise NotFound(what="值班时段")
    if duty.person_id != actor.person_id:
        require(actor, "roster.manage", duty.post.area_id)
    if not duty.since - EARLY <= now < (duty.ended_at or duty.until):
        raise NotOnDuty()
    if DutyTime.objects.filter(id=duty.id, checked_in_at=None).update(checked_in_at=now, late_at=None):
        late = max(0, int((now - duty.since).total_seconds() // 60))
        journal.record(
            events.DUTY_CHECKED_IN,
            at=now,
            actor_id=actor.person_id,
            area_id=duty.post.area_id,
            subject_id=duty.id,
            post=str(duty.post_id),
            late_minutes=late,
        )
        return now
    return DutyTime.objects.values_list("checked_in_at", flat=True).get(id=duty.id) or now


@transaction.atomic
def duties_late(*, actor: Actor, now: datetime) -> int:
    """Say once of each duty that has begun that nobody has come; how many were looked at."""
    require(actor, "duty.watch", None)
    rows = DutyTime.objects.select_related("post").filter(late_at__lte=now).order_by("late_at", "id")[:LATE_AT_ONCE]
    # Of two engines one takes the step.
    taken = [one for one in rows if DutyTime.objects.filter(id=one.id, late_at=one.late_at).update(late_at=None)]
    journal.record_many(
        journal.draft(events.DUTY_LATE, at=now, area_id=one.post.area_id, subject_id=one.id, post=str(one.post_id))
        for one in taken
        if one.checked_in_at is None and one.ended_at is None and now < one.until
    )
    return len(taken)
