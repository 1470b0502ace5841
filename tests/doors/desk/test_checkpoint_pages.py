"""Checkpoints at the desk: registered, looked at, put right, imported; the phone's door; and what an outsider gets."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from wangge.duties.checkpoints.models import Alert, Checkpoint, PersonForm, Screening
from wangge.ground.accounts.models import Post
from wangge.ground.journal.models import Event

AtDesk = Callable[[str], Client]
SAID = {
    "kind": "joint", "name": "东湖出口", "area": "441302001001", "area_name": "东湖社区", "road": "广惠高速",
    "lanes": "2", "agencies": ["police", "health"], "desk_phone": "0752-1000110", "contact_name": "令狐冲",
    "contact_phone": "13900000001",
}  # fmt: skip
CAR = {"checkpoint": "", "ago": 1000, "lane": 1, "province": "粤", "energy": False, "people": 2}


def registered(client: Client, **more: Any) -> str:
    answer = client.post("/checkpoints/new", {**SAID, "key": "k1", **more})
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


def test_a_checkpoint_is_registered_changed_and_closed_at_the_desk(city: Any, at_desk: AtDesk) -> None:
    dan = at_desk("dan")
    page = registered(dan)
    assert registered(dan) == page and Checkpoint.objects.count() == 1
    shown = dan.get(page).content.decode()
    assert "东湖出口" in shown and "令狐冲" not in shown and "13900000001" not in shown
    whole = dan.post(f"{page}/unmask", {"reason": "核对值班"}).content.decode()
    assert "令狐冲" in whole and Event.objects.filter(type="vault.unmasked").exists()
    assert dan.post(f"{page}/unmask", {"reason": ""}).status_code == 422
    post = Post.objects.get(area_id=city.area("441302001001"), role_id="village_officer")
    changed = {**SAID, "version": "1", "lanes": "4", "contact_name": "", "opens_at": "07:00", "closes_at": "22:00"}
    assert dan.post(f"{page}/change", {**changed, "lanes": "x"}).status_code == 422
    assert dan.post(f"{page}/change", {**changed, "posts": [str(city.response_id)]}).status_code == 422
    assert dan.post(f"{page}/change", {**changed, "posts": [str(post.id)]}).status_code == 302
    assert dan.post(f"{page}/change", changed).status_code == 409
    assert "07:00 – 22:00" in dan.get(page).content.decode()
    assert "village_officer" in dan.get(page).content.decode()
    for deed, form in (("queue", {"queue": "12"}), ("hand-over", {"key": str(city.response_id), "notes": "换班"})):
        assert dan.post(f"{page}/do/{deed}", form).status_code == 302
    assert dan.post(f"{page}/do/queue", {"queue": "很多"}).status_code == 422
    assert "换班" in dan.get(page).content.decode()
    assert dan.post(f"{page}/do/close", {"version": "2"}).status_code == 302
    assert dan.get(f"{page}/screen").status_code == 302
    assert dan.post(f"{page}/do/reopen", {"version": "3"}).status_code == 302
    for address in ("/checkpoints", "/checkpoints?area=441302001", "/checkpoints/totals?from=2020-01-01"):
        assert dan.get(address).status_code == 200


def test_outsiders_get_nowhere(city: Any, at_desk: AtDesk) -> None:
    page = registered(at_desk("dan"))
    for who in ("olga", "adam"):
        client = at_desk(who)
        for address in (page, f"{page}/screen", f"{page}/change"):
            assert client.get(address).status_code == 404, (who, address)
        assert client.post(f"{page}/rows", {"rows": []}, "application/json").status_code == 404
        assert client.post(f"{page}/do/close", {"version": "1"}).status_code == 404
        assert client.get("/checkpoints/new").status_code == 403
    assert "东湖出口" not in at_desk("omar").get("/checkpoints").content.decode()
    assert at_desk("alice").get(f"{page}/change").status_code == 403


def test_the_phone_sends_cars_once_and_a_fever_gets_its_form(city: Any, at_desk: AtDesk) -> None:
    page = registered(at_desk("dan"))
    number, alice = page.rpartition("/")[2], at_desk("alice")
    assert "粤" in alice.get(f"{page}/screen").content.decode()

    def send(*rows: dict[str, Any]) -> Any:
        cars = [{**CAR, "checkpoint": number, **row} for row in rows]
        return alice.post(f"{page}/rows", {"rows": cars}, "application/json")

    answer = send({"key": "a"}, {"key": "b", "people": 0}, {"key": "c", "lane": 9}, {"key": "d", "name": "令狐冲"})
    results = answer.json()["results"]
    assert [("refused" in one) for one in results] == [False, True, True, True]
    assert [one["key"] for one in send({"key": "a"}).json()["results"]] == ["a"]
    assert Screening.objects.count() == 1
    assert alice.post(f"{page}/rows", {"rows": []}, "application/json").status_code == 200
    assert alice.post(f"{page}/rows", "[", "application/json").status_code == 422
    assert alice.post(f"{page}/withdraw", {"key": "a"}, "application/json").json() == {"done": True}
    assert alice.post(f"{page}/queue", {"vehicles": 7}, "application/json").status_code == 200
    assert alice.post(f"{page}/queue", {"vehicles": "7"}, "application/json").status_code == 422
    fever = {"key": "e", "fevers": 1, "temperature": 38.2, "plate": "粤L12345"}
    [result] = send(fever).json()["results"]
    alert = f"/checkpoints/alerts/{result['alert']}"
    assert Alert.objects.count() == 1 and "38.2" in alice.get(alert).content.decode()
    assert at_desk("olga").get(alert).status_code == 404
    accept = {"HTTP_ACCEPT": "application/json"}
    assert alice.post(f"{alert}/person", {"name": "岳灵珊", "phone": "1"}, **accept).status_code == 422
    form = {"name": "岳灵珊", "phone": "13900000002", "key": str(city.response_id)}
    for _ in range(2):
        assert alice.post(f"{alert}/person", form, **accept).json() == {"done": True}
    assert PersonForm.objects.count() == 1
    assert "13900000002" not in alice.get(alert).content.decode()
    assert alice.post(f"{alert}/handed-over").status_code == 302
    assert alice.post(f"{alert}/handed-over").status_code == 409


def test_a_list_is_looked_at_and_taken_once(city: Any, at_desk: AtDesk) -> None:
    dan = at_desk("dan")
    rows = "名称,类别,村（居）,道路,车道数,共同值守单位,开始时间\n东湖出口,联合检疫点,东湖社区,广惠高速,3,公安、卫健,\n"
    rows += "甲,没有,东湖社区,路,1,,\n"
    file = SimpleUploadedFile("list.csv", rows.encode())
    looked = dan.post("/checkpoints/import", {"file": file})
    text = looked.content.decode()
    assert looked.status_code == 200 and "没有“没有”" in text
    sent = text.partition('name="sent" value="')[2].partition('"')[0]
    for _ in range(2):
        assert dan.post("/checkpoints/import/take", {"sent": sent}).status_code == 200
    found = Checkpoint.objects.get()
    assert (found.lanes, found.agencies) == (3, ["police", "health"])
    assert dan.post("/checkpoints/import/errors", {"sent": sent}).status_code == 200
    assert dan.get("/checkpoints/import/template").status_code == 200
