"""The map and the wall at the desk: who sees which scope, what their addresses answer, and how often they ask."""

from __future__ import annotations

import gzip
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.db import connection
from django.test import Client

from tests.doors.desk.managed import manage
from wangge.doors.desk.pages.map import class_words
from wangge.ground.accounts.models import Person
from wangge.ground.areas.models import Area
from wangge.ground.kernel import clock
from wangge.picture.situation.rules import SHARE_BREAKS
from wangge.picture.situation.wall import drawn_level

AtDesk = Callable[[str], Client]
Report = Callable[..., Any]
pytestmark = pytest.mark.django_db(transaction=connection.vendor == "postgresql")
INLINE = re.compile(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=\"|javascript:", re.IGNORECASE)
ADDRESSES = (
    "/map",
    "/map/measures",
    "/map/outlines",
    "/map/layers/matters",
    "/map/layers/posts",
    "/wall",
    "/wall/state",
)


def measured(client: Client, **asked: str) -> dict[str, Any]:
    answer = client.get("/map/measures", asked)
    assert answer.status_code == 200, answer.content.decode()
    found: dict[str, Any] = answer.json()
    return found


def test_the_map_opens_at_ones_own_scope(at_desk: AtDesk, report: Report) -> None:
    report()
    seen = {who: measured(at_desk(who)) for who in ("frank", "erin", "dan", "alice", "olga")}
    assert {who: (one["area"]["code"], one["level"], one["whole"]) for who, one in seen.items()} == {
        "frank": ("4413", "county", 1),
        "erin": ("441302", "town", 1),
        "dan": ("441302001", "village", 1),
        "alice": ("441302001001", "village", 1),
        "olga": ("441323001001", "village", 0),
    }
    assert [crumb["name"] for crumb in measured(at_desk("erin"), area="441302001")["crumbs"]] == ["惠城区", "桥东街道"]


@pytest.fixture
def managed(city: Any) -> Callable[[str], Client]:
    """A client of somebody at the desk of the station or of the district."""
    people = manage(clock.now())

    def signed_in(name: str) -> Client:
        client = Client()
        client.force_login(Person.objects.get(id=people[name]))
        return client

    return signed_in


def test_a_station_and_a_district_see_map_and_wall_of_what_they_look_after(managed: AtDesk, report: Report) -> None:
    report()
    report(area="441302100200", who="erin")
    report(area="441323001001", who="omar")
    station, district = managed("stan"), managed("dina")
    seen = measured(station)
    assert (seen["area"]["name"], seen["level"], seen["values"]) == (
        "桥东派出所",
        "village",
        {"441302001001": 1, "441302001003": 0},
    )
    assert [crumb["name"] for crumb in measured(station, area="441302001001")["crumbs"]] == ["桥东派出所", "东湖社区"]
    seen = measured(district)
    assert (seen["area"]["name"], seen["whole"], seen["levels"][0][0]) == ("仲恺区", 1, "town")
    for client, places in ((station, ["东湖社区", "新建社区"]), (district, ["矮陂村", "横沥村"])):
        state = client.get("/wall/state").json()
        assert (state["open"], sorted(name for name, *_ in state["places"])) == (1, sorted(places))
        for address in ADDRESSES:
            assert client.get(address).status_code == 200, address
            assert client.get(address, {"area": "441323"}).status_code == 403, address


def test_the_way_down_ends_at_the_grids(managed: AtDesk, report: Report) -> None:
    report(area="441302001001002", who="dan")
    stan = managed("stan")
    village = measured(stan, area="441302001001")
    grids = {f"44130200100100{number}": int(number == 2) for number in (1, 2, 3)}
    assert (village["level"], village["values"], village["whole"]) == ("grid", grids, 1)
    grid = measured(stan, area="441302001001002")
    assert (grid["level"], grid["whole"]) == ("grid", 1)
    assert [crumb["name"] for crumb in grid["crumbs"]] == ["桥东派出所", "东湖社区", "第2网格"]


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("who", ["olga", "adam"])
def test_an_outsider_gets_nothing_of_another_county(at_desk: AtDesk, report: Report, address: str, who: str) -> None:
    matter = report()
    answer = at_desk(who).get(address, {"area": "441302"})
    assert answer.status_code == 403
    assert matter.number not in answer.content.decode()


