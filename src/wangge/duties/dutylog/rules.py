"""What an entry of the duty log 台账 must be: pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID

from wangge.ground.kernel.fields import invalid
from wangge.ground.kernel.problems import InputInvalid
from wangge.ground.kernel.text import UNSEEN
from wangge.ground.responses.packs.schema import LogKind

NOTE_LIMIT = 2000
EARLIEST_YEAR = 1900
MOST = 10_000_000
# A phone's clock may run a little ahead of ours; what lies further ahead has not happened yet.
CLOCK_TOLERANCE = timedelta(minutes=2)


@dataclass(frozen=True)
class EntryDraft:
    """An entry on its way in. `observed_at` None means just now; `quantities` by the codes of the kind."""

    kind: str
    area_id: UUID
    place_kind: str
    quantities: Mapping[str, int] = field(default_factory=dict)
    observed_at: datetime | None = None
    note: str = ""
    exercise: bool = False


def check_entry(draft: EntryDraft, kind: LogKind | None, now: datetime) -> InputInvalid | None:
    """What is wrong with an entry, the first thing found, or None. Nothing is repaired silently."""
    if kind is None:
        return invalid("kind", f"没有“{draft.kind}”这一台账类别。", f"There is no kind of entry “{draft.kind}”.")
    if draft.place_kind not in {place.code for place in kind.place_kinds}:
        zh, en = (
            f"{kind.name}没有“{draft.place_kind}”这类场所。",
            f"There is no kind of place “{draft.place_kind}” here.",
        )
        return invalid("place_kind", zh, en)
    return check_quantities(draft.quantities, kind) or check_time(draft.observed_at, now) or check_note(draft.note)


def check_quantities(quantities: Mapping[str, int], kind: LogKind) -> InputInvalid | None:
    """Whole numbers from 0 up, none unknown, the main one given."""
    known = {quantity.code: quantity for quantity in kind.quantities}
    for code, value in quantities.items():
        if code not in known:
            return invalid(str(code), f"{kind.name}没有这个数量。", "This kind of entry has no such quantity.")
        if type(value) is not int or not 0 <= value <= MOST:
            zh, en = (
                f"{known[code].name}应为 0 至 {MOST} 的整数。",
                f"{known[code].name_en}: a whole number, 0 to {MOST}.",
            )
            return invalid(code, zh, en)
    if kind.main.code not in quantities:
        return invalid(kind.main.code, f"请填写{kind.main.name}。", f"{kind.main.name_en} is needed.")
    return None


def check_time(observed_at: datetime | None, now: datetime) -> InputInvalid | None:
    """An instant with its zone that has passed."""
    if observed_at is None:
        return None
    if observed_at.tzinfo is None:
        return invalid("observed_at", "时间须带时区。", "The time needs a zone.")
    if observed_at.year < EARLIEST_YEAR:
        return invalid("observed_at", "时间不合常理。", "The time makes no sense.")
    if observed_at > now + CLOCK_TOLERANCE:
        return invalid(
            "observed_at", "时间晚于现在，请核对手机时钟。", "This lies in the future; check the phone's clock."
        )
    return None


def check_note(note: str, field_name: str = "note") -> InputInvalid | None:
    """A note of bearable length without invisible characters."""
    if len(note) > NOTE_LIMIT:
        return invalid(field_name, f"不能超过 {NOTE_LIMIT} 个字符。", f"No more than {NOTE_LIMIT} characters.")
    if UNSEEN.search(note):
        return invalid(field_name, "含有不可见的控制字符，请删除后重试。", "It contains control characters.")
    return None
