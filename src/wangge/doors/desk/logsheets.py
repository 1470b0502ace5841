"""The duty log as a workbook: one sheet for each kind of entry, named as the kind, and what a row means."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from wangge.doors.desk.sheets import Column, ListForm, SheetForm, count_in, wrong_in
from wangge.duties.dutylog.rules import EntryDraft
from wangge.ground.kernel.clock import parse_instant
from wangge.ground.kernel.incoming import MOST_ROWS
from wangge.ground.responses.packs.schema import LogKind, Pack
from wangge.picture.tables.workbook import sheet_name

GUIDE_LINES = (
    "每类工作一张表，表名即工作类别，不要改动表名和第一行。",
    "村（居）可从下拉列表选，也可填名称（辖区内不重名时）或 12 位区划编码。",
    "场所从下拉列表选；数量填整数，第一项数量必填，其余没有的可留空。",
    "开展时间必填，如 2020-02-05 15:30；只填日期的按当日零时计。",
    "备注加密保存，可不填。内容完全相同的行只导入一次，确为两次的请在备注里区别。",
    f"每个文件不超过 {MOST_ROWS} 行。",
)


def log_list(pack: Pack) -> ListForm[EntryDraft]:
    """A sheet for each kind of entry of a pack."""
    return ListForm([_sheet(kind) for kind in pack.log_kinds.values()], GUIDE_LINES, by_name=True)


def _sheet(kind: LogKind) -> SheetForm[EntryDraft]:
    numbers = [Column(item.code, f"{item.name}（{item.unit}）", number=True) for item in kind.quantities]
    columns = (
        Column("area", "村（居）"),
        Column("place_kind", "场所", choices=[item.name for item in kind.place_kinds]),
        *numbers,
        Column("observed_at", "开展时间", hint="如 2020-02-05 15:30"),
        Column("note", "备注"),
    )

    def make(told: Mapping[str, str], area_id: UUID) -> EntryDraft:
        counted = {one.field: number for one in numbers if (number := count_in(told[one.field], one.field)) is not None}
        return EntryDraft(
            kind=kind.code,
            area_id=area_id,
            place_kind=_venue(told["place_kind"], kind),
            quantities=counted,
            observed_at=_time(told["observed_at"]),
            note=told["note"],
        )

    needs = (("area",), ("place_kind",), *((one.field,) for one in numbers[:1]), ("observed_at",))
    return SheetForm(sheet_name(kind.name), columns, make, needs)


def _venue(said: str, kind: LogKind) -> str:
    found = next((item.code for item in kind.place_kinds if said in (item.name, item.code)), None)
    if found is None:
        zh = f"{kind.name}没有“{said}”这类场所。" if said else "请选择场所。"
        raise wrong_in("place_kind", zh, f"There is no kind of place “{said}” here." if said else "Choose one.")
    return found


def _time(said: str) -> datetime:
    if not said:
        raise wrong_in("observed_at", "请填写开展时间。", "Say when it was done.")
    try:
        return parse_instant(said.replace("/", "-").replace("：", ":"))
    except ValueError:
        raise wrong_in(
            "observed_at",
            f"“{said[:20]}”不是时间，应如 2020-02-05 15:30。",
            f"“{said[:20]}” is no time such as 2020-02-05 15:30.",
        ) from None
