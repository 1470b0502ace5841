"""Forms at the desk: published with their mistakes told, keys shown once, what was refused put right, tables."""

from __future__ import annotations

import base64
import csv
import io
import json
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from PIL import Image
from python_calamine import CalamineWorkbook

from tests.doors.desk.formed import forms_make
from tests.ground.responses.test_evidence import photo
from tests.spine.forms.sheets import CHOICES, SETTINGS, SURVEY, named, workbook, xlsform
from wangge.doors.desk.pages.forms import _for_collect
from wangge.ground.journal.models import Event
from wangge.ground.responses.models import Unmasking
from wangge.spine.forms.models import FieldKey, Form, Submission
from wangge.spine.forms.queries import forms

AtDesk = Callable[[str], Client]
PICTURED = "<place_kind>moon</place_kind><pictures><picture>1.jpg</picture></pictures>"


@pytest.fixture(autouse=True)
def fresh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(settings, "EVIDENCE_FOLDER", tmp_path / "evidence")
    forms.forget()
    yield
    forms.forget()


@pytest.fixture
def made(city: Any) -> SimpleNamespace:
    return forms_make(city)


def upload(client: Client, content: bytes) -> Any:
    return client.post("/forms", {"file": SimpleUploadedFile("走访.xlsx", content)})


def page(client: Client, address: str, **query: str) -> str:
    answer = client.get(address, query)
    assert answer.status_code == 200, answer.content.decode()[:300]
    return answer.content.decode()


def test_a_form_is_published_and_stands_in_the_list(city: Any, at_desk: AtDesk) -> None:
    frank = at_desk("frank")
    answer = upload(frank, xlsform())
    assert (answer.status_code, answer["Location"]) == (302, "/forms/visit/versions?said=new")
    assert "已发布" in page(frank, "/forms/visit/versions", said="new")
    assert upload(frank, xlsform())["Location"].endswith("said=same")
    listed = page(at_desk("alice"), "/forms")
    assert "走访登记" in listed and "检查并发布" not in listed
    assert Form.objects.count() == 1


def test_mistakes_are_told_by_sheet_and_row(city: Any, at_desk: AtDesk) -> None:
    survey = [*SURVEY, ("text", "note", "甲", "A"), ("select_one nowhere", "x", "乙", "B")]
    answer = upload(at_desk("frank"), xlsform(survey))
    text = answer.content.decode()
    assert answer.status_code == 422
    assert "题目名“note”重复" in text or "没有选项表“nowhere”" in text
    assert '<td class="num">17</td>' in text or '<td class="num">18</td>' in text
    broken = upload(at_desk("frank"), workbook({"survey": SURVEY, "choices": CHOICES}))
    assert "缺少 settings 表" in broken.content.decode()
    assert upload(at_desk("frank"), b"no workbook").status_code == 422
    assert not Form.objects.exists()


def test_only_those_who_may_publish_or_see_the_files(city: Any, at_desk: AtDesk, made: SimpleNamespace) -> None:
    assert upload(at_desk("dan"), xlsform(settings=named("other"))).status_code == 403
    assert at_desk("dan").get("/forms/visit/versions/1/xlsx").status_code == 403
    assert at_desk("hana").get("/forms").status_code == 403
    kept = at_desk("frank").get("/forms/visit/versions/1/xlsx")
    assert CalamineWorkbook.from_filelike(io.BytesIO(kept.content)).sheet_names == ["survey", "choices", "settings"]
    assert b"<h:html" in at_desk("frank").get("/forms/visit/versions/1/xml").content
    assert at_desk("frank").get("/forms/visit/versions/1/exe").status_code == 404
    assert at_desk("frank").get("/forms/nowhere/versions").status_code == 404


def test_a_form_is_closed_and_opened(city: Any, at_desk: AtDesk, made: SimpleNamespace) -> None:
    frank = at_desk("frank")
    frank.post("/forms/visit/switch", {"open": "no"})
    assert "走访登记" not in page(at_desk("alice"), "/forms")
    assert "走访登记" in page(frank, "/forms")
    frank.post("/forms/visit/switch", {"open": "yes"})
    assert "走访登记" in page(at_desk("alice"), "/forms")


