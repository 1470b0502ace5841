"""What a clinic has before it: who was sent and has to be answered on, and its beds."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F, Q

from wangge.duties.observation.models import Facility, Individual, Referral, Room
from wangge.duties.observation.queries.cards import Card, cards, receiving
from wangge.duties.observation.rules import CLINIC_SEES_AFTER
from wangge.ground.areas.permission import may
from wangge.ground.areas.queries import covered
from wangge.ground.areas.tree import tree
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotPermitted
from wangge.ground.responses import vault

ENDED = ("answered", "declined", "cancelled")
MOST = 300
# Those there wait for an answer first, then those who wait to be taken, then those on their way.
URGENT = ("arrived", "examined", "asked", "on_way", "accepted")


@dataclass(frozen=True)
class Sent:
    """Somebody sent to a clinic: the referral, who it is as far as may be shown, and the words that came along."""

    referral: Referral
    card: Card
    words: dict[str, str]


@dataclass(frozen=True)
class Clinic:
    """The page of a clinic: open referrals in the order of urgency, those answered lately, and the rooms."""

    waiting: list[Sent]
    lately: list[Sent]
    rooms: list[Room]


def clinic(*, actor: Actor, now: datetime) -> Clinic:
    """Everything that waits for the clinics whose agency the actor belongs to; a fixed number of queries."""
    agencies = {grant.agency_id for grant in actor.grants if "clinic.answer" in grant.verbs and grant.agency_id}
    if not agencies:
        raise NotPermitted(verb="clinic.answer")
    sent = Referral.objects.filter(clinic__agency_id__in=agencies).select_related("individual", "clinic", "room")
    known = Q(answered_at__gt=now - CLINIC_SEES_AFTER) | Q(result="confirmed", individual__state="active")
    lately = sent.filter(known, stage__in=["answered", "declined"]).order_by("-answered_at", "-id")
    waiting = sorted(
        sent.exclude(stage__in=ENDED).order_by("asked_at", "id")[:MOST], key=lambda one: URGENT.index(one.stage)
    )
    shown = shown_as([*waiting, *lately[:MOST]], actor=actor)
    rooms = Room.objects.filter(facility__agency_id__in=agencies, facility__closed_at=None, closed=False)
    return Clinic(
        [one for one in shown if one.referral.stage not in ENDED],
        [one for one in shown if one.referral.stage in ENDED],
        list(rooms.select_related("facility").order_by("facility__name", "name")),
    )


def shown_as(referrals: Iterable[Referral], *, actor: Actor) -> list[Sent]:
    """Referrals with the masked card of the person and the words in the vault, which are for the clinic, too."""
    rows, own = list(referrals), receiving(actor)
    people: dict[UUID, Individual] = {row.individual_id: row.individual for row in rows}
    by_id = {card.individual.id: card for card in cards(list(people.values()), actor=actor)}
    open_to = [
        row.id for row in rows if row.clinic.agency_id in own or may(actor, "vault.view", row.individual.area_id)
    ]
    words = vault.shown(open_to) if open_to else {}
    return [Sent(row, by_id[row.individual_id], words.get(row.id, {})) for row in rows]


def own_clinics(actor: Actor) -> list[UUID]:
    """The clinics and wards that the actor answers for; no query for anybody else."""
    agencies = {grant.agency_id for grant in actor.grants if "clinic.answer" in grant.verbs and grant.agency_id}
    return list(Facility.objects.filter(agency_id__in=agencies).values_list("id", flat=True)) if agencies else []


def clinics_near(area_id: UUID) -> list[Facility]:
    """The open clinics and wards that somebody of an area can be sent to, the nearest first."""
    found = Facility.objects.filter(
        kind__in=["clinic", "ward"], closed_at=None, agency__isnull=False, area_id__in=covered(tree().root().id)
    )
    steps = tree().superiors(area_id)
    return sorted(found.order_by("name"), key=lambda one: steps.get(one.area_id, len(steps) + 1))


def rooms_of(agencies: Iterable[UUID]) -> list[tuple[UUID, str]]:
    """The rooms with a free bed of the clinics that some agencies run, with what they are called."""
    rooms = Room.objects.filter(
        facility__agency_id__in=list(agencies), facility__closed_at=None, closed=False, taken__lt=F("beds")
    )
    found = rooms.select_related("facility").order_by("facility__name", "name")
    return [(room.id, f"{room.facility.name} {room.name}") for room in found]
