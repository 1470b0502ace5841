"""The vault: the only place where personal data is kept.

Every field is sealed with AES-256-GCM under its response's key, bound to its response, row, field
name and kind, so that ciphertexts cannot be moved about and a name cannot be made a text that is
shown; exact search goes through a keyed index.
What leaves the vault is masked, unless somebody with the right says why they need it whole.
"""

from __future__ import annotations

import hmac
import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from cryptography.exceptions import InvalidTag
from django.db import transaction
from django.db.models import Count
from django.utils.translation import gettext

from wangge.ground.areas.permission import require, role_for
from wangge.ground.journal import services as journal
from wangge.ground.kernel.bulk import insert_rows, one_of, select_rows
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import DataDestroyed, InputInvalid, VaultDamaged, VaultLocked
from wangge.ground.responses.events import UNMASKED
from wangge.ground.responses.keys import KeyRing, key_ring
from wangge.ground.responses.models import Response, Unmasking, VaultField
from wangge.ground.responses.rules import mask, normal, searchable

SealedRow = tuple[UUID, UUID, str, str, int, bytes, bytes | None]
COLUMNS = ("response", "subject_id", "field", "kind", "key_version", "sealed", "index")
ATTRIBUTES = ("response_id", *COLUMNS[1:])
SEALED = ("subject_id", "field", "kind", "key_version", "sealed")
NONCE = 12
BATCH = 1000
DESTROYED = "已销毁"
REASON = "reason"  # the field of an unmasking that says why, in words that may name somebody


class Secret(NamedTuple):
    """A value on its way into the vault: whose it is, which field, of which kind, in clear."""

    subject_id: UUID
    field: str
    kind: str
    value: str


def _bound_to(response_id: UUID, subject_id: UUID, field: str, kind: str) -> bytes:
    return response_id.bytes + subject_id.bytes + f"{field}\0{kind}".encode()


def index_of(response_id: UUID, kind: str, value: str) -> bytes:
    """The keyed digest under which equal values of a kind are found."""
    ring = _ring(response_id)
    return _index(ring.index_keys[ring.current], kind, value)


def _index(key: bytes, kind: str, value: str) -> bytes:
    return hmac.digest(key, f"{kind}:{normal(kind, value)}".encode(), "sha256")[:16]


def _ring(response_id: UUID, version: int = 0) -> KeyRing:
    """The keys of a response. Raises VaultLocked where they are missing, DataDestroyed where they are to be.

    A database that knows of the destruction may lie beside a key store that never saw it.
    """
    try:
        return key_ring(response_id, version)
    except VaultLocked:
        if Response.objects.filter(id=response_id, destroyed_at__isnull=False).exists():
            raise DataDestroyed() from None
        raise


def put_many(*, response_id: UUID, secrets: Iterable[Secret]) -> None:
    """Seal and store fields, inside the caller's transaction; empty values are passed over."""
    keep(sealing(response_id)(secrets))


def sealing(response_id: UUID) -> Callable[[Iterable[Secret]], list[SealedRow]]:
    """What seals fields for a response, to be kept later; empty values are passed over.

    Raises VaultLocked where the key is gone. It is for the batch at hand: the key is not looked at again.
    """
    ring = _ring(response_id)
    encrypt, version, index_key = ring.ciphers[ring.current].encrypt, ring.current, ring.index_keys[ring.current]

    def seal(secrets: Iterable[Secret]) -> list[SealedRow]:
        rows: list[SealedRow] = []
        filled = [secret for secret in secrets if secret.value]
        chance = os.urandom(NONCE * len(filled))  # in one call, which costs as much as one nonce
        for place, (subject_id, field, kind, value) in enumerate(filled):
            nonce = chance[place * NONCE : (place + 1) * NONCE]
            closed = encrypt(nonce, value.encode(), _bound_to(response_id, subject_id, field, kind))
            index = _index(index_key, kind, value) if searchable(kind) else None
            rows.append((response_id, subject_id, field, kind, version, nonce + closed, index))
        return rows

    return seal


def keep(rows: Iterable[SealedRow]) -> None:
    """Store sealed fields, inside the caller's transaction."""
    insert_rows(VaultField, COLUMNS, rows)


