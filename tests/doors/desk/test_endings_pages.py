"""Ending a response, changing its keys, and the access record, as people do it at the desk."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from docx import Document

from tests.conftest import OPERATOR, City
from tests.doors.desk.test_intake import form
from tests.picture.endings.test_endings import BASIS, ENGINE, close_all
from wangge.ground.accounts import services as accounts
from wangge.ground.kernel import clock
from wangge.ground.responses import keys, vault
from wangge.ground.responses.accesses import unmaskings_of
from wangge.ground.responses.rotation import rotation_running
from wangge.picture.bulletins.pdf import pdf_missing
from wangge.picture.bulletins.services import bulletin_issue
from wangge.picture.endings.models import Ending
from wangge.picture.endings.services import endings_due

CODE = "/responses/test-2020"


@pytest.fixture(autouse=True)
def posts(city: City, tmp_path: Path, settings: Any) -> Iterator[None]:
    """Gu and Wei of the command, Shen the auditor; and keys of the test's own."""
    shutil.copytree(settings.KEY_FOLDER, tmp_path / "keys")
    settings.KEY_FOLDER = tmp_path / "keys"
    keys._ring.cache_clear()
    now = clock.now() - timedelta(days=1)
    for name, role in (("gu", "command"), ("wei", "command"), ("shen", "auditor")):
        person = accounts.person_add(actor=OPERATOR, username=name, display_name=name.capitalize(), now=now)
        city.people[name] = person.id
        post = accounts.post_open(
            actor=OPERATOR, name=f"{role} {name}", role=role, area_id=city.area("4413"), agency_id=None, now=now
        )
        accounts.post_hold(actor=OPERATOR, post_id=post.id, person_id=person.id, deputy=False, now=now)
    yield
    keys._ring.cache_clear()


def printed(client: Client, bulletin_id: Any) -> dict[str, bytes]:
    """An issued bulletin in every form it has, byte for byte, and what its page says."""
    address = f"/bulletin/issued/{bulletin_id}"
    papers = ("/word", "/excel", *(() if pdf_missing() else ("/pdf",)))
    answers = {paper: client.get(f"{address}{paper}") for paper in papers}
    assert {answer.status_code for answer in answers.values()} == {200}
    page = client.get(address).content.partition(b"<main")[2].partition(b"</main>")[0]
    return {"page": page} | {paper: answer.content for paper, answer in answers.items()}


def test_from_the_question_to_the_record(
    at_desk: Callable[[str], Client], report: Callable[..., Any], city: City
) -> None:
    matter = report(reporter_name="欧阳测试甲")
    gu, wei = at_desk("gu"), at_desk("wei")
    minute = clock.now().replace(second=0, microsecond=0)
    bulletin = bulletin_issue(
        actor=ENGINE, response_id=city.response_id, area_id=city.area("4413"), cutoff=minute, now=clock.now()
    )
    before = printed(at_desk("frank"), bulletin.id)
    assert "新冠肺炎疫情防控" in gu.get("/responses").content.decode()
    page = gu.get(f"{CODE}?count=yes").content.decode()
    assert "预案包规定的倒计时： <b>30</b> 天" in page and "管理对象" in page
    assert "将不可再读" in page and "未结案事项（含挂账）" in page
    refused = gu.post(CODE, {"do": "ask", "basis": "王某13812345678说的"})
    assert refused.status_code == 422 and "王某13812345678说的" in refused.content.decode()
    assert gu.post(CODE, {"do": "ask", "basis": BASIS}).status_code == 302
    ending = Ending.objects.get()
    own = gu.post(CODE, {"do": "approve", "ending": ending.id})
    assert own.status_code == 403 and "提出人不能批准自己的申请" in own.content.decode()
    early = wei.post(CODE, {"do": "approve", "ending": ending.id})
    assert early.status_code == 409 and "还有 1 件事项未结案" in early.content.decode()
    close_all()
    assert wei.post(CODE, {"do": "approve", "ending": ending.id}).status_code == 302
    assert "响应已终止" in wei.get(CODE).content.decode()
    assert wei.get(f"{CODE}/destruction").status_code == 404
    assert endings_due(actor=ENGINE, now=clock.now() + timedelta(days=31)) == 1
    record = wei.get(f"{CODE}/destruction").content.decode()
    for shown in ("XH-test-2020", BASIS, "Gu", "Wei", "密钥指纹", "摘要"):
        assert shown in record
    text = "\n".join(part.text for part in Document(BytesIO(wei.get(f"{CODE}/destruction/word").content)).paragraphs)
    assert BASIS in text and "XH-test-2020" in text
    shown = at_desk("dan").get(f"/matters/{matter.number}")
    assert shown.status_code == 200 and "已销毁" in shown.content.decode()
    whole = f"/matters/{matter.number}/reports/{matter.reports.get().id}/whole"
    assert "密钥已销毁" in at_desk("dan").post(whole, {"reason": "核对地址"}).content.decode()
    assert printed(at_desk("frank"), bulletin.id) == before
    for address in ("/", "/bulletin", "/log", "/intake", "/map", "/exports"):
        assert at_desk("frank").get(address).status_code == 200, address
    taken = at_desk("dan").post("/intake", form())
    assert taken.status_code == 409 and "已结束" in taken.content.decode(), taken.context["problem"]


