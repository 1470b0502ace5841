"""Rosters by arithmetic alone: never a broken rule, always an answer, and a reason for what stays empty."""

from __future__ import annotations

import random
import time
from collections.abc import Iterator
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as some

from tests.duties.rosters.problems import DAY, DAYTIME, HOUR, NIGHT, problems, seat, station
from wangge.duties.rosters.rules.broken import broken, missed_blocks, score, unevenness
from wangge.duties.rosters.rules.greedy import greedy
from wangge.duties.rosters.rules.ledger import Ledger, why_empty
from wangge.duties.rosters.rules.problem import Limits, Problem, Roster, Work, Worker
from wangge.duties.rosters.rules.solver import solve


@settings(max_examples=100)
@given(problems, some.randoms(use_true_random=False))
def test_no_roster_ever_breaks_a_hard_rule_and_what_may_be_done_is_done(
    problem: Problem, chance: random.Random
) -> None:
    ledger = Ledger(problem)
    for number in range(len(problem.seats)):  # what somebody entered by hand, right or wrong
        if problem.workers and chance.random() < 0.5:
            ledger.give(number, chance.randrange(len(problem.workers)))
    for roster in (greedy(problem), greedy(problem, ledger.roster)):
        assert broken(problem, roster) == []
        made = Ledger(problem, roster)
        for number in set(range(len(problem.seats))) - set(roster):
            assert sum(why_empty(made, number).values()) == len(problem.workers)


@settings(max_examples=100)
@given(problems, some.randoms(use_true_random=False))
def test_the_ledger_refuses_exactly_what_breaks_a_rule(problem: Problem, chance: random.Random) -> None:
    roster = greedy(problem)
    for number in range(len(problem.seats)):
        rest = {other: who for other, who in roster.items() if other != number}
        worker = chance.randrange(len(problem.workers))
        why, found = Ledger(problem, rest).why_not(number, worker), broken(problem, {**rest, number: worker})
        assert (why is None) == (found == []), (why, found)
        if why:
            assert why.rule in {one.rule for one in found}


@settings(max_examples=12)
@given(problems, some.randoms(use_true_random=False))
def test_the_solver_breaks_no_rule_and_is_never_worse_than_the_start(problem: Problem, chance: random.Random) -> None:
    start = greedy(problem)
    keep = {number: who for number, who in start.items() if chance.random() < 0.7}
    for kept in (None, keep):
        found = solve(problem, seconds=1, keep=kept)
        assert broken(problem, found.roster) == []
        assert found.score >= score(problem, greedy(problem, kept), kept)
        assert all(filled <= found.most[rank] for rank, filled in found.filled(problem).items())


def test_a_station_is_covered_better_than_at_once_and_says_how_far_from_the_best() -> None:
    problem = station(9, 6, 7)
    start, found = greedy(problem), solve(problem, seconds=4)
    assert found.score[:3] >= score(problem, start)[:3]
    assert found.score.shared == 0 and unevenness(problem, found.roster)["nights"] == 0
    assert found.filled(problem)[1] >= 0.95 * found.most[1]


def test_a_household_gets_days_in_common_once_everything_is_covered() -> None:
    seats = tuple(seat(day, shift) for day in range(7) for shift in (DAYTIME, NIGHT))
    people = tuple(Worker(household="h" if number < 2 else "") for number in range(5))
    problem = Problem(seats, people, 7, limits=Limits(shared_week=48 * HOUR))
    apart = Problem(seats, tuple(Worker() for _ in range(5)), 7)
    assert missed_blocks(problem, solve(problem, seconds=3).roster) == 0
    assert len(solve(problem, seconds=3).roster) == len(solve(apart, seconds=3).roster) == 14


def test_a_partner_who_serves_in_another_unit_gets_days_in_common_too_at_once_and_in_a_search() -> None:
    seats = tuple(seat(day) for day in range(7))
    away = tuple(Work(day * DAY + 8 * HOUR, day * DAY + 20 * HOUR, "发热门诊") for day in (0, 1, 2, 5, 6))
    # The officer has had no weekends lately, so fairness alone would give them these days, when the nurse is at home.
    people = (Worker(), Worker(before=(0, 9, 0)), Worker(before=(0, 9, 0)))
    problem = Problem(seats, people, 7, partners=((0, away),))
    for roster in (greedy(problem), solve(problem, seconds=2).roster):
        assert len(roster) == 7 and missed_blocks(problem, roster) == 0
        assert 0 not in (roster[3], roster[4])
    assert missed_blocks(problem, {3: 0}) == 1
    assert missed_blocks(Problem(seats, people, 7, partners=((0, (*away, Work(3 * DAY, 5 * DAY))),)), {}) == 2


