"""The walk of every list that is sent as a table: a template, a look at what was sent, the good rows taken, the others
to mend. The rows travel with the page between looking and taking, and are judged anew when they are taken.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, Protocol, TypeVar

from django.http import HttpResponse, QueryDict
from django.shortcuts import render

from wangge.doors.desk.carrying import sealed, unsealed
from wangge.doors.desk.context import may_somewhere
from wangge.doors.desk.requests import DeskRequest, language, said
from wangge.doors.desk.sheets import (
    Draft,
    ListForm,
    Places,
    Row,
    judged,
    list_workbook,
    places_by_name,
    read_list,
    row_of,
)
from wangge.ground.kernel.incoming import MOST_BYTES
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotPermitted, Problem, UploadRefused
from wangge.picture.tables.workbook import MIME

SHOWN = 200


class Verdict(Protocol):
    """What would become of a row."""

    @property
    def problem(self) -> Problem | None: ...
    @property
    def repeated(self) -> bool: ...
    @property
    def good(self) -> bool: ...


Said = TypeVar("Said", bound=Verdict)


@dataclass(frozen=True)
class Looked(Generic[Draft, Said]):
    """The rows of a list, each with its verdict; None for those that say nothing that could be judged."""

    rows: list[Row[Draft]]
    verdicts: list[Said | None]
    asked: str = ""

    def count(self, **like: bool) -> int:
        """How many rows have such a verdict."""
        return sum(
            verdict is not None and all(bool(getattr(verdict, name)) == value for name, value in like.items())
            for verdict in self.verdicts
        )

    @property
    def good(self) -> int:
        return self.count(good=True)

    @property
    def repeated(self) -> int:
        return self.count(problem=False, repeated=True)

    @property
    def wrong(self) -> list[Row[Draft]]:
        return [row for row in self.rows if row.wrong]

    def line_of(self, draft: int) -> str:
        """The line of the list that a draft stood in, by the place of the draft among all."""
        return str([row for row in self.rows if row.draft is not None][draft].line)


class SheetList(ABC, Generic[Draft, Said]):
    """A list that comes as a table: who may send it, its form, and who judges and takes its rows.

    `name` is that of its first address and of its files; `asks` is a field of the upload's form that goes with the
    rows; `pages` are the templates to send it, to look at it, and of what was taken.
    """

    verb: str
    name: str
    file: str
    pages: tuple[str, str, str]
    asks = ""

    @abstractmethod
    def form(self, asked: str) -> ListForm[Draft]:
        """The sheets as the pack in force wants them."""

    @abstractmethod
    def judge(self, actor: Actor, drafts: Sequence[Draft], *, take: bool, form: QueryDict) -> Sequence[Said]:
        """What the duty says to the drafts; with `take` the good ones are written."""

    def page_says(self) -> dict[str, Any]:
        """What the page to send a list needs beside the form."""
        return {}

    def looked_says(self, looked: Looked[Draft, Said], form: QueryDict) -> dict[str, Any]:
        """What the page of the rows needs beside the counts and what is wrong."""
        return {}


def list_page(request: DeskRequest, kind: SheetList[Any, Any]) -> HttpResponse:
    """The template and the form; a list sent is looked at, and nothing is written."""
    _require(request, kind)
    if request.method != "POST":
        return _page(request, kind)

    def read() -> Looked[Any, Any]:
        asked = request.POST.get(kind.asks, "") if kind.asks else ""
        rows = read_list(file_sent(request), kind.form(asked), Places(request.actor, kind.verb))
        return _looked(request, kind, rows, asked)

    return _judged_or_refused(request, kind, read, lambda looked: _shown(request, kind, looked))


def list_take(request: DeskRequest, kind: SheetList[Any, Any]) -> HttpResponse:
    """Take the good rows, each once however often the page or the list is sent."""
    _require(request, kind)
    return _judged_or_refused(
        request,
        kind,
        lambda: _looked(request, kind, *_unpacked(request, kind), take=True),
        lambda looked: _shown(request, kind, looked, taken=True),
    )


def list_mend(request: DeskRequest, kind: SheetList[Any, Any]) -> HttpResponse:
    """The rows that could not be taken as a workbook, each with its reason."""
    _require(request, kind)
    return _judged_or_refused(
        request,
        kind,
        lambda: _looked(request, kind, *_unpacked(request, kind)),
        lambda looked: _file(request, kind, kind.form(looked.asked), "errors", looked.wrong),
    )


def list_blank(request: DeskRequest, kind: SheetList[Any, Any], sheets: Sequence[str] = ()) -> HttpResponse:
    """The template; of some sheets only where they are named."""
    _require(request, kind)
    form = kind.form("")
    chosen = [sheet for sheet in form.sheets if sheet.name in sheets] or form.sheets
    return _file(request, kind, replace(form, sheets=chosen), "template")


def _require(request: DeskRequest, kind: SheetList[Any, Any]) -> None:
    if not may_somewhere(request.actor, kind.verb):
        raise NotPermitted(verb=kind.verb)


def _page(request: DeskRequest, kind: SheetList[Any, Any], problem: Problem | None = None) -> HttpResponse:
    context = {"problem": problem, "problem_text": said(problem)} | kind.page_says()
    context |= {kind.asks: request.POST.get(kind.asks, "")} if kind.asks else {}
    return render(request, kind.pages[0], context, status=problem.status if problem else 200)


def file_sent(request: DeskRequest) -> bytes:
    """The file of a form, whole. Raises UploadRefused."""
    file = request.FILES.get("file")
    if file is None or not file.size:
        raise UploadRefused(why_zh="没有选择文件", why_en="no file was chosen")
    if file.size > MOST_BYTES:
        limit = MOST_BYTES // 1024 // 1024
        raise UploadRefused(why_zh=f"文件超过 {limit} MB，请分开再传", why_en=f"it is larger than {limit} MB")
    content: bytes = file.read()
    return content


def _judged_or_refused(
    request: DeskRequest,
    kind: SheetList[Any, Any],
    look: Callable[[], Looked[Any, Any]],
    answer: Callable[[Looked[Any, Any]], HttpResponse],
) -> HttpResponse:
    """The answer to the rows of a list as they are judged now, or what is wrong with all of them."""
    try:
        looked = look()
    except NotPermitted:
        raise
    except Problem as problem:
        return _page(request, kind, problem)
    return answer(looked)


def _looked(
    request: DeskRequest, kind: SheetList[Any, Any], rows: list[Row[Any]], asked: str, *, take: bool = False
) -> Looked[Any, Any]:
    drafts = [row.draft for row in rows if row.draft is not None]
    found = iter(kind.judge(request.actor, drafts, take=take, form=request.POST))
    verdicts = [next(found) if row.draft is not None else None for row in rows]
    rows = [judged(row, one.problem if one else None) for row, one in zip(rows, verdicts, strict=True)]
    return Looked(rows, verdicts, asked)


def _shown(
    request: DeskRequest, kind: SheetList[Any, Any], looked: Looked[Any, Any], *, taken: bool = False
) -> HttpResponse:
    carried = looked.wrong if taken else looked.rows
    wrong = [
        {"row": row, "why": row.wrong.en if language() == "en" else row.wrong.zh} for row in looked.rows if row.wrong
    ]
    context = {
        "looked": looked,
        "taken": taken,
        "wrong": wrong[:SHOWN],
        "more_wrong": max(len(wrong) - SHOWN, 0),
        "sent": sealed([looked.asked, [(row.sheet, row.line, row.cells) for row in carried]], kind.name),
    }
    return render(request, kind.pages[2 if taken else 1], context | kind.looked_says(looked, request.POST))


def _unpacked(request: DeskRequest, kind: SheetList[Any, Any]) -> tuple[list[Row[Any]], str]:
    asked, rows = unsealed(request, kind.name)
    places, sheets = Places(request.actor, kind.verb), {sheet.name: sheet for sheet in kind.form(asked).sheets}
    return [row_of(sheets[name], line, cells, places) for name, line, cells in rows if name in sheets], asked


def _file(
    request: DeskRequest, kind: SheetList[Any, Any], form: ListForm[Any], name: str, wrong: Sequence[Row[Any]] = ()
) -> HttpResponse:
    villages = list(places_by_name(request.actor, kind.verb))
    return workbook_file(list_workbook(form, villages, wrong), f"{kind.file}-{name}.xlsx")


def workbook_file(content: bytes, name: str) -> HttpResponse:
    """A workbook to be kept under a name."""
    answer = HttpResponse(content, content_type=MIME)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
