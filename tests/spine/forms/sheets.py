"""XLSForms for tests: sheets as rows, made into the workbook that staff would send."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from typing import Any

from xlsxwriter import Workbook

Rows = Sequence[Sequence[Any]]
SETTINGS: Rows = [("form_id", "form_title", "version", "default_language"), ("visit", "走访登记", "1", "中文 (zh)")]
SURVEY: Rows = [
    ("type", "name", "label::中文 (zh)", "label::English (en)", "required", "constraint", "relevant", "personal"),
    ("start", "start", "", "", "", "", "", ""),
    ("select_one place_kind", "place_kind", "场所类别", "Kind of place", "yes", "", "", ""),
    ("integer", "places", "走访户（处）数", "Places visited", "yes", ". >= 0", "", ""),
    ("integer", "people", "询问人数", "People asked", "", ". >= 0", "${places} > 0", ""),
    ("begin group", "who", "联系人", "Contact", "", "", "", ""),
    ("text", "owner", "姓名", "Name", "", "", "", "name"),
    ("text", "phone", "电话", "Telephone", "", "", "", "phone"),
    ("end group", "", "", "", "", "", "", ""),
    ("select_multiple found", "found", "发现的情况", "Found", "", "", "", ""),
    ("begin repeat", "pictures", "照片", "Pictures", "", "", "", ""),
    ("image", "picture", "照片", "Picture", "", "", "", ""),
    ("text", "about", "说明", "About", "", "", "", "none"),
    ("end repeat", "", "", "", "", "", "", ""),
    ("geopoint", "place", "位置", "Place", "", "", "", ""),
    ("text", "note", "备注", "Note", "", "", "", ""),
]
CHOICES: Rows = [
    ("list_name", "name", "label::中文 (zh)", "label::English (en)"),
    ("place_kind", "shop", "商铺", "Shop"),
    ("place_kind", "market", "市场", "Market"),
    ("found", "gathering", "聚集", "Gathering"),
    ("found", "no_mask", "未戴口罩", "No masks"),
]


def workbook(sheets: Mapping[str, Rows]) -> bytes:
    """A workbook of sheets."""
    out = io.BytesIO()
    book = Workbook(out)
    for name, rows in sheets.items():
        sheet = book.add_worksheet(name)
        for number, row in enumerate(rows):
            for place, value in enumerate(row):
                if value != "":
                    sheet.write(number, place, value)
    book.close()
    return out.getvalue()


def xlsform(survey: Rows = SURVEY, settings: Rows = SETTINGS, choices: Rows = CHOICES) -> bytes:
    """The form of these tests, or one that differs from it."""
    return workbook({"survey": survey, "choices": choices, "settings": settings})


def named(code: str, title: str = "走访登记", version: str = "1") -> Rows:
    """Settings of a form with another name."""
    return [SETTINGS[0], (code, title, version, "中文 (zh)")]
