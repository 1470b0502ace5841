"""The seal: a hash chain over the journal, so that nothing altered, removed or inserted goes unseen.

Blocks of events in reading order are digested and chained. `verify` walks the whole journal once
and names each event that does not agree. Whoever can rewrite the database can rewrite the chain,
so the head is printed on bulletins and by `wangge journal verify`: a head noted on paper cannot
be rewritten.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from wangge.ground.journal.models import Event, Seal
from wangge.ground.journal.readers import Position, Reader, events_after

ENTRY = 24  # bytes a sealed event takes in `Seal.digests`: 8 of id, 16 of digest
GENESIS = bytes(32)


@dataclass
class Verdict:
    """What a verification found; `ok` when the journal agrees with its chain."""

    events: int = 0
    blocks: int = 0
    head: str = GENESIS.hex()
    unsealed: int = 0
    altered: list[int] = field(default_factory=list)
    removed: list[int] = field(default_factory=list)
    inserted: list[int] = field(default_factory=list)
    broken_blocks: list[int] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not (self.altered or self.removed or self.inserted or self.broken_blocks)


def _instant(value: datetime | None) -> str | None:
    return value.astimezone(UTC).isoformat(timespec="microseconds") if value else None


def canonical(event: Event) -> bytes:
    """The bytes that are digested: every field but the transaction number, which a restore renumbers."""
    fields: list[Any] = [
        event.id,
        event.type,
        _instant(event.at),
        _instant(event.observed_at),
        *(value.hex if value else None for value in (event.actor_id, event.area_id, event.subject_id)),
        event.response_id.hex if event.response_id else None,
        event.exercise,
        event.data,
    ]
    return json.dumps(fields, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()


def entry(event: Event) -> bytes:
    """What a block keeps of an event."""
    return event.id.to_bytes(8, "big") + hashlib.sha256(canonical(event)).digest()[:16]


def chained(previous: bytes, digests: bytes) -> bytes:
    """The link of a block, from the link before it."""
    return hashlib.sha256(previous + digests).digest()


def seal_block(events: list[Event], now: datetime) -> None:
    """Seal the next events as one block; called by the seal's reader in its transaction."""
    last = Seal.objects.order_by("-number").values_list("number", "chain").first()
    number, previous = (last[0] + 1, bytes(last[1])) if last else (1, GENESIS)
    digests = b"".join(map(entry, events))
    tx, event_id = events[-1].position
    Seal.objects.create(
        number=number,
        count=len(events),
        last_tx=tx,
        last_event_id=event_id,
        digests=digests,
        chain=chained(previous, digests),
        sealed_at=now,
    )


SEAL_READER = Reader("seal", seal_block)


def head_of_chain() -> tuple[int, str]:
    """The number and link of the newest block, to be noted outside the database."""
    last = Seal.objects.order_by("-number").values_list("number", "chain").first()
    return (last[0], bytes(last[1]).hex()) if last else (0, GENESIS.hex())


class _Sealed:
    """The ids met in the chain, one bit each: ten million events take little more than a megabyte."""

    def __init__(self) -> None:
        self.bits = bytearray()

    def add(self, number: int) -> None:
        place = number >> 3
        if place >= len(self.bits):
            self.bits.extend(bytes(max(place + 1 - len(self.bits), len(self.bits))))
        self.bits[place] |= 1 << (number & 7)

    def __contains__(self, number: int) -> bool:
        place = number >> 3
        return place < len(self.bits) and bool(self.bits[place] & (1 << (number & 7)))


def _check_block(block: Seal, verdict: Verdict, sealed: _Sealed) -> None:
    digests = bytes(block.digests)
    kept = {
        int.from_bytes(digests[at : at + 8], "big"): digests[at : at + ENTRY] for at in range(0, len(digests), ENTRY)
    }
    found = {event.id: entry(event) for event in Event.objects.filter(id__in=list(kept))}
    for number, digest in kept.items():
        sealed.add(number)
        if number not in found:
            verdict.removed.append(number)
        elif found[number] != digest:
            verdict.altered.append(number)
    if len(kept) != block.count:
        verdict.broken_blocks.append(block.number)


def _every_event() -> Iterator[Event]:
    position: Position = (-(2**62), 0)
    while events := events_after(position, 5000):
        yield from events
        position = events[-1].position


def verify() -> Verdict:
    """Hold the whole journal against its chain; reads every event and every block once."""
    verdict, sealed, previous = Verdict(), _Sealed(), GENESIS
    last: Position | None = None
    for block in Seal.objects.order_by("number").iterator(chunk_size=50):
        verdict.blocks += 1
        link = chained(previous, bytes(block.digests))
        if block.number != verdict.blocks or link != bytes(block.chain):
            verdict.broken_blocks.append(block.number)
        _check_block(block, verdict, sealed)
        previous, last = bytes(block.chain), (block.last_tx, block.last_event_id)
    for event in _every_event():
        verdict.events += 1
        if event.id in sealed:
            continue
        if last is not None and event.position <= last:
            verdict.inserted.append(event.id)
        else:
            verdict.unsealed += 1
    verdict.head = previous.hex()
    return verdict