def replace(*, response_id: UUID, secrets: Iterable[Secret]) -> None:
    """Set fields to new values, added or overwritten, inside the caller's transaction; an empty one removes its field.

    Of two transactions that set one field at once the later stands. Of a field named twice the last value counts.
    """
    last = {(secret.subject_id, secret.field): secret for secret in secrets}
    empty = [key for key, secret in last.items() if not secret.value]
    for subject_id, field in empty:
        VaultField.objects.filter(response_id=response_id, subject_id=subject_id, field=field).delete()
    # One order for all, so that two at once wait for each other instead of standing in each other's way.
    rows = sealing(response_id)(last[key] for key in sorted(last))
    VaultField.objects.bulk_create(
        [VaultField(**dict(zip(ATTRIBUTES, row, strict=True))) for row in rows],
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["subject_id", "field"],
        update_fields=["response", "kind", "key_version", "sealed", "index"],
    )


def copy_fields(
    *,
    response_id: UUID,
    from_subject: UUID,
    to_subject: UUID,
    fields: Mapping[str, str],
    kinds: Mapping[str, str] | None = None,
) -> None:
    """Seal fields of one subject again under another, inside the caller's transaction, as `replace` does.

    `fields` leads from the old name to the new one, `kinds` from the old name to another kind where it changes.
    What the first subject does not have is passed over. Nobody is shown anything, so nothing is journalled.
    """
    rows = VaultField.objects.filter(response_id=response_id, subject_id=from_subject, field__in=list(fields))
    changed = kinds or {}
    replace(
        response_id=response_id,
        secrets=[
            Secret(to_subject, fields[row.field], changed.get(row.field, row.kind), _open(row))
            for row in rows.order_by("id")
        ],
    )


def _opening() -> Callable[[VaultField], str]:
    """What opens fields; for the batch at hand: the keys of a response are asked for once, not for every field."""
    rings: dict[tuple[UUID, int], KeyRing] = {}

    def opened(row: VaultField) -> str:
        key = row.response_id, row.key_version
        if key not in rings:
            rings[key] = _ring(*key)
        return _open_with(rings[key], row)

    return opened


def _open(row: VaultField) -> str:
    return _open_with(_ring(row.response_id, row.key_version), row)


def _open_with(ring: KeyRing, row: VaultField) -> str:
    bound_to = _bound_to(row.response_id, row.subject_id, row.field, row.kind)
    return _decrypted(ring, row.key_version, bytes(row.sealed), bound_to)


def _decrypted(ring: KeyRing, version: int, sealed: bytes, bound_to: bytes) -> str:
    try:
        return ring.ciphers[version].decrypt(sealed[:NONCE], sealed[NONCE:], bound_to).decode()
    except (KeyError, InvalidTag, ValueError):
        raise VaultDamaged() from None


def masked(*, actor: Actor, area_id: UUID, subject_ids: Iterable[UUID]) -> dict[UUID, dict[str, str]]:
    """The fields of subjects that belong to an area, masked; one query. Destroyed ones say so in words."""
    return masked_many(actor=actor, by_area={area_id: subject_ids})


def masked_many(*, actor: Actor, by_area: Mapping[UUID, Iterable[UUID]]) -> dict[UUID, dict[str, str]]:
    """The fields of subjects by the area they belong to, masked; one query however many areas."""
    wanted: list[UUID] = []
    for area_id, subject_ids in by_area.items():
        require(actor, "vault.view", area_id)
        wanted += subject_ids
    return shown(wanted)


def shown(subject_ids: Iterable[UUID], fields: Collection[str] = ()) -> dict[UUID, dict[str, str]]:
    """The same, of some fields only where they are named; the caller has looked who may see them."""
    found: dict[UUID, dict[str, str]] = {}
    opened, destroyed = _opening(), set[UUID]()
    rows = VaultField.objects.filter(subject_id__in=list(subject_ids))
    for row in (rows.filter(field__in=fields) if fields else rows).order_by("id"):
        found.setdefault(row.subject_id, {})[row.field] = _shown(row, opened, destroyed)
    return found


def _shown(row: VaultField, opened: Callable[[VaultField], str], destroyed: set[UUID]) -> str:
    """A field as it is shown; `destroyed` remembers the responses whose keys were found to be so."""
    if row.response_id not in destroyed:
        try:
            return mask(row.kind, opened(row))
        except DataDestroyed:
            destroyed.add(row.response_id)
    return gettext(DESTROYED)


