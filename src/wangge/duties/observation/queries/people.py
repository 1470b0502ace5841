"""Reading records of people: page by page, by exact search, and one whole with what hangs on it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.db.models import Q

from wangge.duties.observation.models import Correction, Individual, IndividualMerge, Leg, Origin
from wangge.duties.observation.queries.cards import Card, cards, family, visible
from wangge.ground.areas.permission import may, require
from wangge.ground.areas.queries import covered
from wangge.ground.areas.tree import tree
from wangge.ground.kernel.identity import document_guessed, phone_read
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import InputInvalid
from wangge.ground.responses import vault

PAGE = 50
MOST_FOUND = 50
SEARCHED = ("document", "phone", "name")


class PersonMark(NamedTuple):
    """Where a page ended: the key of its last row."""

    identified_at: datetime
    individual_id: UUID


@dataclass(frozen=True)
class PeoplePage:
    """One page of people, the newest first, and where the next one begins, None at the end."""

    cards: Sequence[Card]
    following: PersonMark | None


@dataclass(frozen=True)
class PersonView:
    """One record whole: its card, and what its own part of the page shows; personal fields are masked."""

    card: Card
    area_name: str
    legs: Sequence[Leg]
    origins: Sequence[Origin]
    corrections: Sequence[Correction]
    merge: IndividualMerge | None
    merged_from: Sequence[Individual]
    household: Sequence[Card]
    private: dict[UUID, dict[str, str]] = field(default_factory=dict)

    @property
    def individual(self) -> Individual:
        return self.card.individual


def people(
    *,
    actor: Actor,
    role: str = "",
    state: str = "active",
    area_id: UUID | None = None,
    own: bool = False,
    after: PersonMark | None = None,
    limit: int = PAGE,
) -> PeoplePage:
    """A page of the people an actor may see, narrowed by role, state ("" for all), area, or to one's own."""
    rows = visible(actor)
    if state:
        rows = rows.filter(state=state)
    if role:
        rows = rows.filter(role=role)
    if own:
        rows = rows.filter(registered_by_id=actor.person_id) if actor.person_id else rows.none()
    if area_id is not None:
        require(actor, "person.view", area_id)
        rows = rows.filter(area_id__in=covered(area_id))
    if after is not None:
        rows = rows.filter(
            Q(identified_at__lt=after.identified_at) | Q(identified_at=after.identified_at, id__lt=after.individual_id)
        )
    found = list(rows.order_by("-identified_at", "-id")[: limit + 1])
    following = PersonMark(found[limit - 1].identified_at, found[limit - 1].id) if len(found) > limit else None
    return PeoplePage(cards(found[:limit], actor=actor), following)


def people_search(*, actor: Actor, response_id: UUID, text: str) -> list[Card]:
    """The people whose number, document, telephone or name is exactly this, among those the actor may look up.

    Four queries, each by an index, however many are on record.
    """
    wanted = text.strip()
    if not wanted:
        raise InputInvalid(
            field="q",
            why_zh="请输入姓名、电话、证件号码或档案编号。",
            why_en="Enter a name, telephone, document or number.",
        )
    by_number = visible(actor).filter(number=wanted.upper())
    if wanted[0] in "Rr" and (found := list(by_number)):
        return cards(found, actor=actor)
    guessed, phone = document_guessed(wanted), phone_read(wanted)
    values = {"document": guessed[1] if guessed else wanted, "phone": phone or wanted, "name": wanted}
    subjects: dict[UUID, None] = {}
    for kind in SEARCHED:
        hits = vault.subjects_with_many(response_id=response_id, kind=kind, values=[values[kind]])
        subjects |= dict.fromkeys(hits[values[kind]])
    rows = visible(actor).filter(id__in=list(subjects)[:5000]).order_by("-identified_at", "-id")
    return cards([one for one in rows[:MOST_FOUND] if may(actor, "vault.view", one.area_id)], actor=actor)


def person_view(individual: Individual, *, actor: Actor) -> PersonView:
    """The whole of a record that comes from `visible`; a fixed number of queries whatever hangs on it."""
    ids = family(individual)
    legs = list(Leg.objects.filter(individual_id__in=ids).order_by("on", "id"))
    origins = list(Origin.objects.filter(individual_id__in=ids).order_by("at", "id"))
    corrections = list(Correction.objects.filter(individual_id__in=ids).select_related("by").order_by("at", "id"))
    home = individual.household_id
    shared = visible(actor).filter(household_id=home).exclude(id=individual.id) if home else ()
    [card] = cards([individual], actor=actor)
    private: dict[UUID, dict[str, str]] = {}
    if may(actor, "vault.view", individual.area_id):
        hanging = [*(row.id for row in legs), *(row.id for row in corrections)]
        private = vault.masked(actor=actor, area_id=individual.area_id, subject_ids=hanging)
    return PersonView(
        card=card,
        area_name=tree().path_name(individual.area_id),
        legs=legs,
        origins=origins,
        corrections=corrections,
        merge=IndividualMerge.objects.filter(individual=individual, undone_at__isnull=True)
        .select_related("into")
        .first(),
        merged_from=list(Individual.objects.filter(merged_into=individual).order_by("number")),
        household=cards(list(shared), actor=actor),
        private=private,
    )


def likely_same(individual: Individual, *, actor: Actor) -> list[Card]:
    """Other records in use with the same document, telephone or name, which a merge may be for."""
    fields = vault.carried(response_id=individual.response_id, subject_ids=[individual.id]).get(individual.id, [])
    subjects: dict[UUID, None] = {}
    for one in fields:
        if one.kind in SEARCHED:
            hits = vault.subjects_with_many(response_id=individual.response_id, kind=one.kind, values=[one.value])
            subjects |= dict.fromkeys(hits[one.value][:200])
    rows = visible(actor).filter(id__in=list(subjects), exercise=individual.exercise).exclude(id=individual.id)
    return cards(list(rows.exclude(state="merged").order_by("-identified_at", "-id")[:10]), actor=actor)


def numbers_of_people(individual_ids: Iterable[UUID]) -> dict[UUID, str]:
    """The numbers of records, by id; one query. A number tells of nobody."""
    return dict(Individual.objects.filter(id__in=set(individual_ids)).values_list("id", "number"))


def people_of_matter(matter_id: UUID, *, actor: Actor) -> list[Card]:
    """The records that a matter led to, as far as the actor may see them."""
    found = visible(actor).filter(origins__matter_id=matter_id).exclude(state="merged").distinct()
    return cards(list(found.order_by("number")[:MOST_FOUND]), actor=actor)