# -- keys --------------------------------------------------------------------------------------------


def test_a_key_is_shown_once(city: Any, at_desk: AtDesk) -> None:
    dan = at_desk("dan")
    answer = dan.post("/field-keys", {"person": "Carol", "name": "走访手机", "area": "441302001001"})
    text = answer.content.decode()
    secret = text.partition("/or/")[2].partition("<")[0]
    assert len(secret) == 43 and "data:image/svg+xml" in text
    key = FieldKey.objects.get()
    assert (key.person_id, key.area_id) == (city.people["carol"], city.area("441302001001"))
    again = page(dan, "/field-keys")
    assert "走访手机" in again and secret not in again
    assert secret not in str([event.data for event in Event.objects.all()]) + key.digest
    dan.post(f"/field-keys/{key.id}/revoke")
    assert "已收回" in page(dan, "/field-keys")


def test_the_code_holds_what_collect_reads() -> None:
    told = _for_collect("s3cret", "演示 · 张三")
    assert told["code"].startswith("data:image/svg+xml")
    assert told["address"].endswith("/or/s3cret")


def test_the_packed_settings_are_those_of_collect(monkeypatch: pytest.MonkeyPatch) -> None:
    packed: list[str] = []
    monkeypatch.setattr("wangge.doors.desk.pages.forms.segno.make", lambda text, **how: packed.append(text) or Drawn())
    _for_collect("s3cret", "演示")
    content = json.loads(zlib.decompress(base64.b64decode(packed[0])))
    assert content["general"]["server_url"] == f"{settings.SITE_URL}/or/s3cret"
    assert content["general"]["protocol"] == "odk_default"
    assert content["project"]["name"] == "演示"


class Drawn:
    """A code that need not be drawn to be read."""

    def svg_data_uri(self, **how: Any) -> str:
        return ""


@pytest.mark.parametrize(
    ("form", "words"),
    [
        ({"person": "nobody", "name": "手机"}, "没有这个账号"),
        ({"person": "carol", "name": "", "area": "441302001001"}, "请写明用途"),
        ({"person": "carol", "name": "x", "area": "999999"}, "没有这个区划"),
    ],
)
def test_a_key_that_cannot_be_issued(city: Any, at_desk: AtDesk, form: dict[str, str], words: str) -> None:
    answer = at_desk("dan").post("/field-keys", form)
    assert answer.status_code in (404, 422)
    assert words in answer.content.decode()
    assert not FieldKey.objects.exists()


def test_keys_elsewhere_are_not_for_a_desk(city: Any, at_desk: AtDesk, made: SimpleNamespace) -> None:
    outside = {"person": "olga", "name": "x", "area": "441323001001"}
    assert at_desk("dan").post("/field-keys", outside).status_code == 403
    assert at_desk("dan").post("/field-keys", {"person": "carol", "name": "x", "area": ""}).status_code == 403
    assert "手机" not in page(at_desk("omar"), "/field-keys").partition("已签发")[2]
    assert at_desk("omar").post(f"/field-keys/{made.key}/revoke").status_code == 403
    assert at_desk("alice").post(f"/field-keys/{made.key}/revoke").status_code == 302  # her own
    assert FieldKey.objects.get().revoked_at is not None


# -- submissions -------------------------------------------------------------------------------------


def test_what_was_refused_is_put_right(city: Any, at_desk: AtDesk, made: SimpleNamespace) -> None:
    dan, address = at_desk("dan"), f"/submissions/{made.submission}"
    assert "待修正" in page(dan, "/submissions", state="refused")
    text = page(dan, address)
    assert "moon" in text and "没有入账" in text and "王**" in text and "王小明" not in text
    sent = {"a:place_kind": "market", "a:places": "3", "a:who/owner": "", "a:note": "门口有人聚集"}
    assert dan.post(f"{address}/do/repair", sent).status_code == 302
    row = Submission.objects.get()
    assert row.state == "received"
    [event] = Event.objects.filter(type="submission.repaired")
    assert event.data == {"form": "visit", "fields": 1}
    assert dan.post(f"{address}/do/repair", sent).status_code == 409


