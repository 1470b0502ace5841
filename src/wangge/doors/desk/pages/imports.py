"""The duty log by Excel 批量导入: a template, a look at what was sent, the good rows taken, the others to mend."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from django.core import signing
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from wangge.doors.desk.context import may_somewhere
from wangge.doors.desk.logsheets import Places, Row, judged, read_rows, row_of, template, to_mend
from wangge.doors.desk.requests import DeskRequest, language
from wangge.duties.dutylog.importing import Verdict, entries_import, entries_preview
from wangge.ground.kernel import clock
from wangge.ground.kernel.incoming import MOST_BYTES, read_workbook
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotPermitted, Problem, UploadRefused
from wangge.ground.responses.packs.schema import Pack
from wangge.ground.responses.queries import pack_of, response_current
from wangge.picture.tables.workbook import MIME, sheet_name

SALT = "wangge.desk.import"
# The page between looking and taking may be left open over a lunch, not overnight.
OPEN_SECONDS = 4 * 3600
SHOWN = 200
Seen = TypeVar("Seen")


@dataclass(frozen=True)
class Looked:
    """The rows of a file, each with its verdict; None for those that say nothing that could be judged."""

    rows: list[Row]
    verdicts: list[Verdict | None]

    @property
    def good(self) -> int:
        return sum(verdict is not None and verdict.good for verdict in self.verdicts)

    @property
    def repeated(self) -> int:
        return sum(verdict is not None and verdict.problem is None and verdict.repeated for verdict in self.verdicts)

    @property
    def wrong(self) -> list[Row]:
        return [row for row in self.rows if row.wrong]


def imports(request: DeskRequest) -> HttpResponse:
    """The template and the form; a file sent is looked at, and nothing is written."""
    _require(request.actor)
    if request.method != "POST":
        return _page(request)
    return judged_or_refused(
        lambda: _looked(
            request.actor, read_rows(read_workbook(file_sent(request)), request.actor, _pack()), take=False
        ),
        lambda looked: _shown(request, looked),
        lambda problem: _page(request, problem),
    )


def judged_or_refused(
    look: Callable[[], Seen], answer: Callable[[Seen], HttpResponse], refuse: Callable[[Problem], HttpResponse]
) -> HttpResponse:
    """The answer to the rows of a list as they were judged, or what is wrong with all of them."""
    try:
        looked = look()
    except NotPermitted:
        raise
    except Problem as problem:
        return refuse(problem)
    return answer(looked)


def _require(actor: Actor) -> None:
    if not may_somewhere(actor, "duty.log"):
        raise NotPermitted(verb="duty.log")


def _pack() -> Pack:
    return pack_of(response_current())


def _page(request: DeskRequest, problem: Problem | None = None) -> HttpResponse:
    context = {
        "kinds": _pack().log_kinds,
        "problem": problem,
        "problem_text": problem.sentence(language()) if problem else "",
    }
    return render(request, "desk/imports.html", context, status=problem.status if problem else 200)


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


def _looked(actor: Actor, rows: list[Row], *, take: bool) -> Looked:
    """What the duty log says to the rows; with `take` the good ones are written."""
    judge = entries_import if take else entries_preview
    pack, response = _pack(), response_current()
    drafts = [row.draft for row in rows if row.draft is not None]
    verdicts = iter(judge(actor=actor, response_id=response.id, drafts=drafts, now=clock.now()))
    found: list[Row] = []
    said: list[Verdict | None] = []
    for row in rows:
        verdict = next(verdicts) if row.draft is not None else None
        said.append(verdict)
        problem = verdict.problem if verdict else None
        found.append(judged(row, problem, pack.log_kinds[row.draft.kind]) if row.draft else row)
    return Looked(found, said)


def _shown(request: DeskRequest, looked: Looked, *, taken: bool = False) -> HttpResponse:
    lines: list[dict[str, Any]] = [
        {
            "row": row,
            "why": (row.wrong.en if language() == "en" else row.wrong.zh) if row.wrong else "",
            "verdict": verdict,
        }
        for row, verdict in zip(looked.rows, looked.verdicts, strict=True)
    ]
    wrong = [line for line in lines if line["row"].wrong]
    context = {
        "looked": looked,
        "taken": taken,
        "wrong": wrong[:SHOWN],
        "more_wrong": max(len(wrong) - SHOWN, 0),
        "sample": [line for line in lines if line["verdict"] and line["verdict"].good][:5],
        "sent": _packed(looked.wrong if taken else looked.rows),
    }
    return render(request, "desk/imported.html" if taken else "desk/import_preview.html", context)


# -- between looking and taking ----------------------------------------------------------------------
# The rows travel with the page, so that nothing of them is kept here before somebody says so. The signature says
# only that they come from us; they are judged anew when they are taken.


def _packed(rows: list[Row]) -> str:
    return signing.dumps([(row.sheet, row.line, row.cells) for row in rows], salt=SALT, compress=True)


def _unpacked(request: DeskRequest) -> list[Row]:
    try:
        sent: list[Any] = signing.loads(request.POST.get("sent", ""), salt=SALT, max_age=OPEN_SECONDS)
    except signing.BadSignature:
        raise UploadRefused(
            why_zh="页面已过期，请重新上传", why_en="the page has expired; send the file again"
        ) from None
    kinds = {sheet_name(kind.name): kind for kind in _pack().log_kinds.values()}
    places = Places(request.actor)
    return [row_of(sheet, line, cells, kinds[sheet], places) for sheet, line, cells in sent if sheet in kinds]


@require_POST
def take(request: DeskRequest) -> HttpResponse:
    """Take the good rows, each once however often the page or the file is sent."""
    return _judged_again(request, lambda looked: _shown(request, looked, taken=True), take=True)


@require_POST
def mend(request: DeskRequest) -> HttpResponse:
    """The rows that could not be taken as a workbook, each with its reason."""

    def answer(looked: Looked) -> HttpResponse:
        return workbook_file(to_mend(request.actor, _pack(), looked.wrong), "log-errors.xlsx")

    return _judged_again(request, answer, take=False)


def _judged_again(request: DeskRequest, answer: Callable[[Looked], HttpResponse], *, take: bool) -> HttpResponse:
    """The answer to the rows that came with the page, judged as they stand now."""
    _require(request.actor)
    return judged_or_refused(
        lambda: _looked(request.actor, _unpacked(request), take=take),
        answer,
        lambda problem: _page(request, problem),
    )


def blank(request: DeskRequest) -> HttpResponse:
    """The template, for one kind or for all."""
    _require(request.actor)
    return workbook_file(template(request.actor, _pack(), request.GET.getlist("kind")), "log-template.xlsx")


def workbook_file(content: bytes, name: str) -> HttpResponse:
    """A workbook to be kept under a name."""
    answer = HttpResponse(content, content_type=MIME)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
