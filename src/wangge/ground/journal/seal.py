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
from wangge.ground.journal.readers import START, Position, Reader, events_after, position_of

ENTRY = 24  # bytes a sealed event takes in `Seal.digests`: 8 of id, 16 of digest
GENESIS = bytes(32)
PAGE = 5000


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


def link_of(number: int) -> str:
    """The link of one block, "" where there is no such block; that before the first is known without one."""
    if number == 0:
        return GENESIS.hex()
    link = Seal.objects.filter(number=number).values_list("chain", flat=True).first()
    return bytes(link).hex() if link else ""


class _Walk:
    """The whole journal once, in reading order, handed out up to a position."""

    def __init__(self) -> None:
        self.events = self._pages()
        self.waiting = next(self.events, None)

    def _pages(self) -> Iterator[Event]:
        position = START
        while events := events_after(position, PAGE):
            yield from events
            position = events[-1].position

    def up_to(self, last: Position | None) -> Iterator[Event]:
        """The events from where the walk stands to a position, or to the end."""
        while self.waiting is not None and (last is None or self.waiting.position <= last):
            yield self.waiting
            self.waiting = next(self.events, None)


def _check_block(block: Seal, walk: _Walk, verdict: Verdict) -> None:
    digests = bytes(block.digests)
    kept = {
        int.from_bytes(digests[at : at + 8], "big"): digests[at : at + ENTRY] for at in range(0, len(digests), ENTRY)
    }
    if len(kept) != block.count or block.last_event_id not in kept:
        verdict.broken_blocks.append(block.number)
    for event in walk.up_to((block.last_tx, block.last_event_id)):
        verdict.events += 1
        digest = kept.pop(event.id, None)
        if digest is None:
            verdict.inserted.append(event.id)
        elif digest != entry(event):
            verdict.altered.append(event.id)
    verdict.removed.extend(kept)


def verify() -> Verdict:
    """Hold the whole journal against its chain; reads every event and every block once.

    An event that was moved to another place in the order is both removed and inserted.
    """
    verdict, walk, previous, expected = Verdict(), _Walk(), GENESIS, 1
    sealed_to, last = position_of(SEAL_READER.name), START
    for block in Seal.objects.order_by("number").iterator(chunk_size=50):
        verdict.blocks += 1
        link = chained(previous, bytes(block.digests))
        if block.number != expected or link != bytes(block.chain):
            verdict.broken_blocks.append(block.number)
        _check_block(block, walk, verdict)
        previous, expected, last = bytes(block.chain), block.number + 1, (block.last_tx, block.last_event_id)
    if last < sealed_to:
        # The seal's reader has come further than the chain reaches: blocks were cut off its end.
        verdict.broken_blocks.append(expected)
    verdict.unsealed = sum(1 for _ in walk.up_to(None))
    verdict.events += verdict.unsealed
    verdict.head = previous.hex()
    verdict.broken_blocks = sorted(set(verdict.broken_blocks))
    return verdict
