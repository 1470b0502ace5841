"""Reading drills: those there are, who answered how fast, and who answered last."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from statistics import median
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery

from wangge.duties.drills.models import Drill, DrillTest
from wangge.duties.drills.rules import seconds_taken
from wangge.ground.accounts.queries import people
from wangge.ground.areas.queries import reach, within, within_reach
from wangge.ground.areas.tree import tree
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.prepared import prepared
from wangge.ground.kernel.problems import NotFound, NotPermitted
from wangge.spine.messaging.queries import Sent, sendings

ANSWERED = Q(answered_at__isnull=False)


class Counted(NamedTuple):
    """A drill, how many people of the reader's areas were tested, and how many of them answered."""

    drill: Drill
    people: int
    answered: int


def drills(actor: Actor, before: UUID | None = None, limit: int = 30) -> list[Counted]:
    """The drills that touched the actor's areas, the newest first, paged by key; two queries."""
    areas = reach(actor, "coverage.view")
    touched = Q()
    if areas is not None:
        touched = within(areas) | Q(area_id__in={upper for area in areas for upper in tree().superiors(area)})
    rows = Drill.objects.filter(touched).order_by("-id")
    found = list((rows.filter(id__lt=before) if before else rows)[:limit])
    tests = DrillTest.objects.filter(within_reach(actor, "coverage.view", "post__"), drill__in=found)
    counts = tests.values_list("drill_id").annotate(
        people=Count("person", distinct=True), answered=Count("person", distinct=True, filter=ANSWERED)
    )
    counted = {drill_id: numbers for drill_id, *numbers in counts}
    return [Counted(drill, *counted.get(drill.id, (0, 0))) for drill in found]


def drill_seen(drill_id: UUID, actor: Actor) -> Drill:
    """One drill, if it touched the actor's areas. Raises NotFound, NotPermitted."""
    drill = Drill.objects.select_related("called_by").filter(id=drill_id).first()
    if drill is None:
        raise NotFound(what="通联演练")
    areas, tests = tree(), reach(actor, "coverage.view")
    seen = tests is None or any(areas.covers(one, drill.area_id) or areas.covers(drill.area_id, one) for one in tests)
    if not seen:
        raise NotPermitted(verb="coverage.view")
    return drill


class Answer(NamedTuple):
    """How one channel did: "answered", "failed" to be sent, "sent" and silent, or "waiting" to be sent."""

    test_id: UUID
    channel: str
    state: str
    sent_at: datetime | None
    reason: str
    answered_at: datetime | None
    seconds: int | None


@dataclass(frozen=True)
class Result:
    """How one person did: where they stand, and each of their channels."""

    person_id: UUID
    name: str
    post: str
    area_id: UUID
    answers: list[Answer]

    @property
    def seconds(self) -> int | None:
        """How long the fastest of their answers took; None where there is none."""
        return min((one.seconds for one in self.answers if one.seconds is not None), default=None)


def results(drill: Drill, actor: Actor) -> list[Result]:
    """Everybody of the actor's areas who was tested, in the order of places; two queries, however many people."""
    rows = DrillTest.objects.filter(within_reach(actor, "coverage.view", "post__"), drill=drill)
    asked = ("person_id", "person__display_name", "post__name", "post__area_id", "id", "channel", "answered_at")
    sent = {(one.person_id, one.channel): one for one in sendings(drill.id)}
    found: dict[UUID, Result] = {}
    for person_id, name, post, area_id, *test in rows.order_by("id").values_list(*asked):
        result = found.setdefault(person_id, Result(person_id, name, post, area_id, []))
        result.answers.append(_answer(drill, sent.get((person_id, test[1])), *test))
    areas = tree()
    return sorted(found.values(), key=lambda one: (areas.get(one.area_id).code, one.post, one.name))


