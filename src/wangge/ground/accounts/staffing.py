"""What a roster is made from: the posts of some areas, who holds them, and the duties people have anyway."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Exists, OuterRef, Q

from wangge.ground.accounts.models import DutyTime, Holding, Person, Post, RosteredTime
from wangge.ground.accounts.queries import in_force
from wangge.ground.areas.queries import within

STANDS = ("responsible", "desk", "")


class Place(NamedTuple):
    """A post in force: where, of which role, of an agency of which kind ("" for none)."""

    id: UUID
    name: str
    area_id: UUID
    role: str
    agency: str


class Held(NamedTuple):
    """Somebody active who holds a post, as holder or deputy."""

    person_id: UUID
    name: str
    post_id: UUID
    deputy: bool


class Served(NamedTuple):
    """A duty of somebody that has not been taken from them."""

    id: UUID
    post_id: UUID
    person_id: UUID
    since: datetime
    until: datetime
    checked_in_at: datetime | None


def posts_in(area_ids: Collection[UUID], now: datetime) -> list[Place]:
    """The posts in force of these very areas, by name."""
    rows = Post.objects.filter(in_force(now), area_id__in=area_ids).order_by("name", "id")
    return [
        Place(*row[:4], row[4] or "") for row in rows.values_list("id", "name", "area_id", "role_id", "agency__kind")
    ]


def posts_named(post_ids: Collection[UUID]) -> dict[UUID, tuple[str, UUID]]:
    """The name and the area of posts."""
    rows = Post.objects.filter(id__in=set(post_ids)).values_list("id", "name", "area_id")
    return {post_id: (name, area_id) for post_id, name, area_id in rows}


def holders(post_ids: Collection[UUID], now: datetime) -> list[Held]:
    """Who holds these posts, holders before deputies."""
    held = Holding.objects.filter(in_force(now), post_id__in=post_ids, person__is_active=True)
    rows = held.order_by("deputy", "person__display_name", "id")
    return [Held(*row) for row in rows.values_list("person_id", "person__display_name", "post_id", "deputy")]


def duties_of(person_ids: Collection[UUID], since: datetime, until: datetime) -> list[Served]:
    """The duties of some people that reach into a time, in their order."""
    times = DutyTime.objects.filter(person_id__in=person_ids, since__lt=until, until__gt=since, ended_at=None)
    rows = times.order_by("since", "id").values_list("id", "post_id", "person_id", "since", "until", "checked_in_at")
    return [Served(*row) for row in rows]


def duties_at(post_ids: Collection[UUID], since: datetime, until: datetime) -> list[Served]:
    """The duties at some posts that reach into a time, in their order."""
    times = DutyTime.objects.filter(post_id__in=post_ids, since__lt=until, until__gt=since, ended_at=None)
    rows = times.order_by("since", "id").values_list("id", "post_id", "person_id", "since", "until", "checked_in_at")
    return [Served(*row) for row in rows]


def duty_people(duty_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Whose some duties are."""
    return dict(DutyTime.objects.filter(id__in=list(duty_ids)).values_list("id", "person_id"))


def posts_worked(person_id: UUID, since: datetime, until: datetime, now: datetime) -> dict[UUID, bool]:
    """The posts at which somebody has a duty in a time (True), or that they hold and no roster fills now (False)."""
    found = {one.post_id: True for one in duties_of([person_id], since, until)}
    held = Holding.objects.filter(in_force(now), in_force(now, "post__"), person_id=person_id)
    rostered = RosteredTime.objects.filter(post_id=OuterRef("post_id"), since__lte=now, until__gt=now)
    for post_id in held.exclude(Exists(rostered)).order_by("deputy", "id").values_list("post_id", flat=True):
        found.setdefault(post_id, False)
    return found


def person_known(person_id: UUID) -> bool:
    """Whether there is somebody active with this id."""
    return Person.objects.filter(id=person_id, is_active=True).exists()


class AtPost(NamedTuple):
    """Somebody who would be told of something new, and the post by which."""

    person_id: UUID
    post_id: UUID


