"""Policy snapshots: what was in force when a matter was received stays with it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from functools import lru_cache
from uuid import UUID

import orjson
from pydantic import ValidationError

from wangge.duties.matters.models import Policy
from wangge.ground.kernel.bulk import one_of, select_rows
from wangge.ground.kernel.calendars import WorkCalendar
from wangge.ground.kernel.problems import PolicyOutdated
from wangge.ground.responses.packs.schema import MatterKind
from wangge.ground.responses.packs.wording import places
from wangge.ground.responses.queries import pack_by_id
from wangge.spine.clocks.rules import Allowance


@dataclass(frozen=True)
class Snapshot:
    """A kind as it stood, the pack it came from, and the surge factor on its clocks; its hash stands for all of it."""

    hash: str
    pack_id: UUID = field(compare=False)
    kind: MatterKind = field(compare=False)
    factor: float = field(compare=False)

    def allowance(self, stage: str, calendar: WorkCalendar) -> Allowance:
        """The time a stage may take, the surge counted in."""
        clock = self.kind.clocks.of(stage)
        seconds = calendar.length(clock.amount, clock.unit).total_seconds() * self.factor
        return Allowance(max(int(seconds), 1), clock.unit)


@lru_cache(maxsize=4096)
def snapshot_of(pack_id: UUID, code: str, factor: float) -> Snapshot:
    """The snapshot of a kind of a loaded pack version, not yet kept; a version never changes, so memory serves."""
    kind = pack_by_id(pack_id).kinds[code]
    content = orjson.dumps(_content(pack_id, kind, factor), option=orjson.OPT_SORT_KEYS)
    return Snapshot(hashlib.sha256(content).hexdigest(), pack_id, kind, factor)


def _content(pack_id: UUID, kind: MatterKind, factor: float) -> dict[str, object]:
    return {"pack": str(pack_id), "kind": kind.model_dump(mode="json"), "factor": factor}


def snapshots_keep(snapshots: set[Snapshot]) -> None:
    """Keep the snapshots that are not kept yet; one statement when all are."""
    hashes = {snapshot.hash: snapshot for snapshot in snapshots}
    kept = {hash_ for (hash_,) in select_rows(Policy, ("hash",), *one_of("hash", hashes))}
    missing = [
        Policy(hash=snapshot.hash, content=_content(snapshot.pack_id, snapshot.kind, snapshot.factor))
        for key, snapshot in hashes.items()
        if key not in kept
    ]
    if missing:
        Policy.objects.bulk_create(missing, ignore_conflicts=True)


@lru_cache(maxsize=4096)
def snapshot_by_hash(hash_: str) -> Snapshot:
    """The snapshot a matter was received under. Raises PolicyOutdated."""
    content = Policy.objects.values_list("content", flat=True).get(hash=hash_)
    try:
        kind = MatterKind.model_validate(content["kind"])
    except ValidationError as error:
        raise PolicyOutdated(why=places(error)) from None
    return Snapshot(hash_, UUID(content["pack"]), kind, content["factor"])
