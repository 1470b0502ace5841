"""Many posts and people at once, as when a city brings its list of staff: a fixed number of statements."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import transaction
from django.utils.crypto import get_random_string

from wangge.ground.accounts import events
from wangge.ground.accounts.models import Agency, Holding, Person, Post, Role
from wangge.ground.areas.permission import require
from wangge.ground.journal import services as journal
from wangge.ground.kernel.permission import Actor, Grant
from wangge.ground.kernel.problems import InputInvalid, NotFound

BATCH = 500
UNUSABLE_SUFFIX = 40


@dataclass(frozen=True)
class Hire:
    """A post to be opened, and its people as (sign-in name, name): the first holds it, the others deputise."""

    post: str
    role: str
    area_id: UUID
    people: tuple[tuple[str, str], ...]
    agency_id: UUID | None = None


@dataclass(frozen=True)
class Body:
    """An agency wanted: its kind, its name, and the area it is responsible for."""

    kind: str
    name: str
    area_id: UUID


@transaction.atomic
def agencies_ensure(*, actor: Actor, bodies: Sequence[Body]) -> dict[tuple[str, UUID], UUID]:
    """Many agencies at once, made where they are missing; their ids by kind and area."""
    for area_id in {body.area_id for body in bodies}:
        require(actor, "account.manage", area_id)
    wanted = [Agency(kind=body.kind, name=body.name, area_id=body.area_id) for body in bodies]
    Agency.objects.bulk_create(wanted, batch_size=BATCH, ignore_conflicts=True)
    rows = Agency.objects.filter(kind__in={body.kind for body in bodies}).values_list("kind", "area_id", "id")
    asked = {(body.kind, body.area_id) for body in bodies}
    return {(kind, area_id): agency_id for kind, area_id, agency_id in rows if (kind, area_id) in asked}


@transaction.atomic
def people_hire(*, actor: Actor, hires: Sequence[Hire], now: datetime) -> list[list[Actor]]:
    """Open posts and put new people on them; nobody can sign in until a password is set.

    Returns for each post its people with their rights, in order. All or nothing: a sign-in name that
    is taken raises InputInvalid, a role that no pack brought NotFound.
    """
    for area_id in {hire.area_id for hire in hires}:
        require(actor, "account.manage", area_id)
    roles = {role.code: frozenset(role.verbs) for role in Role.objects.all()}
    kinds = dict(Agency.objects.values_list("id", "kind"))
    _check(hires, roles.keys())
    posts = [
        Post(name=hire.post, role_id=hire.role, area_id=hire.area_id, agency_id=hire.agency_id, since=now)
        for hire in hires
    ]
    people = [[_person(username, name) for username, name in hire.people] for hire in hires]
    Post.objects.bulk_create(posts, batch_size=BATCH)
    Person.objects.bulk_create([person for group in people for person in group], batch_size=BATCH)
    Holding.objects.bulk_create(
        [
            Holding(post=post, person=person, deputy=place > 0, since=now)
            for post, group in zip(posts, people, strict=True)
            for place, person in enumerate(group)
        ],
        batch_size=BATCH,
    )
    _tell(actor, posts, people, now)
    return [
        [
            Actor(
                person.id,
                person.display_name,
                (
                    Grant(
                        roles[post.role_id], post.area_id, post.role_id, post.id, post.agency_id,
                        kinds[post.agency_id] if post.agency_id else "",
                    ),
                ),
            )
            for person in group
        ]
        for post, group in zip(posts, people, strict=True)
    ]  # fmt: skip


def _person(username: str, name: str) -> Person:
    password = UNUSABLE_PASSWORD_PREFIX + get_random_string(UNUSABLE_SUFFIX)
    return Person(username=username.strip().lower(), display_name=name.strip(), password=password)


def _check(hires: Sequence[Hire], roles: Collection[str]) -> None:
    names = [username.strip().lower() for hire in hires for username, _ in hire.people]
    seen: set[str] = set()
    for hire in hires:
        if hire.role not in roles:
            raise NotFound(what=f"角色 {hire.role}")
    for start in range(0, len(names), BATCH):
        seen.update(Person.objects.filter(username__in=names[start : start + BATCH]).values_list("username", flat=True))
    for name in names:
        if name in seen or not name:
            raise InputInvalid(
                field="username",
                why_zh=f"账号 {name} 已存在或为空。",
                why_en=f"The sign-in name “{name}” is taken or empty.",
            )
        seen.add(name)


def _tell(actor: Actor, posts: Sequence[Post], people: Sequence[Sequence[Person]], now: datetime) -> None:
    told = []
    for post, group in zip(posts, people, strict=True):
        where: dict[str, Any] = {"at": now, "actor_id": actor.person_id, "area_id": post.area_id, "subject_id": post.id}
        told.append(journal.draft(events.POST_OPENED, **where, role=post.role_id))
        for place, person in enumerate(group):
            told.append(journal.draft(events.PERSON_ADDED, at=now, actor_id=actor.person_id, subject_id=person.id))
            told.append(journal.draft(events.POST_HELD, **where, person=str(person.id), deputy=place > 0))
    journal.record_many(told)
