"""What somebody wants as a table, and what every list is made with: its place columns, its walk through the pages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol, TypeVar
from uuid import UUID

from wangge.doors.desk.villages import widest_area
from wangge.ground.areas.tree import AreaNode, tree, version
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.permission import Actor
from wangge.ground.responses.packs.schema import Pack
from wangge.picture.tables.services import Listing
from wangge.picture.tables.workbook import Column

if TYPE_CHECKING:
    from wangge.ground.responses.models import Response

# So many rows are asked for at once: few enough to hold, many enough that the database is not asked all the time.
AT_ONCE = 1000
Rows = Iterator[Sequence[Any]]
PLACE = (Column("区划编码", 17), Column("县（区）", 12), Column("镇（街）", 14), Column("村（居）", 18))
NO_FILTER = "全部"


@dataclass(frozen=True)
class Asked:
    """What somebody wants as a table: who, of which response, narrowed by what, at which moment."""

    actor: Actor
    response: Response
    pack: Pack
    now: datetime
    kind: str = ""
    stage: str = ""
    role: str = ""
    state: str = ""
    area: AreaNode | None = None
    own: bool = False
    group: str = ""
    text: str = ""
    recheck: bool = False
    figure: str = ""
    drill: UUID | None = None
    since: datetime | None = None
    until: datetime | None = None
    day: date | None = None
    last_day: date | None = None
    show: str = ""
    round: str = ""
    facility_id: UUID | None = None

    @property
    def area_id(self) -> UUID | None:
        return self.area.id if self.area else None

    @property
    def today(self) -> date:
        """The day it is where the city lies."""
        return local(self.now).date()

    def place(self, verb: str) -> AreaNode:
        """The area asked for, or the widest in which the actor may do this. Raises NotPermitted."""
        return self.area or widest_area(self.actor, verb)

    @property
    def codes(self) -> dict[str, str]:
        """The filters as codes, for the journal."""
        given = {
            "kind": self.kind,
            "stage": self.stage,
            "role": self.role,
            "state": self.state,
            "figure": self.figure,
            "drill": str(self.drill or ""),
            "area": self.area.code if self.area else "",
            "own": "yes" if self.own else "",
            "group": self.group,
            "recheck": "yes" if self.recheck else "",
            "since": self.since.isoformat() if self.since else "",
            "until": self.until.isoformat() if self.until else "",
            "day": self.day.isoformat() if self.day else "",
            "last_day": self.last_day.isoformat() if self.last_day else "",
            "show": self.show,
            "round": self.round,
            "facility": str(self.facility_id or ""),
        }
        return {name: value for name, value in given.items() if value}


class Page(Protocol):
    """A page of a list, and where the next begins: nothing at the end."""

    @property
    def following(self) -> Any: ...


OnePage = TypeVar("OnePage", bound=Page)


def walk(ask: Callable[..., OnePage]) -> Iterator[OnePage]:
    """The pages of a list to its end; `ask` gives the one `after` a mark (None: the first), up to a `limit` of rows."""
    after = None
    while True:
        page = ask(after=after, limit=AT_ONCE)
        yield page
        if not page.following:
            return
        after = page.following


def listing_of(
    code: str, name: str, verb: str, columns: Sequence[Column], rows: Rows, asked: Asked, *told: tuple[str, str]
) -> Listing:
    """A list with its heading, its rows and what was asked for."""
    place = tree().path_name(asked.area.id) if asked.area else NO_FILTER
    return Listing(
        code=code,
        name=name,
        verb=verb,
        columns=columns,
        rows=rows,
        filters=asked.codes,
        told=[("响应", asked.response.name), ("区域", place), *told],
        area_id=asked.area_id,
        response_id=asked.response.id,
    )


def place_of(area_id: UUID) -> tuple[str, str, str, str]:
    """Code, county, town and village of an area; what lies above them stays empty."""
    return _placed(area_id, version())


@lru_cache(maxsize=8192)
def _placed(area_id: UUID, areas_version: int) -> tuple[str, str, str, str]:
    areas = tree()
    levels = {areas.get(upper).level: areas.get(upper).short_name for upper in (area_id, *areas.ancestors(area_id))}
    county = levels.get("county") or levels.get("district", "")
    town = levels.get("town") or levels.get("station", "")
    village = levels.get("village", "") + (f" {levels['grid']}" if "grid" in levels else "")
    return areas.get(area_id).code, county, town, village


def kind_name(code: str, pack: Pack) -> str:
    """What a kind of matter or of the duty log is called."""
    kind = pack.kinds.get(code) or pack.log_kinds.get(code)
    return kind.name if kind else code


def kind_told(asked: Asked) -> tuple[str, str]:
    """The kind that a list is narrowed to, for its sheet."""
    return "类别", kind_name(asked.kind, asked.pack) if asked.kind else NO_FILTER
