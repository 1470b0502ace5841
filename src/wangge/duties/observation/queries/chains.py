"""Chains of contact 接触链: whom a case met, whom those met, and who infected whom."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from wangge.duties.observation.models import Contact, Individual
from wangge.duties.observation.queries.cards import Card, cards, family, visible
from wangge.ground.areas.permission import may
from wangge.ground.kernel.permission import Actor
from wangge.ground.responses import vault

MOST = 500


@dataclass
class Link:
    """Somebody on a list: the edge, who it is, what evidence says, and whom they met in turn."""

    contact: Contact
    card: Card
    evidence: str = ""
    further: list[Link] = field(default_factory=list)


@dataclass(frozen=True)
class Chain:
    """The contacts of somebody, and the cases that they were exposed to; `elsewhere` counts those not shown here."""

    contacts: list[Link]
    exposures: list[Link]
    elsewhere: int


def chain(individual: Individual, *, actor: Actor, now: datetime) -> Chain:
    """Two levels of contacts, and those whom the person was a contact of; a fixed number of queries."""
    people = family(individual)
    near = list(Contact.objects.filter(case_id__in=people).order_by("listed_at", "id")[:MOST])
    far = list(
        Contact.objects.filter(case_id__in=[edge.exposed_id for edge in near])
        .exclude(exposed_id__in=people)
        .order_by("listed_at", "id")[:MOST]
    )
    before = list(Contact.objects.filter(exposed_id__in=people).order_by("-infector", "listed_at", "id")[:MOST])
    wanted = {edge.exposed_id for edge in (*near, *far)} | {edge.case_id for edge in before}
    shown = {
        card.individual.id: card
        for card in cards(list(visible(actor, now).filter(id__in=wanted).order_by("id")), actor=actor)
    }
    said = _evidence([*near, *before], individual, actor)
    contacts = _links(near, "exposed_id", shown, said)
    by_case: dict[UUID, list[Link]] = {}
    for link in _links(far, "exposed_id", shown, {}):
        by_case.setdefault(link.contact.case_id, []).append(link)
    for link in contacts:
        link.further = by_case.get(link.contact.exposed_id, [])
    exposures = _links(before, "case_id", shown, said)
    hidden = len(near) + len(before) - len(contacts) - len(exposures)
    return Chain(contacts, exposures, hidden)


def _links(edges: Iterable[Contact], side: str, shown: dict[UUID, Card], said: dict[UUID, str]) -> list[Link]:
    return [
        Link(edge, shown[getattr(edge, side)], said.get(edge.id, "")) for edge in edges if getattr(edge, side) in shown
    ]


def _evidence(edges: list[Contact], individual: Individual, actor: Actor) -> dict[UUID, str]:
    if not edges or not may(actor, "vault.view", individual.area_id):
        return {}
    found = vault.masked(actor=actor, area_id=individual.area_id, subject_ids=[edge.id for edge in edges])
    return {edge_id: fields.get("evidence", "") for edge_id, fields in found.items()}