@pytest.mark.parametrize("address", ADDRESSES)
def test_those_concerned_get_all_of_it(at_desk: AtDesk, report: Report, address: str) -> None:
    report()
    assert at_desk("erin").get(address, {"area": "441302"}).status_code == 200


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"area": "999999"}, 404),
        ({"measure": "unicorns"}, 404),
        ({"level": "grid"}, 422),
        ({"at": "yesterday"}, 422),
        ({"at": "2999-01-01T00:00"}, 422),
        ({"area": "<script>"}, 404),
        ({"measure": "x" * 10000}, 404),
    ],
)
def test_a_bad_address_is_refused_in_words(at_desk: AtDesk, asked: dict[str, str], status: int) -> None:
    answer = at_desk("frank").get("/map/measures", asked)
    assert answer.status_code == status
    assert "<script>" not in answer.content.decode()
    assert (
        'role="alert"' in at_desk("frank").get("/map/measures", asked, headers={"HX-Request": "true"}).content.decode()
    )


def test_an_address_brings_back_the_same_view(at_desk: AtDesk) -> None:
    page = (
        at_desk("frank")
        .get("/map", {"area": "441302", "measure": "leaflets_handed_out", "period": "day"})
        .content.decode()
    )
    assert 'data-area="441302"' in page
    assert '<option value="leaflets_handed_out" selected>' in page
    assert 'value="day" checked' in page


