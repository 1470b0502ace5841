"""How a matter moves: looked up, compared and set, and told to the journal. Used by every verb group."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any
from uuid import UUID
from weakref import WeakKeyDictionary

from django.db.models import QuerySet

from wangge.duties.matters import events, rules
from wangge.duties.matters.models import Action, Matter
from wangge.duties.matters.policies import Snapshot, snapshot_by_hash
from wangge.ground.accounts import queries as accounts
from wangge.ground.areas.permission import require
from wangge.ground.areas.tree import AreaTree, tree
from wangge.ground.journal import services as journal
from wangge.ground.kernel.bulk import insert_rows
from wangge.ground.kernel.calendars import WorkCalendar
from wangge.ground.kernel.ids import new_id
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.prepared import change_rows, prepared
from wangge.ground.kernel.problems import MatterPaused, NotFound, StaleAction, WrongStage
from wangge.ground.responses import vault
from wangge.ground.responses.queries import pack_by_id
from wangge.ground.responses.vault import Secret
from wangge.spine.clocks import services as clocks
from wangge.spine.clocks.queries import calendar_with
from wangge.spine.clocks.services import Start

ACTION_COLUMNS = ("id", "matter", "what", "person", "agency", "method", "at")
STAGE_NAMES = {
    "push": "推送",
    "triage": "分流",
    "coordinate": "协调",
    "verify": "核查",
    "close": "待结案",
    "closed": "已结案",
}


def find(matter_id: UUID, *, actor: Actor, verb: str) -> Matter:
    """The matter, if the actor may do this in its area; one that does not exist is simply not found."""
    matter = matter_at(matter_id)
    require(actor, verb, matter.area_id)
    return matter


def matter_at(matter_id: UUID) -> Matter:
    """The matter as it stands; for callers that ask for permission in another way. Raises NotFound."""
    found = _matters(matter_id)
    if not found:
        raise NotFound(what="事项")
    return found[0]


@prepared
def _matters(matter_id: UUID) -> QuerySet[Matter]:
    return Matter.objects.filter(id=matter_id)


@prepared
def matters_among(matter_ids: Collection[UUID]) -> QuerySet[Matter]:
    """Those matters of these that there are, as they stand, in no order."""
    return Matter.objects.filter(id__among=matter_ids)


def repeated(matter: Matter, actor: Actor, action: str, version: int) -> bool:
    """Whether this is a second click: the last change was this action, by this actor, on this version."""
    return matter.version == version + 1 and matter.last_action == action and matter.last_actor_id == actor.person_id


def check(matter: Matter, action: str, version: int, *, while_paused: bool = False) -> None:
    """Raise unless the action belongs to the stage and the actor saw the newest version."""
    if matter.version != version:
        raise StaleAction(stage=STAGE_NAMES[matter.stage], version=matter.version, current_version=matter.version)
    if not rules.may_do(action, matter.stage):
        raise WrongStage(stage=STAGE_NAMES[matter.stage], action=action)
    if matter.pause and not while_paused:
        raise MatterPaused()


def move(matter: Matter, actor: Actor, action: str, **changes: Any) -> None:
    """Compare and set: apply the changes if nobody else changed the matter since it was read."""
    changes |= {"version": matter.version + 1, "last_action": action, "last_actor_id": actor.person_id}
    if change_rows(Matter, {"id": matter.id, "version": matter.version}, changes) != 1:
        current = Matter.objects.values_list("stage", "version").get(id=matter.id)
        raise StaleAction(stage=STAGE_NAMES[current[0]], version=current[1], current_version=current[1])
    for name, value in changes.items():
        setattr(matter, name, value)


def tell(matter: Matter, type_: str, *, actor: Actor, now: datetime, **data: Any) -> None:
    """Record an event of the matter."""
    journal.record_many([told(matter, type_, actor=actor, now=now, **data)])


def told(matter: Matter, type_: str, *, actor: Actor, now: datetime, **data: Any) -> journal.Draft:
    """An event of the matter, to be recorded with others."""
    return journal.draft(
        type_,
        at=now,
        actor_id=actor.person_id,
        area_id=matter.area_id,
        subject_id=matter.id,
        response_id=matter.response_id,
        exercise=matter.exercise,
        kind=matter.kind,
        **data,
    )


def policy_of(matter: Matter) -> Snapshot:
    """The policy the matter was received under."""
    return snapshot_by_hash(matter.policy_id)


def calendar_of(matter: Matter) -> WorkCalendar:
    """The calendar the matter's clocks count with."""
    return calendar_with(pack_by_id(policy_of(matter).pack_id).calendar)