def test_called_off_the_page_is_as_before(at_desk: Callable[[str], Client]) -> None:
    gu = at_desk("gu")
    gu.post(CODE, {"do": "ask", "basis": BASIS})
    assert gu.post(CODE, {"do": "call_off", "ending": Ending.objects.get().id}).status_code == 302
    assert "试算会销毁什么" in gu.get(CODE).content.decode()
    assert gu.post(CODE, {"do": "call_off", "ending": "x"}).status_code == 422
    assert gu.post(CODE, {"do": "nothing"}).status_code == 404


def test_keys_are_changed_from_the_page_by_the_administrator(at_desk: Callable[[str], Client], city: City) -> None:
    adam = at_desk("adam")
    assert "更换密钥" in adam.get(CODE).content.decode()
    assert at_desk("gu").post(CODE, {"do": "rotate"}).status_code == 403
    assert adam.post(CODE, {"do": "rotate"}).status_code == 302
    assert rotation_running(city.response_id) is not None
    assert "正在更换密钥" in adam.get(CODE).content.decode()
    assert adam.post(CODE, {"do": "rotate"}).status_code == 409


def test_the_auditor_sees_who_looked_and_takes_the_list_out(
    at_desk: Callable[[str], Client], report: Callable[..., Any], city: City
) -> None:
    matter = report(reporter_phone="13812345678")
    address = f"/matters/{matter.number}/reports/{matter.reports.get().id}/whole"
    assert at_desk("dan").post(address, {"reason": "回访 13987654321 核实"}).status_code == 200
    shen = at_desk("shen")
    page = shen.get("/accesses").content.decode()
    for shown in ("Dan", "镇（街）值班台", matter.number, "报告人电话", "回访 139******21 核实"):
        assert shown in page
    assert "13987654321" not in page and "13812345678" not in page
    assert "还没有人查看过" in shen.get("/accesses?area=441323").content.decode()
    assert shen.get("/accesses?area=999999").status_code == 404
    file = b"".join(shen.get("/exports/accesses").streaming_content)
    assert file[:2] == b"PK" and at_desk("erin").get("/exports/accesses").status_code == 403
    report_id = matter.reports.get().id
    assert [look.person for look in unmaskings_of([report_id])[report_id]] == ["Dan"]


def test_the_access_record_is_paged_by_key_in_a_fixed_number_of_queries(
    at_desk: Callable[[str], Client], report: Callable[..., Any], city: City, django_assert_max_num_queries: Any
) -> None:
    subject = report(reporter_name="欧阳测试甲").reports.get().id
    for minute in range(120):
        vault.unmask(
            actor=ENGINE, area_id=city.area("441302001001"), subject_id=subject, fields=["reporter_name"],
            reason=f"第{minute}次核对", now=clock.now() + timedelta(minutes=minute),
        )  # fmt: skip
    shen, seen, address = at_desk("shen"), 0, "/accesses"
    while address:
        with django_assert_max_num_queries(14):
            answer = shen.get(address)
        seen += len(answer.context["rows"])
        address = f"/accesses?after={answer.context['next']}" if answer.context["next"] else ""
    assert seen == 120
