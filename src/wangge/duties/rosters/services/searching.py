"""The search for a better roster: asked for on a page, run in a process of its own, stopped at any time.

The engine starts the process (`wangge roster-search`), which shows how far it has come and writes each better
roster as it finds it; whatever ends it, the best so far stands.
"""

from __future__ import annotations

import subprocess
import sys
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F

from wangge.duties.rosters import events
from wangge.duties.rosters.models import Roster, RosterState, Search, SearchState
from wangge.duties.rosters.queries.making import Case, case_of
from wangge.duties.rosters.services.making import OPEN, ROSTERS, in_force, roster_locked, seat_all, tell
from wangge.ground.areas.permission import require
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import InputInvalid, NotFound, RosterPast

MOST_SECONDS = 600
AT_ONCE = 2  # each takes one core
SILENT = timedelta(minutes=1)
COMMAND = "import sys; from wangge.cli import main; main(sys.argv[1:])"


@transaction.atomic
def search_ask(*, actor: Actor, roster_id: UUID, version: int, seconds: int, now: datetime) -> Search:
    """Ask for a better roster, looked for at most so many seconds; one search at a time."""
    roster = roster_locked(roster_id, actor, "roster.manage", version)
    if not 1 <= seconds <= MOST_SECONDS:
        raise InputInvalid(
            field="seconds", why_zh=f"须为 1 到 {MOST_SECONDS} 秒。", why_en=f"From 1 to {MOST_SECONDS} seconds."
        )
    if not case_of(roster, now).seats:
        raise RosterPast()
    return Search.objects.create(roster=roster, seconds=seconds, asked_at=now, beat_at=now)


@transaction.atomic
def search_stop(*, actor: Actor, roster_id: UUID, now: datetime) -> None:
    """Stop the search of a roster; what it has found stays. Where none runs nothing changes."""
    search = Search.objects.select_related("roster").filter(roster_id=roster_id, state__in=OPEN).first()
    roster = search.roster if search else Roster.objects.filter(id=roster_id).first()
    if roster is None:
        raise NotFound(what="值班表")
    require(actor, "roster.manage", roster.area_id)
    if search is None:
        return
    Search.objects.filter(id=search.id, state=SearchState.RUNNING).update(stop=True)
    Search.objects.filter(id=search.id, state=SearchState.WAITING).update(state=SearchState.STOPPED, beat_at=now)


def searches_due(*, actor: Actor, now: datetime) -> int:
    """Start what waits, as many at once as have a core each, and end what has died; how much there was to do."""
    require(actor, "roster.search", None)
    silent = Search.objects.filter(state=SearchState.RUNNING, beat_at__lt=now - SILENT)
    done = silent.update(state=SearchState.BROKEN)
    free = max(0, AT_ONCE - Search.objects.filter(state=SearchState.RUNNING).count())
    for waiting in Search.objects.filter(state=SearchState.WAITING).order_by("asked_at", "id")[:free]:
        if search_claim(waiting.id, now):
            # The search itself takes its time and memory, and neither is the engine's.
            subprocess.Popen([sys.executable, "-c", COMMAND, "roster-search", str(waiting.id)])
            done += 1
    return done


def search_claim(search_id: UUID, now: datetime) -> bool:
    """Take a waiting search; False where another was first."""
    return bool(
        Search.objects.filter(id=search_id, state=SearchState.WAITING).update(state=SearchState.RUNNING, beat_at=now)
    )


def search_case(search_id: UUID, now: datetime) -> tuple[Search, Case]:
    """A running search and its problem, for the process that looks."""
    search = Search.objects.select_related("roster").filter(id=search_id, state=SearchState.RUNNING).first()
    if search is None:
        raise NotFound(what="优化任务")
    return search, case_of(search.roster, now)


def search_beat(search: Search, now: datetime) -> bool:
    """Show a sign of life; whether to go on."""
    Search.objects.filter(id=search.id, state=SearchState.RUNNING).update(beat_at=now)
    return Search.objects.filter(id=search.id, state=SearchState.RUNNING, stop=False).exists()


@transaction.atomic
def search_found(search: Search, case: Case, filled: dict[int, int], found: list[list[int]], now: datetime) -> bool:
    """Write a better roster; False where somebody has changed it meanwhile, and the search is to end."""
    row = Roster.objects.select_for_update().get(id=case.roster.id)
    if row.version != case.roster.version:
        return False
    better = seat_all(case, filled)
    if better:
        Roster.objects.filter(id=row.id).update(version=F("version") + 1)
        case.roster.version += 1
    Search.objects.filter(id=search.id).update(found=found, better=F("better") + int(better > 0), beat_at=now)
    return True


@transaction.atomic
def search_end(search: Search, case: Case, now: datetime) -> None:
    """The search is over; where the roster is in force, duty times follow what it found."""
    row = Search.objects.select_for_update().get(id=search.id)
    state = SearchState.STOPPED if row.stop else SearchState.DONE
    if not Search.objects.filter(id=search.id, state=SearchState.RUNNING).update(state=state, beat_at=now):
        return
    roster = Roster.objects.get(id=case.roster.id)
    if roster.state == RosterState.PUBLISHED:
        in_force(roster, now)
    tell(roster, events.SEARCHED, ROSTERS, now, better=row.better, state=str(state))
