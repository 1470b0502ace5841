"""People on record: one put there, one read. Personal fields come masked, as everywhere."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Router
from ninja.responses import Status
from pydantic import AwareDatetime, BaseModel, Field

from wangge.doors.api.calls import actor_of_call, area_named, once, response_named
from wangge.doors.api.schemas import Input
from wangge.duties.observation.queries.cards import Card, cards, individual_by_number
from wangge.duties.observation.services.records import LegDraft, RecordDraft, individual_register
from wangge.ground.areas.tree import tree
from wangge.ground.kernel.permission import Actor

router = Router(tags=["people"])
Role = Literal["arrival", "close_contact", "secondary_contact", "suspected", "confirmed"]
Document = Literal["id_card", "hk_mo_permit", "tw_permit", "residence_permit", "passport", "none"]
Transport = Literal["train", "coach", "plane", "car", "ship", "other"]


class LegIn(Input):
    """One leg of a journey 行程; `vehicle` is the number of the train or flight, and the seat."""

    on: date
    transport: Transport = "other"
    departed_from: str = Field(default="", max_length=60)
    arrived_at: str = Field(default="", max_length=60)
    vehicle: str = Field(default="", max_length=60)


class PersonIn(Input):
    """Somebody to be put on record 建档: a name, a document or a telephone at least.

    Somebody on record already is a problem `record-known`, unless the caller knows it is `not_the_same`.
    """

    role: Role
    area: str = Field(max_length=20)
    name: str = Field(default="", max_length=60)
    document_kind: Document = "none"
    document: str = Field(default="", max_length=40)
    phones: list[str] = Field(default=[], max_length=2)
    address: str = Field(default="", max_length=200)
    origin: str = Field(default="", max_length=60)
    arrived_on: date | None = None
    last_exposure_on: date | None = None
    onset_on: date | None = None
    household_of: str = Field(default="", max_length=40)
    legs: list[LegIn] = Field(default=[], max_length=20)
    note: str = Field(default="", max_length=2000)
    response: str = Field(default="", max_length=40)
    exercise: bool = False
    not_the_same: bool = False


class PersonOut(BaseModel):
    """A record; `private` holds masked fields, and is empty where the caller does not look into the vault."""

    number: str
    role: str
    state: str
    area: str
    area_name: str
    document_kind: str
    origin: str
    arrived_on: date | None
    last_exposure_on: date | None
    onset_on: date | None
    identified_at: AwareDatetime
    notified_at: AwareDatetime | None
    merged_into: str
    exercise: bool
    version: int
    private: dict[str, str]


def person_out(card: Card) -> PersonOut:
    """A record as the API gives it."""
    one = card.individual
    return PersonOut(
        number=one.number,
        role=one.role,
        state=one.state,
        area=tree().get(one.area_id).code,
        area_name=tree().path_name(one.area_id),
        document_kind=one.document_kind,
        origin=one.origin,
        arrived_on=one.arrived_on,
        last_exposure_on=one.last_exposure_on,
        onset_on=one.onset_on,
        identified_at=one.identified_at,
        notified_at=one.notified_at,
        merged_into=one.merged_into.number if one.merged_into else "",
        exercise=one.exercise,
        version=one.version,
        private=card.private,
    )


@router.post("", response={201: PersonOut}, summary="建档 · put somebody on record")
def register(request: HttpRequest, payload: PersonIn) -> Status[dict[str, Any]]:
    """Put a person on record. The header Idempotency-Key is required."""

    def work(actor: Actor, now: datetime) -> PersonOut:
        home = individual_by_number(payload.household_of, actor=actor).id if payload.household_of else None
        told = payload.model_dump(exclude={"area", "phones", "legs", "household_of", "response", "not_the_same"})
        draft = RecordDraft(
            area_id=area_named(payload.area).id,
            phones=tuple(payload.phones),
            legs=tuple(LegDraft(**leg.model_dump()) for leg in payload.legs),
            household_of=home,
            **told,
        )
        individual = individual_register(
            actor=actor,
            response_id=response_named(payload.response),
            draft=draft,
            now=now,
            not_the_same=payload.not_the_same,
        )
        [card] = cards([individual], actor=actor)
        return person_out(card)

    return once(request, payload, 201, work)


@router.get("/{number}", response=PersonOut, summary="档案 · one record")
def person(request: HttpRequest, number: str) -> PersonOut:
    """One record by its number."""
    actor = actor_of_call(request)
    [card] = cards([individual_by_number(number, actor=actor)], actor=actor)
    return person_out(card)
