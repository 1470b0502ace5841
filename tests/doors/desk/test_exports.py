"""Lists as Excel: what the page shows, to whom it shows it, a sheet that says so, and a line in the journal."""

from __future__ import annotations

import asyncio
import io
import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from python_calamine import CalamineWorkbook

from wangge.doors.desk.listings import asked
from wangge.doors.desk.pages.exports import TableFile
from wangge.duties.dutylog.rules import EntryDraft
from wangge.duties.dutylog.services import entry_log
from wangge.ground.journal.models import Event
from wangge.ground.kernel import clock
from wangge.picture.tables.services import Listing, list_export
from wangge.picture.tables.workbook import Column

AtDesk = Callable[[str], Client]
Report = Callable[..., Any]


def sheets(answer: Any) -> dict[str, list[list[Any]]]:
    assert answer.status_code == 200, answer
    book = CalamineWorkbook.from_filelike(io.BytesIO(b"".join(answer.streaming_content)))
    return {name: book.get_sheet_by_name(name).to_python() for name in book.sheet_names}


def test_the_queue_comes_with_what_was_filtered_by_whom_and_when(at_desk: AtDesk, report: Report) -> None:
    matters = [report(), report("gathering"), report(area="441302001003")]
    table, facts = sheets(at_desk("dan").get("/exports/queue?kind=arrival&area=441302001001")).values()
    assert table[0][:4] == ["编号", "类别", "等级", "区划编码"]
    assert [row[0] for row in table[1:]] == [matters[0].number]
    assert table[1][4:7] == ["惠城区", "桥东街道", "东湖社区"]
    told = {line[0]: line[1] for line in facts}
    assert told["区域"] == "惠城区 桥东街道 东湖社区" and told["行数"] == "1" and told["导出人"] == "Dan"
    assert "来" in told["类别"] and told["导出时间"].startswith(f"{clock.local(clock.now()):%Y-%m-%d}")


