"""A roster out to Excel, changed there, and back: what goes, what does not and why, in the words of the sheet."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from python_calamine import CalamineWorkbook
from xlsxwriter import Workbook

from tests.conftest import OPERATOR, START, City
from tests.duties.rosters.test_services import make, publish
from wangge.duties.rosters.models import Roster, RosterSeat
from wangge.duties.rosters.services.editing import seat_assign
from wangge.ground.accounts import services as accounts
from wangge.ground.accounts.models import Person
from wangge.ground.kernel.clock import local

Rows = list[list[Any]]


@pytest.fixture(autouse=True)
def _at_start(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("wangge.ground.kernel.clock.now", lambda: START)


@pytest.fixture
def dan(at_desk: Callable[[str], Client]) -> Client:
    return at_desk("dan")


def table(content: bytes) -> Rows:
    return CalamineWorkbook.from_filelike(io.BytesIO(content)).get_sheet_by_index(0).to_python(skip_empty_area=False)


def exported(client: Client, roster: Roster) -> Rows:
    return table(client.get(f"/rosters/{roster.id}/excel").content)


def file_of(rows: Rows) -> SimpleUploadedFile:
    out = io.BytesIO()
    with Workbook(out, {"default_date_format": "yyyy-mm-dd"}) as book:
        sheet = book.add_worksheet("值班表")
        for line, row in enumerate(rows):
            sheet.write_row(line, 0, row)
    return SimpleUploadedFile("back.xlsx", out.getvalue())


def send(client: Client, roster: Roster, rows: Rows) -> Any:
    return client.post(f"/rosters/{roster.id}/sheet", {"file": file_of(rows)})


def row_of(rows: Rows, name: str) -> list[Any]:
    return next(row for row in rows if row[0] == name)


def day_of(roster: Roster, seat: RosterSeat) -> int:
    """The column of a seat's day."""
    return (local(seat.since).date() - roster.since).days + 1


def test_an_untouched_sheet_changes_nothing_and_everybody_stands_in_it(city: City, dan: Client) -> None:
    roster = make(city)
    rows = exported(dan, roster)
    assert [row[0] for row in rows[1:]] == ["姓名", "Alice", "Bob", "Dan", "Dora", "空缺"]
    assert rows[1][1] == "2/3\n一" and {"白", "夜", "休"} <= {cell for row in rows[2:6] for cell in row}
    page = send(dan, roster, rows)
    assert page.status_code == 200 and "没有要改的" in page.content.decode()
    before = list(RosterSeat.objects.order_by("id").values())
    dan.post(f"/rosters/{roster.id}/sheet/take", {"sent": page.context["sent"]})
    roster.refresh_from_db()
    assert (list(RosterSeat.objects.order_by("id").values()), roster.version) == (before, 1)


def test_a_changed_sheet_is_looked_at_taken_and_what_is_refused_says_why(city: City, dan: Client) -> None:
    roster = make(city)
    publish(city, roster)
    rows = exported(dan, roster)
    mine = RosterSeat.objects.filter(roster=roster, person=city.people["alice"], since__gt=START).order_by("since")[0]
    column = day_of(roster, mine)
    row_of(rows, "Alice")[column] = "休"
    row_of(rows, "Bob")[column] = "白班"
    row_of(rows, "Dan")[column] = "白、夜"  # no desk works around the clock
    row_of(rows, "Dora")[7] = "睡"
    page = send(dan, roster, rows)
    text = page.content.decode()
    assert page.context["good_count"] == 2 and "白（village_officer 441302001001）" in text
    why = {(one["name"], one["line"], one["column"]): one["why"] for one in page.context["faults"]}
    day = roster.since + timedelta(days=column - 1)
    assert why[("Dora", 6, "2/9")] == "看不懂“睡”，请填 白、夜、休。"
    said = why[("Dan", 5, f"{day.month}/{day.day}")]
    assert "休息" in said or "小时" in said or "已满" in said
    assert RosterSeat.objects.get(id=mine.id).person_id == city.people["alice"]
    # What was refused comes as a sheet of the same layout, with the reasons; as it is it is refused again.
    mend = table(dan.post(f"/rosters/{roster.id}/sheet/errors", {"sent": page.context["sent"]}).content)
    assert [row[0] for row in mend[1:4]] == ["姓名", "Dan", "Dora"] and mend[1][-1] == "错误"
    assert mend[3][-1] == "2/9：看不懂“睡”，请填 白、夜、休。"
    again = send(dan, roster, mend)
    assert (again.context["good_count"], again.context["fault_count"]) == (0, 2)
    # Taken, once, however often it is sent.
    for good in (2, 0):
        done = dan.post(f"/rosters/{roster.id}/sheet/take", {"sent": page.context["sent"]})
        assert (done.status_code, done.context["good_count"]) == (200, good)
    roster.refresh_from_db()
    assert RosterSeat.objects.get(id=mine.id).person_id == city.people["bob"] and roster.version == 3


