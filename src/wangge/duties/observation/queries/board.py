"""The monitoring board 监测看板: people × days, who is missing first, then who is due, then who is done.

The order is one stored instant, `Plan.attend_at`: it is past for whoever is missing, later today for whoever is due.
However many people are under observation, a page costs the same few questions.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from wangge.duties.observation import rules
from wangge.duties.observation.models import Check, Plan
from wangge.duties.observation.queries.cards import Card, cards, own_rooms
from wangge.ground.areas.queries import covered, within_reach
from wangge.ground.kernel.clock import LOCAL, local
from wangge.ground.kernel.permission import Actor

PAGE = 50
DAYS = 14
SHOWS = ("", "missing", "due", "done", "found", "release")
# The checks of a plan that were made, by day and number: what was measured, and whether there were symptoms.
Made = dict[tuple[date, int], tuple[int | None, bool]]


class BoardMark(NamedTuple):
    """Where a page of the board ends."""

    attend_at: datetime
    plan_id: UUID


class Slot(NamedTuple):
    """One check of a day as the board shows it: "made", "found", "missed", "due", or "" where none was asked.

    `tenths` is what was measured.
    """

    state: str
    tenths: int | None = None


class Day(NamedTuple):
    """A day of somebody: its checks, and the gravest thing to be said of it."""

    day: date
    slots: list[Slot]
    state: str


@dataclass(frozen=True)
class Row:
    """Somebody on the board. `state`: "missing", "due", "done", "release" or "hospital"."""

    plan: Plan
    card: Card
    days: list[Day]
    state: str


@dataclass(frozen=True)
class Board:
    """A page of the board: its days, its people, how many there are of each kind, and where it goes on."""

    days: list[date]
    rows: list[Row]
    totals: dict[str, int]
    following: BoardMark | None


def board(
    *,
    actor: Actor,
    now: datetime,
    area_id: UUID | None = None,
    facility_id: UUID | None = None,
    show: str = "",
    after: BoardMark | None = None,
    limit: int = PAGE,
) -> Board:
    """A page of those under observation whom the actor may see, narrowed to an area, a facility, or one kind."""
    watched = _watched(actor, area_id, facility_id)
    plans = watched.filter(_shown(show, now))
    if after is not None:
        later = Q(attend_at__gt=after.attend_at) | Q(attend_at=after.attend_at, id__gt=after.plan_id)
        plans = plans.filter(later, attend_at__gte=after.attend_at)
    page = list(plans.select_related("individual", "room__facility").order_by("attend_at", "id")[: limit + 1])
    following = None
    if len(page) > limit:
        page = page[:limit]
        following = BoardMark(page[-1].attend_at, page[-1].id)
    today = local(now).date()
    days = [today - timedelta(days=back) for back in reversed(range(DAYS))]
    return Board(days, rows_of(page, days, actor=actor, now=now), totals(watched, now), following)


def totals(watched: QuerySet[Plan], now: datetime) -> dict[str, int]:
    """How many there are of each kind; one question, answered from an index."""
    counts = {show or "all": Count("id", filter=_shown(show, now)) for show in SHOWS}
    return watched.aggregate(**counts)


def rows_of(plans: Sequence[Plan], days: Sequence[date], *, actor: Actor, now: datetime) -> list[Row]:
    """Plans as rows over these days; two questions however many."""
    made: dict[UUID, Made] = {}
    checks = Check.objects.filter(plan_id__in=[plan.id for plan in plans], day__gte=days[0], replaced_by__isnull=True)
    for plan_id, day, slot, tenths, symptoms in checks.values_list(
        "plan_id", "day", "slot", "temperature_tenths", "symptoms"
    ):
        made.setdefault(plan_id, {})[day, slot] = tenths, bool(symptoms)
    shown = cards([plan.individual for plan in plans], actor=actor)
    return [
        Row(plan, card, _days(plan, days, made.get(plan.id, {}), now), state_of(plan, now))
        for plan, card in zip(plans, shown, strict=True)
    ]


def state_of(plan: Plan, now: datetime) -> str:
    """What is to be done about somebody now."""
    if plan.setting == "hospital":
        return "hospital"
    if plan.attend_at <= now:
        return "missing"
    if plan.ends_on < local(now).date():
        return "release"
    return "due" if plan.attend_at < _tomorrow(now) else "done"


def _watched(actor: Actor, area_id: UUID | None, facility_id: UUID | None) -> QuerySet[Plan]:
    """The running plans the actor may see: of the areas of their posts, and of those who stay in their own place."""
    may_see, rooms = within_reach(actor, "person.view"), own_rooms(actor)
    if may_see and rooms:
        may_see |= Q(room_id__in=rooms)
    plans = Plan.objects.filter(may_see, state="running")
    if area_id is not None:
        plans = plans.filter(area_id__in=covered(area_id))
    if facility_id is not None:
        plans = plans.filter(room__facility_id=facility_id)
    return plans


def _shown(show: str, now: datetime) -> Q:
    today, tomorrow = local(now).date(), _tomorrow(now)
    conditions = {
        "missing": Q(attend_at__lte=now),
        "due": Q(attend_at__gt=now, attend_at__lt=tomorrow),
        "done": Q(attend_at__gte=tomorrow, ends_on__gte=today) & ~Q(setting="hospital"),
        "found": Q(symptomatic=True),
        "release": Q(attend_at__gt=now, ends_on__lt=today) & ~Q(setting="hospital"),
    }
    return conditions.get(show, Q())


def _tomorrow(now: datetime) -> datetime:
    return local(now).replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)


def _days(plan: Plan, days: Sequence[date], made: Made, now: datetime) -> list[Day]:
    first, last = local(plan.started_at).date(), plan.ends_on
    return [_day(plan, day, made, now) if first <= day <= last else Day(day, [], "") for day in days]


def _day(plan: Plan, day: date, made: Made, now: datetime) -> Day:
    slots = [_slot(plan, day, number, made.get((day, number)), now) for number in range(len(plan.slots))]
    states = {slot.state for slot in slots}
    return Day(day, slots, next((state for state in ("found", "missed", "due", "made") if state in states), ""))


def _slot(plan: Plan, day: date, number: int, check: tuple[int | None, bool] | None, now: datetime) -> Slot:
    if check is not None:
        tenths, unwell = check
        return Slot("found" if unwell or rules.is_fever(tenths, plan.fever_tenths) else "made", tenths)
    due = rules.due_at(day, plan.slots[number], LOCAL)
    if plan.setting == "hospital" or due <= plan.started_at:
        return Slot("")
    return Slot("missed" if due <= now else "due")


def checks_of(plan_ids: Iterable[UUID]) -> list[Check]:
    """Every check of plans, those that were replaced too, the newest first."""
    rows = Check.objects.filter(plan_id__in=list(plan_ids)).select_related("person")
    return list(rows.order_by("-day", "-slot", "-at", "-id"))
