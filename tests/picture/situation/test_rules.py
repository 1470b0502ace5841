"""Classes of colour, and which figures of a pack a map is made from."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import huizhou_pack
from wangge.ground.responses.packs.loading import load_pack
from wangge.picture.situation.rules import (
    MOST_CLASSES,
    Measure,
    count_breaks,
    formula_of,
    nice,
    open_figure,
    stage_figures,
)

COUNTS = st.lists(st.integers(-5, 10**9), max_size=60)


@given(COUNTS)
def test_breaks_rise_from_one_and_are_few(values: list[int]) -> None:
    breaks = count_breaks(values)
    assert list(breaks) == sorted(set(breaks))
    assert len(breaks) <= MOST_CLASSES
    assert (breaks[:1] == (1.0,)) == any(value >= 1 for value in values)


@given(st.floats(1, 1e12))
def test_a_nice_number_is_round_and_not_far_below(value: float) -> None:
    at = nice(value)
    assert at <= value < at * 2 + 1e-9 or at * 2 > value
    assert f"{at:.0f}".rstrip("0") in {"1", "2", "3", "5"}


def test_many_places_do_not_all_have_one_colour() -> None:
    breaks = count_breaks([1] * 30 + [4, 8, 15, 40, 120] * 20)
    assert breaks[0] == 1 and len(breaks) >= 4
    assert count_breaks([]) == count_breaks([0, 0]) == ()


def test_the_pack_of_huizhou_has_all_that_a_map_shows() -> None:
    figures = huizhou_pack().figures
    assert open_figure(figures) == "matters_open"
    assert list(stage_figures(figures)) == ["push", "triage", "coordinate", "verify"]
    rate = formula_of(Measure("rate"), figures)
    assert rate is not None and len(rate.above) == len(rate.below) == 4
    lodging = formula_of(Measure("figure", "lodging_registered_rate"), figures)
    assert lodging is not None and lodging.below
    assert formula_of(Measure("figure", "services_offered"), figures) is None


@pytest.mark.parametrize("measure", [Measure("open"), Measure("rate"), Measure("figure", "matters_open")])
def test_a_pack_without_them_is_not_guessed_at(measure: Measure) -> None:
    other = load_pack(Path(__file__).resolve().parents[2] / "packs" / "measles-tiny")
    assert formula_of(measure, other.figures) is None
