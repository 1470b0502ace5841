"""A list of people as a table: its columns, and what a row means."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from uuid import UUID

from wangge.doors.desk.sheets import Column, ListForm, SheetForm, wrong_in
from wangge.duties.observation.services.records import RecordDraft
from wangge.duties.observation.words import DOCUMENT_NAMES, ROLE_NAMES
from wangge.ground.kernel.identity import document_guessed

MOST_PEOPLE = 10_000
NAME = "姓名"
COLUMNS = (
    Column("name", NAME),
    Column("document_kind", "证件类型", ("证件种类",), list(DOCUMENT_NAMES.values())),
    Column("document", "证件号码", ("身份证号码", "身份证号", "证件号", "身份证")),
    Column("phone", "电话", ("联系电话", "手机号码", "手机号", "手机", "联系方式")),
    Column("phone_2", "另一电话", ("备用电话",)),
    Column("area", "村（居）", ("村居", "社区", "区划编码", "所在村（居）")),
    Column("address", "现住地址", ("住址", "详细地址", "现住址", "地址")),
    Column("role", "人员类别", ("类别", "人员类型"), list(ROLE_NAMES.values())),
    Column("origin", "来源地", ("来自何地", "出发地")),
    Column("arrived_on", "到达日期", ("抵达日期", "来惠日期", "返回日期")),
    Column("last_exposure_on", "末次接触日期", ("最后接触日期",)),
    Column("onset_on", "发病日期"),
    Column("note", "备注"),
)
DAY = re.compile(r"(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[ T].*)?")
GUIDE_LINES = (
    "第一行是列名，不要改动；各列次序可以调整，不用的列可以删去。",
    "姓名、证件号码、电话至少填一项。证件类型不填的，按身份证、居住证、港澳通行证号码自动识别。",
    "村（居）可从下拉列表选，也可填名称（辖区内不重名时）或 12 位区划编码。",
    "日期如 2020-01-30。人员类别不填的，按上传时选择的类别。",
    "已建档的人（证件相同，或姓名和电话相同）不会重复建档，只记一次再次上报。同一份名单重复上传不会重复导入。",
    f"每个文件不超过 {MOST_PEOPLE} 行。CSV 文件可用 UTF-8 或 GB18030（GBK）编码。",
)


def people_list(role: str) -> ListForm[RecordDraft]:
    """The list; `role` is for rows that name none."""

    def make(told: Mapping[str, str], area_id: UUID) -> RecordDraft:
        kind, document = _document(told["document_kind"], told["document"])
        exposed, arrived = _day("last_exposure_on", told), _day("arrived_on", told)
        return RecordDraft(
            role=_code(told["role"], ROLE_NAMES, "role") or role,
            area_id=area_id,
            name=told["name"],
            document=document,
            document_kind=kind,
            phones=(told["phone"], told["phone_2"]),
            address=told["address"],
            origin=told["origin"],
            arrived_on=arrived,
            last_exposure_on=exposed or arrived,
            onset_on=_day("onset_on", told),
            note=told["note"],
        )

    needs = (("name", "document", "phone"),)
    return ListForm(
        [SheetForm("人员名单", COLUMNS, make, needs, stands_for={"phones": "phone"})], GUIDE_LINES, MOST_PEOPLE
    )


def _document(kind: str, number: str) -> tuple[str, str]:
    code = _code(kind, DOCUMENT_NAMES, "document_kind")
    if not number:
        return "none", ""
    if code and code != "none":
        return code, number
    guessed = document_guessed(number)
    # What begins with no letter is looked at as a resident card, so that a slip in it is named.
    return guessed or ("passport" if number[0].isalpha() else "id_card", number)


def _code(said: str, names: Mapping[str, str], field: str) -> str:
    if not said:
        return ""
    found = next((code for code, name in names.items() if said in (code, name) or said in SHORT.get(code, ())), None)
    if found is None:
        raise wrong_in(field, f"没有“{said[:20]}”这一项。", f"There is no “{said[:20]}” here.")
    return found


# The short words that lists use.
SHORT = {
    "id_card": ("身份证", "二代身份证"),
    "hk_mo_permit": ("港澳通行证", "回乡证"),
    "tw_permit": ("台胞证", "台湾通行证"),
    "residence_permit": ("居住证",),
    "passport": ("外国护照",),
    "none": ("无", "未知"),
    "arrival": ("来返人员", "来惠人员", "返惠人员", "疫情发生地来返人员"),
    "close_contact": ("密接", "密接者"),
    "secondary_contact": ("次密接",),
    "suspected": ("疑似", "疑似患者"),
    "confirmed": ("确诊", "确诊患者"),
}


def _day(field: str, told: Mapping[str, str]) -> date | None:
    text = told[field].strip()
    if not text:
        return None
    match = DAY.fullmatch(text)
    try:
        return date(*map(int, match.groups())) if match else date.fromisoformat(text)
    except ValueError:
        raise wrong_in(
            field, f"“{text[:20]}”不是日期，应如 2020-01-30。", f"“{text[:20]}” is no date such as 2020-01-30."
        ) from None
