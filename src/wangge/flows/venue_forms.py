"""Forms about venues that were filled in: a visit, a lodging place's counts of the day, a site's readiness.

A form names its venue by the answer `venue`, its number; one that is not on the register yet it names by `venue_name`,
and it is registered then. Items of a checklist are called `check_` and the item's code, answered pass, fail or na.
One visit does for the rounds of several agencies: those that the answer `rounds` names, those of the actor's own posts
where it names none; each item is asked once.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from datetime import date, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid5

from wangge.duties.venues.queries.readiness import readiness_of
from wangge.duties.venues.queries.register import numbered, pack_for
from wangge.duties.venues.queries.visits import rounds_of_actor
from wangge.duties.venues.rules import VenueDraft, VisitDraft, items_of
from wangge.duties.venues.services.countering import visit_counter
from wangge.duties.venues.services.lodging import CountDraft, lodging_report
from wangge.duties.venues.services.readiness import ReadinessDraft, readiness_record, returners_count
from wangge.duties.venues.services.register import venue_register
from wangge.duties.venues.services.visits import visit_record
from wangge.flows.answers import counted, files, flat, seen_at
from wangge.ground.areas.permission import may
from wangge.ground.areas.tree import tree
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.permission import Actor, system_actor
from wangge.ground.kernel.problems import InputInvalid, NotFound, VisitCountered
from wangge.ground.responses.packs.schema import FormServes
from wangge.ground.responses.packs.venues import VenuesDef
from wangge.spine.forms.queries.submissions import Filled

if TYPE_CHECKING:
    from wangge.duties.venues.models import Venue

CLERK = system_actor("venue-forms", "duty.counter")
CORRECTED = "填报已更正，由更正后的一份计入。"
ITEM = "check_"
VERDICTS = {"pass": "ok", "fail": "failed", "na": "na"}
# Items that a lodging place's counts say, and the count that has to be that of all guests.
COUNTED = {"guests_registered": "registered", "guests_uploaded": "uploaded"}
LODGING = ("guests", "registered", "uploaded")


def visit_take(row: Filled, serves: FormServes, actor: Actor, now: datetime) -> UUID | None:
    """A visit to a venue; what a lodging place has in house that day is taken with it, where it was counted."""
    told = dict(flat(row.answers))
    venue = _venue(row, told, serves, actor, now)
    made = visit_record(
        actor=actor, response_id=row.response_id, draft=_visit(row, told, venue, actor), now=now, record_id=row.id
    )
    if venue.group == "lodging" and may(actor, "lodging.report", venue.area_id) and _counted(told):
        _report(row, told, venue, actor, now, record_id=uuid5(row.id, "lodging"))
    return made.id


def visit_undo(row: Filled, record_id: UUID, now: datetime) -> None:
    """Counter the visit that a submission became."""
    with suppress(VisitCountered, NotFound):
        visit_counter(actor=CLERK, visit_id=record_id, reason=CORRECTED, now=now)


def _visit(row: Filled, told: Mapping[str, Any], venue: Venue, actor: Actor) -> VisitDraft:
    pack, plan = pack_for(row.response_id)
    own = rounds_of_actor(actor, plan)
    rounds = told.get("rounds") or [one.code for one in plan.rounds_of(venue.kind) if one in own]
    log = pack.log_kinds[plan.kinds[venue.kind].log_kind]
    return VisitDraft(
        venue_id=venue.id,
        observed_at=seen_at(row),
        rounds=tuple(rounds),
        answers=_items(told, venue, plan, rounds),
        open_found=told.get("state") == "open" and venue.state == "closed",
        quantities=counted(told, log.quantities),
        evidence=tuple(dict.fromkeys(files(row.answers))),
        note=str(told.get("note") or ""),
    )


def _items(told: Mapping[str, Any], venue: Venue, plan: VenuesDef, rounds: Sequence[str]) -> dict[str, str]:
    """The items of a visit: those that were answered, and those that other answers say."""
    found = {
        name.removeprefix(ITEM): VERDICTS[value]
        for name, value in told.items()
        if name.startswith(ITEM) and value in VERDICTS and name.removeprefix(ITEM) in plan.items
    }
    if "shut" in plan.items and venue.group == "entertainment" and told.get("state") in ("open", "closed"):
        found["shut"] = "ok" if told["state"] == "closed" else "failed"
    if venue.group == "lodging" and _counted(told):
        asked = items_of(plan.rounds[code] for code in rounds if code in plan.rounds)
        for item, number in COUNTED.items():
            if item in asked:
                found[item] = "ok" if told[number] == told["guests"] else "failed"
    return found


def lodging_take(row: Filled, serves: FormServes, actor: Actor, now: datetime) -> UUID | None:
    """A lodging place's counts of the day."""
    told = dict(flat(row.answers))
    return _report(row, told, _venue(row, told, serves, actor, now), actor, now, record_id=row.id)


