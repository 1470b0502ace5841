"""The duty log as a table."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from wangge.doors.desk.listings.asked import (
    NO_FILTER,
    PLACE,
    Asked,
    Rows,
    kind_name,
    kind_told,
    listing_of,
    place_of,
    walk,
)
from wangge.duties.dutylog import queries as dutylog
from wangge.ground.responses.packs.schema import Pack
from wangge.picture.tables.services import Listing
from wangge.picture.tables.workbook import Column

if TYPE_CHECKING:
    from wangge.duties.dutylog.models import Entry


def log(asked: Asked) -> Listing:
    """Entries with a column for each quantity."""
    quantities = _quantities(asked)
    columns = (
        Column("记录时间", 17, "instant"), Column("开展时间", 17, "instant"), *PLACE, Column("工作类别", 18),
        Column("场所", 18), *(Column(name, 12, "number") for name in quantities), Column("记录人", 12),
        Column("单位", 24), Column("状态", 10), Column("演练", 6),
    )  # fmt: skip
    told = (kind_told(asked), ("记录人", "本人" if asked.own else NO_FILTER))
    return listing_of("log", "工作台账", "figure.view", columns, _log_rows(asked, quantities), asked, *told)


def _quantities(asked: Asked) -> list[str]:
    """The headings of the quantities of the kinds shown; kinds that call one alike share a column."""
    kinds = [asked.pack.log_kinds[asked.kind]] if asked.kind in asked.pack.log_kinds else asked.pack.log_kinds.values()
    return list(dict.fromkeys(_quantity_heading(item) for kind in kinds for item in kind.quantities))


def _quantity_heading(item: Any) -> str:
    return f"{item.name}（{item.unit}）"


def _log_rows(asked: Asked, quantities: Sequence[str]) -> Rows:
    for page in walk(
        partial(dutylog.entries, actor=asked.actor, kind=asked.kind, area_id=asked.area_id, own=asked.own)
    ):
        yield from (_entry_row(entry, asked.pack, quantities) for entry in page.entries)


def _entry_row(entry: Entry, pack: Pack, quantities: Sequence[str]) -> Sequence[Any]:
    kind = pack.log_kinds.get(entry.kind)
    known = {_quantity_heading(item): item.code for item in kind.quantities} if kind else {}
    numbers = [entry.quantities.get(known[name]) if name in known else None for name in quantities]
    place = (
        next((item.name for item in kind.place_kinds if item.code == entry.place_kind), entry.place_kind)
        if kind
        else ""
    )
    state = "冲正条目" if entry.sign < 0 else ("已被冲正" if getattr(entry, "countered", False) else "")
    return (
        entry.received_at, entry.observed_at, *place_of(entry.area_id), kind_name(entry.kind, pack), place,
        *(number if number is None else number * entry.sign for number in numbers),
        entry.person.display_name if entry.person else "", entry.agency.name if entry.agency else "", state,
        "演练" if entry.exercise else "",
    )  # fmt: skip
