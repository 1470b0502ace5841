"""Write the XLSForms of the pack huizhou-2020, from what stands here: a change is read as text, not as a workbook.

    python -m tools.pack_forms            writes packs/huizhou-2020/forms/*.xlsx
    python -m tools.pack_forms --check    names those that are not as they would be written, and ends with 1

A form is rows of questions: type, name, Chinese, English, and what else its columns hold. Blocks that several forms
share stand once. Items of a checklist are of the type `select_one verdict`; those answered `fail` are what is wrong.
Where rounds of several agencies come to a venue, one visit does for those that are ticked, each item asked once.
Venues and villages are chosen from lists that the server makes for whoever fills the form in.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from python_calamine import CalamineWorkbook
from ruamel.yaml import YAML
from xlsxwriter import Workbook

PACK = Path(__file__).resolve().parents[1] / "packs" / "huizhou-2020"
FOLDER = PACK / "forms"
PLAN = YAML(typ="safe").load((PACK / "venues.yaml").read_text(encoding="utf-8"))
VERSION = "2020020503"
ZH, EN = "中文 (zh)", "English (en)"
HEADS = ("type", "name", f"label::{ZH}", f"label::{EN}", "required", "relevant", "constraint",
         f"constraint_message::{ZH}", f"constraint_message::{EN}", "calculation", "appearance", "choice_filter",
         "default", "personal", "parameters")  # fmt: skip
COLUMNS = dict(zip(("type", "name", "zh", "en", "required", "relevant", "constraint", "wrong_zh", "wrong_en",
                    "calculation", "appearance", "choice_filter", "default", "personal", "parameters"), HEADS,
                   strict=True))  # fmt: skip
Row = dict[str, str]
Choice = tuple[str, str, str]


def q(kind: str, name: str, zh: str = "", en: str = "", **more: str) -> Row:
    """One row of the survey."""
    return {"type": kind, "name": name, "zh": zh, "en": en, **more}


def whole(name: str, zh: str, en: str, **more: str) -> Row:
    """A whole number from 0 up that has to be given."""
    limits = {"constraint": ". >= 0 and . <= 100000", "wrong_zh": "请填 0 至 100000 的整数。",
              "wrong_en": "A whole number from 0 to 100000."}  # fmt: skip
    return q("integer", name, zh, en, **{"required": "yes", **limits, **more})


def check(name: str, zh: str, en: str, **more: str) -> Row:
    """One item of a checklist."""
    return q("select_one verdict", name, zh, en, **{"required": "yes", "appearance": "likert", **more})


def counted(name: str, calculation: str) -> Row:
    """A number that the figures count, made of the answers."""
    return q("calculate", name, calculation=calculation)


# -- blocks that several forms share ------------------------------------------------------------------

TIMES = [q("start", "start"), q("end", "end")]
AREA = q("select_one_from_file areas.csv", "area", "村（居）", "Village or community", required="yes",
         appearance="minimal autocomplete")  # fmt: skip
CLOSING = [
    q("begin repeat", "pictures", "照片", "Pictures"),
    q("image", "picture", "拍照", "Picture", parameters="max-pixels=2048"),
    q("text", "picture_of", "照片说明", "What it shows", personal="text"),
    q("end repeat", ""),
    q("geopoint", "place", "所在位置", "Where you are"),
    q("text", "note", "备注", "Note", appearance="multiline", personal="text"),
]


def venue(*kinds: str) -> list[Row]:
    """Which venue it is: one of the register, or one that is not in it yet."""
    wanted = " or ".join(f"kind = '{kind}'" for kind in kinds)
    return [
        AREA,
        q("select_one yes_no", "listed", "名册里有这家场所", "It stands in the register", required="yes", default="yes"),
        q("select_one_from_file venues.csv", "venue", "场所", "Venue", required="yes", appearance="minimal autocomplete",
          relevant="${listed} = 'yes'", choice_filter=f"area = ${{area}} and ({wanted})"),
        q("text", "venue_name", "场所名称", "Name of the venue", required="yes", relevant="${listed} = 'no'",
          personal="none"),
        q("text", "venue_address", "场所地址", "Address of the venue", relevant="${listed} = 'no'", personal="none"),
    ]  # fmt: skip


CONTACT = [
    q("begin group", "contact", "现场负责人", "Person in charge"),
    q("text", "contact_name", "姓名", "Name", personal="name"),
    q("text", "contact_phone", "电话", "Telephone", personal="phone", appearance="numbers",
      constraint="regex(., '^[0-9+ -]{5,20}$')", wrong_zh="请填电话号码。", wrong_en="A telephone number."),
    q("end group", ""),
]  # fmt: skip
# Items that the counts of a lodging place say.
TOLD = {"guests_registered", "guests_uploaded"}
PREVENTION = [
    check("check_masks", "工作人员佩戴口罩", "Staff wear masks"),
    check("check_temperature", "入口测量体温并登记", "Temperatures are taken and written down at the entrance"),
    check("check_disinfection", "按规定通风消毒，有记录", "Aired and disinfected as required, with a record"),
    check("check_notice", "张贴防疫告知", "Notices about the epidemic are up"),
]


RETURN = [
    check("check_roster", "返回人员名册齐全，去向清楚", "It is known who returns and from where"),
    check("check_arrivals", "疫情发生地返回人员已落实医学观察", "Those from outbreak areas are observed"),
]


def failed(rows: Sequence[Row]) -> str:
    """How many items of a checklist are wrong, as an expression."""
    return " + ".join(f"if(${{{row['name']}}} = 'fail', 1, 0)" for row in rows if row["type"] == "select_one verdict")


def together(kind: str, asked: Sequence[Row]) -> tuple[list[Row], list[Row]]:
    """Which rounds of several agencies this visit does for, and what they ask beside what the form asks anyway.

    Two empty lists where only one round comes to such a venue.
    """
    rounds = {code: one for code, one in PLAN["rounds"].items() if kind in one["kinds"]}
    if len(rounds) < 2:
        return [], []
    CHOICES[f"rounds_{kind}"] = [(code, one["name"], one["name_en"]) for code, one in rounds.items()]
    question = q(f"select_multiple rounds_{kind}", "rounds", "一并完成的检查（几个单位一起来的可多选，不选为本人岗位的检查）",
                 "Rounds done in this visit (none: those of your own post)")  # fmt: skip
    there = {row["name"].removeprefix("check_") for row in asked} | TOLD
    more = []
    for item in dict.fromkeys(item for one in rounds.values() for item in one["items"]):
        if item not in there:
            wanted = [f"selected(${{rounds}}, '{code}')" for code, one in rounds.items() if item in one["items"]]
            named = PLAN["items"][item]
            more.append(check(f"check_{item}", named["name"], named["name_en"], relevant=" or ".join(wanted)))
    return [question], more


def entertainment(kind: str, *more: Row) -> list[Row]:
    """Whether an entertainment venue is closed as ordered, and what was done where it is not."""
    return [
        *TIMES,
        *venue(kind),
        q("select_one closure", "state", "停业情况", "Is it closed", required="yes"),
        q("begin group", "breach", "违规营业情况", "Open against the order", relevant="${state} = 'open'"),
        whole("people_inside", "现场人数", "People inside"),
        q("select_multiple closure_action", "actions", "现场处置", "What was done", required="yes"),
        q("select_one yes_no", "closed_now", "已当场停业", "Closed on the spot", required="yes"),
        q("end group", ""),
        q("begin group", "checks", "停业检查", "Checks", relevant="${state} != 'gone'"),
        check("check_notice", "门口张贴停业公告", "The closing notice is on the door"),
        *more,
        check("check_keeper", "有人值守，留有联系电话", "Somebody keeps watch and can be reached"),
        q("end group", ""),
        counted("premises", "1"),
        counted("closed", "if(${closed_now} = 'yes', 1, 0)"),
        *CONTACT,
        *CLOSING,
    ]


def lodging(kind: str) -> list[Row]:
    """Whether all guests of a lodging place are registered and uploaded."""
    items = [
        check("check_identity", "入住查验证件，人证相符", "Documents are looked at when guests come"),
        check("check_register", "登记簿与在住人数一致", "The register agrees with who is there"),
        *PREVENTION,
        check("check_isolation_room", "备有临时隔离房间", "A room is kept for whoever falls ill"),
    ]
    rounds, others = together(kind, items)
    return [
        *TIMES,
        *venue(kind),
        *rounds,
        *lodging_counts(),
        q("begin group", "checks", "检查项目", "Checks"),
        *items,
        *others,
        q("end group", ""),
        whole("from_outbreak_area", "来自疫情发生地的旅客", "Guests from outbreak areas"),
        counted("premises", "1"),
        *CONTACT,
        *CLOSING,
    ]


def lodging_counts() -> list[Row]:
    """How many guests there are, and of how many the police know; counts only, no names."""
    less = {"wrong_zh": "不能多于在住旅客数。", "wrong_en": "No more than the guests in house."}
    fewer = {"wrong_zh": "不能多于已登记数。", "wrong_en": "No more than are registered."}
    return [
        whole("guests", "在住旅客（人）", "Guests in house"),
        whole("registered", "已登记（人）", "Registered", constraint=". >= 0 and . <= ${guests}", **less),
        whole("uploaded", "已上传（人）", "Uploaded", constraint=". >= 0 and . <= ${registered}", **fewer),
        q("text", "why_missing", "未全部登记或上传的原因", "Why some are missing", required="yes", personal="text",
          relevant="${registered} < ${guests} or ${uploaded} < ${registered}"),
    ]  # fmt: skip


def trade(kind: str, *more: Row) -> list[Row]:
    """A shop or a market: prevention, prices, animals."""
    prices = check("check_prices", "口罩等物资明码标价，无哄抬", "Masks and the like are priced, and not driven up")
    items = [*PREVENTION, prices, *more]
    rounds, others = together(kind, items)
    return [
        *TIMES,
        *venue(kind),
        *rounds,
        q("select_one trading", "state", "营业情况", "Is it open", required="yes"),
        q("begin group", "checks", "检查项目", "Checks", relevant="${state} = 'open'"),
        *items,
        *others,
        q("end group", ""),
        counted("places", "1"),
        whole("people", "询问人数", "People asked", required=""),
        *CONTACT,
        *CLOSING,
    ]


def site(kinds: Sequence[str], first: Sequence[Row], *more: Row) -> list[Row]:
    """A school, a factory, a station, an airport or a port before people return."""
    items = [
        check("check_plan", "有防控方案和应急预案", "There is a plan of prevention and response"),
        check("check_staff", "防控人员分工明确、到岗", "Everybody knows their part and is there"),
        check("check_supplies", "口罩、消毒液、测温设备够用七天", "Masks, disinfectant, thermometers for seven days"),
        *PREVENTION,
        check("check_isolation_room", "设有临时隔离观察室", "A room is kept for whoever falls ill"),
        *more,
    ]
    rounds, others = together(kinds[0], items)
    return [
        *TIMES,
        *venue(*kinds),
        *rounds,
        *first,
        q("begin group", "checks", "检查项目", "Checklist"),
        *items,
        *others,
        q("end group", ""),
        q("begin group", "returners", "返回人员健康日报", "Returners today"),
        whole("returned", "已返回（人）", "Returned"),
        whole("from_outbreak_area", "其中来自疫情发生地", "From outbreak areas", constraint=". >= 0 and . <= ${returned}",
              wrong_zh="不能多于已返回人数。", wrong_en="No more than have returned."),
        whole("fever", "发热或有症状", "With fever or symptoms"),
        whole("observed", "正在医学观察", "Under observation"),
        q("end group", ""),
        q("select_one approval", "approval", "验收意见", "Verdict", required="yes"),
        q("date", "opens_on", "同意开放日期", "May open on", relevant="${approval} = 'pass'", required="yes"),
        counted("premises", "1"),
        counted("risks", failed([*items, *others])),
        *CONTACT,
        *CLOSING,
    ]  # fmt: skip


def logged(place_kinds: str, *numbers: Row) -> list[Row]:
    """What is only counted: where, how many, a note."""
    return [
        *TIMES,
        AREA,
        q(f"select_one {place_kinds}", "place_kind", "场所类别", "Kind of place", required="yes"),
        *numbers,
        *CLOSING,
    ]


def reported(kinds: str, *more: Row) -> list[Row]:
    """What has to be settled: it becomes a matter and is pushed at once."""
    return [
        *TIMES,
        AREA,
        q(f"select_one {kinds}", "matter_kind", "事项类别", "Kind of matter", required="yes"),
        q("text", "text", "情况", "What has happened", required="yes", appearance="multiline", personal="text"),
        q("text", "address", "地点", "Address", personal="address"),
        *more,
        q("text", "reporter_name", "反映人姓名", "Reported by", personal="name"),
        q("text", "reporter_phone", "反映人电话", "Their telephone", personal="phone", appearance="numbers"),
        *CLOSING[:5],
    ]


# -- choices ------------------------------------------------------------------------------------------

CHOICES: dict[str, list[Choice]] = {
    "yes_no": [("yes", "是", "Yes"), ("no", "否", "No")],
    "verdict": [("pass", "合格", "In order"), ("fail", "不合格", "Not in order"), ("na", "不适用", "Does not apply")],
    "closure": [("closed", "已停业", "Closed"), ("open", "仍在营业", "Still open"), ("gone", "已搬迁或注销", "Gone")],
    "closure_action": [
        ("closed_down", "责令停业", "Ordered to close"), ("people_sent_home", "劝离人员", "People sent home"),
        ("warned", "警示约谈", "Warned"), ("reported", "通报主管部门", "Reported to the authority"),
        ("case", "涉嫌违法，移交办案", "Handed to investigators"),
    ],
    "trading": [("open", "营业", "Open"), ("closed", "歇业", "Closed"), ("gone", "已搬迁或注销", "Gone")],
    "approval": [("pass", "通过", "Passed"), ("mend", "整改后复查", "To be mended"), ("refused", "不同意", "Refused")],
    "visit_place": [
        ("household", "居民家庭", "Household"), ("shop", "商铺", "Shop"), ("market", "市场", "Market"),
        ("trade_premises", "行业场所", "Trade premises"), ("public_place", "其他公共场所", "Other public place"),
    ],
    "found": [
        ("arrival", "有疫情发生地来（返）人员", "Arrivals from outbreak areas"), ("fever", "有发热人员", "Fever"),
        ("gathering", "有聚集活动", "A gathering"), ("rumour", "有谣言传播", "Rumours"), ("hardship", "有困难群众", "Hardship"),
    ],
    "screening_place": [
        ("household", "居民家庭", "Household"), ("rented_home", "出租屋", "Rented home"), ("lodging", "旅馆酒店", "Lodging"),
        ("factory", "工厂（企业）", "Factory"), ("building_site", "工地", "Building site"),
    ],
    "isolation_place": [
        ("home", "居家隔离", "Home isolation"), ("isolation_site", "集中隔离点", "Isolation site"),
        ("hospital", "医疗机构", "Hospital"),
    ],
    "checkpoint_place": [
        ("expressway_exit", "高速公路出入口", "Expressway exit"), ("national_road", "国道市界", "National road"),
        ("provincial_road", "省道市界", "Provincial road"), ("town_crossing", "镇街主要路口流动服务点", "Town crossing"),
    ],
    "leaflet_place": [
        ("household", "居民家庭", "Household"), ("shop", "商铺", "Shop"), ("market", "市场", "Market"),
        ("checkpoint", "检疫点", "Checkpoint"), ("public_place", "其他公共场所", "Other public place"),
    ],
    "dispersal_place": [
        ("household", "居民家庭", "Household"), ("public_square", "广场公园", "Square or park"),
        ("restaurant", "餐饮宴席", "Restaurant or banquet"), ("chess_card_room", "棋牌室", "Chess and card room"),
        ("ancestral_hall", "祠堂庙宇", "Ancestral hall or temple"), ("public_place", "其他公共场所", "Other public place"),
    ],
    "gathering_kind": [
        ("cards", "打牌打麻将", "Cards and mah-jong"), ("banquet", "宴席聚餐", "Banquet"), ("worship", "拜神祭祖", "Worship"),
        ("market_fair", "赶集摆卖", "Fair"), ("other", "其他", "Other"),
    ],
    "display_place": [
        ("notice_board", "工作宣传栏", "Notice board"), ("led_screen", "LED滚动屏", "LED screen"),
        ("chat_group", "村警微信群", "Village chat group"), ("loudspeaker", "广播喇叭", "Loudspeaker"),
    ],
    "service_place": [
        ("chat_group", "村警微信群", "Village chat group"), ("mini_program", "小程序指导办理", "Mini-program"),
        ("household", "上门办理", "At home"), ("village_office", "村（居）警务室", "Village police room"),
    ],
    "help_place": [
        ("elderly_alone", "孤寡老人家庭", "Elderly person alone"), ("child_in_difficulty", "困难儿童家庭", "Child in difficulty"),
        ("isolated_home", "居家隔离家庭", "Home in isolation"), ("other_home", "其他困难家庭", "Other home in difficulty"),
    ],
    "need": [
        ("food", "生活物资", "Food"), ("medicine", "药品", "Medicine"), ("care", "照料", "Care"), ("talk", "心理疏导", "Talk"),
        ("none", "暂无需要", "Nothing now"),
    ],
    "lead_kind": [
        ("arrival", "疫情发生地来（返）人员", "Arrival"), ("close_contact", "密切接触者", "Close contact"),
        ("gambling", "聚众赌博", "Gambling"), ("price_gouging", "哄抬物价", "Price gouging"),
        ("fraud_illegal_trade", "诈骗、非法经营", "Fraud, illegal trade"),
    ],
    "incident_kind": [
        ("epidemic_incident", "涉疫警情", "Epidemic incident"), ("isolation_refused", "拒绝隔离", "Isolation refused"),
        ("road_blocking", "擅自封路", "Road blocking"),
    ],
}  # fmt: skip


class Form(NamedTuple):
    """A form: its code and title, and its rows."""

    code: str
    title: str
    rows: list[Row]


def forms() -> list[Form]:
    """The forms of the pack."""
    power = check("check_power", "主机、音响断电，包房清空", "Power is off, rooms are empty")
    return [
        Form("bar", "酒吧停业检查", entertainment("bar", power)),
        Form("internet_cafe", "网吧停业检查", entertainment(
            "internet_cafe", check("check_machines", "上网主机全部断电", "All machines are off"),
            check("check_minors", "场内无人上网、无未成年人", "Nobody is online, no minors inside"))),
        Form("ktv", "KTV停业检查", entertainment("ktv", power)),
        Form("dance_hall", "舞厅停业检查", entertainment("dance_hall", power)),
        Form("chess_card_room", "棋牌室停业检查", entertainment(
            "chess_card_room", check("check_tables", "牌桌清空封存", "Tables are cleared and sealed"),
            check("check_gambling", "无聚众赌博迹象", "No sign of gambling"))),
        Form("inn", "旅馆检查", lodging("inn")),
        Form("hotel", "酒店检查", lodging("hotel")),
        Form("guesthouse", "民宿检查", lodging("guesthouse")),
        Form("lodging_day", "旅业每日报数", [*TIMES, *venue("inn", "hotel", "guesthouse"), *lodging_counts(),
                                     q("text", "note", "备注", "Note", personal="text")]),
        Form("shop", "商铺检查", trade("shop")),
        Form("market", "市场检查", trade(
            "market", check("check_no_live_game", "无活禽、野生动物交易", "No live poultry or wild animals are sold"),
            check("check_waste", "垃圾日产日清", "Waste is taken away every day"))),
        Form("school", "学校返校准备督导", site(
            ("school", "kindergarten"), [whole("students", "学生数", "Pupils")], *RETURN,
            check("check_classes", "错峰返校、分班安排已定", "It is settled which class returns when"),
            check("check_canteen", "食堂分餐，餐具消毒", "Meals apart, dishes disinfected"))),
        Form("factory", "工厂复工准备督导", site(
            ("factory",), [whole("workers", "职工数", "Workers")], *RETURN,
            check("check_dormitory", "宿舍每间人数符合要求", "Dormitory rooms are not too full"),
            check("check_shifts", "错峰上下班、用餐", "Shifts and meals are apart"))),
        Form("station", "车站防疫督导", site(
            ("coach_station", "railway_station"), [whole("passengers", "当日客流", "Passengers today")],
            check("check_channel", "设发热旅客专用通道", "Passengers with fever have a way of their own"),
            check("check_vehicles", "车辆每班消毒", "Vehicles are disinfected each time"))),
        Form("airport", "机场防疫督导", site(
            ("airport",), [whole("passengers", "当日客流", "Passengers today")],
            check("check_channel", "设发热旅客专用通道", "Passengers with fever have a way of their own"),
            check("check_declaration", "旅客健康申报齐全", "All passengers have declared their health"))),
        Form("port", "港口防疫督导", site(
            ("port",), [whole("crew", "在港船员数", "Crew in port")],
            check("check_crew", "船员登离船登记、测温", "Crew are registered and measured"),
            check("check_cargo", "冷链货物按规定检疫", "Cold cargo is quarantined as required"))),
        Form("visit", "走访登记", logged(
            "visit_place", whole("places", "走访户（处）数", "Places visited"), whole("people", "询问人数", "People asked"),
            q("select_multiple found", "found", "发现的情况", "What was found"))),
        Form("screening", "疫情发生地人员排查", logged(
            "screening_place", whole("people", "排查人次", "People screened"),
            whole("arrivals", "其中疫情发生地来（返）人员", "Arrivals among them", required="",
                  constraint=". >= 0 and . <= ${people}"))),
        Form("lead", "线索移交", reported("lead_kind")),
        Form("incident", "涉疫警情处置", reported(
            "incident_kind", whole("people_there", "现场人数", "People there", required=""))),
        Form("isolation_assistance", "协助隔离送治", logged(
            "isolation_place", whole("people", "协助人次", "People assisted"))),
        Form("checkpoint", "卡口检疫登记", logged(
            "checkpoint_place", whole("people", "检测人次", "People checked"),
            whole("vehicles", "检查车辆（辆次）", "Vehicles checked"),
            whole("fever", "发现发热", "With fever", required="", constraint=". >= 0 and . <= ${people}"))),
        Form("leaflets", "宣传发放登记", logged("leaflet_place", whole("copies", "发放份数", "Copies handed out"))),
        Form("display", "宣传发布登记", logged("display_place", whole("notices", "发布条次", "Notices shown"))),
        Form("dispersal", "劝散聚集登记", logged(
            "dispersal_place", q("select_one gathering_kind", "gathering", "聚集类型", "Kind of gathering", required="yes"),
            whole("people", "劝散人数", "People dispersed"))),
        Form("service", "便民业务登记", logged("service_place", whole("requests", "办结件数", "Requests done"))),
        Form("help_visit", "帮扶走访登记", logged(
            "help_place", whole("households", "走访户次", "Households visited"),
            q("select_multiple need", "needs", "需要的帮助", "What is needed"))),
    ]  # fmt: skip


# -- writing ------------------------------------------------------------------------------------------


def sheets(form: Form) -> dict[str, list[list[str]]]:
    """The three sheets of a form."""
    used = {row["type"].split()[1] for row in form.rows if row["type"].startswith(("select_one ", "select_multiple "))}
    choices = [[name, *choice] for name in CHOICES if name in used for choice in CHOICES[name]]
    return {
        "survey": [list(HEADS), *([row.get(key, "") for key in COLUMNS] for row in form.rows)],
        "choices": [["list_name", "name", f"label::{ZH}", f"label::{EN}"], *choices],
        "settings": [
            ["form_id", "form_title", "version", "default_language", "instance_name"],
            [
                form.code,
                form.title,
                VERSION,
                ZH,
                f"concat('{form.title} ', format-date-time(${{start}}, '%m-%d %H:%M'))",
            ],
        ],
    }


def write(path: Path, form: Form) -> None:
    """Write a form as staff would open it: heads in bold and frozen, columns wide enough to read."""
    with Workbook(path) as book:
        book.set_properties({"created": datetime(2020, 2, 5, tzinfo=UTC).replace(tzinfo=None), "title": form.title})
        bold = book.add_format({"bold": True, "bg_color": "#E8EEF7"})
        for name, rows in sheets(form).items():
            sheet = book.add_worksheet(name)
            sheet.freeze_panes(1, 0)
            for number, row in enumerate(rows):
                for place, text in enumerate(row):
                    if text:
                        sheet.write_string(number, place, text, bold if number == 0 else None)
            for place in range(len(rows[0])):
                widest = max((len(row[place]) for row in rows if place < len(row)), default=0)
                sheet.set_column(place, place, min(max(12, widest * 1.3), 48))


def written(path: Path) -> dict[str, list[list[str]]]:
    """The sheets of a workbook that lies there."""
    book = CalamineWorkbook.from_path(path)
    return {name: book.get_sheet_by_name(name).to_python(skip_empty_area=False) for name in book.sheet_names}


def outdated() -> Iterator[str]:
    """The files that are not what would be written."""
    wanted = {f"{form.code}.xlsx": form for form in forms()}
    for name in sorted(wanted.keys() | {path.name for path in FOLDER.glob("*.xlsx")}):
        path = FOLDER / name
        if name not in wanted or not path.exists() or _plain(written(path)) != _plain(sheets(wanted[name])):
            yield name


def _plain(book: dict[str, list[list[Any]]]) -> dict[str, list[list[str]]]:
    """Sheets without the empty cells at the end of rows."""
    plain = {}
    for name, rows in book.items():
        plain[name] = [[str(cell) for cell in row] for row in rows]
        for row in plain[name]:
            while row and not row[-1]:
                row.pop()
    return plain


def main(args: Sequence[str]) -> int:
    """Write the forms, or say which are not as they would be written."""
    if "--check" in args:
        names = list(outdated())
        for name in names:
            print(f"packs/huizhou-2020/forms/{name} is out of date; run: python -m tools.pack_forms")
        return 1 if names else 0
    FOLDER.mkdir(exist_ok=True)
    for form in forms():
        write(FOLDER / f"{form.code}.xlsx", form)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
