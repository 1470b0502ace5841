"""The parts of a queue that change: drawn once for all who see the same, a row once while it says the same.

Three hundred desks that all fetched their page at every change would keep a server busy ten times over.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlencode
from uuid import UUID

from django.http import QueryDict
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from wangge.doors.desk.paging import mark_text, read_mark
from wangge.doors.desk.queries import stage_counts
from wangge.doors.desk.queue_board import Board, Follower, Waiting, Wanted, mark_of, waiting
from wangge.doors.desk.requests import language, named
from wangge.doors.desk.templatetags.desk import at, place, running
from wangge.doors.desk.villages import area_of
from wangge.duties.matters import queries
from wangge.duties.matters.lines import Line, line_of
from wangge.duties.matters.queries import Mark
from wangge.duties.matters.rules import OPEN_STAGES
from wangge.ground.kernel.permission import Actor
from wangge.ground.responses.packs.schema import Pack

TIME_HERE = "\0"
ONWARD_HERE = "\1"


class Row(NamedTuple):
    """All that a row of the queue says: two that are equal look the same, but for the clock's running."""

    line: Line
    what: str
    where: str
    onward: str


def wanted(asked: QueryDict) -> Wanted:
    """Which queue the query of a page asks for. Raises NotFound for an area that is none."""
    stage = asked.get("stage", "")
    known = stage if stage in {"closed", *OPEN_STAGES} else ""
    return Wanted(known, asked.get("kind", ""), area_of(asked.get("area", "")), read_mark(asked.get("after", ""), Mark))


def parts(actor: Actor, queue: Wanted, pack: Pack, waits: Waiting | None = None) -> dict[str, Any]:
    """What the template of the parts needs, `matters` as rows still to be drawn; asked of the database unless given."""
    stage, kind, area, after = queue
    if stage == "closed":
        page = queries.closed(actor=actor, after=after)
        counts = stage_counts(actor=actor, kind=kind, area_id=queue.area_id)
        waits = Waiting([line_of(matter) for matter in page.matters], page.following, counts)
    elif waits is None:
        waits = waiting(actor, queue)
    chosen = {"kind": kind, "area": area.code if area else ""}
    marks = [after, *map(mark_of, waits.lines)]
    begin = walk({"stage": stage} | chosen)
    onward = ["" if stage == "closed" else _onward(begin, mark) for mark in marks]
    return {
        "matters": [_row(line, pack, way) for line, way in zip(waits.lines, onward, strict=False)],
        "stage": stage,
        "chosen": chosen,
        "tabs": _tabs(stage, waits.counts, chosen),
        "filtered": bool(kind or area),
        "next": _address(stage, chosen | {"after": mark_text(waits.following)}) if waits.following else "",
        "first": after is None,
        "start": _address(stage, chosen),
    }


def walk(asked: Mapping[str, str]) -> str:
    """Which queue somebody works through, and up to where: the part of an address that pages of matters hand on."""
    told = {name: asked[name] for name in ("stage", "kind", "area", "after") if asked.get(name)}
    return "?" + urlencode(told) if told else ""


def _onward(begin: str, mark: Mark | None) -> str:
    """The walk with the mark after which it goes on; a mark needs no quoting."""
    return f"{begin}{'&' if begin else '?'}after={mark_text(mark)}" if mark else begin


def _address(stage: str, chosen: dict[str, str]) -> str:
    return walk({"stage": stage} | chosen) or "?"


def _tabs(stage: str, counts: dict[str, int], chosen: dict[str, str]) -> list[dict[str, Any]]:
    tabs = [{"stage": "", "count": min(sum(counts.values()), 1000), "address": _address("", chosen)}]
    tabs += [{"stage": name, "count": counts[name], "address": _address(name, chosen)} for name in OPEN_STAGES]
    tabs.append({"stage": "closed", "count": None, "address": _address("closed", {})})
    return [tab | {"on": tab["stage"] == stage} for tab in tabs]


def _row(line: Line, pack: Pack, onward: str) -> Row:
    kind = pack.kinds.get(line.kind)
    return Row(line, named(kind) if kind else "", place(line.area_id), onward)


def drawn(row: Row) -> SafeString:
    """A row as HTML, in the language of the moment."""
    time = at(row.line.closed_at) if row.line.stage == "closed" else running(row.line)
    html = _drawn(row._replace(onward=ONWARD_HERE), language())
    return mark_safe(html.replace(TIME_HERE, time).replace(ONWARD_HERE, escape(row.onward)))  # noqa: S308 - templates


@lru_cache(maxsize=20_000)
def _drawn(row: Row, spoken: str) -> str:
    return render_to_string("desk/queue_row.html", {"row": row, "matter": row.line, "time": TIME_HERE})


class View:
    """A queue as some open pages show it, and what they were told of it last."""

    def __init__(self, actor: Actor, query: str, spoken: str) -> None:
        self.actor, self.asked, self.spoken = actor, QueryDict(query), spoken
        self.follower: Follower | None = None
        self.told: dict[UUID, Row] = {}

    def look(self, pack: Pack, board: Board, *, whole: bool) -> str:
        """What it shows now, as HTML; unless it is to be whole, rows that say what they said last are but places."""
        with translation.override(self.spoken):
            shown = self._shown(pack, board, anew=whole)
            known, self.told = {} if whole else self.told, {row.line.id: row for row in shown["matters"]}
            rows = [_same(row) if known.get(row.line.id) == row else drawn(row) for row in shown["matters"]]
            return render_to_string("desk/queue_parts.html", shown | {"rows": rows})

    def _shown(self, pack: Pack, board: Board, *, anew: bool) -> dict[str, Any]:
        if anew or self.follower is None or self.follower.areas is not board.areas:
            self.follower = Follower(self.actor, wanted(self.asked), board.areas)
        return parts(self.actor, self.follower.wanted, pack, self.follower.waiting(board))


def _same(row: Row) -> SafeString:
    return mark_safe(f'<a id="m-{row.line.id}" data-same></a>')  # noqa: S308 - an id


@lru_cache(maxsize=256)
def unread_drawn(unread: int, spoken: str) -> str:
    """How many messages wait unread, as every page shows it."""
    with translation.override(spoken):
        return render_to_string("desk/unread.html", {"unread": unread})