def at_posts_now(area_id: UUID, now: datetime) -> list[AtPost]:
    """Everybody on duty in an area and all it covers, each once: by a responsible post, else a desk, else an agency's.

    At a post with a roster in force these are the people with a duty now, at any other its holders and deputies: the
    same who are told of a new matter. Three queries.
    """
    times = {"since__lte": now, "until__gt": now}
    rostered = Exists(RosteredTime.objects.filter(post_id=OuterRef("pk"), **times))
    posts = Post.objects.filter(in_force(now), within([area_id])).annotate(rostered=rostered)
    told = posts.filter(Q(role__stands__gt="") | Q(agency__isnull=False) | Q(rostered=True)).order_by("since", "id")
    ordered = sorted(told.values_list("id", "role__stands", "rostered"), key=lambda row: STANDS.index(row[1]))
    duties = DutyTime.objects.filter(post_id__in=told.values("id"), ended_at=None, person__is_active=True, **times)
    held = Holding.objects.filter(in_force(now), post_id__in=told.values("id"), person__is_active=True)
    people: dict[tuple[UUID, bool], list[UUID]] = {}
    for on_duty, rows in ((True, duties.order_by("since", "id")), (False, held.order_by("deputy", "since", "id"))):
        for post_id, person_id in rows.values_list("post_id", "person_id"):
            people.setdefault((post_id, on_duty), []).append(person_id)
    found: dict[UUID, UUID] = {}
    for post_id, _, in_roster in ordered:
        for person_id in people.get((post_id, in_roster), ()):
            found.setdefault(person_id, post_id)
    return [AtPost(*one) for one in found.items()]


def held_within(person_ids: Collection[UUID], area_ids: Collection[UUID], now: datetime) -> set[UUID]:
    """Who of some people holds a post in some areas."""
    held = Holding.objects.filter(
        in_force(now), in_force(now, "post__"), person_id__in=person_ids, post__area_id__in=area_ids
    )
    return set(held.values_list("person_id", flat=True))


class Colleague(NamedTuple):
    """Somebody who serves in the city, with the area of their first post; no more than that is told of them."""

    person_id: UUID
    name: str
    area_id: UUID


def colleagues(now: datetime, *, name: str = "", ids: Collection[UUID] = (), most: int = 10) -> list[Colleague]:
    """People who hold a post, by a part of their name or by id."""
    who = Q(person__display_name__icontains=name.strip()) if name.strip() else Q(person_id__in=ids)
    held = Holding.objects.filter(
        who, in_force(now), in_force(now, "post__"), person__is_active=True, person__is_program=False
    )
    rows = held.order_by("person__display_name", "person_id", "deputy", "since", "id")
    found: dict[UUID, Colleague] = {}
    for row in rows.values_list("person_id", "person__display_name", "post__area_id")[: most * 5]:
        found.setdefault(row[0], Colleague(*row))
    return list(found.values())[:most]


class Standings(NamedTuple):
    """The posts of a stand with what decides who is told there: rosters in force, duties, holders, each with times.

    `posts` leads to the area of each; the others are post, (person,) since, until; None: without end.
    """

    posts: dict[UUID, UUID]
    rostered: list[tuple[UUID, datetime, datetime]]
    duties: list[tuple[UUID, UUID, datetime, datetime]]
    held: list[tuple[UUID, UUID, datetime, datetime | None]]


def standings_between(area_ids: Collection[UUID], stands: str, since: datetime, until: datetime) -> Standings:
    """Who will stand where between two instants, as far as it is settled; four queries."""
    over = Q(since__lt=until) & (Q(until__isnull=True) | Q(until__gt=since))
    found = Post.objects.filter(over, area_id__in=area_ids, role__stands=stands)
    posts = dict(found.values_list("id", "area_id"))
    at = found.values("id")
    duties = DutyTime.objects.filter(over, post_id__in=at, ended_at=None, person__is_active=True)
    held = Holding.objects.filter(over, post_id__in=at, person__is_active=True)
    return Standings(
        posts,
        list(RosteredTime.objects.filter(over, post_id__in=at).values_list("post_id", "since", "until")),
        list(duties.values_list("post_id", "person_id", "since", "until")),
        list(held.values_list("post_id", "person_id", "since", "until")),
    )