def unmask(
    *, actor: Actor, area_id: UUID, subject_id: UUID, fields: Iterable[str], reason: str, now: datetime
) -> Mapping[str, str]:
    """The fields of one subject in clear; see `clear_many`."""
    found = clear_many(actor=actor, area_id=area_id, subject_ids=[subject_id], fields=fields, reason=reason, now=now)
    return found.get(subject_id, {})


@transaction.atomic
def clear_many(
    *, actor: Actor, area_id: UUID, subject_ids: Iterable[UUID], fields: Iterable[str], reason: str, now: datetime
) -> dict[UUID, dict[str, str]]:
    """The fields of subjects of an area in clear, for a stated reason; each look is journalled before it is shown.

    A subject without any of the fields is left out: of it nothing is shown and nothing recorded.
    """
    require(actor, "vault.unmask", area_id)
    check_reason(reason)
    rows = VaultField.objects.filter(subject_id__in=list(subject_ids), field__in=list(fields)).order_by("id")
    clear: dict[UUID, dict[str, str]] = {}
    responses: dict[UUID, UUID] = {}
    opened = _opening()
    for row in rows:
        clear.setdefault(row.subject_id, {})[row.field] = opened(row)
        responses[row.subject_id] = row.response_id
    for response_id in set(responses.values()):
        seen = {subject: sorted(held) for subject, held in clear.items() if responses[subject] == response_id}
        _looks_keep(actor, response_id, {subject: (area_id, held) for subject, held in seen.items()}, reason, now)
    return clear


def check_reason(reason: str) -> None:
    """Raise InputInvalid for what is no reason to see full data."""
    if len(reason.strip()) < 4:
        raise InputInvalid(
            field="reason", why_zh="请写明查看完整信息的理由（至少四个字）。", why_en="Say why you need the full data."
        )


@transaction.atomic
def looks_keep(
    *,
    actor: Actor,
    response_id: UUID,
    areas: Mapping[UUID, UUID],
    fields: Sequence[str],
    reason: str,
    now: datetime,
) -> None:
    """Write down that somebody sees fields of subjects in clear, before a table shows what `carried_fields` gave it.

    `areas` says by subject where it belongs; of each one the look is journalled, as `clear_many` does.
    """
    for area_id in set(areas.values()):
        require(actor, "vault.unmask", area_id)
    check_reason(reason)
    _looks_keep(actor, response_id, {subject: (area_id, fields) for subject, area_id in areas.items()}, reason, now)


def _looks_keep(
    actor: Actor,
    response_id: UUID,
    seen: Mapping[UUID, tuple[UUID, Sequence[str]]],
    reason: str,
    now: datetime,
) -> None:
    """Keep and journal who looked at which fields of which subjects, given with their areas."""
    roles = {area_id: role_for(actor, "vault.unmask", area_id) for area_id in {area_id for area_id, _ in seen.values()}}
    looks = [
        Unmasking(
            response_id=response_id,
            person_id=actor.person_id,
            role=roles[area_id],
            area_id=area_id,
            subject_id=subject,
            fields=fields,
            at=now,
        )
        for subject, (area_id, fields) in seen.items()
    ]
    Unmasking.objects.bulk_create(looks)
    journal.record_many(
        journal.draft(
            UNMASKED,
            at=now,
            actor_id=actor.person_id,
            area_id=area_id,
            subject_id=subject,
            response_id=response_id,
            fields=fields,
            reason_given=True,
        )
        for subject, (area_id, fields) in seen.items()
    )
    why = reason.strip()[:200]
    put_many(response_id=response_id, secrets=[Secret(look.id, REASON, "text", why) for look in looks])


def subjects_with(*, actor: Actor, area_id: UUID, response_id: UUID, kind: str, value: str) -> list[UUID]:
    """Whose field of a kind has exactly this value; the caller narrows to what the actor may see."""
    require(actor, "vault.view", area_id)
    return subjects_with_many(response_id=response_id, kind=kind, values=[value])[value][:200]


def carried(*, response_id: UUID, subject_ids: Iterable[UUID]) -> dict[UUID, list[Secret]]:
    """All fields of subjects in clear, for a service that keeps them under another subject; one query.

    Nobody may be shown any of it, so nothing is journalled: who wants to look asks for `unmask`.
    """
    rows = VaultField.objects.filter(response_id=response_id, subject_id__in=list(subject_ids)).order_by("id")
    found: dict[UUID, list[Secret]] = {}
    opened = _opening()
    for row in rows:
        found.setdefault(row.subject_id, []).append(Secret(row.subject_id, row.field, row.kind, opened(row)))
    return found


