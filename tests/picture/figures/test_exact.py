"""A figure equals a count over all events, for any scope and cut-off, wherever the reader stands."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import START, huizhou_pack
from wangge.ground.areas.tree import tree
from wangge.ground.journal.readers import Event
from wangge.ground.kernel.clock import local
from wangge.picture.figures.days import figure_days
from wangge.picture.figures.queries import figures
from wangge.picture.figures.rows import figure_rows

AREAS = ["441302001001", "441302001003", "441302100200", "441323001001", "441302001", "441302", "4413"]
LODGING = {"kind": "lodging_inspection", "place_kind": "inn", "premises": 1, "guests": 9}
ACTIONS = [
    ("duty.logged", {"kind": "leaflets_handed_out", "place_kind": "household", "sign": 1}, "copies"),
    ("duty.countered", {"kind": "leaflets_handed_out", "place_kind": "household", "sign": -1}, "copies"),
    ("duty.logged", {"kind": "handbooks_printed", "place_kind": "bureau", "sign": 1}, "copies"),
    ("duty.logged", LODGING | {"sign": 1}, "registered"),
    ("duty.countered", LODGING | {"sign": -1}, "registered"),
    ("matter.closed", {"kind": "gathering", "severity": 2, "outcome": "dispersed", "told": "call"}, None),
    ("matter.closed", {"kind": "gathering", "severity": 2, "outcome": "unfounded", "told": "call"}, None),
    ("matter.reopened", {"kind": "gathering", "severity": 2, "outcome": "dispersed", "level": 1}, None),
    ("matter.acknowledged", {"kind": "arrival", "stage": "push", "in_time": True, "severity": 2}, None),
    ("matter.acknowledged", {"kind": "arrival", "stage": "push", "in_time": False, "severity": 2}, None),
    ("matter.overdue", {"kind": "arrival", "stage": "push", "severity": 2}, None),
    ("matter.received", {"kind": "arrival", "source": "phone", "severity": 2, "number": "x"}, None),
]  # fmt: skip
MINUTES = st.integers(0, 3 * 24 * 60)
EVENTS = st.lists(
    st.tuples(
        st.sampled_from(ACTIONS),
        MINUTES,
        st.sampled_from(AREAS),
        st.integers(0, 400),
        st.booleans() | st.just(False),
        st.booleans() | st.just(True),
    ),
    max_size=25,
)
# Whole hours, midnights and the first of a month are where a cut-off goes wrong.
CUTOFFS = MINUTES | st.integers(0, 72).map(lambda hour: hour * 60) | st.sampled_from([15 * 60, 39 * 60])
MONTHS = [minutes - 9 * 60 for minutes in (-2 * 1440, 27 * 1440, 58 * 1440, 88 * 1440)]  # February to May, 0:00
FAR = st.integers(-5, 95).map(lambda day: day * 1440) | st.integers(-5 * 1440, 95 * 1440) | st.sampled_from(MONTHS)


def brute_force(
    response_id: UUID, area_id: UUID, until: datetime, since: datetime | None
) -> dict[str, tuple[int, int]]:
    """Every count and sum by going through the whole journal, by the words of the pack alone."""
    total: Counter[str] = Counter()
    new: Counter[str] = Counter()
    for event in Event.objects.all():
        inside = event.area_id is not None and tree().covers(area_id, event.area_id)
        if not inside or event.exercise or event.response_id != response_id or event.at >= until:
            continue
        for figure in huizhou_pack().figures.values():
            if figure.area is not None and not tree().covers(tree().by_code(figure.area).id, event.area_id):
                continue
            for source in figure.of:
                matches = all(event.data.get(key) in wanted for key, wanted in source.where.items())
                if event.type == source.event and matches:
                    amount = event.data.get(source.quantity, 0) if source.quantity else 1
                    total[figure.code] += source.sign * event.data.get("sign", 1) * amount
                    if since is None or event.at >= since:
                        new[figure.code] += source.sign * event.data.get("sign", 1) * amount
    return {code: (total[code], new[code]) for code, figure in huizhou_pack().figures.items() if figure.of}


def record_all(ledger, drawn) -> None:
    for (type_, data, quantity), minute, area, amount, exercise, ours in drawn:
        given = data | ({quantity: amount} if quantity else {})
        response_id = ledger.city.response_id if ours else ledger.city.area("4413")
        at = START + timedelta(minutes=minute)
        ledger.record(type_, at, area=area, exercise=exercise, response_id=response_id, **given)


PROPERTY = settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)


@PROPERTY
@given(drawn=EVENTS, handled=st.integers(0, 30), until=CUTOFFS, since=st.none() | CUTOFFS, area=st.sampled_from(AREAS))
def test_figures_equal_a_count_over_all_events(city, ledger, drawn, handled, until, since, area):
    with transaction.atomic():
        record_all(ledger, drawn)
        ledger.roll(handled, START)
        cutoff = START + timedelta(minutes=until)
        start = None if since is None else START + timedelta(minutes=min(since, until))
        actor = city.actor("frank")
        found = figures(actor=actor, response_id=city.response_id, area_id=city.area(area), until=cutoff, since=start)
        wanted = brute_force(city.response_id, city.area(area), cutoff, start)
        assert {code: (found[code].total, found[code].new) for code in wanted} == wanted
        transaction.set_rollback(True)


@PROPERTY
@given(drawn=EVENTS, data=st.data(), handled=st.integers(0, 30), area=st.sampled_from(AREAS))
def test_figures_of_months_equal_a_count_over_all_events(city, ledger, drawn, data, handled, area):
    with transaction.atomic():
        record_all(ledger, [(action, data.draw(FAR), *rest) for action, _, *rest in drawn])
        ledger.roll(handled, START)
        start, cutoff = sorted(START + timedelta(minutes=data.draw(FAR)) for _ in range(2))
        actor = city.actor("frank")
        found = figures(actor=actor, response_id=city.response_id, area_id=city.area(area), until=cutoff, since=start)
        wanted = brute_force(city.response_id, city.area(area), cutoff, start)
        assert {code: (found[code].total, found[code].new) for code in wanted} == wanted
        transaction.set_rollback(True)


@PROPERTY
@given(
    drawn=EVENTS,
    handled=st.integers(0, 30),
    until=CUTOFFS,
    limit=st.integers(1, 4),
    code=st.sampled_from(["leaflets_handed_out", "gatherings_stopped", "handbooks_printed", "matters_received"]),
    area=st.sampled_from(AREAS),
)
def test_the_rows_behind_a_figure_add_up_to_it(city, ledger, drawn, handled, until, limit, code, area):
    with transaction.atomic():
        record_all(ledger, drawn)
        ledger.roll(handled, START)
        cutoff, area_id, actor = START + timedelta(minutes=until), city.area(area), city.actor("frank")
        where = {"actor": actor, "response_id": city.response_id, "area_id": area_id, "until": cutoff}
        rows, mark = [], None
        while True:
            page = figure_rows(**where, code=code, since=None, after=mark, limit=limit)
            rows += page.rows
            mark = page.following
            assert len(page.rows) <= limit
            if mark is None:
                break
        assert sum(row.amount for row in rows) == figures(**where)[code].total
        assert rows == sorted(rows, key=lambda row: row.mark, reverse=True)
        assert len({row.mark for row in rows}) == len(rows)
        transaction.set_rollback(True)


@PROPERTY
@given(drawn=EVENTS, handled=st.integers(0, 30), area=st.sampled_from(AREAS))
def test_the_days_of_a_figure_add_up_to_it(city, ledger, drawn, handled, area):
    with transaction.atomic():
        record_all(ledger, drawn)
        ledger.roll(handled, START)
        where = {"actor": city.actor("frank"), "response_id": city.response_id, "area_id": city.area(area)}
        first, last = local(START).date(), local(START + timedelta(days=4)).date()
        codes = ["leaflets_handed_out", "gatherings_stopped", "lodging_registered"]
        days = figure_days(**where, codes=codes, first=first, last=last)
        found = figures(**where, until=START + timedelta(days=4))
        for code in codes:
            assert sum(day.value for day in days[code]) == found[code].total
            assert [day.day for day in days[code]] == [first + timedelta(days=n) for n in range(5)]
        transaction.set_rollback(True)
