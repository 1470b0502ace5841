"""The intake form: taken once, nothing typed is lost, errors stand at their field."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from wangge.duties.matters.models import Matter, Report
from wangge.ground.kernel import clock
from wangge.ground.responses.models import VaultField

AtDesk = Callable[[str], Client]


def form(**more: str) -> dict[str, str]:
    return {
        "key": str(uuid4()),
        "kind": "arrival",
        "area": "441302001001",
        "area_name": "东湖社区居委会",
        "source": "phone",
        "text": "三号楼有人从武汉回来",
        "reporter_name": "王小明",
        "reporter_phone": "13912345678",
        "f_origin": "武汉",
        "f_companions": "2",
        **more,
    }


def test_a_report_is_taken_and_its_number_shown(at_desk: AtDesk) -> None:
    dan = at_desk("dan")
    answer = dan.post("/intake", form())
    assert answer.status_code == 302
    matter = Matter.objects.get()
    assert f"taken={matter.number}" in answer["Location"]
    assert matter.number in dan.get(answer["Location"]).content.decode()
    assert matter.reports.get().fields == {"origin": "武汉", "companions": 2}


def test_nothing_personal_stands_in_the_address_after_saving(at_desk: AtDesk) -> None:
    location = at_desk("dan").post("/intake", form())["Location"]
    assert "13912345678" not in location
    assert "%E7%8E%8B" not in location


def test_a_double_click_makes_one_matter(at_desk: AtDesk) -> None:
    dan, sent = at_desk("dan"), form()
    first, second = dan.post("/intake", sent), dan.post("/intake", sent)
    assert first["Location"] == second["Location"]
    assert Matter.objects.count() == 1


def test_back_changed_and_sent_again_asks_before_it_makes_another(at_desk: AtDesk) -> None:
    dan, sent = at_desk("dan"), form()
    dan.post("/intake", sent)
    changed = dan.post("/intake", sent | {"text": "另一件事:四号楼也有人"})
    assert changed.status_code == 409
    assert "刚才已提交过一份" in changed.content.decode()
    again = changed.context["typed"]
    assert again["text"] == "另一件事:四号楼也有人"
    assert dan.post("/intake", again.dict()).status_code == 302
    assert Matter.objects.count() == 2


def test_an_error_stands_at_its_field_and_everything_else_is_kept(at_desk: AtDesk) -> None:
    answer = at_desk("dan").post("/intake", form(f_companions="两三个", address="东湖路1号"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'id="wrong-companions"' in page
    for kept in ("三号楼有人从武汉回来", "王小明", "13912345678", "两三个", "东湖路1号", "东湖社区居委会"):
        assert kept in page
    assert Matter.objects.count() == 0


def test_a_village_is_found_by_a_part_of_its_name(at_desk: AtDesk) -> None:
    assert next(node.name for node in at_desk("dan").get("/villages?q=东").context["found"]) == "东湖社区居委会"
    answer = at_desk("dan").post("/intake", form(area="", area_name="菜园墩"))
    assert answer.status_code == 302
    assert Matter.objects.get().number.startswith("441302001005")


def test_a_village_that_is_not_certain_is_asked_for(at_desk: AtDesk) -> None:
    client = at_desk("frank")
    for name, said in (("", "请填写村"), ("没有这个村", "辖区内没有"), ("社区", "请从列表中选择")):
        answer = client.post("/intake", form(area="", area_name=name))
        assert answer.status_code == 422
        assert said in answer.content.decode()


def test_a_code_that_no_longer_fits_its_name_is_not_trusted(at_desk: AtDesk) -> None:
    at_desk("dan").post("/intake", form(area="441302001001", area_name="菜园墩社区居委会"))
    assert Matter.objects.get().number.startswith("441302001005")


def test_a_village_out_of_reach_is_refused(at_desk: AtDesk) -> None:
    answer = at_desk("olga").post("/intake", form())
    assert answer.status_code == 403
    assert Matter.objects.count() == 0


def test_an_officer_finds_the_own_village_filled_in(at_desk: AtDesk) -> None:
    typed = at_desk("alice").get("/intake").context["typed"]
    assert (typed["area"], typed["area_name"]) == ("441302001001", "东湖社区居委会")


def test_only_who_runs_exercises_sees_the_box(at_desk: AtDesk) -> None:
    assert 'name="exercise"' not in at_desk("dan").get("/intake").content.decode()
    assert at_desk("erin").post("/intake", form(exercise="yes")).status_code == 302
    assert Matter.objects.get().exercise
    assert at_desk("dan").post("/intake", form(exercise="yes")).status_code == 403


def test_bad_input_is_answered_in_words(at_desk: AtDesk) -> None:
    client = at_desk("dan")
    bad = [
        {"kind": "dragons"},
        {"source": "system-of-old"},
        {"observed_at": "gestern"},
        {"text": "\x07"},
        {"key": ""},
        {"key": "x" * 81},
        {"f_arrived_on": "2020-02-30"},
    ]
    for wrong in bad:
        assert client.post("/intake", form(**wrong)).status_code == 422, wrong
    assert Matter.objects.count() == 0


def test_every_village_named_is_offered_and_those_of_another_desk_are_told(at_desk: AtDesk) -> None:
    shown = read(at_desk("dan"), "东湖社区有人聚餐，菜园墩、新平社区三个村也有")
    assert [node.name for node in shown["candidates"]] == ["东湖社区居委会", "菜园墩社区居委会"]
    assert ["新平" in node.name for node in shown["elsewhere"]] == [True]
    assert not {"area", "f_people"} & set(shown["fill"])


def test_what_is_personal_goes_to_the_vault(at_desk: AtDesk) -> None:
    at_desk("dan").post("/intake", form(f_person_name="李大同"))
    report = Report.objects.get()
    assert "person_name" not in report.fields
    kept = set(VaultField.objects.filter(subject_id=report.id).values_list("field", flat=True))
    assert kept == {"text", "reporter_name", "reporter_phone", "person_name"}


def test_words_suggest_a_kind_and_another_kind_keeps_what_fits(at_desk: AtDesk) -> None:
    dan = at_desk("dan")
    answer = dan.post("/intake/read", {"text": "村里摆酒席", "kind": "arrival"})
    assert answer.context["fill"]["kind"] == "gathering"
    assert "依据：" in answer.content.decode()
    fields = dan.post("/intake/fields", {"kind": "close_contact", "f_person_name": "李大同"}).content.decode()
    assert "李大同" in fields


def test_somebody_without_a_post_cannot_report(at_desk: AtDesk, city: Any) -> None:
    assert at_desk("adam").get("/intake").status_code == 403


def test_what_may_be_reported_already_is_shown_while_typing_and_can_be_added_to(at_desk: AtDesk) -> None:
    dan = at_desk("dan")
    dan.post("/intake", form())
    [matter] = Matter.objects.all()
    shown = dan.post("/intake/alike", form(reporter_phone="139 1234 5678")).content.decode()
    assert matter.number in shown
    assert "同一电话" in shown
    answer = dan.post("/intake", form(into=matter.number, text="同一件事，四号楼也有人看到"))
    assert f"taken={matter.number}" in answer["Location"]
    assert [Matter.objects.count(), Report.objects.filter(matter=matter).count()] == [1, 2]
    assert "已作为补充上报加入" in dan.get(answer["Location"]).content.decode()


def test_adding_to_a_matter_of_another_kind_keeps_the_fields_that_it_knows(at_desk: AtDesk) -> None:
    dan = at_desk("dan")
    dan.post("/intake", form())
    [matter] = Matter.objects.all()
    sent = form(into=matter.number, kind="gathering", area="441302001003", area_name="新建社区居委会", f_origin="")
    assert dan.post("/intake", sent).status_code == 302
    assert set(Report.objects.filter(matter=matter).values_list("matter__kind", flat=True)) == {"arrival"}


def test_a_form_half_filled_in_shows_nothing_alike_and_no_error(at_desk: AtDesk) -> None:
    answer = at_desk("dan").post("/intake/alike", {"kind": "arrival", "text": "三号楼", "observed_at": "昨天"})
    assert (answer.status_code, answer.content.decode().strip()) == (200, "")


def test_somebody_of_elsewhere_neither_sees_nor_adds(at_desk: AtDesk) -> None:
    at_desk("dan").post("/intake", form())
    [matter] = Matter.objects.all()
    olga = at_desk("olga")
    assert matter.number not in olga.post("/intake/alike", form()).content.decode()
    assert olga.post("/intake", form(into=matter.number, area="441323001001", area_name="")).status_code == 404
    assert Report.objects.count() == 1


def read(client: Client, text: str, kind: str = "arrival") -> Any:
    answer = client.post("/intake/read", {"text": text, "kind": kind})
    assert answer.status_code == 200
    return answer.context


def test_a_pasted_message_fills_the_form_and_is_marked(at_desk: AtDesk) -> None:
    text = "昨天下午3点菜园墩社区有二十多人聚集打麻将，联系人陈志强，电话13912345678"
    shown = read(at_desk("dan"), text)
    yesterday = (clock.local(clock.now()) - timedelta(days=1)).date()
    assert shown["fill"] == {
        "kind": "gathering",
        "area": "441302001005",
        "area_name": "菜园墩社区居委会",
        "observed_at": f"{yesterday}T15:00",
        "f_people": "20",
        "reporter_name": "陈志强",
        "reporter_phone": "13912345678",
    }
    assert "".join(piece.text for piece in shown["pieces"]) == text
    assert {piece.field for piece in shown["pieces"]} >= {"", "time", "village", "people", "kind", "phone"}


def test_a_gathering_is_a_count_of_people_and_whoever_was_there_reports_nothing(at_desk: AtDesk) -> None:
    text = "菜园墩社区祠堂打麻将的有陈建国、李大勇、黄志明，电话13912345678、13812345678"
    dan = at_desk("dan")
    shown = read(dan, text)
    assert shown["fill"]["kind"] == "gathering" and not {"reporter_name", "reporter_phone"} & set(shown["fill"])
    assert shown["unnamed"] == text.replace("陈建国、李大勇、黄志明", "某某、某某、某某")
    assert read(dan, shown["unnamed"])["unnamed"] == "" == read(dan, "密切接触者：陈建国、李大勇、黄志明")["unnamed"]


def test_what_is_personal_goes_to_the_field_that_the_vault_keeps(at_desk: AtDesk) -> None:
    fill = read(at_desk("dan"), "东湖社区王小明从武汉回来，电话13912345678")["fill"]
    assert (fill["f_person_phone"], fill["f_origin"]) == ("13912345678", "武汉")
    assert "reporter_phone" not in fill


def test_a_village_outside_ones_areas_is_not_filled_in(at_desk: AtDesk) -> None:
    assert "area" not in read(at_desk("olga"), "菜园墩社区有人聚集打麻将")["fill"]


def test_a_wrong_number_and_an_impossible_day_are_marked_and_not_taken(at_desk: AtDesk) -> None:
    shown = read(at_desk("dan"), "2月30日有人来，身份证441302199001011234")
    assert {(piece.field, piece.doubt) for piece in shown["pieces"] if piece.doubt} == {
        ("time", "no_such_day"),
        ("document", "wrong_number"),
    }
    assert "observed_at" not in shown["fill"]
    assert "441302199001011234" not in str(shown["fill"])


@pytest.mark.parametrize(
    "text", ["=cmd|'/C calc'!A0", "<script>alert(1)</script>", "😷" * 5000, "\x00\x07", "东湖" * 5000]
)
def test_whatever_is_pasted_comes_back_as_text(at_desk: AtDesk, text: str) -> None:
    answer = at_desk("dan").post("/intake/read", {"text": text, "kind": "arrival"})
    assert answer.status_code == 200
    assert "<script>alert" not in answer.content.decode()
    shown = "".join(piece.text for piece in answer.context["pieces"])
    assert shown == text.translate({0: "␀", 7: "␇"}), "what nobody sees is shown by its sign"


def test_nothing_typed_reads_nothing(at_desk: AtDesk) -> None:
    assert at_desk("dan").post("/intake/read", {"text": "  "}).content == b""


def test_what_nobody_sees_and_what_is_too_long_are_marked_before_anything_is_saved(at_desk: AtDesk) -> None:
    dan = at_desk("dan")
    shown = dan.post("/intake/read", {"text": "东湖社区\x07有人聚餐\x7f"}).content.decode()
    assert shown.count("看不见的控制字符，请删除") >= 2 and "\u2407" in shown and "\u2421" in shown
    assert "请删减" not in shown
    shown = dan.post("/intake/read", {"text": "东湖社区有人聚餐。" * 1200}).content.decode()
    assert "超过 10000 字，请删减后保存" in shown
    assert 'maxlength="10000"' not in dan.get("/intake").content.decode(), "a browser would cut it off without a word"
