"""Villages, and those with nobody on duty, as tables."""

from __future__ import annotations

from uuid import UUID

from wangge.doors.desk.listings.asked import PLACE, Asked, listing_of, place_of
from wangge.ground.accounts.queries import villages_uncovered
from wangge.ground.areas.permission import may
from wangge.ground.areas.tree import tree
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.problems import NotPermitted
from wangge.picture.coverage import rules
from wangge.picture.coverage.queries import LEVELS, coverage_ahead
from wangge.picture.tables.services import Listing
from wangge.picture.tables.workbook import Column

VILLAGE_COLUMNS = (*PLACE, Column("类型", 12), Column("责任岗位此刻", 14))
GAP_COLUMNS = (
    *PLACE, Column("情况", 10), Column("自", 17, "instant"), Column("至", 17, "instant"), Column("小时", 8, "number"),
    Column("说明", 44),
)  # fmt: skip
COVERAGE_COLUMNS = (*PLACE, Column("责任岗位此刻", 14))


def _tops(asked: Asked, verb: str) -> list[UUID]:
    """The widest areas in which the actor may do this; only the one asked for where one is named."""
    areas = tree()
    tops = [area for area in asked.actor.area_ids if may(asked.actor, verb, area)]
    if not tops:
        raise NotPermitted(verb=verb)
    if asked.area is not None:
        if not may(asked.actor, verb, asked.area.id):
            raise NotPermitted(verb=verb)
        return [asked.area.id]
    return [top for top in tops if not any(other != top and areas.covers(other, top) for other in tops)]


def coverage(asked: Asked) -> Listing:
    """Villages where nobody is on duty now."""
    gaps, total = villages_uncovered(_tops(asked, "coverage.view"), asked.now)
    rows = ((*place_of(area_id), "无人在岗") for area_id in gaps)
    told = (("时刻", f"{local(asked.now):%Y-%m-%d %H:%M}"), ("村（居）总数", str(total)))
    return listing_of("coverage", "无人在岗的村（居）", "coverage.view", COVERAGE_COLUMNS, rows, asked, *told)


def villages(asked: Asked) -> Listing:
    """All villages, and whether somebody is on duty."""
    areas, tops = tree(), _tops(asked, "coverage.view")
    gaps = set(villages_uncovered(tops, asked.now)[0])
    places = dict.fromkeys(place for top in tops for place in (top, *areas.descendants(top)))
    nodes = [node for place in places if (node := areas.get(place)).level == "village" and not node.ended]
    nodes.sort(key=lambda node: node.code)
    rows = ((*place_of(node.id), node.kind, "无人在岗" if node.id in gaps else "在岗") for node in nodes)
    told = ("时刻", f"{local(asked.now):%Y-%m-%d %H:%M}")
    return listing_of("villages", "村（居）名单", "coverage.view", VILLAGE_COLUMNS, rows, asked, told)


def gaps(asked: Asked) -> Listing:
    """Where in the coming fourteen days nobody, nobody who answered in a drill, or a desk alone can be reached."""
    found = coverage_ahead(actor=asked.actor, area_ids=_tops(asked, "coverage.view"), now=asked.now)
    rows = (
        (
            *place_of(found.villages[gap.place].id), LEVELS[gap.level][1], found.at(gap.first), found.at(gap.last),
            gap.last - gap.first, LEVELS[gap.level][2],
        )
        for gap in rules.gaps(found.level, (rules.NOBODY, rules.SILENT, rules.DESK))
    )  # fmt: skip
    told = (("起", f"{local(found.start):%Y-%m-%d %H:%M}"), ("村（居）总数", str(len(found.villages))))
    return listing_of("gaps", "今后十四天空档", "coverage.view", GAP_COLUMNS, rows, asked, *told)
