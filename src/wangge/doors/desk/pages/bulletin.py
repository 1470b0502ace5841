"""Bulletins 战报: the draft up to any minute, the rows behind each figure, issuing, and what was issued."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from wangge.doors.desk.pages.queue import places
from wangge.doors.desk.paging import figure_mark, figure_mark_text
from wangge.doors.desk.requests import DeskRequest, instant, language, named
from wangge.doors.desk.villages import widest_area
from wangge.doors.desk.words import label
from wangge.duties.matters.queries import numbers
from wangge.duties.venues.queries.lodging import venues_of_counts
from wangge.duties.venues.queries.visits import visits_among
from wangge.ground.areas.permission import may
from wangge.ground.areas.tree import AreaNode, tree
from wangge.ground.kernel import clock
from wangge.ground.kernel.problems import AreaUnknown, NotFound, NotPermitted, Problem
from wangge.ground.responses.packs.schema import Pack
from wangge.ground.responses.queries import pack_of, response_current
from wangge.picture.bulletins import queries
from wangge.picture.bulletins.content import BulletinContent
from wangge.picture.bulletins.printing import correction_lines, subtitle, table_rows
from wangge.picture.bulletins.services import bulletin_draft, bulletin_issue
from wangge.picture.bulletins.word import as_docx
from wangge.picture.figures.rows import FigureRow, figure_rows

if TYPE_CHECKING:
    from wangge.ground.responses.models import Response

WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
MINUTE = "%Y-%m-%dT%H:%M"
ISSUED_SHOWN = 20


@dataclass(frozen=True)
class Scope:
    """What a bulletin page is about: which response, which area, up to which minute."""

    response: Response
    area: AreaNode
    cutoff: datetime

    @property
    def address(self) -> dict[str, str]:
        return {"area": self.area.code, "at": clock.local(self.cutoff).strftime(MINUTE)}


def scope_of(request: DeskRequest, form: Any) -> Scope:
    """What the address or the form asks for; by default the widest area of the actor, up to this minute."""
    code = form.get("area", "").strip()
    area = tree().by_code(code) if code else widest_area(request.actor, "figure.view")
    if area is None:
        raise AreaUnknown(area=code)
    now = clock.now().replace(second=0, microsecond=0)
    return Scope(response_current(), area, instant(form.get("at", ""), "cutoff") or now)


def bulletin(request: DeskRequest) -> HttpResponse:
    """The draft of a scope up to a minute: prose, tables, corrections; below what was issued."""
    scope = scope_of(request, request.GET)
    try:
        draft = bulletin_draft(
            actor=request.actor,
            response_id=scope.response.id,
            area_id=scope.area.id,
            cutoff=scope.cutoff,
            now=clock.now(),
        )
    except NotPermitted:
        raise
    except Problem as problem:
        return render(request, "desk/bulletin.html", _frame(request, scope, problem), status=problem.status)
    context = _frame(request, scope) | content_shown(draft, scope.address) | {"address": urlencode(scope.address)}
    return render(request, "desk/bulletin.html", context)


def _frame(request: DeskRequest, scope: Scope, problem: Problem | None = None) -> dict[str, Any]:
    issued = queries.bulletins(actor=request.actor, response_id=scope.response.id, limit=ISSUED_SHOWN)
    return {
        "scope": scope,
        "at": scope.address["at"],
        "areas": [node for node in places(request.actor) if may(request.actor, "figure.view", node.id)],
        "issued": issued.bulletins,
        "may_issue": may(request.actor, "bulletin.issue", scope.area.id),
        "problem": problem,
        "problem_text": problem.sentence(language()) if problem else "",
    }


def content_shown(content: BulletinContent, address: dict[str, str]) -> dict[str, Any]:
    english = language() == "en"
    tables = []
    for table in content.tables:
        rows = zip(table.figures, table_rows(content, table.figures, english=english), strict=True)
        tables.append({"name": named(table), "rows": [(code, row, _behind(address, code, row)) for code, row in rows]})
    return {
        "content": content,
        "title": content.title_en if english else content.title,
        "subtitle": subtitle(content, english=english),
        "prose": (content.prose_en if english else content.prose).split("\n\n"),
        "tables": tables,
        "corrections": correction_lines(content, english=english),
    }


def _behind(address: dict[str, str], code: str, row: tuple[str, ...]) -> str:
    """Where the rows behind a figure stand; "" for the size of a catalogue, which has none."""
    return "" if row[2] == "—" else urlencode(address)


@require_POST
def issue(request: DeskRequest) -> HttpResponse:
    """Issue the bulletin as drafted; what keeps it from being issued stands on the page of the draft."""
    scope = scope_of(request, request.POST)
    try:
        issued = bulletin_issue(
            actor=request.actor,
            response_id=scope.response.id,
            area_id=scope.area.id,
            cutoff=scope.cutoff,
            now=clock.now(),
        )
    except NotPermitted:
        raise
    except Problem as problem:
        return render(request, "desk/bulletin.html", _frame(request, scope, problem), status=problem.status)
    return redirect("desk:issued", bulletin_id=issued.id)


def word(request: DeskRequest, bulletin_id: UUID) -> HttpResponse:
    """An issued bulletin as a Word document."""
    kept = queries.bulletin_by_id(bulletin_id, actor=request.actor)
    code = tree().get(kept.area_id).code
    answer = HttpResponse(as_docx(queries.content_of(kept)), content_type=WORD)
    answer["Content-Disposition"] = f'attachment; filename="bulletin-{code}-{kept.serial:03d}.docx"'
    return answer


def figure(request: DeskRequest, code: str) -> HttpResponse:
    """The rows behind a figure, the newest first, each with its matter or its log entry."""
    scope = scope_of(request, request.GET)
    pack = pack_of(scope.response)
    if code not in pack.figures:
        raise NotFound(what=gettext("指标"))
    since = instant(request.GET.get("since", ""), "since")
    page = figure_rows(
        actor=request.actor,
        response_id=scope.response.id,
        code=code,
        area_id=scope.area.id,
        since=since,
        until=scope.cutoff,
        after=figure_mark(request.GET.get("after", "")),
    )
    matters = numbers(row.subject_id for row in page.rows if row.type.startswith("matter.") and row.subject_id)
    counted = [row.subject_id for row in page.rows if row.type.startswith("duty.") and row.subject_id]
    visits, counts = visits_among(counted), venues_of_counts(counted)
    following = scope.address | {"after": figure_mark_text(page.following)} if page.following else {}
    context = {
        "scope": scope,
        "figure": pack.figures[code],
        "rows": [_told(row, pack, matters, visits, counts) for row in page.rows],
        "next": "?" + urlencode(following) if following else "",
        "back": urlencode(scope.address),
        "since": clock.local(since).strftime(MINUTE) if since else "",
    }
    return render(request, "desk/figure.html", context)


def _told(
    row: FigureRow, pack: Pack, matters: dict[UUID, str], visits: set[UUID], counts: dict[UUID, str]
) -> dict[str, Any]:
    """A row with what it opens: a matter, a visit, the venue of a day's count, or an entry of the duty log."""
    kind = pack.kinds.get(row.kind) or pack.log_kinds.get(row.kind)
    subject = row.subject_id if row.type.startswith("duty.") else None
    return {
        "row": row,
        "type": label(row.type),
        "kind": named(kind) if kind else "",
        "number": matters.get(row.subject_id, "") if row.subject_id else "",
        "visit": subject if subject in visits else None,
        "venue": counts.get(subject, "") if subject else "",
        "entry": subject,
    }