def every_roster(ledger: Ledger, seat: int = 0) -> Iterator[Roster]:
    """All the legal rosters of a small problem, one after the other."""
    if seat == len(ledger.problem.seats):
        yield dict(ledger.roster)
        return
    yield from every_roster(ledger, seat + 1)
    for worker in range(len(ledger.problem.workers)):
        if ledger.why_not(seat, worker) is None:
            ledger.give(seat, worker)
            yield from every_roster(ledger, seat + 1)
            ledger.take(seat)


@settings(max_examples=25)
@given(problems, some.randoms(use_true_random=False))
def test_when_somebody_falls_ill_no_other_roster_covers_as_much_with_fewer_moves(
    whole: Problem, chance: random.Random
) -> None:
    seats = tuple(replace(one, fixed=None) for one in whole.seats[:5])
    used = greedy(replace(whole, seats=seats, workers=whole.workers[:4], partners=(), places={}))
    ill = chance.randrange(4)
    workers = tuple(
        replace(one, away=((-9 * DAY, 9 * DAY),)) if number == ill else one
        for number, one in enumerate(whole.workers[:4])
    )
    problem = replace(whole, seats=seats, workers=workers, partners=(), places={})
    found = solve(problem, seconds=5, keep=used)
    best = max(score(problem, roster, used) for roster in every_roster(Ledger(problem)))
    assert found.score[:4] == best[:4]  # first rank, moves, the other ranks, shared rest


def test_somebody_falls_ill_and_few_others_move() -> None:
    problem = station(8, 3, 7)
    used = solve(problem, seconds=3).roster
    ill = next(iter(used.values()))
    away = [replace(one, away=((0, 7 * DAY),)) if number == ill else one for number, one in enumerate(problem.workers)]
    now = Problem(problem.seats, tuple(away), 7, places=problem.places)
    found = solve(now, seconds=4, keep=used)
    assert ill not in found.roster.values() and broken(now, found.roster) == []
    lost = sum(1 for who in used.values() if who == ill)
    kept = sum(1 for number, who in found.roster.items() if used.get(number) == who)
    assert kept >= len(used) - 2 * lost
    assert found.score >= score(now, greedy(now, used), used)


def test_cancelling_keeps_the_best_so_far() -> None:
    problem, began, seen = station(20, 17, 14), time.monotonic(), []
    found = solve(problem, seconds=60, progress=seen.append, stop=lambda: time.monotonic() > began + 1)
    assert time.monotonic() - began < 20
    assert broken(problem, found.roster) == [] and found.roster == seen[-1].roster


def test_what_cannot_be_filled_says_why_and_the_rest_is() -> None:
    seats = (
        seat(0, skills=frozenset({"driver"})),
        seat(0, agency="health", post="横沥"),
        seat(1),
        seat(1, NIGHT, fixed=0),
        seat(2, DAYTIME),
    )
    people = (
        Worker(agency="police"),
        Worker(agency="police", away=((DAY, 2 * DAY),), other=(Work(2 * DAY, 2 * DAY + HOUR),)),
    )
    problem = Problem(seats, people, 3)
    roster = greedy(problem)
    assert roster == {3: 0}  # the fixed duty comes first
    ledger = Ledger(problem, roster)
    assert [dict(why_empty(ledger, number)) for number in (0, 1, 2, 4)] == [
        {"skill": 2}, {"agency": 2}, {"rest": 1, "leave": 1}, {"rest": 2},
    ]  # fmt: skip
    assert greedy(Problem(seats[:3], (), 3)) == solve(Problem((), people, 3), seconds=1).roster == {}
    assert Ledger(Problem(seats, people, 3, limits=Limits(week=0))).why_not(2, 0) == ("hours", 12 * HOUR)
