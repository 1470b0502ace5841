"""People at the desk: the list, the form, the record, lists that others send."""

from __future__ import annotations

import base64
import io
import re
import zlib
from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from python_calamine import CalamineWorkbook

from wangge.duties.observation.models import Correction, Individual, Origin
from wangge.duties.observation.services.records import RecordDraft, individual_register
from wangge.ground.journal.readers import Event
from wangge.ground.kernel import clock

AtDesk = Callable[[str], Client]
CARD = "110101199003070038"
FORM = {
    "key": "k1",
    "role": "arrival",
    "name": "王小明",
    "document_kind": "id_card",
    "document": CARD,
    "phone": "13800138000",
    "area": "441302001001",
    "area_name": "东湖社区",
    "address": "东湖花园3号楼",
    "origin": "武汉",
}


def recorded(city: Any, who: str = "hana", area: str = "441302001001", **told: Any) -> Individual:
    now = clock.now()
    told = {"role": "arrival", "name": "王小明", "phones": ("13800138000",)} | told
    draft = RecordDraft(area_id=city.area(area), **told)
    return individual_register(actor=city.actor(who, now), response_id=city.response_id, draft=draft, now=now)


def act(client: Client, individual: Individual, deed: str, **form: Any) -> Any:
    individual.refresh_from_db()
    sent = {"version": individual.version} | form
    return client.post(f"/people/{individual.number}/record/{deed}", sent)


def test_a_person_is_registered_once_and_found_by_what_stands_nowhere_in_an_address(city: Any, at_desk: AtDesk) -> None:
    dan = at_desk("dan")
    assert dan.get("/people/new").status_code == 200
    first = dan.post("/people/new", FORM)
    assert first.status_code == 302
    assert dan.post("/people/new", FORM)["Location"] == first["Location"]
    one = Individual.objects.get()
    page = dan.get(first["Location"]).content.decode()
    assert "王**" in page and "138****8000" in page and CARD not in page and "小明" not in page
    for said in ("王小明", CARD, "138 0013 8000", one.number.lower()):
        assert dan.post("/people/search", {"q": said})["Location"] == f"/people/{one.number}"
    assert "没有此人" in dan.post("/people/search", {"q": "王小"}).content.decode()
    listed = dan.get("/people?role=arrival&area=441302001001").content.decode()
    assert one.number in listed and "小明" not in listed


def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(at_desk: AtDesk) -> None:
    wrong = at_desk("dan").post("/people/new", FORM | {"document": CARD[:-1] + "1"})
    page = wrong.content.decode()
    assert wrong.status_code == 422
    assert 'id="wrong-document"' in page and "校验码" in page and "东湖花园3号楼" in page
    assert not Individual.objects.exists()


def test_somebody_known_is_shown_and_decided_about(city: Any, at_desk: AtDesk) -> None:
    one = recorded(city, document_kind="id_card", document=CARD)
    dan = at_desk("dan")
    asked = dan.post("/people/new", FORM)
    assert asked.status_code == 409 and one.number in asked.content.decode()
    same = dan.post("/people/new", FORM | {"decided": "same", "key": "k2"})
    assert same["Location"] == f"/people/{one.number}"
    other = dan.post("/people/new", FORM | {"decided": "other", "key": "k3"})
    assert other["Location"] != same["Location"]
    assert Individual.objects.count() == 2


def test_outsiders_and_other_roles_are_refused_everywhere(city: Any, at_desk: AtDesk) -> None:
    one = recorded(city)
    paths = [
        ("get", "/people"), ("post", "/people/search"), ("get", "/people/new"), ("get", "/people/import"),
        ("get", f"/people/{one.number}"), ("post", f"/people/{one.number}/record/unmask"),
        ("post", f"/people/{one.number}/record/dossier"), ("post", f"/people/{one.number}/record/merge"),
        ("get", "/exports/people"),
    ]  # fmt: skip
    for who in ("paul", "adam"):
        for how, path in paths:
            assert getattr(at_desk(who), how)(path).status_code in (403, 404), (who, path)
    olga = at_desk("olga")
    for how, path in paths[4:8]:
        assert getattr(olga, how)(path, {"reason": "看一看情况"}).status_code == 404, path
    assert one.number not in olga.get("/people").content.decode()
    assert "没有此人" in olga.post("/people/search", {"q": "王小明"}).content.decode()
    # carol may see the record, not the whole of it; neither correct roles nor merge nor hand over
    carol = at_desk("carol")
    assert "查看完整信息" not in carol.get(f"/people/{one.number}").content.decode()
    for deed in ("unmask", "dossier", "role", "merge", "withdraw"):
        answer = act(carol, one, deed, reason="看一看情况", role="suspected", into=one.number)
        assert answer.status_code in (403, 409), deed
        assert "小明" not in answer.content.decode()


