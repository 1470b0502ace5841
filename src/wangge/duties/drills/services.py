"""Calling a drill, answering it by a link or in the inbox, and ending it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from django.db import transaction
from django.db.models import Count, Q

from wangge.duties.drills import events
from wangge.duties.drills.links import secret_of
from wangge.duties.drills.models import Drill, DrillTest
from wangge.duties.drills.rules import seconds_taken
from wangge.ground.accounts.staffing import AtPost, at_posts_now
from wangge.ground.areas.permission import require
from wangge.ground.areas.queries import one_after_the_other
from wangge.ground.areas.tree import tree
from wangge.ground.journal import services as journal
from wangge.ground.kernel.bulk import insert_rows
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.ids import new_id
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import (
    DrillEmpty,
    DrillLinkUnknown,
    DrillOver,
    DrillRunning,
    InputInvalid,
    NotFound,
)
from wangge.ground.kernel.secret import digest_of
from wangge.spine.messaging.queries import sent_at
from wangge.spine.messaging.services import Notice, channels_of, notices_drop, notify_many

SHORTEST, LONGEST, USUAL = 5, 24 * 60, 30  # minutes
FIELDS = ("id", "drill", "person", "post", "channel", "digest")


@transaction.atomic
def drill_call(*, actor: Actor, area_id: UUID, minutes: int, now: datetime) -> Drill:
    """Send a test to everyone on duty now in an area and all it covers, on every channel that each of them has.

    A fixed number of statements. Raises DrillRunning where another runs over some of the same places, DrillEmpty
    where nobody is on duty, InputInvalid.
    """
    require(actor, "drill.call", area_id)
    if not SHORTEST <= minutes <= LONGEST:
        raise InputInvalid(
            field="minutes",
            why_zh=f"请填 {SHORTEST} 到 {LONGEST} 分钟。",
            why_en=f"Between {SHORTEST} and {LONGEST} minutes.",
        )
    one_after_the_other()
    _refuse_second(area_id, now)
    people = at_posts_now(area_id, now)
    drill = Drill.objects.create(
        area_id=area_id, called_by_id=actor.person_id, called_at=now, until=now + timedelta(minutes=minutes)
    )
    tests = _tests(drill, people)
    if not tests:
        raise DrillEmpty()
    insert_rows(DrillTest, FIELDS, tests)
    notify_many(_notices(drill, tests), now=now)
    _tell(
        drill, events.CALLED, actor.person_id, now,
        people=len({test.person_id for test in tests}), tests=len(tests), until=drill.until.isoformat(),
    )  # fmt: skip
    return drill


def _refuse_second(area_id: UUID, now: datetime) -> None:
    mine = {area_id, *tree().descendants(area_id)}
    for other in Drill.objects.filter(closed_at__isnull=True, until__gt=now):
        if not mine.isdisjoint({other.area_id, *tree().descendants(other.area_id)}):
            raise DrillRunning(where=tree().path_name(other.area_id), until=f"{local(other.until):%m-%d %H:%M}")


class _Test(NamedTuple):
    id: UUID
    drill_id: UUID
    person_id: UUID
    post_id: UUID
    channel: str
    digest: str


def _tests(drill: Drill, people: Iterable[AtPost]) -> list[_Test]:
    posts = {one.person_id: one.post_id for one in people}
    found = []
    for person_id, channels in channels_of(posts).items():
        for channel in channels:
            test_id = new_id()
            digest = digest_of(secret_of(test_id))
            found.append(_Test(test_id, drill.id, person_id, posts[person_id], channel, digest))
    return found


def about(drill_id: UUID) -> str:
    """The name under which the messages of a drill are known."""
    return f"drill:{drill_id}"


def _notices(drill: Drill, tests: Iterable[_Test]) -> list[Notice]:
    until = f"{local(drill.until):%m-%d %H:%M}"
    return [
        Notice(
            person_id=test.person_id,
            about=about(drill.id),
            template=events.SAY_TEST,
            params={"test": str(test.id), "until": until},
            subject_id=drill.id,
            exercise=True,
            channels=frozenset({test.channel}),
        )
        for test in tests
    ]


def _tell(drill: Drill, type_: str, actor_id: UUID | None, now: datetime, **data: object) -> None:
    journal.record(type_, at=now, actor_id=actor_id, area_id=drill.area_id, subject_id=drill.id, exercise=True, **data)


class LinkView(NamedTuple):
    """What the holder of a link sees: when they answered, whether the drill is over, and until when it runs."""

    answered_at: datetime | None
    over: bool
    until: datetime


def link_view(*, secret: str, now: datetime) -> LinkView:
    """What a link shows; looking answers nothing. Raises DrillLinkUnknown."""
    test = _linked(secret)
    return LinkView(test.answered_at, test.drill.until <= now, test.drill.until)


@transaction.atomic
def link_answer(*, secret: str, now: datetime) -> datetime:
    """Answer by a link, once; when that was. Raises DrillLinkUnknown, DrillOver."""
    return _answer(_linked(secret), now)


def _linked(secret: str) -> DrillTest:
    test = DrillTest.objects.select_related("drill", "post").filter(digest=digest_of(secret)).first()
    if test is None:
        raise DrillLinkUnknown()
    return test


@transaction.atomic
def drill_answer(*, actor: Actor, test_id: UUID, now: datetime) -> datetime:
    """Answer one's own test in the inbox, once; when that was. Raises NotFound, also for another's, DrillOver."""
    test = DrillTest.objects.select_related("drill", "post").filter(id=test_id, channel="inapp").first()
    if test is None or test.person_id != actor.person_id:
        raise NotFound(what="演练消息")
    return _answer(test, now)


def _answer(test: DrillTest, now: datetime) -> datetime:
    """Whoever is first has answered; the second of two hears when that was."""
    if test.answered_at is not None:
        return test.answered_at
    drill = test.drill
    if drill.until <= now:
        raise DrillOver()
    if not DrillTest.objects.filter(id=test.id, answered_at__isnull=True).update(answered_at=now):
        return DrillTest.objects.values_list("answered_at", flat=True).get(id=test.id) or now
    sent = sent_at(about(drill.id), test.person_id, test.channel)
    journal.record(
        events.ANSWERED,
        at=now,
        actor_id=test.person_id,
        area_id=test.post.area_id,
        subject_id=drill.id,
        exercise=True,
        test=str(test.id),
        channel=test.channel,
        seconds=seconds_taken(sent, drill.called_at, now),
    )
    return now


@transaction.atomic
def drill_end(*, actor: Actor, drill_id: UUID, now: datetime) -> None:
    """End a drill before its time. Raises NotFound, NotPermitted, DrillOver."""
    drill = Drill.objects.filter(id=drill_id).first()
    if drill is None:
        raise NotFound(what="通联演练")
    require(actor, "drill.call", drill.area_id)
    if drill.until <= now or not _close(drill, actor, now, until=now):
        raise DrillOver()


def drills_due(*, actor: Actor, now: datetime) -> int:
    """Close the drills whose time is over; how many. Safe in any number of engines at once."""
    require(actor, "drill.call", None)
    closed = 0
    for drill in Drill.objects.filter(closed_at__isnull=True, until__lte=now).order_by("until", "id"):
        with transaction.atomic():
            closed += _close(drill, actor, now, until=drill.until)
    return closed


def _close(drill: Drill, actor: Actor, now: datetime, until: datetime) -> bool:
    """Write the end down, and take back what is not sent yet; False where somebody was faster."""
    if not Drill.objects.filter(id=drill.id, closed_at__isnull=True).update(until=until, closed_at=now):
        return False
    notices_drop(about(drill.id), "the drill was over before it could be sent")
    counts = DrillTest.objects.filter(drill=drill).aggregate(
        people=Count("person", distinct=True),
        answered=Count("person", distinct=True, filter=Q(answered_at__isnull=False)),
    )
    _tell(drill, events.ENDED, actor.person_id, now, **counts, early=until < drill.until)
    return True