def ladder(matter: Matter) -> list[UUID]:
    """The areas that escalations climb, nearest first: station or town, county, city."""
    return ladder_of(matter.area_id, policy_of(matter).kind.ladder)


_ladders: WeakKeyDictionary[AreaTree, dict[tuple[UUID, str], list[UUID]]] = WeakKeyDictionary()


def ladder_of(area_id: UUID, by: str) -> list[UUID]:
    """The rungs above an area; police matters go to the station where there is one, all others to the town."""
    areas = tree()
    # A snapshot of the areas never changes, so what was climbed once in it need not be climbed again.
    known = _ladders.setdefault(areas, {})
    if (area_id, by) not in known:
        known[area_id, by] = _climb(areas, area_id, by)
    return list(known[area_id, by])


def _climb(areas: AreaTree, area_id: UUID, by: str) -> list[UUID]:
    rungs = [above for above in areas.ancestors(area_id) if areas.get(above).level != "province"]
    if by == "stations":
        stations = [upper for upper in areas.managers(area_id) if areas.get(upper).level == "station"]
        if stations:
            rungs = [stations[0], *(rung for rung in rungs if areas.get(rung).level not in {"town", "village"})]
    return rungs


def stage_done(matter: Matter, *, actor: Actor, now: datetime) -> dict[str, Any]:
    """Stop the stage's clock; the data that a finished stage tells. Tells of a missed deadline if nobody has."""
    stopped = clocks.stop(matter.id, f"matter.{matter.stage}", now=now)
    in_time = stopped is None or stopped.in_time
    agency = agency_kind(matter)
    if stopped is not None and not stopped.in_time and not stopped.overdue_told:
        tell(matter, events.OVERDUE, actor=actor, now=now, stage=matter.stage, severity=matter.severity, agency=agency)
    return {"stage": matter.stage, "in_time": in_time, "severity": matter.severity}


def agency_kind(matter: Matter) -> str:
    """The kind of the lead agency, "" before triage."""
    if matter.lead_id is None:
        return ""
    return accounts.agency_kinds([matter.lead_id])[matter.lead_id]


def enter(matter: Matter, stage: str, *, now: datetime) -> dict[str, Any]:
    """Start a stage's clock; the changes to the matter that go with it."""
    calendar = calendar_of(matter)
    steps = max(len(ladder(matter)) - matter.base_level, 1)
    due_at = clocks.start(
        Start(matter.id, f"matter.{stage}", policy_of(matter).allowance(stage, calendar), steps),
        now=now,
        calendar=calendar,
    )
    return {
        "stage": stage,
        "stage_since": now,
        "due_at": due_at,
        "queue_at": due_at,
        "level": matter.base_level,
    }


def rest(stage: str, *, now: datetime) -> dict[str, Any]:
    """The changes for a stage that has no clock."""
    return {"stage": stage, "stage_since": now, "due_at": None, "queue_at": now}


def act(
    matter: Matter,
    what: str,
    *,
    actor: Actor,
    now: datetime,
    text: str,
    agency_id: UUID | None = None,
    method: str = "",
) -> None:
    """Keep what somebody did, their words in the vault."""
    action_id = new_id()
    insert_rows(Action, ACTION_COLUMNS, [(action_id, matter.id, what, actor.person_id, agency_id, method, now)])
    if text.strip():
        vault.put_many(response_id=matter.response_id, secrets=[Secret(action_id, "text", "text", text.strip())])