def test_a_look_needs_a_reason_and_stands_in_the_access_record(city: Any, at_desk: AtDesk) -> None:
    one, alice = recorded(city), at_desk("alice")
    assert "小明" not in act(alice, one, "unmask", reason="看").content.decode()
    shown = act(alice, one, "unmask", reason="上门核对身份")
    assert "王小明" in shown.content.decode() and "no-store" in shown["Cache-Control"]
    after = alice.get(f"/people/{one.number}").content.decode()
    assert "小明" not in after and "上门核对身份" in after
    assert Event.objects.filter(type="vault.unmasked", subject_id=one.id).count() == 1


def test_a_wrong_entry_is_put_right_with_what_stood_there(city: Any, at_desk: AtDesk) -> None:
    one, dan = recorded(city), at_desk("dan")
    wrong = act(dan, one, "correct", field="phone", value="1380013800")
    assert 'id="wrong-value"' in wrong.content.decode()
    assert act(dan, one, "correct", field="phone", value="13900139000").status_code == 302
    assert act(dan, one, "correct", field="last_exposure_on", value_day=day(0)).status_code == 302
    assert act(dan, one, "correct", field="document", document_kind="id_card", document=CARD).status_code == 302
    page = dan.get(f"/people/{one.number}").content.decode()
    assert "138****8000 → 139****9000" in page and "13900139000" not in page
    assert dan.post("/people/search", {"q": "13800138000"}).status_code == 200  # no longer found
    assert dan.post("/people/search", {"q": "13900139000"}).status_code == 302
    late = dan.post(f"/people/{one.number}/record/correct", {"version": 1, "field": "name", "value": "王大明"})
    assert late.status_code == 409 and "先您一步" in late.content.decode()
    assert not Correction.objects.exclude(field__in=("last_exposure_on", "document_kind")).exclude(before="").exists()
    [event] = Event.objects.filter(type="individual.corrected").order_by("id")[:1]
    assert event.data["fields"] == ["phone"]


def test_two_records_of_one_person_are_merged_and_parted_again(city: Any, at_desk: AtDesk) -> None:
    one, two, hana = recorded(city), recorded(city, phones=("13900139000",)), at_desk("hana")
    page = hana.get(f"/people/{two.number}").content.decode()
    assert one.number in page  # the same name is offered
    assert act(hana, two, "merge", into=one.number).status_code == 302
    two.refresh_from_db()
    assert (two.state, two.merged_into_id) == ("merged", one.id)
    assert "已并入" in hana.get(f"/people/{two.number}").content.decode()
    assert two.number in hana.get(f"/people/{one.number}").content.decode()
    assert act(hana, one, "merge", into=two.number).status_code == 409
    assert act(hana, two, "undo").status_code == 302
    assert act(hana, two, "undo").status_code == 302  # the second click
    two.refresh_from_db()
    assert (two.state, two.merged_into_id) == ("active", None)
    assert Event.objects.filter(type="individual.merge_undone").count() == 1


def test_somebody_is_handed_on_with_their_household(city: Any, at_desk: AtDesk) -> None:
    one, two, dan = recorded(city), recorded(city, name="李小红", phones=()), at_desk("dan")
    assert act(dan, two, "household", **{"with": one.number}).status_code == 302
    moved = act(dan, one, "move", area="441323001001", area_name="新平社区", along=str(two.id))
    assert moved["Location"] == "/people"  # out of sight
    assert set(Individual.objects.values_list("area_id", flat=True)) == {city.area("441323001001")}
    assert dan.get(f"/people/{one.number}").status_code == 404
    assert at_desk("olga").get(f"/people/{one.number}").status_code == 200


def test_a_person_gets_everything_that_is_kept_of_them(city: Any, at_desk: AtDesk) -> None:
    one, hana = recorded(city, document_kind="id_card", document=CARD), at_desk("hana")
    act(hana, one, "correct", field="address", value="东湖花园3号楼")
    act(hana, one, "notified")
    page = act(hana, one, "dossier", reason="本人到窗口申请", form="page").content.decode()
    assert "王小明" in page and CARD in page and "本人到窗口申请" in page
    whole = act(hana, one, "dossier", reason="本人到窗口申请", form="json").json()
    assert {section["name"] for section in whole["sections"]} >= {f"档案 {one.number}", "来源", "更正", "查阅记录"}
    assert Event.objects.filter(type="individual.handed_over").count() == 2


