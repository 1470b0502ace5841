"""Lists of venues 导入名单."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse, QueryDict
from django.views.decorators.http import require_POST

from wangge.doors.desk.pages.lists import SHOWN, Looked, SheetList, list_blank, list_mend, list_page, list_take
from wangge.doors.desk.pages.venues import rules_now
from wangge.doors.desk.requests import DeskRequest
from wangge.doors.desk.sheets import ListForm
from wangge.doors.desk.venuesheets import venue_list
from wangge.duties.venues.rules import VenueDraft
from wangge.duties.venues.services.importing import Verdict, venues_import, venues_preview
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import Actor
from wangge.ground.responses.queries import response_current


class VenueList(SheetList[VenueDraft, Verdict]):
    """Venues; look-alikes are taken only with what says that they are others."""

    verb, name, file = "venue.manage", "venue_import", "venues"
    pages = ("desk/venues/import.html", "desk/venues/import_looked.html", "desk/venues/import_looked.html")

    def form(self, asked: str) -> ListForm[VenueDraft]:
        return venue_list(rules_now()[1])

    def judge(self, actor: Actor, drafts: Sequence[VenueDraft], *, take: bool, form: QueryDict) -> list[Verdict]:
        upon: dict[str, Any] = {"actor": actor, "response_id": response_current().id, "drafts": drafts}
        if not take:
            return venues_preview(**upon)
        return venues_import(**upon, now=clock.now(), not_the_same=_others(form))

    def looked_says(self, looked: Looked[VenueDraft, Verdict], form: QueryDict) -> dict[str, Any]:
        alike = [
            {"row": row, "alike": _alike(verdict.alike, looked)}
            for row, verdict in zip(looked.rows, looked.verdicts, strict=True)
            if verdict and verdict.good and verdict.alike
        ]
        return {
            "fresh": looked.count(good=True, alike=False),
            "others": _others(form),
            "all_alike": len(alike),
            "alike": alike[:SHOWN],
            "more_alike": max(len(alike) - SHOWN, 0),
        }


LIST = VenueList()


def _others(form: QueryDict) -> bool:
    return form.get("others") == "yes"


def _alike(alike: str, looked: Looked[VenueDraft, Verdict]) -> tuple[str, str]:
    """The venue a row may be, ("number", …), or the line of the same list, ("line", …)."""
    return ("line", looked.line_of(int(alike[1:]))) if alike.startswith("↑") else ("number", alike)


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
