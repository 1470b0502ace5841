"""Totals of screenings: from whole months, days and hours, whatever span of days or hours is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum

from wangge.duties.checkpoints.models import Alert, Checkpoint, Total
from wangge.ground.areas.permission import require
from wangge.ground.areas.queries import covered
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.permission import Actor


@dataclass(frozen=True)
class Sums:
    """What was screened: vehicles, of them new-energy ones and those with plates of other provinces, people, fevers."""

    vehicles: int = 0
    people: int = 0
    fevers: int = 0
    energy: int = 0
    outside: int = 0


NAMES = tuple(one.name for one in fields(Sums))


def day_of(instant: datetime) -> datetime:
    """Where the instant's day begins by the city's clock, in UTC."""
    return local(instant).replace(hour=0, minute=0, second=0, microsecond=0).astimezone(UTC)


def _month_of(instant: datetime) -> datetime:
    return local(day_of(instant)).replace(day=1).astimezone(UTC)


def _next_month(start: datetime) -> datetime:
    return _month_of(start + timedelta(days=32))


def spans(since: datetime, until: datetime) -> list[tuple[str, datetime, datetime]]:
    """Whole months, and the days before and after them, that make up the days from `since` to before `until`."""
    first = since if _month_of(since) == since else _next_month(since)
    last = _month_of(until)
    if first >= last:
        return [("day", since, until)]
    found = [("day", since, first), ("month", first, last), ("day", last, until)]
    return [span for span in found if span[1] < span[2]]


def _within(checkpoints: QuerySet[Checkpoint], grain: str, since: datetime, until: datetime) -> QuerySet[Total]:
    rows = Total.objects.filter(grain=grain, start__gte=since, start__lt=until)
    return rows.filter(checkpoint_id__in=checkpoints.order_by().values("id"))


def counted(response_id: UUID, area_id: UUID | None = None) -> QuerySet[Checkpoint]:
    """The checkpoints of an area whose screenings count; those of an exercise never do."""
    rows = Checkpoint.objects.filter(response_id=response_id, exercise=False)
    return rows if area_id is None else rows.filter(area_id__in=covered(area_id))


def _added(rows: QuerySet[Total], *by: str) -> list[dict[str, Any]]:
    return list(rows.order_by().values(*by).annotate(**{f"sum_{name}": Sum(name) for name in NAMES}))


def _sums(row: dict[str, Any]) -> Sums:
    return Sums(**{name: row[f"sum_{name}"] or 0 for name in NAMES})


def totals(
    *, actor: Actor, response_id: UUID, area_id: UUID, since: datetime, until: datetime, by: str = "checkpoint_id"
) -> dict[Any, Sums]:
    """What was screened in an area on whole days, by `checkpoint_id`, `lane` or `shift`; at most three queries."""
    require(actor, "checkpoint.view", area_id)
    return _totals(counted(response_id, area_id), day_of(since), until, by)


def totals_of(checkpoint: Checkpoint, *, since: datetime, until: datetime, by: str) -> dict[Any, Sums]:
    """The same of one checkpoint, of an exercise too."""
    return _totals(Checkpoint.objects.filter(id=checkpoint.id), day_of(since), until, by)


def _totals(checkpoints: QuerySet[Checkpoint], since: datetime, until: datetime, by: str) -> dict[Any, Sums]:
    found: dict[Any, list[int]] = {}
    for grain, start, end in spans(since, until):
        for row in _added(_within(checkpoints, grain, start, end), by):
            sums = found.setdefault(row[by], [0] * len(NAMES))
            for place, name in enumerate(NAMES):
                sums[place] += row[f"sum_{name}"] or 0
    return {key: Sums(*sums) for key, sums in found.items()}


def hours_of(checkpoint: Checkpoint, *, since: datetime, until: datetime) -> dict[datetime, Sums]:
    """What a checkpoint screened in each hour of a span; one query."""
    own = Checkpoint.objects.filter(id=checkpoint.id)
    return {row["start"]: _sums(row) for row in _added(_within(own, "hour", since, until), "start")}


def whole(parts: Sequence[Sums]) -> Sums:
    """The sum of sums."""
    return Sums(*(sum(getattr(part, name) for part in parts) for name in NAMES))


@dataclass(frozen=True)
class Stopped:
    """How many were stopped by a checkpoint, or by all of an area: fevers, origins, and those handed over."""

    fever: int = 0
    origin: int = 0
    handed_over: int = 0


def stopped(*, actor: Actor, response_id: UUID, area_id: UUID, since: datetime, until: datetime) -> dict[UUID, Stopped]:
    """Who was stopped in an area, by checkpoint; one query."""
    require(actor, "checkpoint.view", area_id)
    rows = Alert.objects.filter(received_at__gte=since, received_at__lt=until, exercise=False)
    rows = rows.filter(checkpoint_id__in=counted(response_id, area_id).values("id"))
    added = (
        rows.order_by()
        .values("checkpoint_id")
        .annotate(
            fever=Count("id", filter=Q(what="fever")),
            origin=Count("id", filter=Q(what="origin")),
            handed_over=Count("id", filter=Q(handed_over_at__isnull=False)),
        )
    )
    return {row["checkpoint_id"]: Stopped(row["fever"], row["origin"], row["handed_over"]) for row in added}
