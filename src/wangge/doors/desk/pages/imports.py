"""The duty log by Excel 批量导入."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse, QueryDict
from django.views.decorators.http import require_POST

from wangge.doors.desk.logsheets import log_list
from wangge.doors.desk.pages.lists import Looked, SheetList, list_blank, list_mend, list_page, list_take
from wangge.doors.desk.requests import DeskRequest
from wangge.doors.desk.sheets import ListForm
from wangge.duties.dutylog.importing import Verdict, entries_import, entries_preview
from wangge.duties.dutylog.rules import EntryDraft
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import Actor
from wangge.ground.responses.queries import pack_of, response_current
from wangge.picture.tables.workbook import sheet_name


class LogList(SheetList[EntryDraft, Verdict]):
    """Entries of the duty log, a sheet for each kind."""

    verb, name, file = "duty.log", "imports", "log"
    pages = ("desk/imports.html", "desk/import_preview.html", "desk/imported.html")

    def form(self, asked: str) -> ListForm[EntryDraft]:
        return log_list(pack_of(response_current()))

    def judge(self, actor: Actor, drafts: Sequence[EntryDraft], *, take: bool, form: QueryDict) -> list[Verdict]:
        judge = entries_import if take else entries_preview
        return judge(actor=actor, response_id=response_current().id, drafts=drafts, now=clock.now())

    def page_says(self) -> dict[str, Any]:
        return {"kinds": pack_of(response_current()).log_kinds}

    def looked_says(self, looked: Looked[EntryDraft, Verdict], form: QueryDict) -> dict[str, Any]:
        rows = zip(looked.rows, looked.verdicts, strict=True)
        return {"sample": [row for row, verdict in rows if verdict and verdict.good][:5], "sheets": True}


LIST = LogList()


def imports(request: DeskRequest) -> HttpResponse:
    """The template and the form; a file sent is looked at, and nothing is written."""
    return list_page(request, LIST)


@require_POST
def take(request: DeskRequest) -> HttpResponse:
    """Take the good rows, each once however often the page or the file is sent."""
    return list_take(request, LIST)


@require_POST
def mend(request: DeskRequest) -> HttpResponse:
    """The rows that could not be taken as a workbook, each with its reason."""
    return list_mend(request, LIST)


def blank(request: DeskRequest) -> HttpResponse:
    """The template, for one kind or for all."""
    kinds = pack_of(response_current()).log_kinds
    chosen = [sheet_name(kinds[code].name) for code in request.GET.getlist("kind") if code in kinds]
    return list_blank(request, LIST, chosen)
