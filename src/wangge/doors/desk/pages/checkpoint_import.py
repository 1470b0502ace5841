"""Lists of checkpoints 导入名单: the columns, what a row means, and the walk of every list."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.views.decorators.http import require_POST

from wangge.doors.desk.pages.lists import SheetList, list_blank, list_mend, list_page, list_take
from wangge.doors.desk.requests import DeskRequest, degrees, time_of_day
from wangge.doors.desk.sheets import Column, ListForm, SheetForm, count_in, wrong_in
from wangge.duties.checkpoints.queries.register import pack_for
from wangge.duties.checkpoints.rules import CheckpointDraft
from wangge.duties.checkpoints.services.register import checkpoints_judge, checkpoints_register
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import CheckpointKnown, Problem
from wangge.ground.responses.queries import response_current

MOST = 1_000
GUIDE_LINES = (
    "第一行是列名，不要改动；各列次序可以调整，不用的列可以删去。名称、类别、村（居）、道路必填。",
    "村（居）可从下拉列表选，也可填名称（辖区内不重名时）或 12 位区划编码。",
    "共同值守单位填单位类别名称，多个用顿号隔开，如：公安、卫健、交通。",
    "开始、结束时间填 07:30 这样的时刻，全天值守的都留空。经纬度为 WGS84 坐标，可不填。",
    "同村同名的只登记一次。",
    f"每个文件不超过 {MOST} 行。CSV 文件可用 UTF-8 或 GB18030（GBK）编码。",
)


@dataclass(frozen=True)
class Verdict:
    """What would become of a row."""

    problem: Problem | None = None
    repeated: bool = False

    @property
    def good(self) -> bool:
        return self.problem is None and not self.repeated


class CheckpointList(SheetList[CheckpointDraft, Verdict]):
    """Checkpoints; one that stands under its name in its village is passed over."""

    verb, name, file = "checkpoint.manage", "checkpoint_import", "checkpoints"
    pages = (
        "desk/checkpoints/import.html",
        "desk/checkpoints/import_looked.html",
        "desk/checkpoints/import_looked.html",
    )

    def form(self, asked: str) -> ListForm[CheckpointDraft]:
        pack, plan = pack_for(response_current().id)
        kinds = {kind.name: kind.code for kind in plan.kinds.values()}
        agencies = {agency.name: agency.code for agency in pack.agencies.values()}
        columns = (
            Column("name", "名称", ("检疫点名称", "卡口名称")),
            Column("kind", "类别", ("检疫点类别",), list(kinds)),
            Column("area", "村（居）", ("村居", "社区", "区划编码", "所在村（居）")),
            Column("road", "道路", ("道路名称", "路段")),
            Column("direction", "方向"),
            Column("lanes", "车道数", ("车道",), number=True),
            Column("agencies", "共同值守单位", ("值守单位", "单位")),
            Column("opens_at", "开始时间"),
            Column("closes_at", "结束时间"),
            Column("equipment", "装备"),
            Column("desk_phone", "值班电话"),
            Column("contact_name", "联系人", ("负责人",)),
            Column("contact_phone", "联系电话", ("电话", "手机")),
            Column("lon", "经度", number=True),
            Column("lat", "纬度", number=True),
        )

        def make(told: Mapping[str, str], area_id: UUID) -> CheckpointDraft:
            words = ("name", "road", "direction", "equipment", "desk_phone", "contact_name", "contact_phone")
            plain: dict[str, Any] = {name: told[name] for name in words}
            return CheckpointDraft(
                kind=_code(told["kind"], kinds, "kind"),
                area_id=area_id,
                **plain,
                lanes=count_in(told["lanes"], "lanes") or 1,
                agencies=tuple(_code(one, agencies, "agencies") for one in _parts(told["agencies"])),
                opens_at=time_of_day(told["opens_at"], "opens_at"),
                closes_at=time_of_day(told["closes_at"], "closes_at"),
                lon=degrees(told["lon"], "lon"),
                lat=degrees(told["lat"], "lat"),
            )

        sheet = SheetForm("检疫点名单", columns, make, needs=(("name",), ("kind",), ("area",), ("road",)))
        return ListForm([sheet], GUIDE_LINES, MOST)

    def judge(self, actor: Actor, drafts: Sequence[CheckpointDraft], *, take: bool, form: QueryDict) -> list[Verdict]:
        upon: dict[str, Any] = {"actor": actor, "response_id": response_current().id, "drafts": drafts}
        found = checkpoints_register(**upon, now=clock.now()) if take else checkpoints_judge(**upon)
        return [_verdict(one) for one in found]


def _verdict(one: Any) -> Verdict:
    if isinstance(one, CheckpointKnown):
        return Verdict(repeated=True)
    return Verdict(one if isinstance(one, Problem) else None)


def _parts(said: str) -> list[str]:
    for sign in "，,；;/ ":
        said = said.replace(sign, "、")
    return [part for part in said.split("、") if part]


def _code(said: str, codes: Mapping[str, str], field: str) -> str:
    """The code of a name; a code itself is taken too. Raises InputInvalid."""
    if said in codes.values():
        return said
    if said not in codes:
        raise wrong_in(field, f"没有“{said[:20]}”。" if said else "请填写此项。", f"There is no “{said[:20]}”.")
    return codes[said]


LIST = CheckpointList()


def imports(request: DeskRequest) -> HttpResponse:
    """The template and the form; a list sent is looked at, and nothing is written."""
    return list_page(request, LIST)


@require_POST
def take(request: DeskRequest) -> HttpResponse:
    """Take the good rows, each once however often the page or the list is sent."""
    return list_take(request, LIST)


@require_POST
def mend(request: DeskRequest) -> HttpResponse:
    """The rows that could not be taken as a workbook, each with its reason."""
    return list_mend(request, LIST)


def blank(request: DeskRequest) -> HttpResponse:
    """The template."""
    return list_blank(request, LIST)
