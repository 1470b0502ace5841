"""Taking lists out of the system 导出, as Excel or as CSV."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction

from wangge.ground.journal import services as journal
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotPermitted
from wangge.picture.tables import events
from wangge.picture.tables.csvfile import csv_pieces
from wangge.picture.tables.workbook import Column, Facts, Sheet, workbook_pieces

MASKED = "内容与页面所示相同，个人信息同样遮盖；本次导出已记入日志。"
CLEAR = "含完整个人信息，逐条记入查阅记录；须妥善保管，用完即删，不得转发。"


@dataclass(frozen=True)
class Listing:
    """A list to be written: its rows come from the query that the page shows, asked as the same person.

    `verb` is what the page asks for, `filters` the codes that narrow it, `told` the same in words. `clear` says that
    personal data stands in it whole, for whose rows the looks are kept.
    """

    code: str
    name: str
    verb: str
    columns: Sequence[Column]
    rows: Iterable[Sequence[object]]
    filters: Mapping[str, str]
    told: Sequence[tuple[str, str]]
    area_id: UUID | None = None
    response_id: UUID | None = None
    clear: bool = False


def list_export(*, actor: Actor, listing: Listing, now: datetime, as_csv: bool = False) -> Generator[bytes]:
    """A list as Excel, in pieces, with a sheet that says what, by whom and when; or as CSV, which is the rows alone.

    Permission is that of the list: its query gives nobody more than the page does, and whoever has the verb
    nowhere is refused. The journal hears the list, its filters and the number of rows: when the last piece has
    been taken, or when whoever took them goes away before.
    """
    if not any(listing.verb in grant.verbs for grant in actor.grants):
        raise NotPermitted(verb=listing.verb)
    return _pieces(actor, listing, now, as_csv)


def _pieces(actor: Actor, listing: Listing, now: datetime, as_csv: bool) -> Generator[bytes]:
    counted = [0]
    try:
        if as_csv:
            yield from csv_pieces(listing.columns, _counted(listing.rows, counted))
        else:
            yield from workbook_pieces(_sheets(listing, actor, now, counted), made_at=now, title=listing.name)
    finally:
        with transaction.atomic():
            journal.record(
                events.EXPORTED,
                at=now,
                actor_id=actor.person_id,
                area_id=listing.area_id,
                response_id=listing.response_id,
                list=listing.code,
                rows=counted[0],
                **({"clear": "yes"} if listing.clear else {}),
                **{key: value for key, value in listing.filters.items() if value},
            )


def _sheets(listing: Listing, actor: Actor, now: datetime, counted: list[int]) -> Iterator[Sheet | Facts]:
    yield Sheet(listing.name, listing.columns, _counted(listing.rows, counted))
    lines = [
        ("列表", listing.name),
        *listing.told,
        ("行数", str(counted[0])),
        ("导出人", actor.name),
        ("导出时间", f"{local(now):%Y-%m-%d %H:%M:%S}"),
        ("说明", CLEAR if listing.clear else MASKED),
    ]
    yield Facts("导出说明", lines)


def _counted(rows: Iterable[Sequence[object]], counted: list[int]) -> Iterator[Sequence[object]]:
    for row in rows:
        counted[0] += 1
        yield row
