"""A roster out to Excel and back 导入: what came back is looked at, its changes are shown, then taken together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_POST

from wangge.doors.desk.carrying import sealed, unsealed
from wangge.doors.desk.pages.lists import SHOWN, file_sent, workbook_file
from wangge.doors.desk.requests import DeskRequest, language, said
from wangge.doors.desk.rosterreading import Rows, Told, rows_of, told_by
from wangge.doors.desk.rostersheet import Fault, faults_sheet, roster_sheet
from wangge.duties.rosters.queries import showing
from wangge.duties.rosters.queries.grid import Grid, grid_of
from wangge.duties.rosters.services.sheets import Change, sheet_look, sheet_take
from wangge.ground.areas.permission import require
from wangge.ground.areas.tree import tree
from wangge.ground.kernel import clock
from wangge.ground.kernel.problems import NotPermitted, Problem

if TYPE_CHECKING:
    from wangge.duties.rosters.models import Roster, RosterSeat

PURPOSE = "roster-sheet"


@dataclass(frozen=True)
class Row:
    """A changed cell in words."""

    name: str
    day: date
    before: str
    after: str


def excel(request: DeskRequest, roster_id: UUID) -> HttpResponse:
    """The whole roster as Excel: names down, days across."""
    found = showing.roster_seen(roster_id, request.actor)
    return workbook_file(roster_sheet(grid_of(found, clock.now())), f"roster-{found.since:%Y%m%d}.xlsx")


def sheet(request: DeskRequest, roster_id: UUID) -> HttpResponse:
    """How to send a sheet back; one that was sent is looked at, and nothing is written."""
    found = _roster(request, roster_id)
    if request.method != "POST":
        return _page(request, found)
    try:
        rows = rows_of(file_sent(request))
        grid = grid_of(found, clock.now())
        told = told_by(rows, grid)
        changes = sheet_look(actor=request.actor, roster_id=found.id, wanted=told.wanted, now=clock.now())
    except NotPermitted:
        raise
    except Problem as problem:
        return _page(request, found, problem)
    return _looked(request, grid, told, changes, found.version)


@require_POST
def take(request: DeskRequest, roster_id: UUID) -> HttpResponse:
    """Take what was looked at, all of it together, and nothing where the roster has changed since."""
    found = _roster(request, roster_id)
    try:
        version, rows = _carried(request, found)
        grid, now = grid_of(found, clock.now()), clock.now()
        told = told_by(rows, grid)
        upon: dict[str, Any] = {"actor": request.actor, "roster_id": found.id, "now": now}
        changes = sheet_take(**upon, version=version, wanted=told.wanted)
    except NotPermitted:
        raise
    except Problem as problem:
        return _page(request, found, problem)
    return _looked(request, grid, told, changes, version, taken=True)


@require_POST
def mend(request: DeskRequest, roster_id: UUID) -> HttpResponse:
    """The rows with what could not be taken, as a sheet in the same layout, each with its reasons."""
    found = _roster(request, roster_id)
    try:
        _, rows = _carried(request, found)
        grid = grid_of(found, clock.now())
        told = told_by(rows, grid)
        changes = sheet_look(actor=request.actor, roster_id=found.id, wanted=told.wanted, now=clock.now())
    except NotPermitted:
        raise
    except Problem as problem:
        return _page(request, found, problem)
    return workbook_file(faults_sheet(grid, rows, told.head, _faults(told, changes)), "roster-errors.xlsx")


def _roster(request: DeskRequest, roster_id: UUID) -> Roster:
    found = showing.roster_by_id(roster_id)
    require(request.actor, "roster.manage", found.area_id)
    return found


def _carried(request: DeskRequest, roster: Roster) -> tuple[int, Rows]:
    version, rows = unsealed(request, f"{PURPOSE}-{roster.id}")
    return version, rows


def _faults(told: Told, changes: Sequence[Change]) -> list[Fault]:
    """What was not understood, and what breaks a rule, in the order of the sheet."""
    places = dict(zip(told.wanted, told.places, strict=True))
    faults = list(told.faults)
    for change in changes:
        if change.why:
            line, column = places[change.wanted]
            row = told.rows[line - 1]
            zh, en = change.why
            faults.append(Fault(line, column, row[column] if column < len(row) else "", f"{zh}。", f"{en}."))
    return sorted(faults)


def _page(request: DeskRequest, roster: Roster, problem: Problem | None = None) -> HttpResponse:
    context = _about(roster) | {"problem": problem, "problem_text": said(problem)}
    return render(request, "desk/rosters/sheet.html", context, status=problem.status if problem else 200)


def _about(roster: Roster) -> dict[str, Any]:
    return {"roster": roster, "unit": tree().path_name(roster.area_id)}


def _looked(
    request: DeskRequest, grid: Grid, told: Told, changes: Sequence[Change], version: int, *, taken: bool = False
) -> HttpResponse:
    faults, roster = _faults(told, changes), grid.case.roster
    good = [_row(grid, change) for change in changes if change.why is None]
    context = _about(roster) | {
        "good": good[:SHOWN],
        "good_count": len(good),
        "faults": [_fault(grid, told, one) for one in faults[:SHOWN]],
        "fault_count": len(faults),
        "taken": taken,
        "sent": sealed([version, told.rows], f"{PURPOSE}-{roster.id}"),
        "page_address": reverse("desk:roster_sheet", args=[roster.id]),
    }
    return render(request, "desk/rosters/sheet_looked.html", context)


def _row(grid: Grid, change: Change) -> Row:
    def words(seats: list[RosterSeat]) -> str:
        ordered = sorted(seats, key=lambda seat: seat.since)
        return "、".join(f"{shifts[seat.shift].short}（{grid.posts[seat.post_id]}）" for seat in ordered)

    shifts, (person, day, _) = grid.case.plan.shifts, change.wanted
    return Row(grid.labels[person], day, words(change.keeps + change.leaves), words(change.keeps + change.got))


def _fault(grid: Grid, told: Told, fault: Fault) -> dict[str, Any]:
    row, titles = told.rows[fault.line - 1], told.rows[told.head]
    return {
        "line": fault.line,
        "column": titles[fault.column].partition("\n")[0] if fault.column < len(titles) else "",
        "name": row[0] if row and fault.line > told.head + 1 else "",
        "told": fault.told.replace("\n", " "),
        "why": fault.en if language() == "en" else fault.zh,
    }
