"""The pages of venues as people use them: lists, visits, notices, a place's own link, the list of the day, tasks."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from tests.conftest import City
from tests.doors.desk.venue_doors import VILLAGE, venues_make
from tests.ground.responses.test_evidence import photo
from tests.spine.forms.sheets import named, xlsform
from wangge.duties.venues.models import DayCount, Venue, Visit
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import system_actor
from wangge.spine.forms.services.publishing import form_publish

AtDesk = Callable[[str], Client]
LIST = (
    "场所名称,类型,社区,联系人,电话\n"
    "瑶池KTV,KTV,东湖社区居委会,李四,13900001111\n"
    ",KTV,东湖社区居委会,,\n"
    "瑶池 网吧,网吧,东湖社区居委会,,\n"
)


@pytest.fixture
def made(city: Any) -> SimpleNamespace:
    return venues_make(city, clock.now())


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_the_list_shows_state_and_names_and_no_contact_whole(made: SimpleNamespace, at_desk: AtDesk) -> None:
    page = text(at_desk("alice").get("/venues"))
    assert "瑶池网吧" in page and "责令停业" in page and "广寒小店" not in page
    one = text(at_desk("alice").get(f"/venues/{made.cafe.number}"))
    assert "139****5678" in one and "王小明" not in one and "13912345678" not in one
    assert "须复查" in one
    clear = at_desk("alice").post(f"/venues/{made.cafe.number}/unmask", {"reason": "电话通知停业"})
    assert "13912345678" in text(clear)


def test_another_county_finds_nothing(made: SimpleNamespace, at_desk: AtDesk) -> None:
    client = at_desk("olga")
    assert "瑶池网吧" not in text(client.get("/venues"))
    for address in ("", "/visit", "/change"):
        assert client.get(f"/venues/{made.cafe.number}{address}").status_code == 404
    assert client.get(f"/visits/{made.visit.id}").status_code == 404
    assert client.get(f"/orders/{made.order.id}/notice").status_code == 404
    assert client.get("/lodging?area=441302").status_code == 403
    assert client.get("/tasks?area=441302").status_code == 403


def test_a_visit_is_warned_of_then_taken_and_what_the_figure_counts_opens_it(
    made: SimpleNamespace, at_desk: AtDesk, city: Any
) -> None:
    client = at_desk("alice")
    form = {"key": "a", "rounds": ["lodging"], "a_temperature": "ok", "a_guests_registered": "failed"}
    first = client.post(f"/venues/{made.hotel.number}/visit", form)
    assert first.status_code == 302
    made.hotel.refresh_from_db()
    assert made.hotel.failed == ["guests_registered"]
    again = client.post(f"/venues/{made.hotel.number}/visit", form)
    assert again["Location"] == first["Location"] and Visit.objects.filter(venue=made.hotel).count() == 1
    passed = form | {"key": "b", "a_guests_registered": "ok"}
    assert client.post(f"/venues/{made.hotel.number}/visit", passed).status_code == 302
    warned = at_desk("hana").post(f"/venues/{made.hotel.number}/visit", {"key": "c", "rounds": ["hygiene"]})
    assert warned.status_code == 409 and "公安" in text(warned) and 'name="aware"' in text(warned)
    rows = text(at_desk("erin").get("/bulletin/figures/entertainment_inspected?area=441302"))
    assert f"/visits/{made.visit.id}" in rows


def test_photos_go_with_a_visit_and_are_shown_to_those_who_may_see_them(made: SimpleNamespace, at_desk: AtDesk) -> None:
    client, address = at_desk("alice"), f"/venues/{made.hotel.number}/visit"

    def send(colour: str, key: str = "p") -> Any:
        file = SimpleUploadedFile("1.jpg", photo(colour, size=(900, 600)))
        return client.post(address, {"key": key, "a_masks": "ok", "photos": [file]})

    first = send("red")
    assert first.status_code == 302 and send("red")["Location"] == first["Location"]
    assert send("blue").status_code == 409, "another picture under the same key is another visit"
    visit = Visit.objects.get(venue=made.hotel)
    assert visit.answers == {"masks": "ok"}, "an answer counts, whichever rounds are ticked"
    small = f"/visits/{visit.id}/photos/{visit.evidence[0]}/small"
    assert small in text(client.get(first["Location"]))
    answer = client.get(small)
    assert answer["Content-Type"] == "image/jpeg" and b"Exif" not in answer.content
    assert client.get(small.replace(str(visit.id), str(made.visit.id))).status_code == 404
    assert at_desk("olga").get(small).status_code == 404
    bad = client.post(address, {"key": "q", "photos": [SimpleUploadedFile("1.jpg", b"MZ")]})
    assert (
        bad.status_code == 415 and "照片须重新选择" in text(bad) and Visit.objects.filter(venue=made.hotel).count() == 1
    )


def test_the_day_list_and_the_tasks_begin_with_what_is_owed(city: City, made: SimpleNamespace, at_desk: AtDesk) -> None:
    listed = text(at_desk("alice").get("/rounds"))
    assert listed.index("瑶池网吧") < listed.index("蓬莱宾馆")
    keeper, form = system_actor("test", "form.publish"), xlsform(settings=named("bar", "酒吧停业检查"))
    form_publish(actor=keeper, response_id=city.response_id, file_name="bar.xlsx", content=form, now=clock.now())
    sheet = text(at_desk("alice").get("/tasks"))
    task = sheet.partition("7. 娱乐场所停业检查")[2].partition("</tr>")[0]
    assert 'href="/forms/bar"' in task and "/bulletin/figures/entertainment_inspected?area=" in task
    assert sheet.count("task-") >= 11 and "娱乐场所停业检查" in sheet and "瑶池网吧" in sheet


def test_an_order_is_issued_once_with_its_notice_and_lifted(made: SimpleNamespace, at_desk: AtDesk) -> None:
    client = at_desk("erin")
    form = {"key": "o", "effect": "close", "kinds": "hotel", "areas": "441302", "authority": "区指挥部"}
    made_now = client.post("/orders/new", form | {"legal_basis": "《传染病防治法》第四十二条"})
    notice = text(client.get(made_now["Location"] + "/notice"))
    assert "区指挥部" in notice and "暂停营业" in notice
    made.hotel.refresh_from_db()
    assert made.hotel.state == "closed"
    client.post(made_now["Location"] + "/lift", {})
    made.hotel.refresh_from_db()
    assert made.hotel.state == "open"
    assert at_desk("alice").post("/orders/new", form).status_code == 403


def test_a_places_own_link_needs_no_account_and_keeps_counts_only(made: SimpleNamespace) -> None:
    client = Client()
    page = client.get(f"/l/{made.secret}")
    assert page.status_code == 200 and "蓬莱宾馆" in text(page) and page["Referrer-Policy"] == "no-referrer"
    assert client.post(f"/l/{made.secret}", {"guests": "3", "registered": "4", "uploaded": "3"}).status_code == 422
    sent = client.post(f"/l/{made.secret}", {"guests": "3", "registered": "3", "uploaded": "2"}, follow=True)
    assert "已收到" in text(sent)
    count = DayCount.objects.get()
    assert (count.guests, count.uploaded, count.source, count.person_id) == (3, 2, "link", None)
    gone = client.get("/l/AAAAAAAAAAAAAAAAAAAAAAAA")
    assert gone.status_code == 404 and "蓬莱" not in text(gone)


def test_a_list_in_the_encoding_of_old_windows_is_looked_at_and_taken_once(
    made: SimpleNamespace, at_desk: AtDesk
) -> None:
    client = at_desk("alice")
    file = SimpleUploadedFile("名单.csv", LIST.encode("gb18030"))
    looked = client.post("/venues/import", {"file": file})
    seen = looked.context["looked"]
    assert (looked.context["fresh"], looked.context["alike"], seen.repeated, len(seen.wrong)) == (1, [], 1, 1)
    taken = client.post("/venues/import/take", {"sent": looked.context["sent"]})
    assert taken.status_code == 200
    client.post("/venues/import/take", {"sent": looked.context["sent"]})
    assert Venue.objects.filter(name="瑶池KTV").count() == 1
    mended = client.post("/venues/import/errors", {"sent": looked.context["sent"]})
    assert mended.content.startswith(b"PK")


def test_a_city_sees_who_is_missing_and_how_ready_its_sites_are(made: SimpleNamespace, at_desk: AtDesk) -> None:
    client = at_desk("erin")
    assert "蓬莱宾馆" in text(client.get("/lodging"))
    at_desk("alice").post(f"/venues/{made.hotel.number}/count", {"guests": "2", "registered": "2", "uploaded": "2"})
    page = text(client.get("/lodging"))
    assert "全部已报" in page and "100" in page
    at_desk("alice").post(f"/venues/{made.school.number}/readiness", {"do": "record", "met": ["plan", "roster"]})
    assert "准备中" in text(client.get("/readiness"))


def test_the_map_has_a_layer_of_venues_for_those_who_see_them(made: SimpleNamespace, at_desk: AtDesk) -> None:
    layer = at_desk("alice").get(f"/map/layers/venues?area={VILLAGE}").json()
    assert {point[5] for point in layer["points"]} == {made.cafe.number, made.hotel.number, made.school.number}
    assert at_desk("olga").get(f"/map/layers/venues?area={VILLAGE}").status_code == 403


@pytest.mark.parametrize("address", ["/venues", "/rounds", "/readiness", "/lodging", "/orders"])
def test_a_page_asks_no_more_questions_the_more_venues_there_are(
    made: SimpleNamespace, at_desk: AtDesk, city: Any, address: str, django_assert_max_num_queries: Any
) -> None:
    client = at_desk("erin")
    client.get(address)
    with django_assert_max_num_queries(22):
        assert client.get(address).status_code == 200
