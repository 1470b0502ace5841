"""What the reader keeps: whatever happened before, it is what a count from the journal's beginning comes to."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.conftest import OPERATOR, huizhou_pack
from wangge.ground.areas import tree as area_tree
from wangge.ground.areas.covers import areas_changing
from wangge.ground.areas.models import Area, AreaCode
from wangge.ground.kernel.permission import system_actor
from wangge.ground.responses import services as responses
from wangge.picture.figures.models import Rollup
from wangge.picture.figures.rows import figure_rows
from wangge.picture.figures.services import figures_rebuild

# On PostgreSQL the reader sees only what is committed.
pytestmark = pytest.mark.django_db(transaction=connection.vendor == "postgresql")
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
LEAFLETS = "leaflets_handed_out"
ALL = 1000
PRINTED = {"kind": "handbooks_printed", "place_kind": "bureau", "sign": 1}


def kept():
    """Every sum that is not nothing."""
    return set(
        Rollup.objects.filter(rows__gt=0).values_list("area_id", "grain", "start", "figure", "value", "rows", "own")
    )


def made_again(city, now):
    figures_rebuild(actor=system_actor("test", "pack.load"), response_id=city.response_id, now=now)
    return kept()


def move(village: str, town: str) -> None:
    with areas_changing():
        Area.objects.filter(codes__code=village).update(parent=Area.objects.get(codes__code=town))


def test_hours_are_kept_of_large_areas_and_only_days_of_small_ones(ledger, city, now):
    ledger.leaflets(3, now)
    ledger.roll(ALL, now)
    grains = {}
    for area_id, grain in Rollup.objects.filter(figure=LEAFLETS).values_list("area_id", "grain"):
        grains.setdefault(area_tree.tree().get(area_id).level, set()).add(grain)
    assert grains == {
        "village": {"day", "month"},
        "town": {"day", "month"},
        "county": {"hour", "day", "month"},
        "city": {"hour", "day", "month"},
        "province": {"hour", "day", "month"},
    }


def test_a_village_that_moved_is_counted_as_if_it_had_always_stood_there(ledger, city, value, now):
    """Months, days and hours of its old and its new superiors, and figures that count in one county only."""
    for day in range(0, 60, 7):
        ledger.leaflets(1, now + day * DAY, area="441302100201")
        ledger.leaflets(20, now + day * DAY, area="441302100200")
        ledger.leaflets(300, now + day * DAY, area="441323001001")
        ledger.record("duty.logged", now + day * DAY, area="441302100201", copies=50, **PRINTED)
    ledger.roll(ALL, now)
    move("441302100201", "441323001")
    until = now + 90 * DAY
    for _ in range(2):  # before the reader follows, and after
        shown = [value(LEAFLETS, until, area=code)[0] for code in ("441302100", "441302", "441323", "4413")]
        assert shown == [9 * 20, 9 * 20, 9 * 301, 9 * 321]
        ledger.leaflets(0, now)
        ledger.roll(ALL, now)
    assert value("handbooks_printed", until)[0] == 0  # which only 惠城区 counts
    standing = kept()
    assert standing == made_again(city, now)
    move("441302100201", "441302100")
    ledger.leaflets(0, now)
    ledger.roll(ALL, now)
    assert value("handbooks_printed", until)[0] == 9 * 50
    assert kept() == made_again(city, now)


def test_what_happens_in_an_area_made_a_moment_ago_is_counted(ledger, value, now):
    """The reader's process has not looked at the areas since, and what it reads lies there."""
    ledger.leaflets(1, now)
    ledger.roll(ALL, now)
    snapshot, asked_at = area_tree._held, area_tree._held.asked_at
    with areas_changing():
        parent = Area.objects.get(codes__code="441302100")
        new = Area.objects.create(level="village", name="新村", short_name="新村", parent=parent)
        AreaCode.objects.create(area=new, code="441302100299", name="新村")
    ledger.leaflets(40, now, area="441302100299")
    area_tree._held = snapshot
    snapshot.asked_at = asked_at
    ledger.roll(ALL, now)
    assert value(LEAFLETS, now + HOUR, area="441302100")[0] == 40
    assert value(LEAFLETS, now + HOUR)[0] == 41


def test_areas_that_hold_nothing_change_no_sum(ledger, city, value, now):
    ledger.leaflets(5, now)
    ledger.roll(ALL, now)
    standing = kept()
    with areas_changing():
        parent = Area.objects.get(codes__code="441302001001")
        Area.objects.bulk_create(
            Area(level="grid", name=f"网格{n}", short_name=f"{n}", parent=parent) for n in range(120)
        )
    ledger.leaflets(0, now)
    ledger.roll(ALL, now)
    assert kept() == standing


def test_a_figure_of_two_quantities_counts_both_and_each_entry_as_one_row(ledger, city, value, now):
    """Also an entry that holds only one of them; one that holds neither is behind no figure."""
    pack = huizhou_pack()
    [first] = [source for source in pack.figures[LEAFLETS].of if source.event == "duty.logged"]
    both = pack.figures[LEAFLETS].model_copy(
        update={"of": (first, first.model_copy(update={"quantity": "households"}))}
    )
    changed = pack.model_copy(update={"version": f"{pack.version}-two", "figures": {**pack.figures, LEAFLETS: both}})
    kept_pack = responses.pack_load(actor=OPERATOR, pack=changed, now=now)
    responses.response_change_pack(actor=OPERATOR, response_id=city.response_id, pack_id=kept_pack.id, now=now)
    for copies, households in ((10, 4), (0, 3), (2, 0), (0, 0)):
        ledger.leaflets(copies, now, households=households)
    ledger.roll(ALL, now)
    assert value(LEAFLETS, now + HOUR)[0] == 19
    assert set(Rollup.objects.filter(figure=LEAFLETS).values_list("value", "rows")) == {(19, 3)}
    where = {"actor": city.actor("frank"), "response_id": city.response_id, "area_id": city.area("4413")}
    page = figure_rows(**where, code=LEAFLETS, since=None, until=now + HOUR)
    assert sorted(row.amount for row in page.rows) == [2, 3, 14]


def test_what_a_batch_asks_does_not_grow_with_its_events(ledger, now):
    def statements(events):
        for minute in range(events):
            ledger.leaflets(minute, now + timedelta(minutes=minute), area=("441302001003", "441323001001")[minute % 2])
        with CaptureQueriesContext(connection) as caught:
            ledger.roll(ALL, now)
        return len(caught)

    statements(2)
    assert statements(3) == statements(200)