def carried_fields(
    *, response_id: UUID, subject_ids: Collection[UUID], fields: Collection[str]
) -> dict[UUID, dict[str, str]]:
    """Some fields of subjects in clear, by name, for tables that mask them row by row; one query.

    What is said of `carried` holds for these.
    """
    of_subjects, ids = one_of("subject_id", subject_ids)
    named, names = one_of("field", fields)
    rows = select_rows(VaultField, SEALED, f"{of_subjects} AND {named}", [*ids, *names])
    found: dict[UUID, dict[str, str]] = {}
    rings: dict[int, KeyRing] = {}
    for subject_id, field, kind, version, sealed in rows:
        if version not in rings:
            rings[version] = _ring(response_id, version)
        bound_to = _bound_to(response_id, subject_id, field, kind)
        found.setdefault(subject_id, {})[field] = _decrypted(rings[version], version, sealed, bound_to)
    return found


def fields_held(subject_ids: Iterable[UUID]) -> dict[UUID, set[str]]:
    """Which fields there are of some subjects, without a look at them; one query."""
    found: dict[UUID, set[str]] = {}
    rows = VaultField.objects.filter(subject_id__in=list(subject_ids))
    for subject_id, name in rows.values_list("subject_id", "field"):
        found.setdefault(subject_id, set()).add(name)
    return found


def subjects_with_many(
    *, response_id: UUID, kind: str, values: Sequence[str], among: Collection[UUID] | None = None
) -> dict[str, list[UUID]]:
    """Whose field of a kind has exactly one of these values, by the value as it was asked for; one query.

    `among` narrows it to some subjects, where a value such as a name is shared by many.

    For imports and the search for duplicates: it asks nobody's permission, so its callers narrow what is found
    to what the actor may see before they show any of it.
    """
    keys = _ring(response_id).index_keys.values()  # two while they are being rotated
    digests = {value: [_index(key, kind, value) for key in keys] for value in values}
    wanted = {digest for each in digests.values() for digest in each}
    rows = VaultField.objects.filter(response_id=response_id, index__in=wanted).order_by("id")
    if among is not None:
        rows = rows.filter(subject_id__in=among)
    found: dict[bytes, list[UUID]] = {}
    for index, subject_id in rows.values_list("index", "subject_id"):
        found.setdefault(bytes(index or b""), []).append(subject_id)
    return {
        value: list(dict.fromkeys(subject for digest in each for subject in found.get(digest, ())))
        for value, each in digests.items()
    }


def seal_anew(rows: Sequence[VaultField]) -> int:
    """Seal fields again under their response's current keys, inside the transaction that has locked them.

    What cannot be opened keeps its bytes and is unreadable as before; how many those were.
    """
    damaged = 0
    for row in rows:
        try:
            clear = _open(row)
        except VaultDamaged:
            damaged += 1
            row.key_version = _ring(row.response_id).current
            continue
        secret = Secret(row.subject_id, row.field, row.kind, clear)
        [sealed] = sealing(row.response_id)([secret])
        row.key_version, row.sealed, row.index = sealed[4:]
    VaultField.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["id"], update_fields=["key_version", "sealed", "index"]
    )
    return damaged


def held(response_id: UUID) -> tuple[dict[str, int], int]:
    """What the vault holds of a response: fields by kind, and of how many subjects. Reads every field's row."""
    rows = VaultField.objects.filter(response_id=response_id)
    kinds = dict(rows.order_by("kind").values_list("kind").annotate(count=Count("id")))
    return kinds, rows.aggregate(count=Count("subject_id", distinct=True))["count"]


def opened_of_sample(response_id: UUID, limit: int) -> tuple[int, int]:
    """How many fields of a response were tried, from both ends of the vault, and how many could be opened."""
    rows = VaultField.objects.filter(response_id=response_id)
    sample = {row.id: row for end in ("id", "-id") for row in rows.order_by(end)[: limit // 2]}
    opened = 0
    for row in sample.values():
        with suppress(DataDestroyed, VaultLocked, VaultDamaged):
            _open(row)
            opened += 1
    return len(sample), opened
