"""Rotation 更换密钥: a new version of a response's keys, everything sealed anew, the old version destroyed.

The index key goes with the data key, because whoever holds it can try out names and numbers against the
database; each field is indexed anew as it is sealed anew, and a search asks under both keys meanwhile.
Each step is one transaction, and what it has done stands in its row: killed anywhere, the next one goes on.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from wangge.ground.areas.permission import require
from wangge.ground.journal import services as journal
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.prepared import prepared
from wangge.ground.kernel.problems import DataDestroyed, KeyRotationRunning
from wangge.ground.responses import events
from wangge.ground.responses.keys import key_ring, keys_add, keys_drop_before
from wangge.ground.responses.keystores import key_store
from wangge.ground.responses.models import Rotation, VaultField
from wangge.ground.responses.queries import response_by_id
from wangge.ground.responses.vault import seal_anew

BATCH = 500
# Fields are sealed before the transaction that writes them. So long after the change nobody can still hold some that
# were sealed under the old keys; only then is the last look taken and the old version destroyed.
GRACE = timedelta(hours=1)


@transaction.atomic
def rotation_begin(*, actor: Actor, response_id: UUID, now: datetime) -> Rotation:
    """Begin to change the keys of a response. Raises KeyRotationRunning where they are being changed already."""
    response = response_by_id(response_id)
    require(actor, "key.rotate", response.area_id)
    if response.destroyed_at is not None:
        raise DataDestroyed()
    version = key_ring(response_id).current + 1
    total = VaultField.objects.filter(response_id=response_id).count()
    try:
        with transaction.atomic():
            rotation = Rotation.objects.create(
                response_id=response_id,
                version=version,
                begun_by_id=actor.person_id,
                begun_at=now,
                next_at=now,
                total=total,
            )
    except IntegrityError:
        running = Rotation.objects.get(response_id=response_id, finished_at__isnull=True)
        raise KeyRotationRunning(done=running.done, total=running.total) from None
    _record(events.KEYS_ROTATING, rotation, actor, now, version=version)
    return rotation


def rotations_due(*, actor: Actor, now: datetime) -> int:
    """Do one step of each rotation that is due; how many fields were sealed anew, or rotations ended."""
    require(actor, "key.rotate", None)
    return sum(rotation_step(actor=actor, rotation_id=rotation.id, now=now) for rotation in _due(now))


@prepared
def _due(now: datetime) -> QuerySet[Rotation]:
    return Rotation.objects.filter(finished_at__isnull=True, next_at__lte=now).order_by("next_at")


@transaction.atomic
def rotation_step(*, actor: Actor, rotation_id: UUID, now: datetime) -> int:
    """Do one step: the new keys, a batch of fields, or the end; 0 where another process is at it or nothing is due."""
    require(actor, "key.rotate", None)
    rows = Rotation.objects.select_for_update(skip_locked=True)
    rotation = rows.filter(id=rotation_id, finished_at__isnull=True, next_at__lte=now).first()
    if rotation is None:
        return 0
    if rotation.current_at is None:
        keys_add(rotation.response_id, rotation.version)
        # Until every process knows the new keys, nothing is sealed under them that some could not find.
        rotation.current_at, rotation.next_at = now, now + key_store().remembered
        done = 1
    else:
        done = _seal_batch(rotation) or _end(rotation, actor, now)
    rotation.save()
    return done


def _left(rotation: Rotation) -> QuerySet[VaultField]:
    return VaultField.objects.filter(response_id=rotation.response_id, key_version__lt=rotation.version)


def _seal_batch(rotation: Rotation) -> int:
    rows = _left(rotation).order_by("id")
    if rotation.last_id is not None:
        rows = rows.filter(id__gt=rotation.last_id)
    # A field that somebody is changing right now is passed over; the walk is done again before the end.
    batch = list(rows.select_for_update(skip_locked=True)[:BATCH])
    if batch:
        rotation.damaged += seal_anew(batch)
        rotation.done += len(batch)
        rotation.last_id = batch[-1].id
    return len(batch)


def _end(rotation: Rotation, actor: Actor, now: datetime) -> int:
    assert rotation.current_at is not None
    rotation.last_id = None
    if now < rotation.current_at + GRACE:
        rotation.next_at = rotation.current_at + GRACE
        return 0
    if _left(rotation).exists():
        return 1
    keys_drop_before(rotation.response_id, rotation.version)
    rotation.finished_at = now
    _record(
        events.KEYS_ROTATED,
        rotation,
        actor,
        now,
        version=rotation.version,
        fields=rotation.done,
        damaged=rotation.damaged,
    )
    return 1


def _record(event: str, rotation: Rotation, actor: Actor, now: datetime, **data: int) -> None:
    response = response_by_id(rotation.response_id)
    journal.record(
        event,
        at=now,
        actor_id=actor.person_id,
        area_id=response.area_id,
        subject_id=response.id,
        response_id=response.id,
        exercise=response.exercise,
        **data,
    )


def rotation_running(response_id: UUID) -> Rotation | None:
    """The rotation of a response that has not ended, if there is one."""
    return Rotation.objects.filter(response_id=response_id, finished_at__isnull=True).first()


def rotations_unfinished() -> list[Rotation]:
    """The rotations that have not ended, of all responses."""
    return list(Rotation.objects.filter(finished_at__isnull=True).select_related("response").order_by("begun_at"))
