"""The duty log by Excel: template, preview, the good rows taken once, the bad ones named and sent back to be mended."""

from __future__ import annotations

import html
import io
import re
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from python_calamine import CalamineWorkbook
from xlsxwriter import Workbook

from wangge.duties.dutylog.importing import entries_import
from wangge.duties.dutylog.models import Entry
from wangge.duties.dutylog.rules import EntryDraft
from wangge.ground.journal.models import Event
from wangge.ground.kernel import clock
from wangge.ground.responses import vault

AtDesk = Callable[[str], Client]
KIND = "传单手册发放"
HEADINGS = ["村（居）", "场所", "发放份数（份）", "开展时间", "备注"]
GOOD = ["东湖社区", "居民家庭", 30, datetime(2020, 2, 5, 15, 30), "张三家"]  # noqa: DTZ001
BAD: list[tuple[list[Any], str, str]] = [
    (["西湖社区", "居民家庭", 1, "2020-02-05", ""], "村（居）", "没有“西湖社区”"),
    (["", "居民家庭", 1, "2020-02-05", ""], "村（居）", "请填写"),
    (["东湖社区", "宫殿", 1, "2020-02-05", ""], "场所", "宫殿"),
    (["东湖社区", "居民家庭", "三十", "2020-02-05", ""], "发放份数（份）", "不是整数"),
    (["东湖社区", "居民家庭", -3, "2020-02-05", ""], "发放份数（份）", "不是整数"),
    (["东湖社区", "居民家庭", 1.5, "2020-02-05", ""], "发放份数（份）", "不是整数"),
    (["东湖社区", "居民家庭", "", "2020-02-05", ""], "发放份数（份）", "请填写"),
    (["东湖社区", "居民家庭", 1, "2020-02-30", ""], "开展时间", "不是时间"),
    (["东湖社区", "居民家庭", 1, "", ""], "开展时间", "请填写"),
    (["东湖社区", "居民家庭", 1, "2999-01-01", ""], "开展时间", "晚于现在"),
    (["东湖社区", "居民家庭", 1, "2020-02-05", "长" * 2001], "备注", "2000"),
    (["新建社区", "居民家庭", 1, "2020-02-05", ""], "村（居）", "新建社区"),
]


def workbook(*rows: list[Any], sheet: str = KIND, headings: list[str] | None = None) -> bytes:
    out = io.BytesIO()
    book = Workbook(out, {"strings_to_formulas": False, "default_date_format": "yyyy-mm-dd hh:mm"})
    page = book.add_worksheet(sheet)
    for line, row in enumerate([headings or HEADINGS, *rows]):
        for column, value in enumerate(row):
            if isinstance(value, datetime):
                page.write_datetime(line, column, value)
            elif value != "":
                page.write(line, column, value)
    book.close()
    return out.getvalue()


def upload(client: Client, content: bytes) -> Any:
    return client.post("/imports", {"file": SimpleUploadedFile("log.xlsx", content)})


def carried(answer: Any) -> str:
    found = re.search(r'name="sent" value="([^"]*)"', answer.content.decode())
    assert found, answer.content.decode()[:500]
    return html.unescape(found[1])


def taken(client: Client, content: bytes) -> Any:
    return client.post("/imports/take", {"sent": carried(upload(client, content))})


def sheets(content: bytes) -> dict[str, list[list[Any]]]:
    book = CalamineWorkbook.from_filelike(io.BytesIO(content))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def test_the_template_has_a_sheet_for_each_kind_and_ones_own_villages(at_desk: AtDesk) -> None:
    found = sheets(at_desk("alice").get("/imports/template").content)
    assert found[KIND] == [HEADINGS]
    assert found["村（居）名单"] == [["村（居）名单"], ["惠城区 桥东街道 东湖社区"]]
    one = sheets(at_desk("erin").get("/imports/template?kind=leaflets_handed_out").content)
    assert list(one) == [KIND, "村（居）名单", "填表说明"] and len(one["村（居）名单"]) == 6


def test_a_filled_template_becomes_entries(city: Any, at_desk: AtDesk) -> None:
    alice = at_desk("alice")
    looked = upload(alice, workbook(GOOD, GOOD[:4]))
    assert Entry.objects.count() == 0, "a look writes nothing"
    assert looked.context["looked"].good == 2
    result = alice.post("/imports/take", {"sent": carried(looked)})
    assert result.status_code == 200 and "已记入台账" in result.content.decode()
    entry = Entry.objects.order_by("id").first()
    assert entry is not None
    assert (entry.kind, entry.place_kind, entry.quantities) == ("leaflets_handed_out", "household", {"copies": 30})
    assert clock.local(entry.observed_at) == datetime.fromisoformat("2020-02-05T15:30:00+08:00")
    assert entry.person_id == city.people["alice"]
    notes = vault.masked(actor=city.actor("alice"), area_id=entry.area_id, subject_ids=[entry.id])
    assert notes[entry.id]["note"]
    event = Event.objects.get(type="duty.imported")
    assert event.data == {"rows": 2, "taken": 2}
    assert "张三" not in str(list(Event.objects.values_list("data", flat=True)))


