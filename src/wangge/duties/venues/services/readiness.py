"""Return to school and to work 返校返工: what is met and open at a site, who approved, how its returners are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from wangge.duties.venues import events, rules
from wangge.duties.venues.models import Readiness, ReadinessRecord, Returners, Venue
from wangge.duties.venues.queries.register import pack_for
from wangge.duties.venues.services.register import find_alive
from wangge.ground.journal import services as journal
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.fields import check_words, invalid
from wangge.ground.kernel.ids import new_id
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotASite, VenuesUnfitted
from wangge.ground.responses import vault
from wangge.ground.responses.packs.venues import ReadinessRules, ReadyItem
from wangge.ground.responses.vault import Secret


@dataclass(frozen=True)
class ReadinessDraft:
    """A look at a site: the items that are met, the day of each approval by kind of agency, when it resumes."""

    venue_id: UUID
    met: tuple[str, ...] = ()
    approvals: Mapping[str, date] = field(default_factory=dict)
    resumes_on: date | None = None
    note: str = ""


@transaction.atomic
def readiness_record(
    *, actor: Actor, response_id: UUID, draft: ReadinessDraft, now: datetime, record_id: UUID | None = None
) -> Readiness:
    """Record how ready a site is; when nothing is open it has passed. The same `record_id` again changes nothing."""
    venue, plan = _site(draft.venue_id, actor)
    Venue.objects.select_for_update().get(id=venue.id)
    standing = Readiness.objects.filter(venue=venue).first()
    record_id = record_id or new_id()
    if standing is not None and ReadinessRecord.objects.filter(id=record_id).exists():
        return standing
    items = plan.items_of(venue.kind)
    if problem := _wrong(draft, items, plan, local(now).date()):
        raise problem
    met = [code for code in items if code in draft.met]
    approvals = {code: draft.approvals[code].isoformat() for code in plan.approvals if code in draft.approvals}
    still_open = [code for code in items if code not in met]
    still_open += [code for code in plan.approvals if code not in approvals]
    passed_before = standing.passed_on if standing else None
    passed_on = None if still_open else passed_before or local(now).date()
    readiness, _ = Readiness.objects.update_or_create(
        venue=venue,
        defaults={
            "met": met,
            "open": still_open,
            "approvals": approvals,
            "resumes_on": draft.resumes_on,
            "passed_on": passed_on,
            "changed_at": now,
        },
    )
    ReadinessRecord.objects.create(
        id=record_id, venue=venue, met=met, approvals=approvals, resumes_on=draft.resumes_on, at=now,
        by_id=actor.person_id,
    )  # fmt: skip
    vault.put_many(response_id=response_id, secrets=[Secret(record_id, "note", "text", draft.note.strip())])
    state = "passed" if passed_on else "preparing"
    counts = {"met": len(met), "open": len(still_open)}
    _tell(venue, events.READINESS_RECORDED, actor, now, state=state, **counts)
    if passed_on and not passed_before:
        _tell(venue, events.READINESS_PASSED, actor, now)
    return readiness


def _site(venue_id: UUID, actor: Actor) -> tuple[Venue, ReadinessRules]:
    venue = find_alive(venue_id, actor=actor, verb="readiness.record")
    pack, plan = pack_for(venue.response_id)
    if plan.readiness is None:
        raise VenuesUnfitted(pack=pack.name)
    if venue.kind not in plan.readiness.kinds:
        raise NotASite(number=venue.number)
    return venue, plan.readiness


def _wrong(draft: ReadinessDraft, items: Mapping[str, ReadyItem], plan: ReadinessRules, today: date) -> Any:
    if stray := next((code for code in draft.met if code not in items), None):
        return invalid("met", f"没有“{stray}”这个项目。", f"There is no item “{stray}”.")
    for code, day in draft.approvals.items():
        if code not in plan.approvals:
            return invalid("approvals", f"不需要“{code}”同意。", f"“{code}” is not asked to approve.")
        if today - day > rules.YEAR:
            return invalid(f"approved_{code}", "日期不合常理。", "This day makes no sense.")
        if day > today:
            return invalid(f"approved_{code}", "同意日期晚于今天。", "This day has not come yet.")
    if draft.resumes_on is not None and abs(draft.resumes_on - today) > rules.YEAR:
        return invalid("resumes_on", "日期不合常理。", "This day makes no sense.")
    return check_words(draft.note, "note", rules.NOTE_LIMIT)


@transaction.atomic
def returners_count(*, actor: Actor, venue_id: UUID, day: date, people: int, unwell: int, now: datetime) -> Returners:
    """Keep how the returners of a site are on a day; a later count of the day takes the place of the one before."""
    venue, _ = _site(venue_id, actor)
    for name, value in (("people", people), ("unwell", unwell)):
        if type(value) is not int or not 0 <= value <= rules.MOST:
            raise invalid(name, f"应为 0 至 {rules.MOST} 的整数。", f"A whole number, 0 to {rules.MOST}.")
    if unwell > people:
        raise invalid("unwell", "异常人数不能多于监测人数。", "No more can be unwell than were looked at.")
    today = local(now).date()
    if not today - timedelta(days=7) <= day <= today:
        raise invalid("day", "只能报今天和前 7 天。", "Today and the 7 days before it can be reported.")
    counted, _ = Returners.objects.update_or_create(
        venue=venue,
        day=day,
        defaults={"people": people, "unwell": unwell, "at": now, "by_id": actor.person_id},
    )
    _tell(venue, events.RETURNERS_COUNTED, actor, now, day=day.isoformat(), people=people, unwell=unwell)
    return counted


def _tell(venue: Venue, type_: str, actor: Actor, now: datetime, /, **data: Any) -> None:
    journal.record(
        type_,
        at=now,
        actor_id=actor.person_id,
        area_id=venue.area_id,
        subject_id=venue.id,
        response_id=venue.response_id,
        exercise=venue.exercise,
        kind=venue.kind,
        **data,
    )
