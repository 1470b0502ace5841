"""A roster as Excel in the usual layout: names down, days across, 白、夜、休 in the cells."""

from __future__ import annotations

import io
from datetime import timedelta
from typing import TYPE_CHECKING

import xlsxwriter
from django.utils.translation import gettext

from wangge.duties.rosters.queries.showing import week_of
from wangge.ground.areas.tree import tree
from wangge.ground.responses.packs.rosters import RostersDef

if TYPE_CHECKING:
    from wangge.duties.rosters.models import Roster

WEEKDAYS = "一二三四五六日"


def roster_sheet(roster: Roster, plan: RostersDef) -> bytes:
    """The whole roster, a row for each person, one for what nobody has; somebody without a shift rests 休."""
    rows: dict[tuple[str, str], dict[int, str]] = {}
    days = [roster.since + timedelta(days=number) for number in range((roster.until - roster.since).days)]
    for start in range(0, len(days), 7):
        for person, name, cells in week_of(roster, days[start], "person").rows:
            row = rows.setdefault((name or gettext("空缺"), str(person)), {})
            for place, cell in enumerate(cells):
                if cell:
                    shorts = [plan.shifts[one.seat.shift].short for one in cell]
                    row[start + place] = "".join(shorts) if person else str(len(shorts))
    out = io.BytesIO()
    book = xlsxwriter.Workbook(out, {"in_memory": True})
    sheet = book.add_worksheet(gettext("值班表"))
    head = book.add_format({"bold": True, "align": "center", "border": 1, "text_wrap": True})
    body = book.add_format({"align": "center", "border": 1})
    title = f"{tree().get(roster.area_id).name}{gettext('值班表')} {days[0]}—{days[-1]}"
    sheet.merge_range(0, 0, 0, len(days), title, book.add_format({"bold": True, "font_size": 16, "align": "center"}))
    sheet.write_string(1, 0, gettext("姓名"), head)
    for place, day in enumerate(days, 1):
        sheet.write_string(1, place, f"{day.month}/{day.day}\n{WEEKDAYS[day.weekday()]}", head)
    for number, ((name, identity), row) in enumerate(rows.items(), 2):
        sheet.write_string(number, 0, name, head)
        for place in range(len(days)):
            rest = "" if identity == "None" else "休"
            sheet.write_string(number, place + 1, row.get(place, rest), body)
    sheet.set_column(0, 0, 12)
    sheet.set_column(1, len(days), 5)
    sheet.freeze_panes(2, 1)
    sheet.set_landscape()
    sheet.set_paper(9 if len(days) <= 14 else 8)  # A4, and A3 for a month
    sheet.fit_to_pages(1, 0)
    book.close()
    return out.getvalue()
