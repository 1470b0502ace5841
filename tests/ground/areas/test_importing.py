"""Importing a list: preview, apply, apply again; nothing half done, nobody without the right."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date
from threading import Event as Signal

import pytest
from django.db import IntegrityError, connection, transaction

from wangge.ground.areas.importer import preview
from wangge.ground.areas.models import Area, AreaCode, Cover
from wangge.ground.areas.queries import area_by_code, code_history, covered
from wangge.ground.areas.rules import Preview
from wangge.ground.areas.services import areas_import
from wangge.ground.areas.tree import tree
from wangge.ground.journal.models import Event
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import AreaListOutdated, NotPermitted

from .conftest import EDITION, NAMES, NOW, ROWS, held, village_list

NEXT = date(2020, 6, 30)


def bring(actor: Actor, *rows: str, edition: date = NEXT) -> Preview:
    return areas_import(actor=actor, preview=preview(village_list(*rows)), edition=edition, now=NOW)


def test_a_preview_changes_nothing(no_areas: None) -> None:
    found = preview(village_list(*ROWS), names=NAMES)
    assert len(found.adds) == 12
    assert not Area.objects.exists()


def test_a_list_becomes_a_tree_with_paths_and_covers(city: Preview) -> None:
    village = held("990102001001")
    assert tree().path_name(village.id) == "城中区 桥东街道 东湖社区"
    assert tree().root().name == "云州市"
    assert [tree().get(area).level for area in tree().ancestors(village.id)] == ["town", "county", "city", "province"]
    assert set(covered(held("990102").id)) == {held(code).id for code in (
        "990102", "990102001", "990102100", "990102001001", "990102001002", "990102100200",
    )}  # fmt: skip
    assert Area.objects.get(id=village.id).kind == "居民委员会"


def test_importing_again_changes_nothing_and_tells_nobody(city: Preview, clerk: Actor) -> None:
    told = Event.objects.count()
    codes = list(AreaCode.objects.values_list("id", "code"))
    again = bring(clerk, *ROWS)
    assert (again.changes, again.unchanged) == (0, 12)
    assert list(AreaCode.objects.values_list("id", "code")) == codes
    assert Event.objects.count() == told


def test_good_lines_are_taken_while_bad_ones_are_named(city: Preview, clerk: Actor) -> None:
    done = bring(clerk, "990102001003,新来社区居委会,,990102001,,990102,", "99010200100,短,,990102001,,990102,")
    assert [error.line for error in done.errors] == [3]
    assert [one.name for one in done.adds] == ["新来社区居委会"]
    assert held("990102001003").kind == "居民委员会"
    assert held("990102001003").parent_id == held("990102001").id


def test_a_renamed_village_keeps_its_id_and_its_old_name_stands_in_its_history(city: Preview, clerk: Actor) -> None:
    village = held("990102001002")
    done = bring(clerk, ROWS[1].replace("新建", "新民"))
    assert [(one.old_name, one.name) for one in done.renames] == [("新建社区居委会", "新民社区居委会")]
    assert held("990102001002").id == village.id
    assert held("990102001002").short_name == "新民社区"
    assert code_history(village.id) == [
        ("990102001002", "新建社区居委会", EDITION, NEXT),
        ("990102001002", "新民社区居委会", NEXT, None),
    ]


def test_a_new_kind_alone_begins_no_new_line_in_the_history(city: Preview, clerk: Actor) -> None:
    bring(clerk, ROWS[1].replace("居民委员会,9", "类似居民委员会,9"))
    assert held("990102001002").kind == "类似居民委员会"
    assert len(code_history(held("990102001002").id)) == 1


def test_a_village_under_a_new_code_in_its_town_is_the_same_village(city: Preview, clerk: Actor) -> None:
    village = held("990103100201")
    done = bring(clerk, "990103100209,石湖村民委员会,村民委员会,990103100,永汉镇,990103,山南县")
    assert len(done.moves) == 1 and not done.adds
    assert held("990103100209").id == village.id
    assert held("990103100201").id == village.id, "the old code still resolves"


def test_codes_handed_on_from_village_to_village_do_not_mix_up_the_villages(city: Preview, clerk: Actor) -> None:
    longtan, shihu = held("990103100200"), held("990103100201")
    bring(
        clerk,
        "990103100200,石湖村民委员会,村民委员会,990103100,永汉镇,990103,山南县",
        "990103100201,龙潭村民委员会,村民委员会,990103100,永汉镇,990103,山南县",
    )
    assert held("990103100200").id == shihu.id
    assert held("990103100201").id == longtan.id
    before = area_by_code("990103100200", on=date(2020, 1, 1))
    assert before and before.id == longtan.id


def test_a_village_whose_code_is_given_away_ends_and_what_it_covered_stays_covered(city: Preview, clerk: Actor) -> None:
    longtan, shihu, county = held("990103100200"), held("990103100201"), held("990103")
    done = bring(clerk, "990103100200,石湖村民委员会,村民委员会,990103100,永汉镇,990103,山南县")
    assert [one.area_id for one in done.ends] == [longtan.id]
    assert held("990103100200").id == shihu.id
    assert tree().get(longtan.id).ended
    assert longtan.id not in tree().children(held("990103100").id)
    assert Cover.objects.filter(ancestor_id=county.id, area_id=longtan.id).exists(), "its records still lie there"


def test_a_village_of_the_same_name_in_another_town_is_another_village(city: Preview, clerk: Actor) -> None:
    done = bring(clerk, "990102100201,龙潭村民委员会,村民委员会,990102100,汝湖镇,990102,城中区")
    assert len(done.adds) == 1 and not done.moves
    assert held("990103100200").id != held("990102100201").id


def test_another_import_between_preview_and_apply_makes_no_double(city: Preview, clerk: Actor) -> None:
    row = "990102001003,新来社区居委会,,990102001,,990102,"
    mine = preview(village_list(row))
    bring(clerk, row)
    late = areas_import(actor=clerk, preview=mine, edition=NEXT, now=NOW)
    assert (late.changes, late.unchanged) == (0, 5)
    assert AreaCode.objects.filter(code="990102001003").count() == 1


def test_an_older_list_cannot_turn_the_areas_back(city: Preview, clerk: Actor) -> None:
    with pytest.raises(AreaListOutdated):
        bring(clerk, ROWS[1].replace("新建", "旧名"), edition=date(2018, 10, 31))
    assert held("990102001002").name == "新建社区居委会"


def test_an_outsider_may_not_import(city: Preview, outsider: Actor) -> None:
    with pytest.raises(NotPermitted):
        bring(outsider, "990102001003,新来社区居委会,,990102001,,990102,")
    assert tree().by_code("990102001003") is None


def test_the_journal_holds_counts_and_codes_but_no_names(city: Preview, clerk: Actor) -> None:
    before = Event.objects.order_by("id").last()
    assert before and before.type == "areas.imported" and before.data["adds"] == 12
    bring(clerk, ROWS[1].replace("新建", "新民"))
    events = list(Event.objects.filter(id__gt=before.id).order_by("id"))
    assert [event.type for event in events] == ["area.renamed", "areas.imported"]
    assert "新" not in "".join(str(event.data) for event in events)


def test_the_database_itself_refuses_two_holders_of_one_code(city: Preview) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        AreaCode.objects.create(area_id=held("990103100201").id, code="990102001001", name="x", since=NEXT)


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time; the race is PostgreSQL's")
def test_a_second_import_waits_until_the_first_has_ended(db: None, clerk: Actor) -> None:
    found = preview(village_list(*ROWS), names=NAMES, city="9901")
    written, let_go = Signal(), Signal()

    def bring_and_hold(hold: Signal | None) -> int:
        try:
            with transaction.atomic():
                changes = areas_import(actor=clerk, preview=found, edition=EDITION, now=NOW).changes
                written.set()
                if hold:
                    hold.wait(timeout=20)
                transaction.set_rollback(True)  # nothing of this test outlives it
                return changes
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as two:
        first = two.submit(bring_and_hold, let_go)
        assert written.wait(timeout=20)
        second = two.submit(bring_and_hold, None)
        with pytest.raises(TimeoutError):
            second.result(timeout=1)
        let_go.set()
        assert (first.result(timeout=20), second.result(timeout=20)) == (12, 12)