def test_a_file_holds_every_page_of_a_list(at_desk: AtDesk, report: Report, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(asked, "AT_ONCE", 2)
    numbers = {report("gathering").number for _ in range(5)}
    table, _ = sheets(at_desk("dan").get("/exports/queue")).values()
    assert {row[0] for row in table[1:]} == numbers and len(table) == 6


def test_personal_words_are_in_no_list(at_desk: AtDesk, report: Report) -> None:
    report(text="张三从武汉回来，电话13812345678")
    for code in ("queue", "closed", "log"):
        text = str(sheets(at_desk("dan").get(f"/exports/{code}")))
        assert "13812345678" not in text and "张三" not in text


def test_an_outsider_gets_nothing_of_others(at_desk: AtDesk, report: Report) -> None:
    report()
    olga = at_desk("olga")
    assert len(next(iter(sheets(olga.get("/exports/queue")).values()))) == 1, "the headings only"
    assert olga.get("/exports/queue?area=441302001001").status_code == 403
    assert olga.get("/exports/coverage").status_code == 403
    assert at_desk("omar").get("/exports/villages?area=441302").status_code == 403
    assert olga.get("/exports/figure?figure=matters_received&area=441302").status_code == 403
    adam = at_desk("adam")
    assert adam.get("/exports/queue").status_code == 403
    assert "没有可导出的列表" in adam.get("/exports").content.decode()


def test_an_export_is_journalled_by_counts_and_codes_only(city: Any, at_desk: AtDesk, report: Report) -> None:
    report("gathering")
    sheets(at_desk("dan").get("/exports/queue?kind=gathering&stage=push"))
    event = Event.objects.get(type="list.exported")
    assert event.data == {"list": "queue", "rows": 1, "kind": "gathering", "stage": "push"}
    assert event.actor_id == city.people["dan"]


def test_the_log_shows_quantities_and_counters_as_the_list_does(city: Any, at_desk: AtDesk) -> None:
    draft = EntryDraft("leaflets_handed_out", city.area("441302001001"), "household", {"copies": 30}, note="张三家")
    entry = entry_log(actor=city.actor("alice"), response_id=city.response_id, draft=draft, now=clock.now())
    at_desk("alice").post(f"/log/{entry.entry_id}/counter", {"reason": "多记了"})
    table, _ = sheets(at_desk("erin").get("/exports/log?kind=leaflets_handed_out&area=441302")).values()
    amount, state = table[0].index("发放份数（份）"), table[0].index("状态")
    assert [(row[amount], row[state]) for row in table[1:]] == [(-30.0, "冲正条目"), (30.0, "已被冲正")]
    assert "张三" not in str(table)
    own = next(iter(sheets(at_desk("erin").get("/exports/log?own=yes")).values()))
    assert len(own) == 1, "erin has logged nothing herself"


def test_coverage_and_villages(at_desk: AtDesk) -> None:
    erin = at_desk("erin")
    gaps, facts = sheets(erin.get("/exports/coverage")).values()
    assert len(gaps) == 1 + 4 and ["村（居）总数", "5"] in facts
    villages = next(iter(sheets(erin.get("/exports/villages")).values()))
    states = {row[3]: row[5] for row in villages[1:]}
    assert len(states) == 5 and states["东湖社区"] == "在岗" and states["新建社区"] == "无人在岗"


def test_the_rows_behind_a_figure(at_desk: AtDesk, report: Report) -> None:
    matter = report()
    until = clock.local(clock.now()).strftime("%Y-%m-%dT%H:%M:%S")
    address = f"/exports/figure?figure=matters_received&area=441302&at={until}.999999"
    table, facts = sheets(at_desk("erin").get(address)).values()
    assert table[1][4] == matter.number and table[1][-1] == 1.0
    assert any(line[0] == "指标" and "件" in line[1] for line in facts)


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/exports/dragons", 404),
        ("/exports/queue?kind=dragons", 404),
        ("/exports/queue?area=999", 404),
        ("/exports/figure?figure=dragons", 404),
        ("/exports/figure?figure=matters_received&at=soon", 422),
    ],
)
def test_what_does_not_exist_is_answered_in_words(at_desk: AtDesk, address: str, status: int) -> None:
    assert at_desk("erin").get(address).status_code == status


def test_every_list_has_its_link(at_desk: AtDesk, report: Report) -> None:
    report()
    dan = at_desk("dan")
    for page in ("/?kind=arrival", "/coverage", "/exports"):
        links = re.findall(r'(?:href|action)="(/exports/[^"]+)"', dan.get(page).content.decode())
        assert links, page
        for link in links:
            sheets(dan.get(link.replace("&amp;", "&")))


def test_a_file_is_served_a_piece_at_a_time() -> None:
    asked: list[int] = []

    def pieces() -> Iterator[bytes]:
        for number in range(4):
            asked.append(number)
            yield bytes([number])

    async def taken(answer: TableFile) -> list[int]:
        return [asked[-1] - part[0] async for part in answer]

    answer = TableFile(pieces(), name="名单.xlsx", plain_name="x.xlsx")
    assert asked == [0], "so that a refusal is still an answer of its own"
    assert asyncio.run(taken(answer)) == [0, 0, 0, 0], "each is made when the one before has gone out"


def test_whoever_goes_away_in_the_middle_is_journalled_with_the_rows_that_were_made(
    city: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("wangge.picture.tables.workbook.ROWS_AT_ONCE", 1)
    monkeypatch.setattr("wangge.picture.tables.workbook.PIECE", 1)
    rows = iter([("甲",), ("乙",), ("丙",)])
    wanted = Listing("queue", "待办事项", "matter.view", [Column("编号")], rows, {}, [])
    pieces = list_export(actor=city.actor("dan"), listing=wanted, now=clock.now())
    next(pieces)
    pieces.close()
    assert Event.objects.get(type="list.exported").data["rows"] < 3
