"""Venues as a table, the contacts masked as on the page."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

from wangge.doors.desk.listings.asked import NO_FILTER, PLACE, Asked, Rows, listing_of, place_of, walk
from wangge.duties.venues.queries import register
from wangge.ground.responses.packs.venues import VenuesDef
from wangge.picture.tables.services import Listing
from wangge.picture.tables.workbook import Column

if TYPE_CHECKING:
    from wangge.duties.venues.models import Venue

VENUE_COLUMNS = (
    Column("编号", 26), Column("名称", 28), Column("类别", 14), Column("GA/T 852.1", 10), *PLACE, Column("地址", 28),
    Column("规模", 8, "number"), Column("状态", 10), Column("经营者", 16), Column("联系人", 10), Column("联系电话", 16),
    Column("上次检查", 17, "instant"), Column("复查期限", 17, "instant"), Column("经度", 11), Column("纬度", 11),
    Column("演练", 6),
)  # fmt: skip


def venues(asked: Asked) -> Listing:
    """Venues, narrowed as the page is."""
    _, plan = register.pack_for(asked.response.id)
    kind = asked.kind if asked.kind in plan.kinds else ""
    told = (
        ("类别", plan.kinds[kind].name if kind else NO_FILTER),
        ("状态", asked.state or "在册"),
        ("待复查", "是" if asked.recheck else NO_FILTER),
    )
    return listing_of("venues", "场所台账", "venue.view", VENUE_COLUMNS, _rows(asked, kind, plan), asked, *told)


def _rows(asked: Asked, kind: str, plan: VenuesDef) -> Rows:
    for page in walk(
        partial(
            register.venues,
            actor=asked.actor,
            response_id=asked.response.id,
            group=asked.group,
            kind=kind,
            state=asked.state,
            area_id=asked.area_id,
            text=asked.text,
            recheck=asked.recheck,
        )
    ):
        private = register.private_of(page.venues, actor=asked.actor)
        yield from (_row(one, private.get(one.id, {}), plan) for one in page.venues)


def _row(one: Venue, private: Mapping[str, str], plan: VenuesDef) -> Sequence[Any]:
    kind = plan.kinds.get(one.kind)
    return (
        one.number, one.name, kind.name if kind else one.kind, kind.standard if kind else "", *place_of(one.area_id),
        one.address, one.size, one.get_state_display(), *(private.get(name, "") for name in register.PERSONAL),
        one.last_visit_at, one.recheck_due_at, "" if one.lon is None else str(one.lon),
        "" if one.lat is None else str(one.lat), "演练" if one.exercise else "",
    )  # fmt: skip
