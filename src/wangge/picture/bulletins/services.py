"""Drafting and issuing bulletins 战报."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, transaction

from wangge.ground.areas.permission import require
from wangge.ground.areas.tree import tree
from wangge.ground.journal import services as journal
from wangge.ground.journal.readers import Position, head
from wangge.ground.journal.seal import head_of_chain
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import BulletinOutOfOrder, InputInvalid
from wangge.ground.responses.packs.schema import Pack
from wangge.ground.responses.queries import pack_by_id, response_by_id
from wangge.picture.bulletins import events, rules
from wangge.picture.bulletins.content import BulletinContent, CorrectionLine, FigureLine, Remark, TableText
from wangge.picture.bulletins.models import Bulletin
from wangge.picture.bulletins.parts import with_parts
from wangge.picture.bulletins.queries import last_before
from wangge.picture.figures.corrections import Period, corrections
from wangge.picture.figures.queries import figures_counted


def bulletin_draft(
    *, actor: Actor, response_id: UUID, area_id: UUID, cutoff: datetime, now: datetime, parts: bool = False
) -> BulletinContent:
    """The bulletin of an area up to a cut-off minute, as it would be issued now; nothing is stored.

    New is what came since the bulletin before that cut-off, or since the start of the response. The areas
    compared, what is overdue and the charts come with `parts`.
    """
    require(actor, "figure.view", area_id)
    _check_cutoff(cutoff, response_by_id(response_id).started_at, now)
    content, _ = _drafted(response_id, area_id, cutoff, last_before(response_id, area_id, cutoff))
    if not parts:
        return content
    return with_parts(content, actor=actor, response_id=response_id, area_id=area_id, cutoff=cutoff, now=now)


@transaction.atomic
def bulletin_issue(
    *,
    actor: Actor,
    response_id: UUID,
    area_id: UUID,
    cutoff: datetime,
    now: datetime,
    remark: Remark | None = None,
) -> Bulletin:
    """Issue a bulletin 发布: freeze its content, so that it prints the same for ever.

    Its cut-off lies after that of the one before. What the journal takes in later about the time
    before it stands as a correction in the next one. `remark` is what has to be said of how it was issued.
    """
    require(actor, "bulletin.issue", area_id)
    started_at = response_by_id(response_id).started_at
    _check_cutoff(cutoff, started_at, now)
    last = last_before(response_id, area_id)
    if last is not None and cutoff <= last.cutoff:
        raise _out_of_order(last)
    content, position = _drafted(response_id, area_id, cutoff, last)
    content = with_parts(content, actor=actor, response_id=response_id, area_id=area_id, cutoff=cutoff, now=now)
    seal_number, seal_head = head_of_chain()
    serial = last.serial + 1 if last else 1
    content = content.issued(
        serial=serial,
        issued_at=_said(now),
        issued_by=actor.name,
        seal_number=seal_number,
        seal_head=seal_head,
        remark=remark,
    )
    bulletin = Bulletin(
        response_id=response_id,
        area_id=area_id,
        serial=serial,
        since=last.cutoff if last else started_at,
        cutoff=cutoff,
        tx=position[0],
        event_id=position[1],
        seal_number=seal_number,
        seal_head=seal_head,
        content=content.as_stored(),
        issued_by_id=actor.person_id,
        issued_at=now,
        exercise=content.exercise,
    )
    _keep(bulletin, actor, now)
    return bulletin


def _keep(bulletin: Bulletin, actor: Actor, now: datetime) -> None:
    try:
        with transaction.atomic():
            bulletin.save(force_insert=True)
    except IntegrityError:
        # Somebody issued this number between our look and our writing.
        last = last_before(bulletin.response_id, bulletin.area_id)
        raise _out_of_order(last or bulletin) from None
    journal.record(
        events.ISSUED,
        at=now,
        actor_id=actor.person_id,
        area_id=bulletin.area_id,
        subject_id=bulletin.id,
        response_id=bulletin.response_id,
        exercise=bulletin.exercise,
        serial=bulletin.serial,
        cutoff=_said(bulletin.cutoff),
    )


def _out_of_order(last: Bulletin) -> BulletinOutOfOrder:
    return BulletinOutOfOrder(last=f"{local(last.cutoff):%Y-%m-%d %H:%M}", serial=last.serial)


def _said(instant: datetime) -> str:
    return local(instant).isoformat(timespec="seconds")


def _check_cutoff(cutoff: datetime, start: datetime, now: datetime) -> None:
    why = None
    if cutoff.tzinfo is None:
        why = ("时间须带时区。", "The time needs a zone.")
    elif not rules.whole_minute(cutoff):
        why = ("截止时间应精确到分钟。", "The cut-off is a whole minute.")
    elif cutoff > now:
        why = ("截止时间不能晚于现在。", "The cut-off cannot lie in the future.")
    elif cutoff <= start:
        why = ("截止时间应晚于响应启动时间。", "The cut-off lies before the start of the response.")
    if why:
        raise InputInvalid(field="cutoff", why_zh=why[0], why_en=why[1])


def _drafted(
    response_id: UUID, area_id: UUID, cutoff: datetime, last: Bulletin | None
) -> tuple[BulletinContent, Position]:
    response = response_by_id(response_id)
    pack = pack_by_id(response.pack_id)
    since = last.cutoff if last else response.started_at
    values, position = figures_counted(
        response_id=response_id, area_id=area_id, until=cutoff, since=last.cutoff if last else None, below=head()
    )
    lines = tuple(FigureLine(**asdict(value)) for value in values.values())
    corrected: tuple[CorrectionLine, ...] = ()
    if last is not None:
        period = Period(since, cutoff, (last.tx, last.event_id), position)
        corrected = tuple(_corrected(response_id, area_id, period, pack))
    words = _worded(pack, lines, _scope(area_id), response.started_at, cutoff)
    content = BulletinContent(
        title=words["title"],
        title_en=words["title_en"],
        prose=words["prose"],
        prose_en=words["prose_en"],
        response=response.name,
        authority=words["issuer"] or response.authority,
        area_code=tree().get(area_id).code,
        scope=_scope(area_id),
        start=_said(response.started_at),
        since=_said(since),
        cutoff=_said(cutoff),
        figures=lines,
        tables=tuple(
            TableText(part.code, part.name, part.name_en, part.figures) for part in pack.bulletin.sections.values()
        ),
        corrections=corrected,
        exercise=response.exercise,
        position=f"{position[0]}.{position[1]}",
    )
    return content, position


def _scope(area_id: UUID) -> str:
    """What the area is called in a title: 惠州市, 惠城区, 惠城区桥东街道."""
    area = tree().get(area_id)
    return area.name if area.level in {"province", "city", "county"} else tree().path_name(area_id).replace(" ", "")


def _worded(pack: Pack, lines: tuple[FigureLine, ...], scope: str, start: datetime, cutoff: datetime) -> dict[str, str]:
    text = pack.bulletin
    templates = {
        "title": text.title,
        "title_en": text.title_en,
        "prose": text.prose,
        "prose_en": text.prose_en,
        "issuer": text.issuer,
    }
    return {
        name: rules.filled(
            template, lines, city=pack.city_name, scope=scope, start=start, cutoff=cutoff, english=name.endswith("_en")
        )
        for name, template in templates.items()
    }


def _corrected(response_id: UUID, area_id: UUID, period: Period, pack: Pack) -> Iterable[CorrectionLine]:
    for found in corrections(response_id=response_id, area_id=area_id, period=period):
        figure = pack.figures[found.code]
        yield CorrectionLine(found.code, figure.name, figure.name_en, figure.unit, found.cause, found.amount)
