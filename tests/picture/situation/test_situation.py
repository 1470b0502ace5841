"""What a map shows of an area: each measure, now and at any instant, at every scope, and to nobody else."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection

from wangge.duties.matters.places import open_points
from wangge.duties.matters.services.finishing import matter_reopen
from wangge.duties.matters.services.merging import matter_merge, merge_undo
from wangge.duties.matters.services.triage import matter_acknowledge, matter_dismiss
from wangge.ground.accounts.models import Role
from wangge.ground.kernel.problems import InputInvalid, NotFound, NotPermitted
from wangge.picture.situation import queries
from wangge.picture.situation.queries import crumbs, levels_below, situation
from wangge.picture.situation.rules import Measure

# On PostgreSQL figures see only what is committed.
pytestmark = pytest.mark.django_db(transaction=connection.vendor == "postgresql")
MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)
OPEN, OVERDUE, RATE = Measure("open"), Measure("overdue"), Measure("rate")


@pytest.fixture
def look(city: Any, now: Any) -> Any:
    """Readings by code, as somebody sees them."""

    def looked(measure: Measure = OPEN, who: str = "frank", area: str = "4413", **more: Any) -> dict[str, Any]:
        at = more.pop("now", now)
        found = situation(
            actor=city.actor(who, at),
            response_id=city.response_id,
            area_id=city.area(area),
            measure=measure,
            now=at,
            **more,
        )
        names = {city.area(code): code for code in CODES}
        values = {names[place]: reading.value for place, reading in found.places.items()}
        return values | {"whole": found.whole.value, "known": found.known}

    return looked


CODES = [
    "4413",
    "441302",
    "441323",
    "441302001",
    "441302100",
    "441323001",
    "441302001001",
    "441302001003",
    "441302001005",
    "441302100200",
    "441302100201",
    "441323001001",
    "441323001002",
]


def test_open_matters_are_counted_at_every_level(look: Any, receive: Any) -> None:
    for code in ("441302001001", "441302001003", "441302100200", "441323001001"):
        receive(code)
    assert look() == {"441302": 3, "441323": 1, "whole": 4, "known": True}
    towns = look(level="town")
    assert (towns["441302001"], towns["441302100"], towns["441323001"], towns["whole"]) == (2, 1, 1, 4)
    villages = look(level="village")
    assert [villages[code] for code in ("441302001001", "441302001003", "441302001005")] == [1, 1, 0]
    assert look(area="441302001") == {
        "441302001001": 1,
        "441302001003": 1,
        "441302001005": 0,
        "whole": 2,
        "known": True,
    }


def test_a_village_without_grids_shows_itself(look: Any, receive: Any) -> None:
    receive()
    assert look(area="441302001001") == {"441302001001": 1, "whole": 1, "known": True}


def test_exercises_do_not_show(look: Any, receive: Any) -> None:
    drill = receive(exercise=True)
    late = drill.received_at + DAY
    for measure in (OPEN, OVERDUE, Measure("figure", "matters_received")):
        assert look(measure, now=late)["whole"] == 0, measure
    receive()
    for measure in (OPEN, OVERDUE, Measure("figure", "matters_received")):
        assert look(measure, now=late)["whole"] == 1, measure


def test_overdue_is_what_has_run_over_its_time_now(look: Any, receive: Any, now: Any) -> None:
    matter = receive()
    assert matter.due_at is not None
    assert look(OVERDUE)["whole"] == 0
    assert look(OVERDUE, now=matter.due_at)["441302"] == 1
    past = look(OVERDUE, now=matter.due_at + DAY, at=matter.due_at)
    assert (past["known"], past["whole"]) == (False, None), "what was overdue then is not kept, and not guessed"


def test_what_was_open_at_any_instant_comes_from_the_figures(city: Any, look: Any, receive: Any, now: Any) -> None:
    matter, other = receive(), receive(at=now + MINUTE)

    def step(service: Any, minutes: int, subject: Any = matter, **arguments: Any) -> None:
        at = now + minutes * MINUTE
        subject.refresh_from_db()
        service(actor=city.actor("erin", at), matter_id=subject.id, version=subject.version, now=at, **arguments)

    step(matter_acknowledge, 2)
    step(matter_dismiss, 3, reason="no_matter", text="查无此事")
    step(matter_reopen, 4, text="确有其事")
    step(matter_merge, 5, into_id=other.id)
    at = now + 6 * MINUTE
    matter.refresh_from_db()
    merge_undo(actor=city.actor("erin", at), matter_id=matter.id, version=matter.version, now=at)
    late = now + DAY
    seen = [look(now=late, at=now + minutes * MINUTE + MINUTE / 2)["whole"] for minutes in range(7)]
    assert seen == [1, 2, 2, 1, 2, 1, 2]
    assert look(now=late)["whole"] == look(now=late, at=late)["whole"] == 2


def test_the_first_moment_rate_is_of_all_stages(city: Any, look: Any, ledger: Any, now: Any) -> None:
    data = {"kind": "arrival", "severity": 2, "in_time": True}
    for stage, type_ in (("push", "acknowledged"), ("triage", "triaged"), ("verify", "verified")):
        ledger.record(f"matter.{type_}", now, stage=stage, **data)
    ledger.record("matter.overdue", now, kind="arrival", severity=2, stage="coordinate")
    late = now + MINUTE
    assert look(RATE, now=late) == {"441302": 75.0, "441323": None, "whole": 75.0, "known": True}
    found = situation(
        actor=city.actor("frank"),
        response_id=city.response_id,
        area_id=city.area("4413"),
        measure=RATE,
        now=late,
    )
    assert (found.whole.above, found.whole.below, found.is_share) == (3, 4, True)


def test_a_figure_is_shown_since_the_start_or_of_the_day(look: Any, ledger: Any, now: Any) -> None:
    ledger.leaflets(10, now - DAY)
    ledger.leaflets(3, now, area="441323001001")
    leaflets = "leaflets_handed_out"
    late = now + MINUTE
    assert look(Measure("figure", leaflets), now=late) == {"441302": 10, "441323": 3, "whole": 13, "known": True}
    day = look(Measure("figure", leaflets, "day"), now=late)
    assert (day["441302"], day["441323"], day["whole"]) == (0, 3, 3)
    yesterday = look(Measure("figure", leaflets, "day"), now=late, at=now - DAY + MINUTE)
    assert (yesterday["441302"], yesterday["441323"]) == (10, 0)


def test_a_pack_without_such_figures_says_so(city: Any, look: Any, monkeypatch: Any, receive: Any, now: Any) -> None:
    receive()
    monkeypatch.setattr(queries.rules, "formula_of", lambda measure, figures: None)
    assert look(now=now + DAY, at=now)["known"] is False
    assert look(RATE)["known"] is False
    assert look()["whole"] == 1, "now needs no figure"


def test_bad_addresses_are_refused(look: Any, now: Any) -> None:
    with pytest.raises(NotFound):
        look(Measure("figure", "unicorns"))
    assert look(Measure("figure", "services_offered"))["known"] is False
    with pytest.raises(InputInvalid):
        look(at=now + MINUTE)
    for level in ("province", "county", "nonsense"):
        with pytest.raises(InputInvalid):
            look(area="441302001", level=level)


@pytest.mark.parametrize("measure", [OPEN, OVERDUE, RATE, Measure("figure", "matters_received")])
@pytest.mark.parametrize("who", ["olga", "adam"])
def test_an_outsider_sees_nothing(look: Any, receive: Any, who: str, measure: Measure) -> None:
    receive()
    for area in ("4413", "441302", "441302001", "441302001001"):
        with pytest.raises(NotPermitted):
            look(measure, who=who, area=area)


def test_each_scope_sees_the_same_at_its_own(look: Any, receive: Any) -> None:
    receive()
    receive("441302100200")
    assert look(who="erin", area="441302") == {"441302001": 1, "441302100": 1, "whole": 2, "known": True}
    assert look(who="dan", area="441302001")["whole"] == 1
    assert look(who="alice", area="441302001001")["whole"] == 1
    assert look(who="olga", area="441323001001")["whole"] == 0


@pytest.mark.parametrize(("measure", "queries_asked"), [(OPEN, 1), (OVERDUE, 1), (RATE, 5)])
def test_queries_are_as_many_for_two_places_as_for_all(
    city: Any, receive: Any, now: Any, measure: Measure, queries_asked: int, django_assert_num_queries: Any
) -> None:
    for code in CODES[6:]:
        receive(code)
    frank = city.actor("frank")
    asked = {"actor": frank, "response_id": city.response_id, "area_id": city.area("4413"), "measure": measure}
    situation(now=now, **asked)
    for level in ("county", "village"):
        with django_assert_num_queries(queries_asked):
            situation(now=now, level=level, **asked)


def test_points_have_kind_number_and_place_and_nothing_else(city: Any, receive: Any, now: Any) -> None:
    placed, plain = receive(lon=114.4, lat=23.1), receive()
    gone = receive("441323001001")
    found, more = queries.points(
        actor=city.actor("dan"), response_id=city.response_id, area_id=city.area("441302001"), now=now
    )
    assert more is False
    assert {(point.number, point.kind, point.lon, point.lat) for point in found} == {
        (placed.number, "arrival", 114.4, 23.1),
        (plain.number, "arrival", None, None),
    }
    assert gone.number not in str(found)
    assert "武汉" not in str(found)


def test_a_door_is_shown_only_to_those_who_may_read_the_report(city: Any, receive: Any, now: Any) -> None:
    receive(lon=114.4, lat=23.1)
    asked = {"response_id": city.response_id, "area_id": city.area("441302001"), "now": now}
    [seen], _ = queries.points(actor=city.actor("dan"), **asked)
    assert (seen.lon, seen.lat) == (114.4, 23.1)
    role = Role.objects.get(code="duty_desk")
    role.verbs = [verb for verb in role.verbs if verb != "vault.view"]
    role.save()
    [seen], _ = queries.points(actor=city.actor("dan"), **asked)
    assert (seen.lon, seen.lat) == (None, None)


def test_points_stop_where_a_map_is_full(city: Any, receive: Any, now: Any, django_assert_num_queries: Any) -> None:
    urgent = receive(at=now - timedelta(hours=2))
    receive()
    erin, county = city.actor("erin"), city.area("441302")
    with django_assert_num_queries(2):
        found, more = open_points(actor=erin, response_id=city.response_id, area_id=county, now=now, limit=1)
    assert ([point.number for point in found], more) == ([urgent.number], True)


def test_the_way_down_begins_where_the_actor_may_look(city: Any) -> None:
    def way(who: str, code: str) -> list[str]:
        return [node.code for node in crumbs(city.actor(who), city.area(code))]

    assert way("frank", "441302001001") == ["4413", "441302", "441302001", "441302001001"]
    assert way("erin", "441302001001") == ["441302", "441302001", "441302001001"]
    assert way("alice", "441302001001") == ["441302001001"]
    assert way("olga", "441302001001") == []


def test_the_levels_of_an_area_go_down_to_its_villages(city: Any) -> None:
    assert levels_below(city.area("4413")) == ("county", "town", "village")
    assert levels_below(city.area("441302001")) == ("village",)
    assert levels_below(city.area("441302001001")) == ()


def test_coverage_is_for_those_who_may_see_it(city: Any, now: Any) -> None:
    held = queries.posts(actor=city.actor("erin"), area_id=city.area("441302"), now=now)
    assert (held[city.area("441302001001")], sorted(held.values())) == (2, [0, 0, 0, 0, 2])
    with pytest.raises(NotPermitted):
        queries.posts(actor=city.actor("alice"), area_id=city.area("441302001001"), now=now)
