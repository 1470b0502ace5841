"""A list of venues as a table: its columns, and what a row means."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from wangge.doors.desk.sheets import Column, ListForm, SheetForm, count_in, wrong_in
from wangge.duties.venues.rules import VenueDraft
from wangge.ground.responses.packs.venues import VenuesDef

MOST_VENUES = 5_000
GUIDE_LINES = (
    "第一行是列名，不要改动；各列次序可以调整，不用的列可以删去。名称、类别、村（居）必填。",
    "类别从下拉列表选，也可填 GA/T 852.1 代码（只对应一类时）。",
    "村（居）可从下拉列表选，也可填名称（辖区内不重名时）或 12 位区划编码。",
    "经纬度为 WGS84 坐标，可不填。规模填整数：房间、座位、机台或人数。",
    "同村同类同名的只登记一次；名称或电话相近的，先提示，确认不是同一处后再导入。",
    f"每个文件不超过 {MOST_VENUES} 行。CSV 文件可用 UTF-8 或 GB18030（GBK）编码。",
)


def venue_list(plan: VenuesDef) -> ListForm[VenueDraft]:
    """The list with the kinds of a pack to choose from."""
    columns = (
        Column("name", "名称", ("场所名称", "单位名称", "店名")),
        Column("kind", "类别", ("场所类别", "场所类型", "类型"), [kind.name for kind in plan.kinds.values()]),
        Column("area", "村（居）", ("村居", "社区", "区划编码", "所在村（居）")),
        Column("address", "地址", ("详细地址", "经营地址")),
        Column("operator", "经营者", ("经营单位", "法人", "法定代表人")),
        Column("contact_name", "联系人", ("负责人",)),
        Column("contact_phone", "联系电话", ("电话", "手机", "联系方式")),
        Column("size", "规模", ("房间数", "座位数", "人数"), number=True),
        Column("lon", "经度", number=True),
        Column("lat", "纬度", number=True),
    )

    def make(told: Mapping[str, str], area_id: UUID) -> VenueDraft:
        return VenueDraft(
            kind=_kind(told["kind"], plan),
            area_id=area_id,
            name=told["name"],
            address=told["address"],
            lon=_degrees(told["lon"], "lon"),
            lat=_degrees(told["lat"], "lat"),
            size=count_in(told["size"], "size"),
            operator=told["operator"],
            contact_name=told["contact_name"],
            contact_phone=told["contact_phone"],
        )

    sheet = SheetForm("场所名单", columns, make, needs=(("name",), ("kind",), ("area",)))
    return ListForm([sheet], GUIDE_LINES, MOST_VENUES)


def _kind(said: str, plan: VenuesDef) -> str:
    """The kind meant: by name, by code, or by a code of the standard that only one kind has."""
    by_standard = [kind.code for kind in plan.kinds.values() if said and kind.standard == said.upper()]
    found = next((kind.code for kind in plan.kinds.values() if said in (kind.name, kind.code)), None)
    if found is None and len(by_standard) == 1:
        found = by_standard[0]
    if found is None:
        zh = f"没有“{said[:20]}”这一类场所。" if said else "请填写类别。"
        raise wrong_in("kind", zh, f"There is no kind “{said[:20]}”." if said else "Name the kind.")
    return found


def _degrees(said: str, field: str) -> float | None:
    if not said:
        return None
    try:
        return float(said)
    except ValueError:
        raise wrong_in(field, f"“{said[:20]}”不是经纬度。", f"“{said[:20]}” are no degrees.") from None
