"""Reading people, posts and rights."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Value

from wangge.ground.accounts.models import Agency, ApiToken, DutyTime, Holding, Person, Post, RosteredTime
from wangge.ground.areas.tree import AreaTree, tree
from wangge.ground.kernel.permission import Actor, Grant
from wangge.ground.kernel.prepared import prepared
from wangge.ground.kernel.secret import digest_of

# So many areas are looked up by name; more than that read the whole list of agencies.
FEW = 50


@dataclass(frozen=True)
class Standing:
    """A post that stands for an area, and who can be told there: holders first, then deputies."""

    post_id: UUID
    name: str
    area_id: UUID
    role: str
    agency_id: UUID | None
    people: tuple[UUID, ...]


@dataclass(frozen=True)
class Recipient:
    """Somebody messages can go to, and the addresses they have."""

    id: UUID
    language: str
    email: str
    webhook_url: str
    is_program: bool


def recipients(person_ids: Iterable[UUID]) -> dict[UUID, Recipient]:
    """The people messages can go to, by id; those who have left are not among them."""
    return {row[0]: Recipient(*row) for row in _recipients(set(person_ids))}


@prepared
def _recipients(person_ids: Collection[UUID]) -> QuerySet[Person, tuple[Any, ...]]:
    people = Person.objects.filter(id__among=person_ids, is_active=True)
    return people.values_list("id", "language", "email", "webhook_url", "is_program")


def in_force(now: datetime, prefix: str = "") -> Q:
    """The condition that something with since and until is in force at `now`."""
    return Q(**{f"{prefix}since__lte": now}) & (
        Q(**{f"{prefix}until__isnull": True}) | Q(**{f"{prefix}until__gt": now})
    )


def actor_of(person: Person, now: datetime) -> Actor:
    """The person with the rights of the posts held at `now`, and of those they are on duty at; one query."""
    held = Holding.objects.filter(in_force(now), in_force(now, "post__"), person=person)
    on_duty = DutyTime.objects.filter(
        in_force(now, "post__"), person=person, since__lte=now, until__gt=now, ended_at__isnull=True
    )
    what = ("post__role__verbs", "post__area_id", "post__role_id", "post_id", "post__agency_id", "post__agency__kind")
    rows = held.values_list("deputy", "since", "id", *what).union(
        on_duty.values_list(Value(True), "since", "id", *what), all=True
    )
    grants: dict[UUID, Grant] = {}
    for _, _, _, verbs, area_id, role, post_id, agency_id, kind in sorted(rows, key=lambda row: row[:3]):
        grants.setdefault(post_id, Grant(frozenset(verbs), area_id, role, post_id, agency_id, kind or ""))
    return Actor(person.id, person.display_name, tuple(grants.values()) if person.is_active else ())


def person_by_token(secret: str, now: datetime) -> Person | None:
    """The program that a token stands for, while it is in force."""
    token = (
        ApiToken.objects.select_related("person")
        .filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now), digest=digest_of(secret))
        .first()
    )
    return token.person if token and token.person.is_active else None


def standings(area_ids: Iterable[UUID], stands: str, now: datetime) -> dict[UUID, list[Standing]]:
    """The posts of a stand ("responsible" or "desk") by area, with who can be told there.

    At a post with a roster in force these are the people on duty now, nobody else; at any other its holders and
    deputies. Two queries, a third where a roster is in force.
    """
    posts = _posts_standing(set(area_ids), stands, now)
    people: dict[UUID, list[UUID]] = {post_id: [] for post_id, *_ in posts}
    rostered = {post_id for post_id, *_, in_force_now in posts if in_force_now}
    for post_id, person_id in _held(set(people) - rostered, now) if posts else ():
        people[post_id].append(person_id)
    for post_id, person_id, *_ in _duty_times(rostered, now) if rostered else ():
        people[post_id].append(person_id)
    found: dict[UUID, list[Standing]] = {}
    for post_id, name, area_id, role, agency_id, _ in posts:
        standing = Standing(post_id, name, area_id, role, agency_id, tuple(dict.fromkeys(people[post_id])))
        found.setdefault(area_id, []).append(standing)
    return found


@prepared
def _posts_standing(area_ids: Collection[UUID], stands: str, now: datetime) -> QuerySet[Post, tuple[Any, ...]]:
    posts = Post.objects.filter(in_force(now), area_id__among=area_ids, role__stands=stands).order_by("since", "id")
    rostered = RosteredTime.objects.filter(post_id=OuterRef("pk"), since__lte=now, until__gt=now)
    return posts.values_list("id", "name", "area_id", "role_id", "agency_id", Exists(rostered))


class OnDuty(NamedTuple):
    """Who is on duty at a post, from when to when, and since when they are known to be there."""

    person_id: UUID
    duty_id: UUID
    since: datetime
    until: datetime
    checked_in_at: datetime | None


def on_duty(post_ids: Iterable[UUID], now: datetime) -> dict[UUID, list[OnDuty]]:
    """Who is on duty now at those of some posts where a roster is in force, the others left out; two queries."""
    wanted = set(post_ids)
    found: dict[UUID, list[OnDuty]] = {post_id: [] for post_id in _rostered(wanted, now)}
    for post_id, *duty in _duty_times(wanted, now):
        if post_id in found:
            found[post_id].append(OnDuty(*duty))
    return found


@prepared
def _rostered(post_ids: Collection[UUID], now: datetime) -> QuerySet[RosteredTime, UUID]:
    times = RosteredTime.objects.filter(post_id__among=post_ids, since__lte=now, until__gt=now)
    return times.values_list("post_id", flat=True)


@prepared
def _duty_times(post_ids: Collection[UUID], now: datetime) -> QuerySet[DutyTime, tuple[Any, ...]]:
    times = DutyTime.objects.filter(
        post_id__among=post_ids, since__lte=now, until__gt=now, ended_at__isnull=True, person__is_active=True
    )
    return times.order_by("since", "id").values_list("post_id", "person_id", "id", "since", "until", "checked_in_at")


@prepared
def _held(post_ids: Collection[UUID], now: datetime) -> QuerySet[Holding, tuple[Any, ...]]:
    held = Holding.objects.filter(in_force(now), post_id__among=post_ids, person__is_active=True)
    return held.order_by("deputy", "since", "id").values_list("post_id", "person_id")


def _nearest_first(areas: AreaTree, area_id: UUID) -> list[UUID]:
    steps, managers = areas.superiors(area_id), set(areas.managers(area_id))
    return sorted(steps, key=lambda upper: (steps[upper], upper not in managers))


def desk_near(area_ids: Iterable[UUID], now: datetime, without: Collection[UUID] = ()) -> dict[UUID, list[UUID]]:
    """For each area the people at the nearest duty desks, at or above it, that have somebody but those left out."""
    areas = tree()
    upper = {area_id: areas.superiors(area_id) for area_id in area_ids}
    desks = standings({area for steps in upper.values() for area in steps}, "desk", now)
    there = {
        area: [person for desk in found for person in desk.people if person not in without]
        for area, found in desks.items()
    }
    near = {
        area_id: min((steps[one] for one in steps if there.get(one)), default=0) for area_id, steps in upper.items()
    }
    return {
        area_id: list(
            dict.fromkeys(person for one in steps if steps[one] == near[area_id] for person in there.get(one, ()))
        )
        for area_id, steps in upper.items()
    }


def agencies_for(kind: str, area_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """For each area the nearest agency of a kind that covers it; one query.

    Of two as near, a district or station goes before the statistical area beside it, because that is who
    manages there.
    """
    areas = tree()
    places = {area_id: _nearest_first(areas, area_id) for area_id in area_ids}
    if len(places) <= FEW:
        # A city has one agency of some kinds in every village; one matter needs no more than those above it.
        by_area = dict(_agencies_at(kind, {place for upper in places.values() for place in upper}))
    else:
        by_area = dict(Agency.objects.filter(kind=kind).values_list("area_id", "id"))
    found: dict[UUID, UUID] = {}
    for area_id, upper in places.items():
        nearest = next((by_area[place] for place in upper if place in by_area), None)
        if nearest is not None:
            found[area_id] = nearest
    return found


@prepared
def _agencies_at(kind: str, area_ids: Collection[UUID]) -> QuerySet[Agency, tuple[Any, ...]]:
    return Agency.objects.filter(kind=kind, area_id__among=area_ids).values_list("area_id", "id")


def post_at(role: str, area_id: UUID, agency_id: UUID | None, now: datetime) -> UUID | None:
    """The oldest post of a role in force in an area, for an agency or for none."""
    posts = Post.objects.filter(in_force(now), role_id=role, area_id=area_id)
    posts = posts.filter(agency_id__isnull=True) if agency_id is None else posts.filter(agency_id=agency_id)
    return posts.order_by("since", "id").values_list("id", flat=True).first()


def posts_over(area_id: UUID, now: datetime) -> list[tuple[UUID, str]]:
    """The posts in force in an area and in those that cover it, the nearest first: id and name; one query."""
    steps = tree().superiors(area_id)
    rows = Post.objects.filter(in_force(now), area_id__in=set(steps)).order_by("name", "id")
    found = sorted(rows.values_list("id", "name", "area_id"), key=lambda row: steps[row[2]])
    return [(post_id, name) for post_id, name, _ in found]


def agency_names(agency_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Names of agencies by id."""
    return dict(Agency.objects.filter(id__in=set(agency_ids)).values_list("id", "name"))