def test_what_a_measure_cannot_say_of_the_past_is_said(at_desk: AtDesk, report: Report) -> None:
    report(now=clock.now() - timedelta(days=3))
    frank = at_desk("frank")
    hour_ago = clock.local(clock.now() - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    past = measured(frank, measure="overdue", at=hour_ago)
    assert (past["known"], past["whole"]) == (False, None)
    assert "不作推算" in past["notes"][0]
    assert measured(frank, measure="overdue")["whole"] == 1
    assert measured(frank, measure="open", at=hour_ago)["whole"] == 1


def test_the_legend_is_in_words() -> None:
    assert class_words((), share=False) == ["0"]
    assert class_words((1.0,), share=False) == ["0", "1 及以上"]
    assert class_words((1.0, 2.0, 5.0), share=False) == ["0", "1", "2–4", "5 及以上"]
    assert class_words(SHARE_BREAKS, share=True) == ["不足 60%", "60%–80%", "80%–90%", "90%–95%", "95% 及以上"]


def test_outlines_are_sent_once_packed_and_then_only_asked_about(city: Any, at_desk: AtDesk) -> None:
    ring = [[114.0, 23.0], [114.2, 23.0], [114.2, 23.1], [114.0, 23.0]]
    Area.objects.filter(id=city.area("441302")).update(outline={"type": "Polygon", "coordinates": [ring]})
    erin = at_desk("erin")
    packed = erin.get("/map/outlines", {"area": "441302"}, headers={"accept-encoding": "gzip, br"})
    assert packed["Content-Encoding"] == "gzip"
    assert orjson.loads(gzip.decompress(packed.content))["shapes"]["441302"]["coordinates"] == [ring]
    assert "private" in packed["Cache-Control"]
    plain = erin.get("/map/outlines", {"area": "441302"})
    assert not plain.headers.get("Content-Encoding")
    again = erin.get("/map/outlines", {"area": "441302"}, headers={"if-none-match": packed["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    other = at_desk("frank").get("/map/outlines", headers={"if-none-match": packed["ETag"]})
    assert other.status_code == 200, "the tag is of one scope"
    known = {"if-none-match": packed["ETag"]}
    assert at_desk("olga").get("/map/outlines", {"area": "441302"}, headers=known).status_code == 403


def test_points_say_kind_and_number_and_no_word_of_a_report(at_desk: AtDesk, report: Report) -> None:
    matter = report(address="东湖路一号", reporter_phone="13812345678", lon=114.4, lat=23.1)
    answer = at_desk("dan").get("/map/layers/matters")
    [[code, lon, lat, tone, word, number]] = answer.json()["points"]
    assert (code, lon, lat, tone, number) == ("441302001001", 114.4, 23.1, 0, matter.number)
    assert answer.json()["words"][word].startswith("疫情发生地")
    for private in ("武汉", "1381234", "东湖路"):
        assert private not in answer.content.decode()


def test_posts_say_how_many_can_be_reached_and_never_who(at_desk: AtDesk) -> None:
    answer = at_desk("erin").get("/map/layers/posts")
    reachable = {code: int(people) for code, _, _, _, _, people in answer.json()["points"]}
    nobody = ("441302001003", "441302001005", "441302100200", "441302100201")
    assert reachable == {"441302001001": 2, **dict.fromkeys(nobody, 0)}
    assert {code for code, _, _, tone, *_ in answer.json()["points"] if tone} == set(nobody)
    assert answer.json()["said"].startswith("5 个村")
    for name in ("Alice", "Bob", "alice", "bob"):
        assert name not in answer.content.decode()


def test_a_layer_that_is_not_there_is_not_found(at_desk: AtDesk) -> None:
    assert at_desk("erin").get("/map/layers/unicorns").status_code == 404


def test_the_wall_shows_no_person_number_or_word(at_desk: AtDesk, report: Report) -> None:
    matter = report(address="东湖路一号", reporter_phone="13812345678", reporter_name="王小明", lon=114.4, lat=23.1)
    answer = at_desk("erin").get("/wall/state")
    state = answer.json()
    assert (state["open"], state["places"][0], len(state["stages"])) == (1, ["桥东街道", 1, 0], 4)
    [news] = state["news"]
    assert (news["what"], news["where"]) == ("受理", "惠城区 桥东街道 东湖社区")
    assert state["values"]["441302001001"] == 1
    for private in (matter.number, str(matter.id), "武汉", "1381234", "东湖路", "王小明", "114.4", "Erin", "Dan"):
        assert private not in answer.content.decode()


def test_a_wall_draws_two_levels_down() -> None:
    assert drawn_level(("county", "town", "village", "grid")) == "town"
    assert drawn_level(("town", "village", "grid")) == "village"
    assert drawn_level(("village", "grid")) == "village"
    assert drawn_level(("grid",)) == "grid"
    assert drawn_level(()) == ""


def test_a_wall_that_is_looked_at_stays_signed_in(at_desk: AtDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    erin = at_desk("erin")
    assert "sessionid" in erin.get("/wall/state").cookies
    assert "sessionid" not in erin.get("/wall/state").cookies, "not written at every look"
    monkeypatch.setattr(clock, "offset", lambda: timedelta(hours=2))
    assert "sessionid" in erin.get("/wall/state").cookies
    assert "sessionid" not in erin.get("/map/measures").cookies


@pytest.mark.parametrize("address", ["/map", "/wall"])
def test_pages_hold_nothing_inline(at_desk: AtDesk, address: str) -> None:
    answer = at_desk("frank").get(address)
    assert "unsafe" not in answer["Content-Security-Policy"]
    assert answer["Cache-Control"] == "no-store"
    assert INLINE.findall(answer.content.decode()) == []


def test_layers_are_offered_to_those_who_may_see_them(at_desk: AtDesk) -> None:
    def offered(who: str) -> list[str]:
        return re.findall(r'data-layer="(\w+)"', at_desk(who).get("/map").content.decode())

    assert (offered("frank"), offered("alice")) == (
        ["matters", "venues", "checkpoints", "posts"],
        ["matters", "venues", "checkpoints"],
    )


@pytest.mark.parametrize(
    ("address", "asked"),
    [
        ("/map/measures?measure=open", 6),
        ("/map/measures?measure=rate", 9),
        ("/map/layers/matters", 8),
        ("/map/layers/posts", 6),
        ("/map/layers/venues", 6),
        ("/wall/state", 30),
    ],
)
def test_the_number_of_queries_is_fixed(
    at_desk: AtDesk, report: Report, address: str, asked: int, django_assert_max_num_queries: Any
) -> None:
    frank = at_desk("frank")
    frank.get(address)
    counts = set()
    for _ in range(2):
        with django_assert_max_num_queries(asked) as counted:
            assert frank.get(address).status_code == 200
        counts.add(len(counted))
        report()
        report(area="441323001001", who="omar")
    assert len(counts) == 1
