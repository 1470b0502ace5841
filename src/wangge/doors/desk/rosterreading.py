"""What a roster's sheet from Excel says: who is to have which shifts when, and what is not understood."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from uuid import UUID

from wangge.doors.desk.rostersheet import GUIDE, NAME, REST, VACANT, WRONG, Fault
from wangge.doors.desk.sheets import cell_text
from wangge.duties.rosters.queries.grid import Grid
from wangge.duties.rosters.services.sheets import Wanted
from wangge.ground.kernel.incoming import OLD_OR_LOCKED, read_csv, read_workbook
from wangge.ground.kernel.problems import UploadRefused

MOST = 500
RESTS = {"", REST, "休息", "-", "—", "/"}
PASSED_OVER = {"", WRONG, "备注", "合计"}
BETWEEN = re.compile(r"[\s、，,/／+＋;；]*")
# The name of a post may hold brackets itself: 白（东湖社区驻村（居）民警）.
POST = re.compile(r"（((?:[^（）]|（[^（）]*）)*)）")
WHOLE_DAY = re.compile(r"(\d{4})\D(\d{1,2})\D(\d{1,2})")
DAY = re.compile(r"(\d{1,2})\s*[/.月-]\s*(\d{1,2})")
Rows = list[list[str]]


class NotRead(ValueError):
    """What a cell says that is not understood: a sentence in both languages."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(zh)
        self.zh, self.en = zh, en


@dataclass
class Told:
    """What a sheet says: its rows as text, the place of the headings, what is wanted and where it stands, faults."""

    rows: Rows
    head: int
    wanted: list[Wanted] = field(default_factory=list)
    places: list[tuple[int, int]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)

    def fault(self, line: int, column: int, zh: str, en: str) -> None:
        """Note what is wrong with a cell."""
        row = self.rows[line - 1]
        self.faults.append(Fault(line, column, row[column] if column < len(row) else "", zh, en))


def rows_of(data: bytes) -> Rows:
    """The table of a file as text: the first sheet of a workbook that has names, or CSV. Raises UploadRefused."""
    if data.startswith((b"PK", OLD_OR_LOCKED)):
        sheets = [found for name, found in read_workbook(data, MOST).items() if name != GUIDE]
    else:
        sheets = [read_csv(data, MOST)]
    tables = [[[cell_text(cell) for cell in row] for row in sheet] for sheet in sheets]
    for rows in tables:
        if _head(rows) is not None:
            return rows
    raise UploadRefused(
        why_zh="没有以“姓名”开头的表头行，请用本页导出的表",
        why_en="it has no row of headings that begins with 姓名; use the sheet from this page",
    )


def _head(rows: Rows) -> int | None:
    return next((place for place, row in enumerate(rows[:10]) if row and _bare(row[0]) == NAME), None)


def _bare(text: str) -> str:
    """A word without the spaces that sheets put into names, its brackets wide."""
    return re.sub(r"\s", "", text).translate(str.maketrans("()", "（）"))


def told_by(rows: Rows, grid: Grid) -> Told:
    """What the rows say of a roster."""
    head = _head(rows)
    assert head is not None
    told, words = Told(rows, head), _Words(grid)
    days = dict(_days(told, grid))
    seen: set[UUID] = set()
    for line, row in enumerate(rows[head + 1 :], start=head + 2):
        name = _bare(row[0]) if row else ""
        if name == VACANT or not any(row):
            continue
        try:
            person = words.person(name)
            if person in seen:
                raise NotRead(f"“{name}”出现了两次，请合为一行。", f"“{name}” stands here twice; make it one row.")
        except NotRead as fault:
            told.fault(line, 0, fault.zh, fault.en)
            continue
        seen.add(person)
        for column, day in days.items():
            try:
                shifts = words.shifts(row[column] if column < len(row) else "")
            except NotRead as fault:
                told.fault(line, column, fault.zh, fault.en)
                continue
            told.wanted.append(Wanted(person, day, shifts))
            told.places.append((line, column))
    return told


