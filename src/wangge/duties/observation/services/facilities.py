"""Facilities 场所 and their rooms: opened, closed, and beds taken and freed by compare-and-set."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import F

from wangge.duties.observation import events
from wangge.duties.observation.models import Facility, Room
from wangge.ground.areas.permission import require
from wangge.ground.journal import services as journal
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import FacilityOccupied, InputInvalid, NoBedFree, NotFound

KINDS = {code for code, _ in Facility._meta.get_field("kind").choices or []}
MOST_BEDS = 500


def facility_open(
    *, actor: Actor, area_id: UUID, name: str, kind: str, now: datetime, agency_id: UUID | None = None
) -> Facility:
    """Open a place, or open one of this name again."""
    require(actor, "facility.manage", area_id)
    name = name.strip()
    if not 0 < len(name) <= 80:
        raise InputInvalid(
            field="name", why_zh="请填写名称（80 字以内）。", why_en="Give a name, 80 characters at most."
        )
    if kind not in KINDS:
        raise InputInvalid(field="kind", why_zh="没有这种场所。", why_en="There is no such kind of place.")
    with transaction.atomic():
        facility, made = Facility.objects.get_or_create(
            area_id=area_id, name=name, defaults={"kind": kind, "agency_id": agency_id, "opened_at": now}
        )
        if made or Facility.objects.filter(id=facility.id, closed_at__isnull=False).update(closed_at=None):
            facility.closed_at = None
            _tell(facility, events.FACILITY_OPENED, actor=actor, now=now)
    return facility


@transaction.atomic
def facility_close(*, actor: Actor, facility_id: UUID, now: datetime) -> Facility:
    """Close a place in which nobody stays any more. Raises FacilityOccupied."""
    facility = _facility(facility_id, actor=actor)
    Facility.objects.select_for_update(no_key=True).get(id=facility_id)
    people = sum(Room.objects.filter(facility=facility).values_list("taken", flat=True))
    if people:
        raise FacilityOccupied(place=facility.name, people=people)
    if Facility.objects.filter(id=facility.id, closed_at__isnull=True).update(closed_at=now):
        facility.closed_at = now
        _tell(facility, events.FACILITY_CLOSED, actor=actor, now=now)
    return facility


def room_save(*, actor: Actor, facility_id: UUID, name: str, beds: int, now: datetime, closed: bool = False) -> Room:
    """Add a room, or set the beds of the one with this name. Raises FacilityOccupied for fewer beds than people."""
    facility = _facility(facility_id, actor=actor)
    name = name.strip()
    if not 0 < len(name) <= 20:
        raise InputInvalid(field="room", why_zh="请填写房间号（20 字以内）。", why_en="Give the room's number or name.")
    if not 1 <= beds <= MOST_BEDS:
        raise InputInvalid(field="beds", why_zh=f"床位数须为 1 至 {MOST_BEDS}。", why_en=f"From 1 to {MOST_BEDS} beds.")
    with transaction.atomic():
        room, _ = Room.objects.get_or_create(facility=facility, name=name, defaults={"beds": beds})
        still_fits = Room.objects.filter(id=room.id, taken__lte=0 if closed else beds)
        if not still_fits.update(beds=beds, closed=closed):
            raise FacilityOccupied(place=f"{facility.name} {name}", people=Room.objects.get(id=room.id).taken)
        _tell(facility, events.ROOM_CHANGED, actor=actor, now=now, beds=beds, closed=closed)
    room.refresh_from_db()
    return room


def rooms_locked(room_ids: Iterable[UUID | None]) -> None:
    """Lock rooms in one order for all, so that two people who change rooms do not wait for each other for ever."""
    list(Room.objects.select_for_update().filter(id__in=[one for one in room_ids if one]).order_by("id").values("id"))


def take_bed(room_id: UUID) -> Room:
    """Take a free bed, inside the caller's transaction. Raises NoBedFree, NotFound."""
    # The place is locked too: one that is being closed at this moment is waited for, and found closed.
    locked = Room.objects.select_for_update(of=("self", "facility"), no_key=True).select_related("facility")
    room = locked.filter(id=room_id).first()
    if room is None:
        raise NotFound(what="房间")
    if room.closed or room.facility.closed_at or room.taken >= room.beds:
        raise NoBedFree(place=f"{room.facility.name} {room.name}")
    Room.objects.filter(id=room_id).update(taken=F("taken") + 1)
    return room


def free_bed(room_id: UUID) -> None:
    """Give a bed back, inside the caller's transaction."""
    Room.objects.filter(id=room_id, taken__gt=0).update(taken=F("taken") - 1)


def _facility(facility_id: UUID, *, actor: Actor) -> Facility:
    facility = Facility.objects.filter(id=facility_id).first()
    if facility is None:
        raise NotFound(what="场所")
    require(actor, "facility.manage", facility.area_id)
    return facility


def _tell(facility: Facility, type_: str, *, actor: Actor, now: datetime, **data: object) -> None:
    journal.record(
        type_,
        at=now,
        actor_id=actor.person_id,
        area_id=facility.area_id,
        subject_id=facility.id,
        kind=facility.kind,
        **data,
    )