def test_it_is_discarded_with_a_reason(city: Any, at_desk: AtDesk, made: SimpleNamespace) -> None:
    dan, address = at_desk("dan"), f"/submissions/{made.submission}"
    assert dan.post(f"{address}/do/discard", {"reason": ""}).status_code == 422
    assert dan.post(f"{address}/do/discard", {"reason": "试填"}).status_code == 302
    assert "已作废" in page(dan, address)


def test_outsiders_see_none_of_it(city: Any, at_desk: AtDesk, made: SimpleNamespace) -> None:
    for who in ("olga", "omar"):
        assert at_desk(who).get(f"/submissions/{made.submission}").status_code == 404
        assert str(made.submission) not in page(at_desk(who), "/submissions")
        assert at_desk(who).post(f"/submissions/{made.submission}/do/repair", {}).status_code == 404
        assert len(rows(at_desk(who))) == 1
    assert at_desk("hana").get("/submissions").status_code == 403


def test_pictures_are_shown_to_those_who_may(city: Any, at_desk: AtDesk) -> None:
    made = forms_make(city, {"1.jpg": photo()}, PICTURED)
    text = page(at_desk("dan"), f"/submissions/{made.submission}")
    address = text.partition('src="/submissions')[2].partition('"')[0]
    answer = at_desk("dan").get(f"/submissions{address}")
    with Image.open(io.BytesIO(answer.content)) as picture:
        assert (answer["Content-Type"], max(picture.size)) == ("image/jpeg", 320)
    assert at_desk("omar").get(f"/submissions{address}").status_code == 404
    other = f"/submissions/{made.submission}/files/{uuid4()}/whole"
    assert at_desk("dan").get(other).status_code == 404


def test_after_the_keys_are_gone_the_page_says_so(city: Any, at_desk: AtDesk, made: SimpleNamespace) -> None:
    moved = [(path, path.with_suffix(".aside")) for path in Path(settings.KEY_FOLDER).glob("*.json")]
    for path, aside in moved:
        path.rename(aside)
    try:
        assert "已随密钥销毁" in page(at_desk("dan"), f"/submissions/{made.submission}")
    finally:
        for path, aside in moved:
            aside.rename(path)


# -- tables ------------------------------------------------------------------------------------------


def rows(client: Client, **query: str) -> list[list[str]]:
    answer = client.get("/submissions/tables/visit.csv", query)
    assert answer.status_code == 200
    return list(csv.reader(io.StringIO(b"".join(answer).decode("utf-8-sig"))))  # type: ignore[arg-type]


def test_submissions_as_csv(city: Any, at_desk: AtDesk, made: SimpleNamespace) -> None:
    head, row = rows(at_desk("dan"))
    told = dict(zip(head, row, strict=True))
    assert (told["状态"], told["填报人"], told["场所类别"], told["走访户（处）数"]) == ("待修正", "Alice", "moon", "3")
    assert (told["联系人 · 姓名"], told["联系人 · 电话"]) == ("王**", "138****5678")
    assert (told["村（居）"], told["照片（份数）"]) == ("东湖社区", "")
    [event] = Event.objects.filter(type="list.exported")
    assert (event.data["list"], event.data["rows"], event.data["kind"]) == ("submissions", 1, "visit")
    assert rows(at_desk("dan"), state="taken") == [head]


def test_submissions_as_excel(city: Any, at_desk: AtDesk, made: SimpleNamespace) -> None:
    answer = at_desk("dan").get("/submissions/tables/visit.xlsx")
    book = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(answer)))  # type: ignore[arg-type]
    head, row = book.get_sheet_by_name("走访登记").to_python()
    assert dict(zip(head, row, strict=True))["走访户（处）数"] == 3
    assert "导出说明" in book.sheet_names


def test_what_begins_like_a_formula_stays_text(city: Any, at_desk: AtDesk) -> None:
    forms_make(city, answers="<place_kind>moon</place_kind><note>=1+1</note>")
    head, row = rows(at_desk("dan"))
    assert dict(zip(head, row, strict=True))["备注"] == "'=1+1"


