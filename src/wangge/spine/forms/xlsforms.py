"""XLSForms: a workbook that staff write becomes an XForm by pyxform, or a list of its mistakes by sheet and row."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time
from typing import Any

from lxml import etree
from pyxform.errors import PyXFormError
from pyxform.xls2xform import convert

from wangge.ground.kernel.incoming import read_workbook
from wangge.ground.kernel.problems import FormError, FormInvalid
from wangge.spine.forms.questions import questions_of, referred_files
from wangge.spine.forms.rules import PERSONAL, Path
from wangge.spine.forms.wording import in_chinese

SHEETS = ("survey", "choices", "settings", "external_choices", "osm")
CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
VERSION = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
MOST_ROWS = 5_000
LONGEST_PATH = 150
ROW = re.compile(r"\[row\s*:\s*(\d+)\]\s*")
SHEET = re.compile(r"'(survey|choices|settings|external_choices|entities)' sheet|sheet: '(\w+)'")
TYPE = re.compile(r"question type '([^']+)'")
GROUP_BEGINS, GROUP_ENDS = re.compile(r"begin[ _](?:group|repeat)"), re.compile(r"end[ _](?:group|repeat)")
# What of a question is XPath, by the column that staff write it in.
EXPRESSIONS = {
    "relevant": "relevant",
    "constraint": "constraint",
    "calculate": "calculation",
    "required": "required",
    "readonly": "read_only",
}
Sheets = Mapping[str, list[dict[str, str]]]


@dataclass(frozen=True)
class ReadForm:
    """A workbook that is a sound form: what it is called, and what becomes of it."""

    code: str
    title: str
    version: str
    xform: str
    hash: str
    questions: list[dict[str, Any]]
    files: list[str]


def read_form(content: bytes, file: str) -> ReadForm:
    """The form in a workbook. Raises UploadRefused for what is no workbook, FormInvalid with every mistake found."""
    sheets = _sheets(read_workbook(content, MOST_ROWS))
    errors = [*_settings_wrong(sheets), *_rows_wrong(sheets)]
    xform = _converted(sheets, errors)
    if xform is not None:
        errors += _expressions_wrong(xform, sheets)
    if errors or xform is None:
        order = {name: place for place, name in enumerate(SHEETS)}
        raise FormInvalid(file=file, errors=sorted(errors, key=lambda one: (order.get(one.sheet, 9), one.row)))
    settings = sheets["settings"][0]
    return ReadForm(
        code=settings["form_id"],
        title=settings["form_title"],
        version=settings["version"],
        xform=xform,
        hash=hashlib.md5(xform.encode(), usedforsecurity=False).hexdigest(),
        questions=questions_of(xform, _personal(sheets)),
        files=referred_files(xform),
    )


# -- the workbook ------------------------------------------------------------------------------------


def _sheets(book: Mapping[str, list[list[Any]]]) -> Sheets:
    """The sheets of a form as rows by heading; an empty row stays, so that rows keep their numbers."""
    found: dict[str, list[dict[str, str]]] = {}
    for name, rows in book.items():
        if name.strip().lower() in SHEETS and rows:
            heads = [_text(cell) for cell in rows[0]]
            found[name.strip().lower()] = [
                {head: text for head, cell in zip(heads, row, strict=False) if head and (text := _text(cell))}
                for row in rows[1:]
            ]
    if found.get("settings"):
        first = found["settings"][0]
        first["form_id"] = first.get("form_id", "") or first.pop("id_string", "")
        first["form_title"] = first.get("form_title", "") or first.pop("title", "")
    return found


def _text(cell: Any) -> str:
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    if isinstance(cell, datetime) and cell.time() == time():
        return cell.date().isoformat()
    if isinstance(cell, datetime | date):
        return cell.isoformat()
    return str(cell).replace("\xa0", " ").strip()


def _settings_wrong(sheets: Sheets) -> Iterator[FormError]:
    """What every form has to say of itself."""
    if not sheets.get("survey"):
        yield FormError("survey", 0, "缺少 survey 表，或表里没有题目。", "The sheet survey is missing or empty.")
    if not sheets.get("settings"):
        yield FormError(
            "settings",
            0,
            "缺少 settings 表，须填写 form_id、form_title 和 version。",
            "The sheet settings is missing; it holds form_id, form_title and version.",
        )
        return
    settings = sheets["settings"][0]
    if not CODE.fullmatch(settings["form_id"]):
        zh = "form_id 须以小写字母开头，只含小写字母、数字和下划线，至多 40 个字符。"
        en = "form_id begins with a small letter and holds small letters, digits and underscores, at most 40."
        yield FormError("settings", 2, zh, en)
    if not 0 < len(settings["form_title"]) <= 120:
        yield FormError("settings", 2, "请填写 form_title，至多 120 字。", "form_title is needed, at most 120 long.")
    if not VERSION.fullmatch(settings.get("version", "")):
        zh = "请填写 version，如 2020020501；只含字母、数字、点、横线和下划线。"
        en = "version is needed, such as 2020020501: letters, digits, dots, dashes and underscores."
        yield FormError("settings", 2, zh, en)
    if "public_key" in settings:
        zh, en = "不支持加密表单：填报在系统内另行加密。", "Encrypted forms are not taken: what is sent is sealed here."
        yield FormError("settings", 2, zh, en)


# -- pyxform -----------------------------------------------------------------------------------------


def _converted(sheets: Sheets, errors: list[FormError]) -> str | None:
    """The XForm, or None with what pyxform says noted; it stops at the first mistake that it meets."""
    if not sheets.get("survey") or not sheets.get("settings"):
        return None
    book: dict[str, Any] = {"sheet_names": list(sheets)}
    for name, rows in sheets.items():
        # The column that says what is personal is ours; pyxform would not know it.
        known = [{head: text for head, text in row.items() if head != "personal"} for row in rows]
        book[name], book[f"{name}_header"] = known, [dict.fromkeys(head for row in known for head in row)]
    try:
        return str(convert(book, form_name="data", warnings=[]).xform)
    except PyXFormError as error:
        errors += (_placed(one, sheets) for one in _said(str(error)))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        why = f"{type(error).__name__}: {error}"
        errors.append(
            FormError("survey", 0, f"无法转换，请检查表头和题目类型（{why}）。", f"It cannot be converted ({why}).")
        )
    return None


def _said(text: str) -> Iterator[FormError]:
    """What pyxform says, each sentence at its sheet and row."""
    pieces = ROW.split(text)
    if pieces[0].strip():
        yield _error(pieces[0], 0)
    for row, sentence in zip(pieces[1::2], pieces[2::2], strict=True):
        yield _error(sentence, int(row))


def _error(sentence: str, row: int) -> FormError:
    sentence = " ".join(sentence.split())
    named = SHEET.search(sentence)
    sheet = (named[1] or named[2]) if named else "survey"
    return FormError(sheet, row, in_chinese(sentence), sentence)


def _placed(error: FormError, sheets: Sheets) -> FormError:
    """An error at its row; of a kind of question that is not known pyxform does not say where it stands."""
    named = TYPE.search(error.en)
    if error.row or named is None:
        return error
    rows = (number for number, row in enumerate(sheets["survey"], 2) if row.get("type") == named[1])
    return FormError(error.sheet, next(rows, 0), error.zh, error.en)


# -- what pyxform leaves unchecked -------------------------------------------------------------------


def _rows(sheets: Sheets) -> Iterator[tuple[int, Path, Mapping[str, str]]]:
    """The rows of the survey that are questions or groups, with their numbers and paths."""
    above: list[str] = []
    for number, row in enumerate(sheets.get("survey", ()), 2):
        kind = row.get("type", "").lower()
        if GROUP_ENDS.match(kind):
            above = above[:-1]
        elif row.get("name"):
            yield number, (*above, row["name"]), row
            if GROUP_BEGINS.match(kind):
                above.append(row["name"])


def _personal(sheets: Sheets) -> dict[Path, str]:
    """Which kind of personal data the sheet says that a question holds."""
    return {path: row["personal"] for _, path, row in _rows(sheets) if row.get("personal")}


def _rows_wrong(sheets: Sheets) -> Iterator[FormError]:
    for number, path, row in _rows(sheets):
        if row.get("personal", "none") not in PERSONAL:
            known = "、".join(PERSONAL)
            zh, en = f"personal 只能填 {known}。", f"personal is one of {', '.join(PERSONAL)}."
            yield FormError("survey", number, zh, en)
        if len("/".join(path)) > LONGEST_PATH:
            zh = f"题目名连同所在各组的名字不能超过 {LONGEST_PATH} 个字符。"
            en = f"The name with those of its groups is longer than {LONGEST_PATH} characters."
            yield FormError("survey", number, zh, en)


def _expressions_wrong(xform: str, sheets: Sheets) -> Iterator[FormError]:
    """Expressions that no client could read; pyxform hands them on as they are."""
    numbers = {path: number for number, path, _ in _rows(sheets)}
    root = etree.fromstring(xform.encode())
    for bind in root.iter("{http://www.w3.org/2002/xforms}bind"):
        path = tuple(bind.get("nodeset", "").split("/")[2:])
        for attribute, column in EXPRESSIONS.items():
            why = _why_unreadable(bind.get(attribute, ""))
            if why:
                zh, en = f"{column} 的表达式写错了（{why}）。", f"The expression in {column} cannot be read ({why})."
                yield FormError("survey", numbers.get(path, 0), zh, en)


def _why_unreadable(expression: str) -> str:
    if not expression:
        return ""
    try:
        etree.XPath(expression)
    except etree.XPathSyntaxError as error:
        return str(error)
    return ""
