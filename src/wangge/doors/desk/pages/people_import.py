"""Lists of people 导入名单."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse, QueryDict
from django.views.decorators.http import require_POST

from wangge.doors.desk.pages.lists import SHOWN, Looked, SheetList, list_blank, list_mend, list_page, list_take
from wangge.doors.desk.peoplesheets import NAME, people_list
from wangge.doors.desk.requests import DeskRequest
from wangge.doors.desk.sheets import ListForm
from wangge.duties.observation.drafts import RecordDraft
from wangge.duties.observation.services.lists import Verdict, people_import, people_preview
from wangge.duties.observation.words import ROLE_NAMES
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import Actor
from wangge.ground.responses.queries import response_current
from wangge.ground.responses.rules import mask


class PeopleList(SheetList[RecordDraft, Verdict]):
    """People; the form says the role of rows that name none."""

    verb, name, file, asks = "person.import", "people_import", "people", "role"
    pages = ("desk/people/import.html", "desk/people/import_looked.html", "desk/people/import_looked.html")

    def form(self, asked: str) -> ListForm[RecordDraft]:
        return people_list(asked)

    def judge(self, actor: Actor, drafts: Sequence[RecordDraft], *, take: bool, form: QueryDict) -> list[Verdict]:
        judge = people_import if take else people_preview
        return judge(actor=actor, response_id=response_current().id, drafts=drafts, now=clock.now())

    def page_says(self) -> dict[str, Any]:
        return {"roles": ROLE_NAMES}

    def looked_says(self, looked: Looked[RecordDraft, Verdict], form: QueryDict) -> dict[str, Any]:
        known = [
            {"row": row, "who": mask("name", row.cells.get(NAME, "")), "known": _known(verdict.known, looked)}
            for row, verdict in zip(looked.rows, looked.verdicts, strict=True)
            if verdict and verdict.known
        ]
        return {
            "fresh": looked.count(good=True, known=False),
            "all_known": looked.count(good=True, known=True),
            "known": known[:SHOWN],
            "more_known": max(len(known) - SHOWN, 0),
        }


LIST = PeopleList()


def _known(known: str, looked: Looked[RecordDraft, Verdict]) -> tuple[str, str]:
    """Where somebody is on record already: ("number", …), ("desk", …) or ("line", …)."""
    if known.startswith("↑"):
        return "line", looked.line_of(int(known[1:]))
    return ("number" if known.startswith("R") else "desk"), known


def imports(request: DeskRequest) -> HttpResponse:
    """The template and the form; a list sent is looked at, and nothing is written."""
    return list_page(request, LIST)


@require_POST
def take(request: DeskRequest) -> HttpResponse:
    """Take the good rows, each once however often the page or the list is sent."""
    return list_take(request, LIST)


@require_POST
def mend(request: DeskRequest) -> HttpResponse:
    """The rows that could not be taken as a workbook, each with its reason."""
    return list_mend(request, LIST)


def blank(request: DeskRequest) -> HttpResponse:
    """The template."""
    return list_blank(request, LIST)