def _counted(told: Mapping[str, Any]) -> bool:
    return all(isinstance(told.get(name), int) for name in LODGING)


def _report(
    row: Filled, told: Mapping[str, Any], venue: Venue, actor: Actor, now: datetime, *, record_id: UUID
) -> UUID:
    if not _counted(told):
        raise InputInvalid(field="guests", why_zh="请填写三项人数。", why_en="All three counts are needed.")
    guests, registered, uploaded = (told[name] for name in LODGING)
    draft = CountDraft(venue.id, guests, registered, uploaded, local(seen_at(row)).date())
    return lodging_report(
        actor=actor, response_id=row.response_id, draft=draft, now=now, source="visit", record_id=record_id
    ).id


def lodging_undo(row: Filled, record_id: UUID, now: datetime) -> None:
    """What was said of a day is replaced by what is said of it later."""


def readiness_take(row: Filled, serves: FormServes, actor: Actor, now: datetime) -> UUID | None:
    """How ready a site is, and the visit by which it was seen; what others have approved stays."""
    told = dict(flat(row.answers))
    venue = _venue(row, told, serves, actor, now)
    _, plan = pack_for(row.response_id)
    visit_id = uuid5(row.id, "visit")
    visit_record(
        actor=actor, response_id=row.response_id, draft=_visit(row, told, venue, actor), now=now, record_id=visit_id
    )
    if plan.readiness is None:
        return visit_id
    standing, _, _ = readiness_of(venue)
    met = tuple(
        code
        for code in plan.readiness.items_of(venue.kind)
        if _is_met(told.get(ITEM + code), code, standing.met if standing else ())
    )
    approvals = {code: date.fromisoformat(day) for code, day in (standing.approvals if standing else {}).items()}
    if told.get("approval") == "pass":
        kinds = {grant.agency_kind for grant in actor.grants} & set(plan.readiness.approvals)
        approvals |= dict.fromkeys(kinds, local(seen_at(row)).date())
    opens_on = told.get("opens_on")
    draft = ReadinessDraft(
        venue_id=venue.id,
        met=met,
        approvals=approvals,
        resumes_on=opens_on if isinstance(opens_on, date) else standing.resumes_on if standing else None,
        note=str(told.get("note") or ""),
    )
    readiness_record(actor=actor, response_id=row.response_id, draft=draft, now=now, record_id=row.id)
    if isinstance(told.get("returned"), int) and isinstance(told.get("fever"), int):
        day = local(seen_at(row)).date()
        numbers = {"people": told["returned"], "unwell": min(told["fever"], told["returned"])}
        returners_count(actor=actor, venue_id=venue.id, day=day, **numbers, now=now)
    return visit_id


def _is_met(answer: Any, code: str, before: Collection[str]) -> bool:
    """What a form says of an item; one that it does not ask stays as it was."""
    return answer in ("pass", "na") if answer else code in before


def _venue(row: Filled, told: Mapping[str, Any], serves: FormServes, actor: Actor, now: datetime) -> Venue:
    """The venue that a form is about, registered where it is not yet. Raises NotFound, InputInvalid."""
    number = str(told.get("venue") or "").strip()
    if number:
        found = numbered([number]).get(number)
        if found is None or not may(actor, "venue.view", found.area_id):
            raise NotFound(what=f"场所 {number}")
        return found
    name = str(told.get("venue_name") or "").strip()
    if not name:
        raise InputInvalid(field="venue", why_zh="请选择场所。", why_en="Choose the venue.")
    kinds = serves.venue_kinds
    if len(kinds) != 1:
        raise InputInvalid(
            field="venue",
            why_zh="请先在场所台账登记此处，再选择。",
            why_en="Register this venue first, then choose it.",
        )
    node = tree().by_code(str(told.get("area") or ""))
    draft = VenueDraft(kinds[0], node.id if node else row.area_id, name, str(told.get("venue_address") or ""))
    return venue_register(actor=actor, response_id=row.response_id, draft=draft, now=now)
