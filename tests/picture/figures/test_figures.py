"""Figures as people ask for them: who may, what a period is, shares, areas that change, packs that change."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from wangge.ground.areas.covers import areas_changing
from wangge.ground.areas.models import Area
from wangge.ground.journal.readers import Event
from wangge.ground.kernel.permission import system_actor
from wangge.ground.kernel.problems import InputInvalid, NotFound, NotPermitted
from wangge.picture.figures.days import figure_days
from wangge.picture.figures.models import Rollup
from wangge.picture.figures.queries import figures
from wangge.picture.figures.rows import figure_rows
from wangge.picture.figures.rules import share
from wangge.picture.figures.services import figures_rebuild

# On PostgreSQL the reader sees only what is committed.
pytestmark = pytest.mark.django_db(transaction=connection.vendor == "postgresql")
HOUR = timedelta(hours=1)
LEAFLETS = "leaflets_handed_out"


def test_new_is_what_came_since(ledger, value, now):
    ledger.leaflets(10, now)
    ledger.leaflets(3, now + HOUR)
    assert value(LEAFLETS, now + 2 * HOUR) == (13, 13)
    assert value(LEAFLETS, now + 2 * HOUR, now + HOUR) == (13, 3)
    assert value(LEAFLETS, now + HOUR, now + HOUR) == (10, 0)


def test_the_cutoff_minute_itself_does_not_count(ledger, value, now):
    ledger.leaflets(10, now + timedelta(minutes=7))
    assert value(LEAFLETS, now + timedelta(minutes=7)) == (0, 0)
    assert value(LEAFLETS, now + timedelta(minutes=8)) == (10, 10)


def test_a_start_after_the_cutoff_is_refused(value, now):
    with pytest.raises(InputInvalid):
        value(LEAFLETS, now, now + HOUR)


def test_a_counter_entry_lowers_a_figure(ledger, value, now):
    ledger.leaflets(300, now)
    ledger.countered(300, now + HOUR)
    ledger.leaflets(30, now + HOUR)
    assert value(LEAFLETS, now + 2 * HOUR) == (30, 30)


def test_areas_see_their_own_and_what_they_cover(ledger, value, now):
    ledger.leaflets(1, now, area="441302001001")
    ledger.leaflets(20, now, area="441302001003")
    ledger.leaflets(300, now, area="441323001001")
    until = now + HOUR
    seen = [value(LEAFLETS, until, area=code)[0] for code in ("441302001001", "441302001", "441302", "4413")]
    assert seen == [1, 21, 21, 321]


def test_a_figure_of_one_area_counts_there_only(ledger, value, now):
    printed = {"kind": "handbooks_printed", "place_kind": "bureau", "sign": 1, "copies": 3500}
    ledger.record("duty.logged", now, area="441302", **printed)
    ledger.record("duty.logged", now, area="441323", **printed)
    assert value("handbooks_printed", now + HOUR) == (3500, 3500)
    assert value("handbooks_printed", now + HOUR, area="441323") == (0, 0)


def test_outsiders_are_refused(city, value, now):
    where = {"response_id": city.response_id, "area_id": city.area("441302")}
    with pytest.raises(NotPermitted):
        value(LEAFLETS, now, who="olga")
    with pytest.raises(NotPermitted):
        value(LEAFLETS, now, who="adam")
    with pytest.raises(NotPermitted):
        figure_rows(actor=city.actor("olga"), code=LEAFLETS, since=None, until=now, **where)
    with pytest.raises(NotPermitted):
        figure_days(actor=city.actor("olga"), codes=[LEAFLETS], first=now.date(), last=now.date(), **where)


def test_unknown_figures_are_not_found(city, now):
    where = {"actor": city.actor("frank"), "response_id": city.response_id, "area_id": city.area("4413")}
    with pytest.raises(NotFound):
        figure_rows(code="unicorns", since=None, until=now, **where)
    with pytest.raises(NotFound):
        figure_days(codes=["services_offered"], first=now.date(), last=now.date(), **where)
    with pytest.raises(InputInvalid):
        figure_days(codes=[LEAFLETS], first=now.date(), last=now.date() - timedelta(days=1), **where)


@pytest.mark.parametrize(
    ("numerator", "denominator", "precision", "wanted"),
    [
        (0, 0, 0, None),
        (1, 1, 0, 100.0),
        (0, 5, 1, 0.0),
        (1, 3, 1, 33.3),
        (2, 3, 0, 67.0),
        (1, 8, 0, 13.0),
        (9999, 10000, 0, 99.0),
        (9999, 10000, 2, 99.99),
        (99999, 100000, 2, 99.99),
        (100001, 100000, 0, 101.0),
    ],
)
def test_a_share_is_100_only_when_nothing_is_missing(numerator, denominator, precision, wanted):
    assert share(numerator, denominator, precision) == wanted


def test_rows_say_where_when_and_how_much(ledger, city, now):
    ledger.leaflets(10, now, observed_at=now - HOUR)
    ledger.countered(10, now + HOUR)
    ledger.leaflets(0, now + HOUR)  # adds nothing, so it is not behind the figure
    page = figure_rows(
        actor=city.actor("frank"), response_id=city.response_id, code=LEAFLETS, area_id=city.area("4413"), since=None,
        until=now + 2 * HOUR,
    )  # fmt: skip
    assert [(row.type, row.amount, row.kind) for row in page.rows] == [
        ("duty.countered", -10, LEAFLETS),
        ("duty.logged", 10, LEAFLETS),
    ]
    assert page.rows[1].area_name == "惠城区 桥东街道 东湖社区" and page.rows[1].observed_at == now - HOUR
    assert page.following is None


def test_rows_of_a_share_are_those_of_both_its_parts(ledger, city, now):
    ledger.record("matter.acknowledged", now, kind="arrival", stage="push", in_time=True)
    ledger.record("matter.overdue", now + HOUR, kind="arrival", stage="push")
    page = figure_rows(
        actor=city.actor("frank"), response_id=city.response_id, code="push_first_moment",
        area_id=city.area("4413"), since=None, until=now + 2 * HOUR,
    )  # fmt: skip
    assert [(row.amount, row.out_of) for row in page.rows] == [(0, 1), (1, 1)]


@pytest.mark.parametrize("handled", [0, 3, 50])
def test_statements_do_not_grow_with_the_data(ledger, city, now, handled):
    actor, area_id = city.actor("frank"), city.area("4413")

    def statements(call):
        with CaptureQueriesContext(connection) as caught:
            call()
        return len(caught)

    def calls():
        where = {"actor": actor, "response_id": city.response_id, "area_id": area_id}
        until = now + 3 * HOUR + timedelta(minutes=7)
        return [
            statements(lambda: figures(**where, until=until, since=now)),
            statements(lambda: figure_rows(**where, code=LEAFLETS, since=None, until=until)),
            statements(
                lambda: figure_days(**where, codes=[LEAFLETS, "push_first_moment"], first=now.date(), last=now.date())
            ),
        ]

    ledger.leaflets(1, now)
    calls()
    before = calls()
    for minute in range(40):
        ledger.leaflets(minute, now + timedelta(minutes=5 * minute), area="441302001003")
    ledger.roll(handled, now)
    after = calls()
    assert before[0] == after[0] == 4 and before[2] == after[2] == 3
    assert after[1] <= 5


def test_when_a_village_moves_its_records_move_with_it(ledger, value, now):
    """Wherever the reader stood when the areas changed, and before it has read anything since."""
    ledger.leaflets(5, now, area="441302100201")
    ledger.roll(1, now)
    ledger.leaflets(70, now, area="441302100201")
    town, other = "441302100", "441323001"
    assert value(LEAFLETS, now + HOUR, area=town)[0] == 75
    with areas_changing():
        Area.objects.filter(codes__code="441302100201").update(parent=Area.objects.get(codes__code=other))
    shown = {code: value(LEAFLETS, now + HOUR, area=code)[0] for code in (town, other, "4413")}
    assert shown == {town: 0, other: 75, "4413": 75}
    ledger.roll(1, now)
    shown = {code: value(LEAFLETS, now + HOUR, area=code)[0] for code in (town, other, "4413")}
    assert shown == {town: 0, other: 75, "4413": 75}


def test_rebuilding_changes_nothing_that_was_right_and_mends_what_was_not(ledger, city, value, now):
    for minute in range(5):
        ledger.leaflets(10, now + timedelta(minutes=minute))
    ledger.roll(4, now)
    Rollup.objects.filter(figure=LEAFLETS, grain="hour").update(value=99)
    operator = system_actor("test", "pack.load")
    figures_rebuild(actor=operator, response_id=city.response_id, now=now)
    assert value(LEAFLETS, now + timedelta(minutes=30)) == (50, 50)
    assert Event.objects.filter(type="figures.rebuilt").count() == 1
    with pytest.raises(NotPermitted):
        figures_rebuild(actor=city.actor("frank"), response_id=city.response_id, now=now)
