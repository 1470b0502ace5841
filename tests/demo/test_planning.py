"""A plan adds up: whatever the seed and the totals, its records make exactly the figures asked for."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from itertools import accumulate
from random import Random
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.conftest import huizhou_pack
from tests.small_city import PACK
from wangge.demo.ledgers import Place
from wangge.demo.planning import Plan, plan
from wangge.demo.scenario import read_scenario
from wangge.demo.spreading import spread, spread_within
from wangge.demo.totals import Closings, Ledger, Totals, way_of
from wangge.ground.kernel.problems import DemoTotalsInvalid

HUIZHOU = huizhou_pack()
SCENARIO = read_scenario(PACK)
COUNTY = UUID(int=1)
PLACES = [Place(UUID(int=100 + n), UUID(int=10 + n % 3), COUNTY, f"第{n}村", 1.0 + n % 4) for n in range(12)]
STEERED = sorted(code for code, figure in HUIZHOU.figures.items() if way_of(figure, HUIZHOU))


def planned(totals: Totals, seed: int) -> Plan:
    areas = {"441302": COUNTY}
    return plan(pack=HUIZHOU, scenario=SCENARIO, totals=totals, places=PLACES, areas=areas, rng=Random(seed))


def counted(made: Plan, code: str) -> int:
    """What a figure will show, from the plan alone: corrected entries as they end, cancelled ones and exercises not."""
    way = way_of(HUIZHOU.figures[code], HUIZHOU)
    if isinstance(way, Ledger):
        entries = (one for one in made.entries if one.kind == way.kind and not one.cancelled and not one.exercise)
        return sum(entry.quantities[way.quantity] for entry in entries)
    assert isinstance(way, Closings)
    lives = (life for life in made.matters if life.outcome and not life.exercise)
    return sum((life.kind, life.outcome) in way.cells for life in lives)


@given(
    seed=st.integers(0, 2**32),
    values=st.fixed_dictionaries(
        {
            "entertainment_inspected": st.integers(0, 5000),
            "lodging_inspected": st.integers(0, 5000),
            "epidemic_incidents_handled": st.integers(0, 300),
            "gatherings_stopped": st.integers(0, 300),
            "leaflets_handed_out": st.integers(0, 2_000_000),
            "people_dispersed": st.integers(0, 50_000),
            "handbooks_printed": st.integers(0, 100_000),
        }
    ),
)
@settings(max_examples=25, deadline=None)
def test_the_totals_of_the_report_come_out_for_any_seed_and_numbers(seed: int, values: dict[str, int]) -> None:
    made = planned(Totals(values, {}), seed)
    assert {code: counted(made, code) for code in values} == values
    assert counted(made, "lodging_registered") == counted(made, "lodging_guests")
    assert counted(made, "lodging_uploaded") == counted(made, "lodging_registered")


@given(seed=st.integers(0, 2**32), code=st.sampled_from(STEERED), number=st.integers(0, 400))
@settings(max_examples=40, deadline=None)
def test_every_figure_that_records_make_can_be_asked_for(seed: int, code: str, number: int) -> None:
    made = planned(Totals({code: number}, {}), seed)
    assert counted(made, code) == number


@given(seed=st.integers(0, 999), handed_over=st.integers(0, 60), incidents=st.integers(0, 60))
@settings(max_examples=25, deadline=None)
def test_figures_that_cross_each_other_come_out_together(seed: int, handed_over: int, incidents: int) -> None:
    values = {
        "cases_handed_over": handed_over,
        "epidemic_incidents_handled": incidents,
        "refusals_settled": incidents // 3,
        "gatherings_stopped": 4,
    }
    made = planned(Totals(values, {}), seed)
    assert {code: counted(made, code) for code in values} == values


def test_everything_comes_in_before_the_cut_off() -> None:
    made = planned(Totals({"epidemic_incidents_handled": 200, "leaflets_handed_out": 9000}, {}), 3)
    for entry in made.entries:
        assert SCENARIO.start <= entry.observed_at <= entry.received_at < SCENARIO.end
        assert entry.corrected_at is None or entry.received_at < entry.corrected_at < SCENARIO.end
    assert all(SCENARIO.start <= life.received_at < SCENARIO.end for life in made.matters)


def test_confirmed_cases_are_those_notified_on_each_day() -> None:
    per_day: dict[date, int] = defaultdict(int)
    for entry in planned(Totals({"cases_confirmed": 35}, {}), 5).entries:
        if entry.kind == "cases_notified":
            assert entry.area_id == entry.place.county_id and entry.wrong is None
            per_day[entry.observed_at.date()] += entry.quantities["confirmed"]
    running = accumulate(per_day.get(day.date(), 0) for day in SCENARIO.dates)
    assert list(running) == [SCENARIO.cases[day.date()] for day in SCENARIO.dates]


def test_a_plan_has_mistakes_in_it() -> None:
    made = planned(Totals({"epidemic_incidents_handled": 300, "leaflets_handed_out": 90_000}, {}), 5)
    befallen = {mishap for life in made.matters for mishap in life.mishaps}
    assert {"duplicate", "hand_back", "failed_verification", "reopened", "wrong_clock", "late_stage"} <= befallen
    assert any(entry.wrong for entry in made.entries)
    assert any(entry.cancelled for entry in made.entries)
    assert any(entry.exercise for entry in made.entries)


def test_totals_that_contradict_each_other_are_refused() -> None:
    with pytest.raises(DemoTotalsInvalid, match="refusals_settled"):
        planned(Totals({"epidemic_incidents_handled": 3, "refusals_settled": 4}, {}), 1)
    with pytest.raises(DemoTotalsInvalid, match="closed"):
        planned(Totals({"entertainment_inspected": 3, "venues_closed_on_the_spot": 4}, {}), 1)


@given(st.integers(0, 10**7), st.lists(st.floats(0, 100), min_size=1, max_size=50), st.integers(0, 99))
def test_parts_always_add_up_to_the_whole(total: int, weights: list[float], seed: int) -> None:
    parts = spread(total, weights, Random(seed))
    assert sum(parts) == total
    assert min(parts) >= 0


@given(st.lists(st.integers(0, 100), min_size=1, max_size=30), st.data())
def test_parts_stay_within_what_they_can_hold(most: list[int], data: st.DataObject) -> None:
    total = data.draw(st.integers(0, sum(most)))
    parts = spread_within(total, most, Random(1))
    assert sum(parts) == total
    assert all(0 <= part <= cap for part, cap in zip(parts, most, strict=True))
