"""Handovers of posts 交接班, as those who stand there see them and as their supervisor does."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from wangge.duties.rosters.models import PostHandover
from wangge.ground.accounts.duty import EARLY
from wangge.ground.accounts.queries import person_names
from wangge.ground.accounts.staffing import posts_named, posts_worked
from wangge.ground.responses import vault

AFTER = timedelta(hours=2)  # so long after a duty its handover may still be written
BACK = timedelta(days=2)  # so far back handovers are shown


class HandoverRow(NamedTuple):
    """A handover in words; `state` is "waiting", "late" (not taken in time), "taken" or "taken-late"."""

    handover: PostHandover
    post: str
    by: str
    taken_by: str
    state: str
    notes: str


class Standing(NamedTuple):
    """A post at which somebody stands about now, and the handovers of the last days there."""

    post_id: UUID
    post: str
    area_id: UUID
    handovers: list[HandoverRow]


def posts_stood(person_id: UUID, now: datetime) -> dict[UUID, bool]:
    """The posts at which somebody is on duty about now (True), or that they hold while no roster is in force."""
    return posts_worked(person_id, now - AFTER, now + EARLY, now)


def standings_of(person_id: UUID, now: datetime) -> list[Standing]:
    """Where somebody stands about now, with what was handed over there; the notes are masked as all texts are."""
    stood = posts_stood(person_id, now)
    posts = posts_named(stood)
    rows = handovers_at(stood, now, notes=True)
    return [
        Standing(post_id, *posts[post_id], [row for row in rows if row.handover.post_id == post_id])
        for post_id in stood
    ]


def handovers_at(post_ids: Collection[UUID], now: datetime, *, notes: bool = False) -> list[HandoverRow]:
    """The handovers of the last days at some posts, the newest first."""
    found = list(PostHandover.objects.filter(post_id__in=post_ids, at__gt=now - BACK).order_by("-at", "id"))
    posts = posts_named({one.post_id for one in found})
    names = person_names({person for one in found for person in (one.by_id, one.taken_by_id) if person})
    said = vault.shown([one.id for one in found], ["notes"]) if notes and found else {}
    return [
        HandoverRow(
            one,
            posts[one.post_id][0],
            names.get(one.by_id, ""),
            names.get(one.taken_by_id, "") if one.taken_by_id else "",
            _state(one, now),
            said.get(one.id, {}).get("notes", ""),
        )
        for one in found
    ]


def _state(one: PostHandover, now: datetime) -> str:
    late = one.due_at is not None and (one.taken_at or now) > one.due_at
    return ("taken" if one.taken_at else "waiting") if not late else ("taken-late" if one.taken_at else "late")