def agencies_within(area_ids: Iterable[UUID]) -> list[Agency]:
    """The agencies registered for these very areas, by name."""
    return list(Agency.objects.filter(area_id__in=set(area_ids)).order_by("name", "id"))


def agency_kinds(agency_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Kinds of agencies by id."""
    return dict(_kinds(set(agency_ids)))


@prepared
def _kinds(agency_ids: Collection[UUID]) -> QuerySet[Agency, tuple[Any, ...]]:
    return Agency.objects.filter(id__among=agency_ids).values_list("id", "kind")


def person_names(person_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Display names of people by id."""
    return dict(Person.objects.filter(id__in=set(person_ids)).values_list("id", "display_name"))


def people_of_agencies(agency_ids: Iterable[UUID], now: datetime) -> dict[UUID, list[UUID]]:
    """The people holding posts of agencies at `now`, holders before deputies; one query.

    Whose post has a roster in force is left out while off duty, unless nobody of the agency is on: a task asked of
    an agency has no desk that stands in.
    """
    on: dict[UUID, dict[UUID, None]] = {}
    off: dict[UUID, dict[UUID, None]] = {}
    for agency_id, person_id, rostered, at_work in _held_for(set(agency_ids), now):
        (off if rostered and not at_work else on).setdefault(agency_id, {})[person_id] = None
    return {agency_id: list(people) for agency_id, people in (off | on).items()}


@prepared
def _held_for(agency_ids: Collection[UUID], now: datetime) -> QuerySet[Holding, tuple[Any, ...]]:
    held = Holding.objects.filter(
        in_force(now), in_force(now, "post__"), post__agency_id__among=agency_ids, person__is_active=True
    )
    times = {"since__lte": now, "until__gt": now}
    rostered = RosteredTime.objects.filter(post_id=OuterRef("post_id"), **times)
    at_work = DutyTime.objects.filter(person_id=OuterRef("person_id"), ended_at__isnull=True, **times)
    rows = held.order_by("deputy", "since", "id")
    return rows.values_list("post__agency_id", "person_id", Exists(rostered), Exists(at_work))


def people_who_may(person_ids: Iterable[UUID], verb: str, area_id: UUID, now: datetime) -> set[UUID]:
    """Those of some people whose posts in force allow a verb in an area; one query."""
    held = Holding.objects.filter(
        in_force(now),
        in_force(now, "post__"),
        person_id__in=set(person_ids),
        person__is_active=True,
        post__area_id__in=set(tree().superiors(area_id)),
    )
    rows = held.values_list("person_id", "post__role__verbs")
    return {person_id for person_id, verbs in rows if verb in verbs}


def people() -> QuerySet[Person]:
    """Everybody, for lists and commands."""
    return Person.objects.order_by("username")


def villages_uncovered(area_ids: Iterable[UUID], now: datetime) -> tuple[list[UUID], int]:
    """The villages below some areas where nobody active holds a responsible post now, and how many villages there are.

    One query, however many villages. In the order of their codes.
    """
    held = villages_held(area_ids, now)
    return [village for village, people in held.items() if not people], len(held)


def villages_held(area_ids: Iterable[UUID], now: datetime) -> dict[UUID, int]:
    """How many active people hold a responsible post now in each village below some areas; one query, by code."""
    areas = tree()
    wanted = dict.fromkeys(place for top in area_ids for place in (top, *areas.descendants(top)))
    villages = [node for place in wanted if (node := areas.get(place)).level == "village" and not node.ended]
    holdings = Holding.objects.filter(
        in_force(now), in_force(now, "post__"), post__role__stands="responsible", person__is_active=True
    )
    held = Counter(area for area, _ in holdings.values_list("post__area_id", "person_id").distinct())
    return {node.id: held[node.id] for node in sorted(villages, key=lambda node: node.code)}