def test_the_same_content_sent_again_changes_nothing(at_desk: AtDesk) -> None:
    alice = at_desk("alice")
    page = carried(upload(alice, workbook(GOOD, GOOD)))
    for _ in range(2):
        assert alice.post("/imports/take", {"sent": page}).status_code == 200
    assert Entry.objects.count() == 2, "two equal rows of one file are two"
    again = upload(alice, workbook(GOOD, GOOD))
    assert (again.context["looked"].good, again.context["looked"].repeated) == (0, 2)
    more = taken(alice, workbook(GOOD, ["东湖社区", "商铺", 5, "2020-02-05", ""], GOOD))
    assert more.context["looked"].good == 1 and Entry.objects.count() == 3


@pytest.mark.parametrize(("row", "column", "why"), BAD)
def test_a_bad_row_is_named_by_line_column_and_reason_and_the_good_ones_are_taken(
    at_desk: AtDesk, row: list[Any], column: str, why: str
) -> None:
    answer = taken(at_desk("alice"), workbook(GOOD, row))
    [wrong] = answer.context["looked"].wrong
    assert (wrong.sheet, wrong.line, wrong.wrong.column) == (KIND, 3, column)
    assert why in wrong.wrong.zh and why in html.unescape(answer.content.decode())
    assert Entry.objects.count() == 1


def test_the_error_file_can_be_mended_and_sent_again(at_desk: AtDesk) -> None:
    alice = at_desk("alice")
    answer = taken(alice, workbook(GOOD, ["东湖社区", "宫殿", 7, "2020-02-05", "=cmd|' /C calc'!A0"]))
    file = alice.post("/imports/errors", {"sent": carried(answer)}).content
    [heading, bad] = sheets(file)[KIND]
    assert heading == [*HEADINGS, "错误"]
    assert bad[:5] == ["东湖社区", "宫殿", "7", "2020-02-05", "=cmd|' /C calc'!A0"] and "宫殿" in bad[5]
    still = upload(alice, file)
    assert still.context["looked"].good == 0 and len(still.context["looked"].wrong) == 1
    mended = taken(alice, workbook([bad[0], "居民家庭", *bad[2:]], headings=heading))
    assert mended.context["looked"].good == 1 and Entry.objects.count() == 2


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"hello", "完好"),
        (b"", "没有选择"),
        (workbook(), "没有填写"),
        (workbook(GOOD, sheet="别的"), "不是模板里的表"),
        (workbook(GOOD, headings=["甲", "乙", "丙", "丁", "戊"]), "缺少列"),
    ],
)
def test_a_file_that_is_no_log_is_refused_in_words(at_desk: AtDesk, content: bytes, why: str) -> None:
    answer = upload(at_desk("alice"), content)
    assert answer.status_code == 422 and why in answer.content.decode()


def test_a_page_that_was_altered_or_is_too_old_is_refused(at_desk: AtDesk) -> None:
    for address in ("/imports/take", "/imports/errors"):
        answer = at_desk("alice").post(address, {"sent": "forged"})
        assert answer.status_code == 422 and "过期" in answer.content.decode()


def test_nobody_imports_where_they_may_not_log(city: Any, at_desk: AtDesk) -> None:
    page = carried(upload(at_desk("alice"), workbook(GOOD)))
    olga = at_desk("olga").post("/imports/take", {"sent": page})
    assert olga.context["looked"].good == 0 and Entry.objects.count() == 0
    adam = at_desk("adam")
    for answer in (adam.get("/imports"), adam.get("/imports/template"), adam.post("/imports/take", {"sent": page})):
        assert answer.status_code == 403


def test_a_name_that_several_villages_share_wants_its_town(at_desk: AtDesk, monkeypatch: pytest.MonkeyPatch) -> None:
    named = taken(at_desk("erin"), workbook(["惠城区桥东街道东湖社区", *GOOD[1:]], ["441302001003", *GOOD[1:]]))
    assert named.context["looked"].good == 2


def test_of_two_who_send_the_same_table_one_wins(city: Any) -> None:
    draft = EntryDraft(
        "leaflets_handed_out", city.area("441302001001"), "household", {"copies": 3}, clock.now(), "同一张表"
    )
    sent = {"response_id": city.response_id, "drafts": [draft], "now": clock.now()}
    first = entries_import(actor=city.actor("alice"), **sent)
    second = entries_import(actor=city.actor("carol"), **sent)
    assert (first[0].good, second[0].repeated, Entry.objects.count()) == (True, True, 1)
