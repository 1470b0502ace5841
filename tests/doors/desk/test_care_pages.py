"""Care at the desk: from a referral on a record to the answer of the clinic; measures, release, contacts, papers."""

from __future__ import annotations

from datetime import timedelta
from io import BytesIO

import pytest
from docx import Document
from python_calamine import CalamineWorkbook

from tests.duties.observation.clinics import care_make, running
from wangge.duties.observation.models import Check, Dependant, Measure, Plan, Referral
from wangge.duties.observation.services import checks, release
from wangge.ground.kernel import clock

NAME, PHONE, ADDRESS = "王小明", "13912345678", "东湖花园3栋1单元501"


@pytest.fixture
def care(city):
    return care_make(city, clock.now().replace(microsecond=0) - timedelta(minutes=30))


@pytest.fixture
def person(care):
    """Somebody planted with everything that must not be seen."""
    return care.person(name=NAME, phones=(PHONE,), address=ADDRESS, last_exposure_on=None, plan="home")


def deed(client, number, what, **form):
    return client.post(f"/people/{number}/care/{what}", form)


def test_from_the_desk_to_the_clinic_and_back(care, person, at_desk):
    dan, cleo = at_desk("dan"), at_desk("cleo")
    page = dan.get(f"/people/{person.number}").content.decode()
    assert "申请转诊" in page and care.clinic.name in page
    assert cleo.get(f"/people/{person.number}").status_code == 404
    assert deed(dan, person.number, "refer", clinic=care.clinic.id, note="咳嗽").status_code == 302
    referral = Referral.objects.get()
    shown = cleo.get("/clinic").content.decode()
    assert person.number in shown and "王**" in shown and NAME not in shown and "咳嗽" in shown
    form = {"referral": referral.id, "back": "clinic"}
    assert deed(cleo, person.number, "accepted", version=1, room=care.rooms[0], **form).url == "/clinic"
    again = deed(cleo, person.number, "accepted", version=1, **form)
    assert again.status_code == 302  # a second click
    stale = deed(cleo, person.number, "arrived", version=1, **form)
    assert stale.status_code == 409 and "有人先您一步" in stale.content.decode()
    deed(dan, person.number, "on_way", version=2, referral=referral.id, escort="陈师傅", vehicle="粤L12345")
    deed(cleo, person.number, "arrived", version=3, **form)
    deed(cleo, person.number, "answer", version=4, result="confirmed", **form)
    page = dan.get(f"/people/{person.number}").content.decode()
    assert "确诊" in page and "陈**" in page and "陈师傅" not in page
    assert "近 72 小时" in cleo.get("/clinic").content.decode()
    assert "痊愈出院" in cleo.get(f"/people/{person.number}").content.decode()
    deed(cleo, person.number, "discharge", version=5, referral=referral.id)
    person.refresh_from_db()
    assert person.state == "over"


def test_a_measure_lacking_its_grounds_comes_back_with_what_was_typed(care, person, at_desk):
    hana = at_desk("hana")
    page = hana.get(f"/people/{person.number}").content.decode()
    assert "传染病防治法》第三十九条" in page
    start = clock.local(care.now)
    times = {
        name: (start + timedelta(days=days)).strftime("%Y-%m-%dT%H:%M")
        for name, days in (("started_at", 0), ("review_at", 3), ("ends_at", 7))
    }
    form = {"institution": "惠城区人民医院", "authority": "惠城区公安分局", **times}
    answer = deed(hana, person.number, "measure", **form)
    assert answer.status_code == 422 and "请填写法律依据" in answer.content.decode()
    assert "惠城区人民医院" in answer.content.decode()
    assert (
        deed(hana, person.number, "measure", basis="《中华人民共和国传染病防治法》第三十九条", **form).status_code
        == 302
    )
    measure = Measure.objects.get()
    notice = hana.get(f"/people/{person.number}/measures/{measure.id}/notice").content.decode()
    assert "申请行政复议" in notice and "王**" in notice and NAME not in notice
    refused = hana.post(f"/people/{person.number}/measures/{measure.id}/notice", {"reason": "看"})
    assert NAME not in refused.content.decode()
    word = hana.post(f"/people/{person.number}/measures/{measure.id}/notice", {"reason": "送达本人签收", "as": "word"})
    opened = Document(BytesIO(word.content))
    text = "\n".join(paragraph.text for paragraph in opened.paragraphs)
    assert "强制隔离措施通知书" in text and NAME in text and "复议、诉讼期间不停止执行" in text
    assert NAME not in word["Content-Disposition"] and round(opened.sections[0].page_width.mm) == 210
    assert deed(hana, person.number, "end", measure=measure.id, version=1, cause="complied").status_code == 302


