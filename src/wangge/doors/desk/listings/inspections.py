"""What stands round venues as tables: today's visits, the day's lodging counts, readiness, orders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any
from uuid import UUID

from wangge.doors.desk.listings.asked import AT_ONCE, NO_FILTER, PLACE, Asked, Rows, listing_of, place_of, walk
from wangge.duties.venues.queries import lodging as counts
from wangge.duties.venues.queries import orders as issued
from wangge.duties.venues.queries import readiness as ready
from wangge.duties.venues.queries import visits
from wangge.duties.venues.queries.register import pack_for
from wangge.ground.areas.permission import require
from wangge.ground.areas.tree import tree
from wangge.ground.kernel.problems import VenuesUnfitted
from wangge.ground.responses.packs.venues import ReadinessRules, VenuesDef
from wangge.picture.tables.services import Listing
from wangge.picture.tables.workbook import Column

VENUE = (Column("编号", 26), Column("名称", 28), Column("类别", 14), *PLACE, Column("地址", 28))
ROUND_COLUMNS = (
    *VENUE, Column("事由", 8), Column("检查类别", 24), Column("到期日", 12, "day"), Column("复查期限", 17, "instant"),
    Column("上次检查", 17, "instant"), Column("上次检查单位", 18),
)  # fmt: skip
LODGING_COLUMNS = (
    *VENUE, Column("上报", 8), Column("在住", 8, "number"), Column("登记", 8, "number"), Column("上传", 8, "number"),
    Column("登记率%", 9, "number"), Column("上传率%", 9, "number"), Column("上报时间", 17, "instant"),
    Column("上报方式", 10),
)  # fmt: skip
READY_COLUMNS = (
    *VENUE, Column("状态", 10), Column("未落实", 40), Column("审批", 40), Column("恢复日期", 12, "day"),
    Column("通过日期", 12, "day"), Column("最近更新", 17, "instant"),
)  # fmt: skip
ORDER_COLUMNS = (
    Column("措施", 8), Column("场所类别", 30), Column("区域", 30), Column("限制内容", 30), Column("发布机关", 24),
    Column("依据", 40), Column("施行时间", 17, "instant"), Column("发布时间", 17, "instant"),
    Column("解除时间", 17, "instant"), Column("演练", 6),
)  # fmt: skip


def _venue(one: Any, plan: VenuesDef) -> tuple[Any, ...]:
    kind = plan.kinds.get(one.kind)
    return one.number, one.name, kind.name if kind else one.kind, *place_of(one.area_id), one.address


def rounds(asked: Asked) -> Listing:
    """What is to be inspected today: re-inspections first, then what has been due longest."""
    pack, plan = pack_for(asked.response.id)
    chosen = [plan.rounds[asked.round]] if asked.round in plan.rounds else None
    told = (("日期", str(asked.today)), ("检查类别", chosen[0].name if chosen else "本岗位的检查"))
    agencies = {code: agency.name for code, agency in pack.agencies.items()}
    rows = (_on_list(one, plan, agencies) for one in _on_lists(asked, plan, chosen))
    return listing_of("rounds", "今日检查", "venue.view", ROUND_COLUMNS, rows, asked, *told)


def _on_lists(asked: Asked, plan: VenuesDef, chosen: Any) -> Iterator[visits.OnList]:
    last: visits.OnList | None = None
    while True:
        page = visits.day_list(
            actor=asked.actor,
            response_id=asked.response.id,
            plan=plan,
            day=asked.today,
            area_id=asked.area_id,
            rounds=chosen,
            after=last.mark if last else None,
            rechecked=last is not None and last.since is not None,
            limit=AT_ONCE,
        )
        yield from page.rows
        last = page.last
        if last is None:
            return


def _on_list(row: visits.OnList, plan: VenuesDef, agencies: dict[str, str]) -> Sequence[Any]:
    one = row.venue
    return (
        *_venue(one, plan), "到期" if row.since else "复查", "、".join(each.name for each in row.rounds), row.since,
        one.recheck_due_at, one.last_visit_at, "、".join(agencies.get(code, code) for code in one.last_agencies),
    )  # fmt: skip


def lodging(asked: Asked) -> Listing:
    """What lodging places reported of a day, or who has not."""
    _, plan = pack_for(asked.response.id)
    area, day = asked.place("venue.view"), asked.day or asked.today
    show = asked.show if asked.show in counts.SHOWN else next(iter(counts.SHOWN))
    told = (("场所所属", tree().path_name(area.id)), ("日期", str(day)), ("名单", counts.SHOWN[show]))
    rows = _counts(asked, plan, {"day": day, "area_id": area.id, "show": show})
    return listing_of("lodging", "旅业日报", "venue.view", LODGING_COLUMNS, rows, asked, *told)


def _counts(asked: Asked, plan: VenuesDef, upon: dict[str, Any]) -> Rows:
    def page_after(after: str | None, limit: int) -> counts.Owing:
        return counts.owing(actor=asked.actor, response_id=asked.response.id, **upon, after=after or "", limit=limit)

    for page in walk(page_after):
        for one in page.venues:
            count = page.counts.get(one.id)
            told = (
                (
                    "已报", count.guests, count.registered, count.uploaded, count.registered_rate, count.uploaded_rate,
                    count.received_at, count.get_source_display(),
                )
                if count
                else ("未报", *[None] * 7)
            )  # fmt: skip
            yield *_venue(one, plan), *told


def readiness(asked: Asked) -> Listing:
    """How ready the sites are for return, and what is open at each."""
    pack, plan = pack_for(asked.response.id)
    if plan.readiness is None:
        raise VenuesUnfitted(pack=pack.name)
    rules = plan.readiness
    kinds = [asked.kind] if asked.kind in rules.kinds else list(rules.kinds)
    told = (
        ("类别", plan.kinds[asked.kind].name if asked.kind in rules.kinds else NO_FILTER),
        ("状态", ready.STATES.get(asked.state, NO_FILTER)),
    )
    agencies = {code: agency.name for code, agency in pack.agencies.items()}
    rows = (_site(one, plan, rules, agencies) for one in _sites(asked, kinds))
    return listing_of("readiness", "返校返工", "venue.view", READY_COLUMNS, rows, asked, *told)


def _sites(asked: Asked, kinds: list[str]) -> Iterator[ready.Site]:
    def page_after(after: str | None, limit: int) -> ready.SitePage:
        return ready.sites(
            actor=asked.actor,
            response_id=asked.response.id,
            kinds=kinds,
            state=asked.state,
            area_id=asked.area_id,
            after=after or "",
            limit=limit,
        )

    for page in walk(page_after):
        yield from page.sites


def _site(site: ready.Site, plan: VenuesDef, rules: ReadinessRules, agencies: dict[str, str]) -> Sequence[Any]:
    found = site.readiness
    if found is None:
        return *_venue(site.venue, plan), ready.STATES["unseen"], *[None] * 5
    names = {code: item.name for code, item in rules.items.items()} | agencies
    return (
        *_venue(site.venue, plan), ready.STATES["passed" if found.passed_on else "preparing"],
        "、".join(names.get(code, code) for code in found.open),
        "、".join(f"{names.get(code, code)} {day}" for code, day in found.approvals.items()),
        found.resumes_on, found.passed_on, found.changed_at,
    )  # fmt: skip


def orders(asked: Asked) -> Listing:
    """Orders that close or limit venues, the newest first; those that reach an area where one is asked for."""
    if asked.area_id is not None:
        require(asked.actor, "venue.view", asked.area_id)
    _, plan = pack_for(asked.response.id)
    rows = (
        (
            one.get_effect_display(), "、".join(plan.kinds[code].name for code in one.kinds if code in plan.kinds),
            "、".join(tree().path_name(UUID(area)) for area in one.areas), one.limits, one.authority, one.legal_basis,
            one.starts_at, one.issued_at, one.ended_at, "演练" if one.exercise else "",
        )
        for one in issued.orders(actor=asked.actor, response_id=asked.response.id)
        if asked.area_id is None or any(_meet(UUID(area), asked.area_id) for area in one.areas)
    )  # fmt: skip
    return listing_of("orders", "停业与限制令", "venue.view", ORDER_COLUMNS, rows, asked)


def _meet(one: UUID, other: UUID) -> bool:
    return tree().covers(one, other) or tree().covers(other, one)
