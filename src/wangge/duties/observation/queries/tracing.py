"""The contact-tracing board 流调看板: how fast people are found, told and kept apart; each number with what it is of.

Records that were withdrawn or merged do not count, and exercises never do.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, DateTimeField, Exists, Func, OuterRef, Q, QuerySet

from wangge.duties.observation import rules
from wangge.duties.observation.models import Contact, Individual, Plan
from wangge.ground.areas.permission import require
from wangge.ground.areas.queries import covered
from wangge.ground.areas.tree import tree
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.permission import Actor

IN_TIME = timedelta(hours=24)


@dataclass(frozen=True)
class Share:
    """So many of so many."""

    part: int
    whole: int

    @property
    def percent(self) -> float | None:
        """In percent with one decimal, None of nothing."""
        return rules.percent(self.part, self.whole)


@dataclass(frozen=True)
class Delay:
    """Days from onset to isolation: the quartiles of those `known`, out of so many cases."""

    quartiles: tuple[float, float, float] | None
    known: int
    whole: int


@dataclass(frozen=True)
class Board:
    """What the page shows, and what the file says."""

    notified: Share
    quarantined: Share
    monitored: Share
    delay: Delay
    in_quarantine: Share
    unknown_source: Share


class DayAfter(Func):
    """The instant 24 hours after another, reckoned by the database; SQLite keeps instants as text in this form."""

    output_field = DateTimeField()

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        sql, values = compiler.compile(self.source_expressions[0])
        # datetime() keeps no fractions of a second; they stand from the twentieth character on.
        return f"(datetime({sql}, '+1 day') || substr({sql}, 20))", [*values, *values]

    def as_postgresql(self, compiler: Any, connection: Any, **context: Any) -> Any:
        sql, values = compiler.compile(self.source_expressions[0])
        return f"({sql} + INTERVAL '24 hours')", values


def tracing_board(
    *, actor: Actor, response_id: UUID, area_id: UUID, since: datetime, until: datetime, now: datetime
) -> Board:
    """The board of an area for a period; three queries.

    Told and kept apart within 24 hours is asked of those identified in the period whose 24 hours have run out.
    """
    require(actor, "person.view", area_id)
    known = _within(Individual.objects.filter(response_id=response_id, state__in=["active", "over"]), area_id)
    notified, quarantined = _in_time(known, since, min(until, now - IN_TIME))
    plans = _within(Plan.objects.filter(individual__response_id=response_id, state="ended"), area_id)
    monitored = plans.filter(ended_at__gte=since, ended_at__lt=until).exclude(made=0, missed=0)
    complete = monitored.aggregate(part=Count("id", filter=Q(missed=0)), whole=Count("id"))
    return Board(notified, quarantined, Share(**complete), *_cases(known, since, until))


def _within(rows: QuerySet[Any], area_id: UUID) -> QuerySet[Any]:
    rows = rows.filter(exercise=False)
    return rows if area_id == tree().root().id else rows.filter(area_id__in=covered(area_id))


def _in_time(known: QuerySet[Individual], since: datetime, until: datetime) -> tuple[Share, Share]:
    in_time = DayAfter("identified_at")
    counts = known.filter(identified_at__gte=since, identified_at__lt=until).aggregate(
        whole=Count("id"),
        notified=Count("id", filter=Q(notified_at__lte=in_time)),
        apart=Count("id", filter=Q(quarantined_at__lte=in_time) | Q(isolated_at__lte=in_time)),
    )
    return Share(counts["notified"], counts["whole"]), Share(counts["apart"], counts["whole"])


def _cases(known: QuerySet[Individual], since: datetime, until: datetime) -> tuple[Delay, Share, Share]:
    """Of the cases confirmed in the period: how long from onset, whether in quarantine already, whether traced.

    A case has a known source where an infector is named or where it came from elsewhere.
    """
    source = Contact.objects.filter(exposed=OuterRef("pk"), infector=True)
    rows = known.filter(confirmed_at__gte=since, confirmed_at__lt=until).values_list(
        "onset_on", "isolated_at", "quarantined_when_confirmed", "origin", Exists(source)
    )
    days: Counter[int] = Counter()
    cases = apart = untraced = 0
    for onset_on, isolated_at, observed, origin, infector in rows:
        cases += 1
        apart += bool(observed)
        untraced += not (infector or origin)
        if onset_on and isolated_at:
            days[(local(isolated_at).date() - onset_on).days] += 1
    delay = Delay(rules.quartiles(days), days.total(), cases)
    return delay, Share(apart, cases), Share(untraced, cases)