def over(care, person, *, tenths=365):
    """The last day is over and the last check was made."""
    checks.check_make(
        actor=care.actor("alice"), individual_id=person.id, now=care.now, temperature_tenths=tenths, symptoms=[]
    )
    today = clock.local(clock.now()).date()
    Plan.objects.filter(individual=person).update(ends_on=today - timedelta(days=1))


def test_everybody_due_is_released_and_the_certificate_names_them(care, person, at_desk):
    feverish = care.person()
    over(care, person)
    over(care, feverish, tenths=380)
    hana = at_desk("hana")
    page = hana.get("/releases").content.decode()
    assert person.number in page and feverish.number in page and "须逐人办理" in page
    done = hana.post("/releases", {"area": "441302001", "chosen": [str(person.id), str(feverish.id)]})
    assert f"/people/{feverish.number}" in done.content.decode() and running(feverish)
    person.refresh_from_db()
    assert person.state == "over"
    assert hana.get(f"/people/{feverish.number}/certificate").status_code == 404
    certificate = hana.post(f"/people/{person.number}/certificate", {"reason": "本人申请出具证明"}).content.decode()
    assert NAME in certificate and "期满未见异常" in certificate and ADDRESS not in certificate
    assert deed(hana, feverish.number, "release", version=running(feverish).version).status_code == 409
    assert Check.objects.count() == 2


def test_contacts_are_listed_one_by_one_with_the_chain_beside(care, at_desk):
    case = care.person("confirmed", plan="")
    dan = at_desk("dan")
    path = f"/people/{case.number}/contacts"
    form = {"name": "周冬雨", "phone": "13712345678", "setting": "meal", "area": "441302001001", "area_name": ""}
    yesterday = clock.local(clock.now()).date() - timedelta(days=1)
    answer = dan.post(f"{path}/add", form | {"setting": "", "last_on": str(yesterday)})
    assert answer.status_code == 422 and "周冬雨" in answer.content.decode()
    assert dan.post(f"{path}/add", form | {"last_on": str(yesterday)}).status_code == 302
    page = dan.get(path).content.decode()
    assert "周**" in page and "周冬雨" not in page and "13712345678" not in page
    known = dan.post(f"{path}/add", form | {"last_on": str(yesterday)})
    assert known.status_code in (302, 409)
    for name in ("olga", "cleo", "adam"):
        assert at_desk(name).get(path).status_code in (403, 404)


def test_dependants_are_named_on_the_page(care, person, at_desk):
    alice = at_desk("alice")
    refused = deed(alice, person.number, "dependant", kind="child", name="王小宝", need="", alone="yes")
    assert refused.status_code == 422
    assert (
        deed(alice, person.number, "dependant", kind="child", name="王小宝", need="接送", alone="yes").status_code
        == 302
    )
    page = alice.get(f"/people/{person.number}").content.decode()
    assert Dependant.objects.get().alone and "接送" in page and "王小宝" not in page


def test_the_tracing_board_and_its_file_show_what_each_number_is_of(care, person, at_desk):
    hana = at_desk("hana")
    page = hana.get("/tracing").content.decode()
    assert "发现后 24 小时内告知" in page and "QUARTILE.INC" in page
    answer = hana.get("/tracing/export")
    book = CalamineWorkbook.from_filelike(BytesIO(b"".join(answer.streaming_content)))
    rows = book.get_sheet_by_index(0).to_python()
    assert rows[0][:3] == ["指标", "分子", "分母"] and len(rows) == 9
    assert hana.get("/tracing?area=441323").status_code == 403
    assert hana.get("/tracing?since=x").status_code == 422
    assert at_desk("cleo").get("/tracing").status_code == 403


def test_a_certificate_is_for_the_released_only(care, person, at_desk):
    hana = at_desk("hana")
    assert hana.get(f"/people/{person.number}/certificate").status_code == 404
    release.individual_release(
        actor=care.actor("hana"), individual_id=person.id, now=clock.now(), exception="专家组同意提前解除"
    )
    assert hana.get(f"/people/{person.number}/certificate").status_code == 200
    assert at_desk("alice").get(f"/people/{person.number}/certificate").status_code == 403