def test_the_list_comes_as_excel_and_masked(city: Any, at_desk: AtDesk) -> None:
    recorded(city, document_kind="id_card", document=CARD)
    data = b"".join(at_desk("dan").get("/exports/people?role=arrival").streaming_content)  # type: ignore[arg-type]
    rows = CalamineWorkbook.from_filelike(io.BytesIO(data)).get_sheet_by_index(0).to_python()
    assert rows[1][3] == "王**" and rows[1][5] == "1101**********0038"


# -- lists -----------------------------------------------------------------------------------------------


def day(ago: int = 3) -> str:
    return f"{clock.local(clock.now()) - timedelta(days=ago):%Y-%m-%d}"


def sent(text: str, encoding: str = "utf-8") -> dict[str, Any]:
    file = io.BytesIO(text.encode(encoding))
    file.name = "list.csv"
    return {"file": file, "role": "arrival"}


HEADS = "姓名,身份证号,联系电话,村（居）,来源地,抵达日期\n"


def taken_from(answer: Any) -> str:
    return str(answer.context["sent"])


def readable(hidden: str) -> bytes:
    """What somebody without our key makes of a page's hidden field: its words out of base64, unpacked where packed."""
    parts = [hidden.encode()]
    for word in re.findall(r"[\w-]{8,}", hidden):
        parts.append(base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)))
        with suppress(zlib.error):
            parts.append(zlib.decompress(parts[-1]))
    return b" ".join(parts)


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
def test_a_list_is_looked_at_taken_once_and_mended(city: Any, at_desk: AtDesk, encoding: str) -> None:
    known = recorded(city, name="赵早", phones=("13700137000",))
    hana = at_desk("hana")
    text = HEADS + (
        f"王小明,{CARD},13800138000,东湖社区,武汉,{day()}\n"
        f"王小明,{CARD},,东湖社区,武汉,{day()}\n"
        f"李小红,,1390013,东湖社区,武汉,{day()}\n"
        f"赵早,,137 0013 7000,东湖社区,武汉,{day()}\n"
        f"钱远,,13600136000,新平社区,武汉,{day()}\n"
    )
    looked = hana.post("/people/import", sent(text, encoding))
    counts = looked.context["looked"]
    assert (looked.context["fresh"], looked.context["all_known"], counts.repeated, len(counts.wrong)) == (1, 2, 0, 2)
    page = looked.content.decode()
    assert known.number in page and "小红" not in page and "赵早" not in page
    assert CARD.encode() not in readable(taken_from(looked))
    assert Individual.objects.count() == 1
    hana.post("/people/import/take", {"sent": taken_from(looked)})
    again = hana.post("/people/import/take", {"sent": taken_from(looked)})
    assert (again.context["looked"].good, again.context["looked"].repeated) == (0, 3)
    assert Individual.objects.count() == 2
    assert Origin.objects.filter(source="list").count() == 3
    [event] = Event.objects.filter(type="individual.list_imported")
    assert (event.data["rows"], event.data["taken"], event.data["known"]) == (4, 1, 2)
    assert set(Individual.objects.values_list("origin", flat=True)) == {"武汉"}

    errors = hana.post("/people/import/errors", {"sent": taken_from(looked)}).content
    rows = CalamineWorkbook.from_filelike(io.BytesIO(errors)).get_sheet_by_index(0).to_python()
    assert [row[0] for row in rows[1:]] == ["李小红", "钱远"]
    assert "电话" in rows[1][-1]
    file = io.BytesIO(errors)
    file.name = "people-errors.xlsx"
    assert len(hana.post("/people/import", {"file": file, "role": "arrival"}).context["looked"].wrong) == 2


def test_what_is_no_list_is_refused_with_a_sentence(at_desk: AtDesk) -> None:
    hana = at_desk("hana")
    for text, said in (("地址\n东湖\n", "列"), (HEADS, "没有填写任何一行"), ("姓名\n\0\n", "编码")):
        answer = hana.post("/people/import", sent(text))
        assert said in answer.content.decode(), text
    assert hana.get("/people/import/template").status_code == 200
    assert all(
        "页面已过期" in hana.post("/people/import/take", {"sent": one}).content.decode() for one in ("x", "é", "")
    )
