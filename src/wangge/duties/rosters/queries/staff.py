"""The people of a unit 人员与技能 as pages show them: posts, skills, household, leave, fixed duties, hours."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from wangge.duties.rosters.models import FixedDuty, Leave, Member, RosterSeat
from wangge.duties.rosters.queries.making import Case, case_of, staff_of
from wangge.duties.rosters.queries.wearing import monday_of, wear_of
from wangge.duties.rosters.queries.working import Stretch, works_between
from wangge.duties.rosters.rules.wear import Wear
from wangge.ground.accounts.staffing import Colleague, colleagues, posts_named
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.problems import NotFound
from wangge.ground.responses.packs.rosters import RostersDef

AHEAD = timedelta(days=14)


class Fixed(NamedTuple):
    """A fixed duty, the name of its post, and whether it still counts."""

    duty: FixedDuty
    post: str
    over: bool


class PersonRow(NamedTuple):
    """Somebody of a unit: the names of their posts, the kind of their agency ("" for none), and what is known of them.

    `partners` are those of their household who serve, in whatever unit; `away` their leave that is not over.
    """

    person_id: UUID
    name: str
    posts: tuple[str, ...]
    agency: str
    skills: tuple[str, ...]
    partners: tuple[Colleague, ...]
    away: tuple[Leave, ...]
    fixed: tuple[Fixed, ...]
    week: Wear


def unit_people(unit_id: UUID, plan: RostersDef, now: datetime) -> list[PersonRow]:
    """Everybody who may be rostered in a unit, by name; a fixed number of queries."""
    places, held = staff_of(unit_id, plan, now)
    people = list(held)
    known = {one.person_id: one for one in Member.objects.filter(person_id__in=people)}
    partners, away, fixed = _partners(known, now), _away(people, now), _fixed(people, now)
    monday = monday_of(now)
    weeks = wear_of(people, [monday], plan)
    rows = [
        PersonRow(
            person,
            posts[0].name,
            tuple(places[one.post_id].name for one in posts),
            places[posts[0].post_id].agency,
            tuple(known[person].skills) if person in known else (),
            tuple(partners.get(person, ())),
            tuple(away.get(person, ())),
            tuple(fixed.get(person, ())),
            weeks[person, monday],
        )
        for person, posts in held.items()
    ]
    return sorted(rows, key=lambda one: (one.name, str(one.person_id)))


def unit_person(unit_id: UUID, person_id: UUID, plan: RostersDef, now: datetime) -> PersonRow:
    """One of them. Raises NotFound."""
    found = next((one for one in unit_people(unit_id, plan, now) if one.person_id == person_id), None)
    if found is None:
        raise NotFound(what="本单位人员")
    return found


def _partners(known: dict[UUID, Member], now: datetime) -> dict[UUID, list[Colleague]]:
    homes = {one.household for one in known.values() if one.household}
    living = Member.objects.filter(household__in=homes).values_list("household", "person_id")
    by_home: dict[UUID | None, list[UUID]] = {}
    for household, person in living:
        by_home.setdefault(household, []).append(person)
    who = {one.person_id: one for one in colleagues(now, ids=[person for _, person in living], most=len(living))}
    return {
        person: [who[other] for other in by_home.get(member.household, ()) if other != person and other in who]
        for person, member in known.items()
        if member.household
    }


def _away(people: Iterable[UUID], now: datetime) -> dict[UUID, list[Leave]]:
    found: dict[UUID, list[Leave]] = {}
    for leave in Leave.objects.filter(person_id__in=list(people), until__gt=now).order_by("since", "id"):
        found.setdefault(leave.person_id, []).append(leave)
    return found


def _fixed(people: Iterable[UUID], now: datetime) -> dict[UUID, list[Fixed]]:
    duties = list(FixedDuty.objects.filter(person_id__in=list(people)).order_by("dropped", "first_on", "start", "id"))
    posts = posts_named({one.post_id for one in duties if one.post_id})
    found: dict[UUID, list[Fixed]] = {}
    for one in duties:
        post = posts[one.post_id][0] if one.post_id else ""
        over = one.dropped or (one.last_on is not None and one.last_on < local(now).date())
        found.setdefault(one.person_id, []).append(Fixed(one, post, over))
    return found


def work_ahead(person_id: UUID, now: datetime) -> list[tuple[Stretch, str]]:
    """All that somebody works in the coming two weeks, with the names of the posts."""
    works = works_between([person_id], now, now + AHEAD)
    posts = posts_named({one.post_id for one in works if one.post_id})
    return [(one, posts[one.post_id][0] if one.post_id else "") for one in works]


def leave_seen(leave_id: UUID) -> Leave:
    """One leave. Raises NotFound."""
    leave = Leave.objects.filter(id=leave_id).first()
    if leave is None:
        raise NotFound(what="请假记录")
    return leave


def seats_freed(leave: Leave, now: datetime) -> list[tuple[Case, list[RosterSeat]]]:
    """The seats that some leave left empty, by the roster they belong to, as each stands now."""
    seats = RosterSeat.objects.select_related("roster").filter(id__in=leave.freed).order_by("roster_id", "since", "id")
    found: dict[UUID, tuple[Case, list[RosterSeat]]] = {}
    for seat in seats:
        if seat.roster_id not in found:
            found[seat.roster_id] = case_of(seat.roster, now), []
        found[seat.roster_id][1].append(seat)
    return list(found.values())
