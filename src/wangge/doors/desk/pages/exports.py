"""Lists as Excel 导出: the page that offers them, and the files."""

from __future__ import annotations

from collections.abc import AsyncIterator, Generator
from datetime import datetime
from itertools import chain
from urllib.parse import quote

from asgiref.sync import sync_to_async
from django.http import HttpResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import render

from wangge.doors.desk.context import may_somewhere
from wangge.doors.desk.listings import Asked, listing
from wangge.doors.desk.pages.queue import places
from wangge.doors.desk.requests import DeskRequest, day_of, instant, reference
from wangge.duties.venues.queries.lodging import SHOWN
from wangge.ground.areas.tree import tree
from wangge.ground.kernel import clock
from wangge.ground.kernel.problems import AreaUnknown, NotFound
from wangge.ground.responses.queries import pack_of, response_current
from wangge.picture.tables.services import list_export
from wangge.picture.tables.workbook import MIME

LONGEST_CODE = 40
# The lists offered on the page, each with what its own page asks for and the filters it has.
OFFERED = (
    ("queue", "matter.view", ("area", "kind")),
    ("closed", "matter.view", ("area", "kind")),
    ("log", "figure.view", ("area", "log_kind", "own")),
    ("people", "person.view", ("area", "own")),
    ("board", "person.view", ("area",)),
    ("facilities", "person.view", ()),
    ("checkpoints", "checkpoint.view", ("area",)),
    ("screened", "checkpoint.view", ("area", "days")),
    ("venues", "venue.view", ("area",)),
    ("rounds", "venue.view", ("area",)),
    ("orders", "venue.view", ()),
    ("lodging", "venue.view", ("area", "day", "lodging")),
    ("readiness", "venue.view", ("area",)),
    ("rosters", "roster.view", ("area",)),
    ("duties", "roster.view", ("area", "days")),
    ("coverage", "coverage.view", ("area",)),
    ("villages", "coverage.view", ("area",)),
    ("gaps", "coverage.view", ("area",)),
    ("accesses", "vault.audit", ("area",)),
)


class TableFile(StreamingHttpResponse):
    """A table on its way to a browser while it is being made; as its base is, it would be made whole first."""

    def __init__(self, pieces: Generator[bytes], *, name: str, plain_name: str, media_type: str = MIME) -> None:
        # With the first piece in hand, whatever a list refuses is still an answer of its own.
        self.pieces, self.all = pieces, chain([next(pieces)], pieces)
        super().__init__(self.all, content_type=media_type)
        self["Content-Disposition"] = f"attachment; filename=\"{plain_name}\"; filename*=UTF-8''{quote(name)}"
        self["X-Accel-Buffering"] = "no"

    async def __aiter__(self) -> AsyncIterator[bytes]:
        # In the thread that is this request's own, with its connection to the database.
        while piece := await sync_to_async(lambda: next(self.all, b""))():
            yield piece

    def close(self) -> None:
        """Whoever goes away before the end stops the making, too."""
        self.pieces.close()
        super().close()


def exports(request: DeskRequest) -> HttpResponse:
    """What can be taken out as Excel, each with its filters."""
    pack = pack_of(response_current())
    offered = [(code, filters) for code, verb, filters in OFFERED if may_somewhere(request.actor, verb)]
    context = {
        "offered": offered,
        "areas": places(request.actor),
        "kinds": pack.kinds,
        "log_kinds": pack.log_kinds,
        "lodging_shown": SHOWN,
    }
    return render(request, "desk/exports.html", context)


def export(request: DeskRequest, code: str) -> TableFile:
    """One list as a file; the browser shows at once that it is coming, and how much has come."""
    now = clock.now()
    wanted = listing(code, _asked(request, now))
    pieces = list_export(actor=request.actor, listing=wanted, now=now)
    return TableFile(pieces, name=f"{wanted.name}-{clock.local(now):%Y%m%d-%H%M}.xlsx", plain_name=f"{code}.xlsx")


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
    known = (pack.kinds, pack.log_kinds, pack.venues.kinds if pack.venues else {})
    if kind and not any(kind in kinds for kinds in known):
        raise NotFound(what=f"类别 {kind}")
    return Asked(
        actor=request.actor,
        response=response,
        pack=pack,
        now=now,
        kind=kind,
        stage=_code(given, "stage"),
        area=node,
        role=_code(given, "role"),
        state=_code(given, "state"),
        own=given.get("own") == "yes",
        group=_code(given, "group"),
        text=given.get("q", "").strip()[:40],
        recheck=given.get("recheck") == "yes",
        figure=_code(given, "figure"),
        drill=reference(given["drill"], "drill") if given.get("drill") else None,
        since=instant(given.get("since", ""), "since"),
        until=instant(given.get("at", ""), "at"),
        day=day_of(given, "day") or day_of(given, "from"),
        last_day=day_of(given, "to"),
        show=_code(given, "show"),
        round=_code(given, "round"),
        facility_id=reference(facility, "facility") if (facility := given.get("facility", "")) else None,
    )


def _code(given: QueryDict, name: str) -> str:
    """What a filter names. Raises NotFound for what no code looks like: the journal keeps the filters."""
    text = given.get(name, "")
    if len(text) > LONGEST_CODE or not all(one.isascii() and (one.isalnum() or one in "_-") for one in text):
        raise NotFound(what=f"筛选 {name}")
    return text
