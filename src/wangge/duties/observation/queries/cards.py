"""The one way from a record of a person to what somebody sees of it: permission and masking, once.

Every page, endpoint, export and print of this room is made from cards; nothing else opens the vault for a list.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.db.models import Q, QuerySet

from wangge.duties.observation.models import Individual, Plan, Referral, Room
from wangge.duties.observation.rules import CLINIC_SEES_AFTER
from wangge.ground.areas.permission import may
from wangge.ground.areas.queries import within_reach
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotFound
from wangge.ground.responses import vault


@dataclass(frozen=True)
class Card:
    """A record as somebody may see it; `private` holds masked fields, and is empty where the vault is not theirs."""

    individual: Individual
    private: dict[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The masked name, or the number where there is none to be shown."""
        return self.private.get("name") or self.individual.number


def at_own_clinic(actor: Actor, now: datetime | None = None) -> QuerySet[Referral, UUID]:
    """A subquery of the people sent to a clinic whose agency the actor belongs to.

    A clinic sees them while the referral is open, and given `now` for a stated time after it answered or declined.
    """
    agencies = [grant.agency_id for grant in actor.grants if "clinic.answer" in grant.verbs and grant.agency_id]
    seen = ~Q(stage__in=["answered", "declined", "cancelled"])
    # Somebody confirmed stays the clinic's patient until the record is over.
    seen |= Q(stage="answered", result="confirmed", individual__state="active")
    if now is not None:
        seen |= Q(answered_at__gt=now - CLINIC_SEES_AFTER)
    return Referral.objects.filter(seen, clinic__agency_id__in=agencies).values_list("individual_id", flat=True)


def own_rooms(actor: Actor) -> list[UUID]:
    """The rooms of places that an agency of the actor runs, where their post lets them check on people."""
    agencies = [grant.agency_id for grant in actor.grants if "person.check" in grant.verbs and grant.agency_id]
    return list(Room.objects.filter(facility__agency_id__in=agencies).values_list("id", flat=True)) if agencies else []


def visible(actor: Actor, now: datetime | None = None) -> QuerySet[Individual]:
    """The records an actor may see: of the areas of their posts, sent to their clinic, staying in their own place."""
    seen = within_reach(actor, "person.view")
    if any("clinic.answer" in grant.verbs for grant in actor.grants):
        seen |= Q(id__in=at_own_clinic(actor, now))
    if seen and (rooms := own_rooms(actor)):
        staying = Plan.objects.filter(room_id__in=rooms, state="running")
        seen |= Q(id__in=staying.values_list("individual_id", flat=True))
    return Individual.objects.filter(seen)


def cards(individuals: Sequence[Individual], *, actor: Actor) -> list[Card]:
    """The records with their personal fields masked, in their order; one query, two for those who work at a clinic.

    The records must come from `visible`. Fields are opened only where the actor may look into the vault. Of somebody
    sent to their clinic from where they may not, they see the masked name, to know whom they receive.
    """
    private: dict[UUID, dict[str, str]] = {}
    by_area: dict[UUID, list[UUID]] = {}
    for one in individuals:
        if may(actor, "vault.view", one.area_id):
            by_area.setdefault(one.area_id, []).append(one.id)
    if by_area:
        private = vault.masked_many(actor=actor, by_area=by_area)
    received = _received([one.id for one in individuals if one.area_id not in by_area], actor)
    private |= vault.shown(received, ["name"]) if received else {}
    return [Card(one, private.get(one.id, {})) for one in individuals]


def receiving(actor: Actor) -> set[UUID]:
    """The agencies for which the actor answers referrals and may look at who is sent."""
    both = {"clinic.answer", "vault.view"}
    return {grant.agency_id for grant in actor.grants if grant.agency_id and both <= grant.verbs}


def _received(individual_ids: Sequence[UUID], actor: Actor) -> list[UUID]:
    """Those of some records that were sent to a clinic where the actor receives people."""
    agencies = receiving(actor)
    if not (individual_ids and agencies):
        return []
    sent = Referral.objects.filter(individual_id__in=individual_ids, clinic__agency_id__in=agencies)
    return list(sent.values_list("individual_id", flat=True))


def individual_by_number(number: str, *, actor: Actor, now: datetime | None = None) -> Individual:
    """The record with this number, if the actor may see it. Raises NotFound."""
    found = visible(actor, now).filter(number=number.strip().upper()).first()
    if found is None:
        raise NotFound(what=f"人员档案 {number}")
    return found


def family(individual: Individual) -> list[UUID]:
    """The record and those merged into it, however deep: whose rows together tell of the person."""
    found = [individual.id]
    level: Iterable[UUID] = [individual.id]
    while level := list(Individual.objects.filter(merged_into_id__in=level).values_list("id", flat=True)):
        found += level
    return found
