"""Lists of venues 导入名单: a template, a look at what was sent, the good rows taken, the others to mend."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.core import signing
from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_POST

from wangge.doors.desk.context import may_somewhere
from wangge.doors.desk.logsheets import Places
from wangge.doors.desk.pages.imports import OPEN_SECONDS, SHOWN, file_sent, judged_or_refused, workbook_file
from wangge.doors.desk.pages.venues import rules_now
from wangge.doors.desk.requests import DeskRequest, language
from wangge.doors.desk.venuesheets import VenueRow, judged, read_venues, row_of, venues_workbook
from wangge.duties.venues.services.importing import Verdict, venues_import, venues_preview
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotPermitted, Problem, UploadRefused
from wangge.ground.responses.queries import response_current

SALT = "wangge.desk.venue-list"


@dataclass(frozen=True)
class Looked:
    """The rows of a list, each with its verdict; None for those that say nothing that could be judged."""

    rows: list[VenueRow]
    verdicts: list[Verdict | None]

    @property
    def fresh(self) -> int:
        return sum(verdict is not None and verdict.good and not verdict.alike for verdict in self.verdicts)

    @property
    def alike(self) -> int:
        return sum(verdict is not None and verdict.good and bool(verdict.alike) for verdict in self.verdicts)

    @property
    def repeated(self) -> int:
        return sum(verdict is not None and verdict.repeated for verdict in self.verdicts)

    @property
    def wrong(self) -> list[VenueRow]:
        return [row for row in self.rows if row.wrong]


def imports(request: DeskRequest) -> HttpResponse:
    """The template and the form; a list sent is looked at, and nothing is written."""
    _require(request.actor)
    if request.method != "POST":
        return _page(request)
    _, plan = rules_now()
    return judged_or_refused(
        lambda: _looked(request.actor, read_venues(file_sent(request), request.actor, plan)),
        lambda looked: _shown(request, looked),
        lambda problem: _page(request, problem),
    )


def _require(actor: Actor) -> None:
    if not may_somewhere(actor, "venue.manage"):
        raise NotPermitted(verb="venue.manage")


def _page(request: DeskRequest, problem: Problem | None = None) -> HttpResponse:
    context = {"problem": problem, "problem_text": problem.sentence(language()) if problem else ""}
    return render(request, "desk/venues/import.html", context, status=problem.status if problem else 200)


def _looked(actor: Actor, rows: list[VenueRow], *, take: bool = False, others: bool = False) -> Looked:
    """What the register says to the rows; with `take` the good ones are written, look-alikes only with `others`."""
    drafts = [row.draft for row in rows if row.draft is not None]
    upon: dict[str, Any] = {"actor": actor, "response_id": response_current().id, "drafts": drafts}
    found = venues_import(**upon, now=clock.now(), not_the_same=others) if take else venues_preview(**upon)
    verdicts = iter(found)
    said = [next(verdicts) if row.draft is not None else None for row in rows]
    return Looked([judged(row, one.problem if one else None) for row, one in zip(rows, said, strict=True)], said)


def _shown(request: DeskRequest, looked: Looked, *, taken: bool = False, others: bool = False) -> HttpResponse:
    lines = [
        {
            "row": row,
            "why": (row.wrong.en if language() == "en" else row.wrong.zh) if row.wrong else "",
            "alike": _alike(verdict, looked),
        }
        for row, verdict in zip(looked.rows, looked.verdicts, strict=True)
    ]
    wrong = [line for line in lines if line["why"]]
    alike = [line for line in lines if line["alike"]]
    context = {
        "looked": looked,
        "taken": taken,
        "others": others,
        "good": looked.fresh + looked.alike,
        "wrong": wrong[:SHOWN],
        "more_wrong": max(len(wrong) - SHOWN, 0),
        "alike": alike[:SHOWN],
        "more_alike": max(len(alike) - SHOWN, 0),
        "sent": _packed(looked.wrong if taken else looked.rows),
    }
    return render(request, "desk/venues/import_looked.html", context)


def _alike(verdict: Verdict | None, looked: Looked) -> tuple[str, str] | None:
    """The venue a row may be, ("number", …), or the line of the same list, ("line", …); None for others."""
    if verdict is None or not verdict.good or not verdict.alike:
        return None
    if verdict.alike.startswith("↑"):
        rows = [row for row in looked.rows if row.draft is not None]
        return "line", str(rows[int(verdict.alike[1:])].line)
    return "number", verdict.alike


# The rows travel with the page, so that nothing of them is kept here before somebody says so; they are judged anew
# when they are taken.


def _packed(rows: list[VenueRow]) -> str:
    return signing.dumps([(row.line, row.cells) for row in rows], salt=SALT, compress=True)


def _unpacked(request: DeskRequest) -> list[VenueRow]:
    try:
        sent: list[Any] = signing.loads(request.POST.get("sent", ""), salt=SALT, max_age=OPEN_SECONDS)
    except signing.BadSignature:
        raise UploadRefused(
            why_zh="页面已过期，请重新上传", why_en="the page has expired; send the file again"
        ) from None
    places, (_, plan) = Places(request.actor, "venue.manage"), rules_now()
    return [row_of(line, cells, places, plan) for line, cells in sent]


@require_POST
def take(request: DeskRequest) -> HttpResponse:
    """Take the good rows, each once however often the page or the list is sent."""
    others = request.POST.get("others") == "yes"
    return _judged_again(
        request, lambda looked: _shown(request, looked, taken=True, others=others), take=True, others=others
    )


@require_POST
def mend(request: DeskRequest) -> HttpResponse:
    """The rows that could not be taken as a workbook, each with its reason."""
    _, plan = rules_now()

    def answer(looked: Looked) -> HttpResponse:
        return workbook_file(venues_workbook(request.actor, plan, looked.wrong), "venues-errors.xlsx")

    return _judged_again(request, answer)


def _judged_again(
    request: DeskRequest, answer: Callable[[Looked], HttpResponse], *, take: bool = False, others: bool = False
) -> HttpResponse:
    """The answer to the rows that came with the page, judged as they stand now."""
    _require(request.actor)
    return judged_or_refused(
        lambda: _looked(request.actor, _unpacked(request), take=take, others=others),
        answer,
        lambda problem: _page(request, problem),
    )


def blank(request: DeskRequest) -> HttpResponse:
    """The template."""
    _require(request.actor)
    _, plan = rules_now()
    return workbook_file(venues_workbook(request.actor, plan), "venues-template.xlsx")
