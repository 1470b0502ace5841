"""A sheet that comes back: no rule is broken by it, a cell goes whole or not at all, and what may go goes."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from tests.conftest import START, City
from tests.duties.rosters.problems import NIGHT, problems, seat
from tests.duties.rosters.test_services import DAY, make, publish
from wangge.duties.rosters.models import RosterSeat
from wangge.duties.rosters.queries.grid import grid_of
from wangge.duties.rosters.rules.broken import broken
from wangge.duties.rosters.rules.greedy import greedy
from wangge.duties.rosters.rules.ledger import Why
from wangge.duties.rosters.rules.problem import Problem, Worker
from wangge.duties.rosters.rules.sheet import Cell, settled
from wangge.duties.rosters.services.editing import seat_assign
from wangge.duties.rosters.services.leaving import leave_enter
from wangge.duties.rosters.services.sheets import Change, Wanted, sheet_look, sheet_take
from wangge.ground.accounts.models import DutyTime
from wangge.ground.journal.models import Event
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.problems import NotPermitted, RosterChanged


@settings(max_examples=150)
@given(problems, some.randoms(use_true_random=False))
def test_what_a_sheet_changes_breaks_no_rule(problem: Problem, chance: random.Random) -> None:
    before = greedy(problem)
    numbers = list(range(len(problem.seats)))
    cells = []
    for worker in range(len(problem.workers)):
        mine = [one for one, who in before.items() if who == worker]
        leaves = tuple(one for one in mine if chance.random() < 0.5)
        gets = tuple(tuple(chance.sample(numbers, min(3, len(numbers)))) for _ in range(chance.randrange(3)))
        cells.append(Cell(worker, leaves, gets))
    after = dict(before)
    verdicts = settled(problem, before, cells)
    for cell, verdict in zip(cells, verdicts, strict=True):
        if not isinstance(verdict, Why):
            assert len(verdict) == len(cell.gets)
            for one in cell.leaves:
                after.pop(one)
    for cell, verdict in zip(cells, verdicts, strict=True):
        for one in () if isinstance(verdict, Why) else verdict:
            assert one not in after  # nobody's seat is given twice
            after[one] = cell.worker
    assert broken(problem, after) == []


def test_whoever_belongs_to_a_post_has_it_before_others_and_a_choice_is_not_guessed() -> None:
    seats = (seat(0, post="甲"), seat(0, post="乙"), seat(0, NIGHT, "甲"))
    problem = Problem(seats, (Worker(home="丙"), Worker(home="甲")), 1)
    assert settled(problem, {}, [Cell(0, (), ((0, 1),)), Cell(1, (), ((0, 1),))]) == [(1,), (0,)]
    assert settled(problem, {}, [Cell(0, (), ((0, 1),))]) == [Why("several")]
    assert settled(problem, {0: 0}, [Cell(1, (), ((0,),))]) == [Why("full")]
    # Who may not have the night keeps the day, so that another does not get it.
    both = [Cell(0, (0,), ((1,), (2,))), Cell(1, (), ((0,),))]
    assert settled(problem, {0: 0}, both) == [Why("rest", 0), Why("full")]
    assert settled(problem, {0: 0}, [Cell(0, (0,), ()), Cell(1, (), ((0,),))]) == [(), (0,)]


def wanted(city: City, name: str, day: int, *shifts: str) -> Wanted:
    return Wanted(city.people[name], local(START).date() + day * DAY, tuple((shift, None) for shift in shifts))


def look(city: City, roster: object, *sheet: Wanted, who: str = "dan") -> list[Change]:
    return sheet_look(actor=city.actor(who), roster_id=roster.id, wanted=sheet, now=START)  # type: ignore[attr-defined]


def test_a_sheet_moves_duties_between_people_at_one_go(city: City) -> None:
    roster = make(city)
    publish(city, roster)
    grid = grid_of(roster, START)
    same = [
        Wanted(person, day, tuple((seat.shift, None) for seat in grid.cells.get((person, day), ())))
        for person in grid.labels
        for day in grid.days
    ]
    assert look(city, roster, *same) == []
    upon = {"actor": city.actor("dan"), "roster_id": roster.id, "now": START}
    assert sheet_take(**upon, version=1, wanted=same) == []  # nothing to do, so nothing to be too late for
    one = RosterSeat.objects.filter(roster=roster, person=city.people["alice"], since__gt=START + DAY).order_by(
        "since"
    )[0]
    day = (local(one.since).date() - local(START).date()).days
    leave_enter(
        actor=city.actor("dan"), unit_id=city.area("441302001"), person_id=city.people["bob"],
        since=one.since - 9 * DAY / 24, until=one.until, sick=False, now=START,
    )  # fmt: skip
    roster.refresh_from_db()
    swap = [wanted(city, "alice", day), wanted(city, "bob", day, "day")]
    free, away = look(city, roster, *swap)
    assert (free.why, away.why and away.why[0]) == (None, "这段时间请假")
    assert one.person_id == RosterSeat.objects.get(id=one.id).person_id  # nothing was written
    sheet_take(**upon, version=roster.version, wanted=swap)
    assert RosterSeat.objects.get(id=one.id).person_id is None
    assert not DutyTime.objects.filter(person=city.people["alice"], since=one.since).exists()
    [told] = Event.objects.filter(type="roster.sheet_taken")
    assert told.data == {"seats": 1, "refused": 1}
    # Back again; who looked before is told, and the same sheet sent once more changes nothing.
    back = [wanted(city, "alice", day, "day")]
    with pytest.raises(RosterChanged):
        sheet_take(**upon, version=roster.version, wanted=back)
    roster.refresh_from_db()
    for _ in range(2):
        sheet_take(**upon, version=roster.version, wanted=back)
    assert DutyTime.objects.filter(person=city.people["alice"], since=one.since).exists()
    assert Event.objects.filter(type="roster.sheet_taken").count() == 2


def test_what_has_begun_is_fixed_or_does_not_exist_is_refused_in_words(city: City) -> None:
    roster = make(city)
    seats = RosterSeat.objects.filter(roster=roster)
    mine = seats.filter(person=city.people["alice"], since__gt=START + DAY).order_by("since")[0]
    seat_assign(
        actor=city.actor("dan"), seat_id=mine.id, person_id=city.people["alice"], version=roster.version, now=START,
        fixed=True,
    )  # fmt: skip
    day = (local(mine.since).date() - local(START).date()).days
    found = look(
        city, roster, wanted(city, "alice", 0, "day"), wanted(city, "alice", day), wanted(city, "bob", 2, "whole"),
        wanted(city, "bob", day, "day"),
    )  # fmt: skip
    said = [one.why[0] if one.why else "" for one in found]
    assert said[:3] == ["这一班已经开始，不能再改", "这一班是固定班，请先在页面上取消固定", "当天没有这一班的岗位"]
    assert said[3] == "当天这一班的名额已满"
    with pytest.raises(NotPermitted):
        look(city, roster, wanted(city, "alice", 3), who="olga")
    with pytest.raises(NotPermitted):
        sheet_take(actor=city.actor("alice"), roster_id=roster.id, version=2, wanted=[], now=START)