def _answer(drill: Drill, sent: Sent | None, test_id: UUID, channel: str, answered_at: datetime | None) -> Answer:
    sent_at, state = (sent.sent_at, sent.state) if sent else (None, "pending")
    if answered_at:
        shown = "answered"
    elif state == "failed":
        shown = "failed"
    else:
        shown = "sent" if sent_at else "waiting"
    took = seconds_taken(sent_at, drill.called_at, answered_at) if answered_at else None
    return Answer(test_id, channel, shown, sent_at, sent.reason if sent else "", answered_at, took)


class ByChannel(NamedTuple):
    """How a channel did among all: tests, of them sent, failed, answered, and the median of seconds to the answer."""

    channel: str
    tests: int
    sent: int
    failed: int
    answered: int
    seconds: int | None


def by_channel(found: Collection[Result]) -> list[ByChannel]:
    """How each channel did, the one with most tests first."""
    tests: dict[str, list[Answer]] = {}
    for result in found:
        for one in result.answers:
            tests.setdefault(one.channel, []).append(one)
    rows = []
    for channel, answers in tests.items():
        seconds = [one.seconds for one in answers if one.seconds is not None]
        states = [one.state for one in answers]
        sent = sum(one.sent_at is not None for one in answers)
        middle = int(median(seconds)) if seconds else None
        rows.append(ByChannel(channel, len(answers), sent, states.count("failed"), len(seconds), middle))
    return sorted(rows, key=lambda row: (-row.tests, row.channel))


class ByUnit(NamedTuple):
    """How a unit did: its area, how many people, and how many answered on some channel."""

    area_id: UUID
    people: int
    answered: int

    @property
    def missing(self) -> int:
        return self.people - self.answered


def by_unit(drill: Drill, found: Collection[Result]) -> list[ByUnit]:
    """How each area directly below the drill's did, itself for who stands there; the worst first."""
    counts: dict[UUID, list[int]] = {}
    for result in found:
        unit = _unit(drill.area_id, result.area_id)
        total = counts.setdefault(unit, [0, 0])
        total[0] += 1
        total[1] += result.seconds is not None
    rows = [ByUnit(unit, *total) for unit, total in counts.items()]
    return sorted(rows, key=lambda row: (row.answered / row.people, tree().get(row.area_id).code))


def _unit(top: UUID, area_id: UUID) -> UUID:
    """The area below the top that an area lies in; where the top manages it, the place it manages."""
    areas = tree()
    if area_id == top:
        return top
    chain = [area_id, *areas.ancestors(area_id)]
    if top in chain:
        return chain[chain.index(top) - 1]
    members = set(areas.children(top))
    return next((place for place in chain if place in members), area_id)


def own_tests(person_id: UUID, test_ids: Collection[UUID], now: datetime) -> dict[UUID, datetime | None]:
    """Those of some tests in the inbox that are somebody's own and can be answered or were: when they answered."""
    rows = DrillTest.objects.filter(id__in=test_ids, person_id=person_id)
    return dict(rows.filter(ANSWERED | Q(drill__until__gt=now)).values_list("id", "answered_at"))


def answered_last(person_ids: Collection[UUID], now: datetime) -> dict[UUID, bool]:
    """Whether each of some people answered in the last drill they were in; who never was in one is left out.

    A drill that runs counts for those who have answered already; for the others the one before does. One query.
    """
    rows = _last(person_ids, now) if person_ids else []
    return {person_id: answered_at is not None for person_id, drill_id, answered_at in rows if drill_id}


@prepared
def _last(person_ids: Collection[UUID], now: datetime) -> QuerySet[Any, tuple[UUID, UUID | None, datetime | None]]:
    known = DrillTest.objects.filter(ANSWERED | Q(drill__until__lte=now), person_id=OuterRef("id"))
    last = known.order_by("-drill_id", F("answered_at").asc(nulls_last=True))
    asked = people().filter(id__among=person_ids)
    return asked.values_list("id", Subquery(last.values("drill_id")[:1]), Subquery(last.values("answered_at")[:1]))
