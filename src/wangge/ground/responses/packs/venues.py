"""What a pack says of venues 场所: their kinds, who inspects what how often, orders, lodging, readiness."""

from __future__ import annotations

from datetime import time
from typing import Annotated, Literal

from pydantic import Field

from wangge.ground.responses.packs.pieces import AS_TABLE, Allowance, Code, Entry, Named, Text, Whole

GROUPS = ("entertainment", "lodging", "site", "trade")
Group = Literal["entertainment", "lodging", "site", "trade"]


class VenueKind(Named):
    """A kind of venue 场所类别, and the kind of duty-log entry and of place that a visit to one counts under.

    `standard` is its code in the pack's table of GA/T 852.1, empty where that has none.
    """

    group: Group
    log_kind: Code
    place_kind: Code
    standard: str = ""


class StandardKind(Entry):
    """A kind of place of entertainment or service in GA/T 852.1 分类代码; several of ours may fall under one."""

    code: str = Field(pattern=r"^[A-Z][0-9]{2}$")
    name: Text
    name_en: Text


class CheckItem(Named):
    """One thing that is looked at during a visit 检查项目, worded as it should be."""


class RoundDef(Named):
    """Who inspects which venues how often 巡查安排.

    Posts of the `roles` have what is due on their list of the day; what is found wrong is looked at again within
    `recheck`. Several rounds made in one visit ask each item once.
    """

    agency: Code
    roles: tuple[Code, ...] = Field(min_length=1)
    kinds: tuple[Code, ...] = Field(min_length=1)
    every_days: Whole = Field(ge=1, le=365)
    items: tuple[Code, ...] = Field(min_length=1)
    recheck: Allowance


class OrderRules(Entry):
    """Orders that close or limit venues 停业与限制令: the bases to choose from, what a breach becomes, the notice.

    The texts have gaps: {authority}, {basis}, {kinds}, {areas}, {start}, {limits}.
    """

    bases: tuple[Text, ...] = Field(min_length=1)
    breach: Code
    notice_closed: Text
    notice_limited: Text
    notice_lifted: Text


class LodgingRules(Entry):
    """The day's count of lodging places 旅业日报: by when it is due, what it counts as, what a missing one becomes."""

    report_by: time
    log_kind: Code
    missing: Code


class ReadyItem(Named):
    """Something that must be in order before people return, at venues of these kinds; none named: at every site."""

    kinds: tuple[Code, ...] = ()


class ReadinessRules(Entry):
    """Return to school and work 返校返工: which venues, what must be in order, and who has to approve."""

    kinds: tuple[Code, ...] = Field(min_length=1)
    items: Annotated[dict[Code, ReadyItem], *AS_TABLE]
    approvals: tuple[Code, ...] = ()

    def items_of(self, kind: str) -> dict[str, ReadyItem]:
        """What must be in order at a venue of a kind."""
        return {code: item for code, item in self.items.items() if not item.kinds or kind in item.kinds}


class VenuesDef(Entry):
    """The content of venues.yaml. A second visit to a venue within `warn_days` is warned of."""

    standard: Annotated[dict[str, StandardKind], *AS_TABLE] = {}
    kinds: Annotated[dict[Code, VenueKind], *AS_TABLE]
    items: Annotated[dict[Code, CheckItem], *AS_TABLE]
    rounds: Annotated[dict[Code, RoundDef], *AS_TABLE]
    warn_days: Whole = Field(default=2, ge=0, le=60)
    orders: OrderRules
    lodging: LodgingRules | None = None
    readiness: ReadinessRules | None = None

    def in_group(self, group: str) -> list[VenueKind]:
        """The kinds of one group."""
        return [kind for kind in self.kinds.values() if kind.group == group]

    def rounds_of(self, kind: str) -> list[RoundDef]:
        """The rounds that come to venues of a kind."""
        return [one for one in self.rounds.values() if kind in one.kinds]
