"""Leaving 离任 and coming back: an account is put out of use and never deleted, because the journal names it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Q

from wangge.ground.accounts import events
from wangge.ground.accounts.models import ApiToken, Holding, Person
from wangge.ground.areas.permission import require
from wangge.ground.journal import services as journal
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import InputInvalid, NotFound


@transaction.atomic
def person_leave(*, actor: Actor, person_id: UUID, now: datetime, at: datetime | None = None) -> int:
    """End somebody's posts and tokens at an instant, now if none is named, and put the account out of use then.

    An instant to come is kept; `people_leave_due` puts the account out of use once it has passed. Returns how
    many posts end; done twice, it changes nothing.
    """
    require(actor, "account.manage", None)
    person = person_of(person_id)
    at = at or now
    ended = _end_all(person, actor=actor, at=at, now=now)
    if at <= now:
        _out_of_use(person, actor=actor, at=at, now=now, posts=ended)
    elif Person.objects.filter(id=person.id, is_active=True).exclude(leaves_at=at).update(leaves_at=at):
        journal.record(
            events.PERSON_LEAVING, at=now, actor_id=actor.person_id, subject_id=person.id, since=at.isoformat()
        )
    return ended


@transaction.atomic
def person_return(*, actor: Actor, person_id: UUID, now: datetime) -> None:
    """Put an account back into use, or keep it there where it was to go; posts and tokens it had stay ended."""
    require(actor, "account.manage", None)
    person = person_of(person_id)
    gone = Person.objects.filter(Q(is_active=False) | Q(leaves_at__isnull=False), id=person.id)
    if gone.update(is_active=True, leaves_at=None):
        journal.record(events.PERSON_RETURNED, at=now, actor_id=actor.person_id, subject_id=person.id)


@transaction.atomic
def people_leave_due(*, actor: Actor, now: datetime, limit: int = 200) -> int:
    """Put the accounts out of use whose instant of leaving has passed; how many."""
    require(actor, "account.expire", None)
    due = list(Person.objects.filter(leaves_at__lte=now).order_by("leaves_at", "id")[:limit])
    for person in due:
        assert person.leaves_at is not None  # those without one are not due
        posts = _end_all(person, actor=actor, at=person.leaves_at, now=now)
        _out_of_use(person, actor=actor, at=person.leaves_at, now=now, posts=posts)
    return len(due)


def person_of(person_id: UUID) -> Person:
    """The account with this id, in use or not. Raises NotFound."""
    person = Person.objects.filter(id=person_id).first()
    if person is None:
        raise NotFound(what="账号")
    return person


def _out_of_use(person: Person, *, actor: Actor, at: datetime, now: datetime, posts: int) -> None:
    if Person.objects.filter(id=person.id, is_active=True).update(is_active=False, leaves_at=None):
        journal.record(
            events.PERSON_LEFT,
            at=now,
            observed_at=at,
            actor_id=actor.person_id,
            subject_id=person.id,
            posts=posts,
        )


def _end_all(person: Person, *, actor: Actor, at: datetime, now: datetime) -> int:
    ApiToken.objects.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=at), person=person).update(expires_at=at)
    # What has ended already stays as it was, even where somebody is entered as having left before that.
    going = Holding.objects.filter(Q(until__isnull=True) | Q(until__gt=max(at, now)), person=person)
    going = going.select_related("post").order_by("since", "id")
    return sum(holding_end(holding, actor=actor, at=at, now=now) for holding in going)


def holding_end(holding: Holding, *, actor: Actor, at: datetime, now: datetime) -> bool:
    """End a holding at an instant, whatever end was planned; whether that changed anything.

    Who was to begin later never holds the post: that row goes, and the journal keeps what was planned. Who has
    begun after the instant, which then lies in the past, has held the post until now.
    """
    rows = Holding.objects.filter(id=holding.id)
    if holding.since >= max(at, now):
        changed = bool(rows.delete()[0])
    else:
        end = at if holding.since < at else now
        changed = bool(rows.filter(Q(until__isnull=True) | Q(until__gt=end), since__lt=end).update(until=end))
    if changed:
        journal.record(
            events.POST_LEFT,
            at=now,
            observed_at=None if at == now else at,
            actor_id=actor.person_id,
            area_id=holding.post.area_id,
            subject_id=holding.post_id,
            person=str(holding.person_id),
            deputy=holding.deputy,
        )
    return changed


def refuse_left(person: Person, until: datetime | None, since: datetime) -> None:
    """Raise InputInvalid where somebody who has left, or will have left by then, is to be put on a post."""
    if not person.is_active:
        raise InputInvalid(
            field="person",
            why_zh="此账号已停用，请先恢复使用。",
            why_en="This account is out of use; put it back into use first.",
        )
    if person.leaves_at is not None and (until is None or until > person.leaves_at or since >= person.leaves_at):
        raise InputInvalid(
            field="until",
            why_zh="此人已定离任，任职须在离任前结束。",
            why_en="This person is to leave; the post must end before that.",
        )
