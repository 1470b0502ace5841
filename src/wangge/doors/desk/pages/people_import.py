"""Lists of people 导入名单: a template, a look at what was sent, the good rows taken, the others to mend."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from wangge.doors.desk.context import may_somewhere
from wangge.doors.desk.logsheets import Places
from wangge.doors.desk.pages.imports import OPEN_SECONDS, SHOWN, file_sent, judged_or_refused, workbook_file
from wangge.doors.desk.peoplesheets import PersonRow, judged, people_workbook, read_people, row_of
from wangge.doors.desk.requests import DeskRequest, language
from wangge.duties.observation.services.lists import Verdict, people_import, people_preview
from wangge.duties.observation.words import ROLE_NAMES
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotPermitted, Problem, UploadRefused
from wangge.ground.responses.queries import response_current
from wangge.ground.responses.rules import mask

SALT = "wangge.desk.people-list"


@dataclass(frozen=True)
class Looked:
    """The rows of a list, each with its verdict; None for those that say nothing that could be judged."""

    rows: list[PersonRow]
    verdicts: list[Verdict | None]
    role: str

    def _count(self, **like: Any) -> int:
        return sum(
            verdict is not None and all(bool(getattr(verdict, name)) == value for name, value in like.items())
            for verdict in self.verdicts
        )

    @property
    def fresh(self) -> int:
        return self._count(good=True, known=False)

    @property
    def known(self) -> int:
        return self._count(good=True, known=True)

    @property
    def good(self) -> int:
        return self._count(good=True)

    @property
    def repeated(self) -> int:
        return self._count(repeated=True)

    @property
    def wrong(self) -> list[PersonRow]:
        return [row for row in self.rows if row.wrong]


def imports(request: DeskRequest) -> HttpResponse:
    """The template and the form; a list sent is looked at, and nothing is written."""
    _require(request.actor)
    if request.method != "POST":
        return _page(request)
    role = request.POST.get("role", "")
    return judged_or_refused(
        lambda: _looked(request.actor, read_people(file_sent(request), request.actor, role), role, take=False),
        lambda looked: _shown(request, looked),
        lambda problem: _page(request, problem),
    )


def _require(actor: Actor) -> None:
    if not may_somewhere(actor, "person.import"):
        raise NotPermitted(verb="person.import")


def _page(request: DeskRequest, problem: Problem | None = None) -> HttpResponse:
    context = {
        "roles": ROLE_NAMES,
        "role": request.POST.get("role", ""),
        "problem": problem,
        "problem_text": problem.sentence(language()) if problem else "",
    }
    return render(request, "desk/people/import.html", context, status=problem.status if problem else 200)


def _looked(actor: Actor, rows: list[PersonRow], role: str, *, take: bool) -> Looked:
    judge = people_import if take else people_preview
    drafts = [row.draft for row in rows if row.draft is not None]
    verdicts = iter(judge(actor=actor, response_id=response_current().id, drafts=drafts, now=clock.now()))
    found: list[PersonRow] = []
    said: list[Verdict | None] = []
    for row in rows:
        verdict = next(verdicts) if row.draft is not None else None
        said.append(verdict)
        found.append(judged(row, verdict.problem if verdict else None))
    return Looked(found, said, role)


def _shown(request: DeskRequest, looked: Looked, *, taken: bool = False) -> HttpResponse:
    judged_lines = [row.line for row in looked.rows if row.draft is not None]
    lines = [
        {
            "row": row,
            "who": mask("name", row.cells.get("姓名", "")),
            "why": (row.wrong.en if language() == "en" else row.wrong.zh) if row.wrong else "",
            "known": _known(verdict, judged_lines),
        }
        for row, verdict in zip(looked.rows, looked.verdicts, strict=True)
    ]
    wrong = [line for line in lines if line["why"]]
    known = [line for line in lines if line["known"]]
    context = {
        "looked": looked,
        "taken": taken,
        "wrong": wrong[:SHOWN],
        "more_wrong": max(len(wrong) - SHOWN, 0),
        "known": known[:SHOWN],
        "more_known": max(len(known) - SHOWN, 0),
        "sent": _packed(looked.wrong if taken else looked.rows, looked.role),
    }
    return render(request, "desk/people/import_looked.html", context)


def _known(verdict: Verdict | None, lines: Sequence[int]) -> tuple[str, str] | None:
    """Where somebody is on record already: ("number", …), ("desk", …) or ("line", …); None for others.

    `lines` are those of the rows that were judged.
    """
    if verdict is None or not verdict.known:
        return None
    if verdict.known.startswith("↑"):
        return "line", str(lines[int(verdict.known[1:])])
    return ("number" if verdict.known.startswith("R") else "desk"), verdict.known


# The rows travel with the page, so that nothing of them is kept here before somebody says so; they are judged anew
# when they are taken.


def _packed(rows: list[PersonRow], role: str) -> str:
    return signing.dumps([role, [(row.line, row.cells) for row in rows]], salt=SALT, compress=True)


def _unpacked(request: DeskRequest) -> tuple[list[PersonRow], str]:
    try:
        role, sent = signing.loads(request.POST.get("sent", ""), salt=SALT, max_age=OPEN_SECONDS)
    except signing.BadSignature:
        raise UploadRefused(
            why_zh="页面已过期，请重新上传", why_en="the page has expired; send the file again"
        ) from None
    places = Places(request.actor, "person.import")
    return [row_of(line, cells, places, role) for line, cells in sent], role


@require_POST
def take(request: DeskRequest) -> HttpResponse:
    """Take the good rows, each once however often the page or the list is sent."""
    return _judged_again(request, lambda looked: _shown(request, looked, taken=True), take=True)


@require_POST
def mend(request: DeskRequest) -> HttpResponse:
    """The rows that could not be taken as a workbook, each with its reason."""

    def answer(looked: Looked) -> HttpResponse:
        return workbook_file(people_workbook(request.actor, looked.wrong), "people-errors.xlsx")

    return _judged_again(request, answer, take=False)


def _judged_again(request: DeskRequest, answer: Callable[[Looked], HttpResponse], *, take: bool) -> HttpResponse:
    """The answer to the rows that came with the page, judged as they stand now."""
    _require(request.actor)
    return judged_or_refused(
        lambda: _looked(request.actor, *_unpacked(request), take=take),
        answer,
        lambda problem: _page(request, problem),
    )


def blank(request: DeskRequest) -> HttpResponse:
    """The template."""
    _require(request.actor)
    return workbook_file(people_workbook(request.actor), "people-template.xlsx")