TWICE = (
    "<place_kind>moon</place_kind><pictures><picture>1.jpg</picture><about>门口</about></pictures>"
    "<pictures><picture/><about/></pictures>"
)


def test_what_stands_several_times_has_columns_and_corrections_stand_in_them(city: Any, at_desk: AtDesk) -> None:
    made = forms_make(city, answers=TWICE)
    repair = {"a:place_kind": "market", "a:pictures[2]/about": "大厅"}
    at_desk("dan").post(f"/submissions/{made.submission}/do/repair", repair)
    told = dict(zip(*rows(at_desk("dan")), strict=True))
    assert (told["场所类别"], told["照片（份数）"]) == ("市场", "2")
    assert (told["照片 · 照片"], told["照片 · 说明"]) == ("有；—", "门口；大厅")


def test_whole_tables_are_for_those_who_may_and_every_look_is_kept(
    city: Any, at_desk: AtDesk, made: SimpleNamespace
) -> None:
    address, why = "/submissions/tables/visit.csv", {"reason": "流调需要联系店主"}
    assert "导出完整信息" in page(at_desk("dan"), "/submissions", form="visit")
    short = at_desk("dan").post(address, {"reason": "看", "state": "refused"})
    assert short.status_code == 422 and "请写明查看完整信息的理由" in short.content.decode()
    assert 'value="refused" selected' in short.content.decode()
    answer = at_desk("dan").post(address, why)
    head, row = csv.reader(io.StringIO(b"".join(answer).decode("utf-8-sig")))  # type: ignore[arg-type]
    told = dict(zip(head, row, strict=True))
    assert (told["联系人 · 姓名"], told["联系人 · 电话"]) == ("王小明", "13812345678")
    [look] = Unmasking.objects.all()
    assert (look.subject_id, look.person_id) == (made.submission, city.people["dan"])
    assert Event.objects.filter(type="vault.unmasked", subject_id=made.submission).count() == 1
    assert Event.objects.get(type="list.exported").data["clear"] == "yes"
    assert "流调" not in str(list(Event.objects.values_list("data", flat=True)))
    of_another_county = b"".join(at_desk("olga").post(address, why))  # type: ignore[arg-type]
    assert b"13812345678" not in of_another_county and Unmasking.objects.count() == 1


def test_one_submission_is_shown_whole_for_a_reason(city: Any, at_desk: AtDesk, made: SimpleNamespace) -> None:
    address = f"/submissions/{made.submission}"
    assert "13812345678" not in page(at_desk("dan"), address)
    short = at_desk("dan").post(f"{address}/do/unmask", {"reason": "看"})
    assert short.status_code == 422 and 'value="看"' in short.content.decode() and Unmasking.objects.count() == 0
    whole = at_desk("dan").post(f"{address}/do/unmask", {"reason": "流调需要联系店主"}).content.decode()
    assert "13812345678" in whole and "王小明" in whole
    assert Unmasking.objects.get().person_id == city.people["dan"]
    assert at_desk("olga").post(f"{address}/do/unmask", {"reason": "流调需要联系店主"}).status_code in (403, 404)
    assert Unmasking.objects.count() == 1


@pytest.mark.parametrize("address", ["/submissions/tables/nowhere.csv", "/submissions/tables/visit.pdf"])
def test_other_tables_there_are_none(city: Any, at_desk: AtDesk, made: SimpleNamespace, address: str) -> None:
    assert at_desk("dan").get(address).status_code == 404


def test_questions_of_older_versions_keep_their_columns(city: Any, at_desk: AtDesk, made: SimpleNamespace) -> None:
    survey = [row for row in SURVEY if row[1] != "people"] + [("text", "more", "其他", "More")]
    upload(at_desk("frank"), xlsform(survey, [SETTINGS[0], ("visit", "走访登记", "2", "中文 (zh)")]))
    head = rows(at_desk("dan"))[0]
    assert "其他" in head and "询问人数" in head
