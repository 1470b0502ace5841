"""Lists as Excel 导出: the page that offers them, and the files."""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator
from datetime import datetime
from typing import IO
from urllib.parse import quote

from asgiref.sync import sync_to_async
from django.http import FileResponse, HttpResponse
from django.shortcuts import render

from wangge.doors.desk.context import may_somewhere
from wangge.doors.desk.listings import LISTINGS, Asked, listing
from wangge.doors.desk.pages.queue import places
from wangge.doors.desk.requests import DeskRequest, instant
from wangge.ground.areas.tree import tree
from wangge.ground.kernel import clock
from wangge.ground.kernel.problems import AreaUnknown, NotFound
from wangge.ground.responses.queries import pack_of, response_current
from wangge.picture.tables.services import list_export
from wangge.picture.tables.workbook import MIME

# The lists offered on the page, each with what its own page asks for and the filters it has.
OFFERED = (
    ("queue", "matter.view", ("area", "kind")),
    ("closed", "matter.view", ("area", "kind")),
    ("log", "figure.view", ("area", "log_kind", "own")),
    ("coverage", "coverage.view", ("area",)),
    ("villages", "coverage.view", ("area",)),
)
CHUNK = 256 * 1024


class ExcelFile(FileResponse):
    """A written workbook on its way to a browser, a piece at a time; as FileResponse is, it would be read whole."""

    def __init__(self, written: IO[bytes], *, name: str, plain_name: str) -> None:
        written.seek(0)
        super().__init__(written, content_type=MIME)
        self.written = written
        self["Content-Disposition"] = f"attachment; filename=\"{plain_name}\"; filename*=UTF-8''{quote(name)}"

    async def __aiter__(self) -> AsyncIterator[bytes]:
        while part := await sync_to_async(self.written.read, thread_sensitive=False)(CHUNK):
            yield part


def exports(request: DeskRequest) -> HttpResponse:
    """What can be taken out as Excel, each with its filters."""
    pack = pack_of(response_current())
    offered = [(code, filters) for code, verb, filters in OFFERED if may_somewhere(request.actor, verb)]
    context = {"offered": offered, "areas": places(request.actor), "kinds": pack.kinds, "log_kinds": pack.log_kinds}
    return render(request, "desk/exports.html", context)


def export(request: DeskRequest, code: str) -> FileResponse:
    """One list as a file. It is written aside first, because an Excel file begins with what is known at its end."""
    now = clock.now()
    asked = _asked(request, now)
    if code not in LISTINGS:
        raise NotFound(what=f"列表 {code}")
    written = tempfile.TemporaryFile()  # noqa: SIM115 - the answer closes it, and with that it is gone
    try:
        wanted = listing(code, asked)
        list_export(actor=request.actor, listing=wanted, out=written, now=now)
    except BaseException:
        written.close()
        raise
    return ExcelFile(written, name=f"{wanted.name}-{clock.local(now):%Y%m%d-%H%M}.xlsx", plain_name=f"{code}.xlsx")


def _asked(request: DeskRequest, now: datetime) -> Asked:
    """What the address asks for. Raises AreaUnknown, and NotFound for a kind that the pack has not."""
    response = response_current()
    pack = pack_of(response)
    given = request.GET
    area = given.get("area", "").strip()
    node = tree().by_code(area) if area else None
    if area and node is None:
        raise AreaUnknown(area=area)
    kind = given.get("kind", "")
    if kind and kind not in pack.kinds and kind not in pack.log_kinds:
        raise NotFound(what=f"类别 {kind}")
    return Asked(
        actor=request.actor,
        response=response,
        pack=pack,
        now=now,
        kind=kind,
        stage=given.get("stage", ""),
        area=node,
        own=given.get("own") == "yes",
        figure=given.get("figure", ""),
        since=instant(given.get("since", ""), "since"),
        until=instant(given.get("at", ""), "at"),
    )