def _days(told: Told, grid: Grid) -> Iterator[tuple[int, date]]:
    """The columns that are days of the roster."""
    line, known, seen = told.head + 1, {(day.month, day.day): day for day in grid.days}, set()
    for column, text in enumerate(told.rows[told.head]):
        if column == 0 or text in PASSED_OVER:
            continue
        whole, short = WHOLE_DAY.match(text), DAY.match(text)
        if not whole and not short:
            told.fault(
                line, column, f"看不懂日期“{text[:20]}”，请写成 2/10。", f"“{text[:20]}” is no day such as 2/10."
            )
            continue
        parts = [int(part) for part in (whole or short).groups()]  # type: ignore[union-attr]
        day = known.get((parts[-2], parts[-1]))
        if day is None or (whole and day.year != parts[0]):
            period = f"{grid.days[0]} — {grid.days[-1]}"
            told.fault(line, column, f"不在本值班表的日期（{period}）内。", f"It is no day of this roster ({period}).")
        elif day in seen:
            told.fault(line, column, "这一天出现了两次，请删去一列。", "This day stands here twice; delete one column.")
        else:
            seen.add(day)
            yield column, day


class _Words:
    """The names, shifts and posts that a sheet may name."""

    def __init__(self, grid: Grid) -> None:
        self.grid, self.plan = grid, grid.case.plan

    @cached_property
    def _people(self) -> dict[str, list[UUID]]:
        found: dict[str, list[UUID]] = {}
        for person, label in self.grid.labels.items():
            for name in {_bare(label), _bare(self.grid.names[person])}:
                found.setdefault(name, []).append(person)
        return found

    def person(self, name: str) -> UUID:
        """Who is meant. Raises NotRead."""
        people = self._people.get(name, [])
        if not name:
            raise NotRead("这一行没有姓名。", "This row has no name.")
        if not people:
            raise NotRead(
                f"“{name[:20]}”不在本单位的排班岗位上。", f"“{name[:20]}” holds no rostered post of the unit."
            )
        if len(people) > 1:
            labels = "、".join(sorted(self.grid.labels[person] for person in people))
            raise NotRead(f"有 {len(people)} 人叫“{name}”，请写明岗位：{labels}。", f"Several are called so: {labels}.")
        return people[0]

    @cached_property
    def _shifts(self) -> Mapping[str, str]:
        """The codes of this roster's shifts by their words, the longest first."""
        codes = self.plan.patterns[self.grid.case.roster.pattern].shifts
        found = {word: code for code in codes for word in (self.plan.shifts[code].name, self.plan.shifts[code].short)}
        return dict(sorted(found.items(), key=lambda one: -len(one[0])))

    def shifts(self, text: str) -> tuple[tuple[str, UUID | None], ...]:
        """The shifts of a cell, each at its post where one is named. Raises NotRead."""
        said = text.translate(str.maketrans("()", "（）")).strip()
        if said in RESTS:
            return ()
        found: dict[tuple[str, UUID | None], None] = {}
        at = 0
        while at < len(said):
            word = next((one for one in self._shifts if said.startswith(one, at)), None)
            if word is None:
                raise self._unknown(said[at:])
            at += len(word)
            post = POST.match(said, at)
            found[self._shifts[word], self._post(post[1].strip()) if post else None] = None
            between = BETWEEN.match(said, post.end() if post else at)
            at = between.end() if between else at
        return tuple(found)

    def _unknown(self, text: str) -> NotRead:
        other = next((one for one in self.plan.shifts.values() if text.startswith((one.name, one.short))), None)
        if other:
            return NotRead(
                f"本值班表的班制没有“{other.short}”（{other.name}）。", f"This roster has no shift {other.name_en}."
            )
        usual = "、".join([self.plan.shifts[code].short for code in dict.fromkeys(self._shifts.values())] + [REST])
        return NotRead(f"看不懂“{text[:20]}”，请填 {usual}。", f"“{text[:20]}” is none of {usual}.")

    def _post(self, name: str) -> UUID:
        known = {seat.post_id: _bare(self.grid.posts[seat.post_id]) for seat in self.grid.seats}
        said = _bare(name)
        posts = [post for post, full in known.items() if full == said]
        posts = posts or [post for post, full in known.items() if said and said in full]
        if len(posts) != 1:
            zh = f"本值班表没有岗位“{name[:20]}”。" if not posts else f"有多个岗位的名称含“{name[:20]}”，请写全。"
            raise NotRead(zh, f"“{name[:20]}” names no post of this roster, or several.")
        return posts[0]