def test_somebody_who_was_faster_is_not_overwritten(city: City, dan: Client) -> None:
    roster = make(city)
    rows = exported(dan, roster)
    mine = RosterSeat.objects.filter(roster=roster, person=city.people["alice"], since__gt=START).order_by("since")[:2]
    row_of(rows, "Alice")[day_of(roster, mine[0])] = ""
    page = send(dan, roster, rows)
    seat_assign(actor=city.actor("dora"), seat_id=mine[1].id, person_id=None, version=1, now=START)
    late = dan.post(f"/rosters/{roster.id}/sheet/take", {"sent": page.context["sent"]})
    assert late.status_code == 409 and "已有变动（现为第 2 版）" in late.content.decode()
    assert RosterSeat.objects.get(id=mine[0].id).person_id == city.people["alice"]


def test_names_days_and_shifts_that_are_not_of_this_roster(city: City, dan: Client) -> None:
    Person.objects.filter(username="bob").update(display_name="Alice")
    roster = make(city)
    rows = exported(dan, roster)
    # Two of one name and one post cannot be told apart by it: their rows say so, and change nothing.
    assert [row[0] for row in rows].count("Alice（village_officer 441302001001）") == 2
    head = [["一月值班"], ["姓名", "2/4", date(2020, 2, 5), "2020年2月6日", "3/1", "星期", "2/4"]]
    sheet = [
        *head,
        ["Alice", "白"],
        ["D an", "早", "", "全天班"],
        ["Dora", "白夜休", "白（东湖"],
        ["Olga", "白"],
        ["", "白"],
        ["Dan", "白"],
        ["空缺", "3"],
    ]
    page = send(dan, roster, sheet)
    said = {(one["line"], one["column"]): one["why"] for one in page.context["faults"]}
    assert said[(2, "3/1")] == "不在本值班表的日期（2020-02-03 — 2020-02-09）内。"
    assert said[(2, "星期")] == "看不懂日期“星期”，请写成 2/10。"
    assert said[(2, "2/4")] == "这一天出现了两次，请删去一列。"
    assert said[(3, "姓名")].startswith("有 2 人叫“Alice”，请写明岗位：Alice（")
    assert said[(4, "2/4")] == "本值班表的班制没有“早”（早班）。"
    assert said[(4, "2020年2月6日")] == "本值班表的班制没有“全”（全天班）。"
    assert said[(5, "2/4")] == "看不懂“休”，请填 白、夜、休。"
    assert said[(5, "2020-02-05")] == "看不懂“（东湖”，请填 白、夜、休。"
    assert said[(6, "姓名")] == "“Olga”不在本单位的排班岗位上。"
    assert said[(7, "姓名")] == "这一行没有姓名。"
    assert said[(8, "姓名")] == "“Dan”出现了两次，请合为一行。"


def test_where_several_posts_are_free_the_own_goes_first_and_a_choice_is_asked_for(city: City, dan: Client) -> None:
    for name in ("one", "two"):
        area = city.area("441302001003" if name == "one" else "441302001005")
        accounts.post_open(actor=OPERATOR, name=f"岗位（居）{name}", role="village_officer", area_id=area, now=START)
    roster = make(city)
    RosterSeat.objects.filter(roster=roster).update(person=None)
    head = ["姓名", "2/5", "2/6", "2/7", "2/8"]
    rows = [
        head,
        ["Alice", "白", "白", "白（岗位（居）two）", "白（岗位）"],
        ["Bob", "休", "白", "白(岗位(居) three)", ""],
    ]
    page = send(dan, roster, rows)
    after = {(one.name, one.day.day): one.after for one in page.context["good"]}
    assert after == {
        ("Alice", 5): "白（village_officer 441302001001）",
        ("Alice", 6): "白（village_officer 441302001001）",
        ("Alice", 7): "白（岗位（居）two）",
    }
    said = {(one["line"], one["column"]): one["why"] for one in page.context["faults"]}
    assert (
        said[(3, "2/6")].startswith("可去的岗位不止一个，请在班次后写明，如“白（")
        and "岗位（居）one" in said[(3, "2/6")]
    )
    assert said[(2, "2/8")] == "有多个岗位的名称含“岗位”，请写全。"
    assert said[(3, "2/7")] == "本值班表没有岗位“岗位（居） three”。"


@pytest.mark.parametrize("sent", [b"", b"PK\x03\x04no", "没有表头,2/4\nAlice,白\n".encode()])
def test_files_that_are_no_roster_are_refused_in_a_sentence(city: City, dan: Client, sent: bytes) -> None:
    roster = make(city)
    page = dan.post(f"/rosters/{roster.id}/sheet", {"file": SimpleUploadedFile("x.xlsx", sent)})
    assert page.status_code == 422 and "这份文件不能用" in page.content.decode()
    gone = dan.post(f"/rosters/{roster.id}/sheet/take", {"sent": "altered"})
    assert gone.status_code == 422 and "页面已过期" in gone.content.decode()


def test_a_sheet_of_text_is_taken_too(city: City, dan: Client) -> None:
    roster = make(city)
    RosterSeat.objects.filter(roster=roster).update(person=None)
    page = dan.post(
        f"/rosters/{roster.id}/sheet", {"file": SimpleUploadedFile("x.csv", "姓名,2/5\nAlice,白\n".encode("gb18030"))}
    )
    assert [one.name for one in page.context["good"]] == ["Alice"]
