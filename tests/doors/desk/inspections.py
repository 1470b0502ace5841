"""A form as a city would write it, with everything that the page for filling has to do."""

from __future__ import annotations

from tests.spine.forms.sheets import Rows, workbook

HEAD = ("type", "name", "label::中文 (zh)", "label::English (en)", "required", "constraint",
        "constraint_message::中文 (zh)", "constraint_message::English (en)", "relevant", "calculation", "choice_filter",
        "appearance", "parameters")  # fmt: skip
NAMES = {name.split("::中文")[0]: place for place, name in enumerate(HEAD) if "English" not in name}
LATER, MORE = "日期不能在今天之后。", "不能多于从业人员数。"


def row(kind: str, name: str, label: str = "", english: str = "", **cells: str) -> tuple[str, ...]:
    """A row of the survey; a message is given in Chinese only, because what is tried in English is the page's own."""
    line = [kind, name, label, english, *[""] * (len(HEAD) - 4)]
    for column, text in cells.items():
        line[NAMES[column]] = text
    return tuple(line)


SURVEY: Rows = [
    HEAD,
    row("select_one_from_file areas.csv", "area", "所在村", "Village", required="yes"),
    row("select_one towns", "town", "所在镇街", "Town", required="yes"),
    row("select_one venues", "venue", "检查的场所", "Venue", required="yes", choice_filter="town=${town}"),
    row("date", "seen_on", "检查日期", "Date", required="yes", constraint=". <= today()", constraint_message=LATER),
    row("integer", "staff", "从业人员数", "Staff", required="yes", constraint=". >= 0 and . <= 500"),
    row("integer", "masked", "其中戴口罩", "With masks", required="yes", relevant="${staff} > 0",
        constraint=". <= ${staff}", constraint_message=MORE),
    row("calculate", "rate", calculation="if(${staff} > 0, round(${masked} div ${staff} * 100, 1), 0)"),
    row("note", "rate_said", "口罩佩戴率 ${rate} %", "Masks ${rate} %", relevant="${staff} > 0"),
    row("select_multiple found", "found", "发现的问题", "Found"),
    row("begin group", "against", "违规营业", "Open against the order", relevant="selected(${found}, 'open')"),
    row("text", "reason", "营业理由", "Why open", required="yes", appearance="multiline"),
    row("end group", ""),
    row("begin repeat", "people", "在场人员", "People there"),
    row("text", "person", "姓名", "Name", required="yes"),
    row("decimal", "warmth", "体温", "Temperature", required="yes", constraint=". >= 34 and . <= 43"),
    row("note", "fever", "发热：请立即上报。", "Fever: report it.", relevant="${warmth} >= 37.3"),
    row("end repeat", ""),
    row("image", "photo", "现场照片", "Photo", parameters="max-pixels=600"),
    row("geopoint", "place", "位置", "Place"),
    row("time", "came_at", "到达时间", "Came at"),
    row("range", "score", "整改评分", "Score", parameters="start=0 end=10 step=1"),
    row("select_one_from_file elsewhere.csv", "elsewhere", "外地名单", "Elsewhere"),
    row("acknowledge", "sure", "以上属实", "All this is true", required="yes"),
]  # fmt: skip
CHOICES: Rows = [
    ("list_name", "name", "label::中文 (zh)", "label::English (en)", "town"),
    ("towns", "t1", "水口街道", "Shuikou", ""),
    ("towns", "t2", "平山街道", "Pingshan", ""),
    ("found", "open", "违规营业", "Open", ""),
    ("found", "no_mask", "未戴口罩", "No masks", ""),
]
SETTINGS: Rows = [("form_id", "form_title", "version", "default_language"), ("netbar", "网吧检查", "1", "中文 (zh)")]


def inspection(venues: int = 400) -> bytes:
    """The workbook of the form, with so many venues to choose from, in two towns by turns."""
    listed = [
        ("venues", f"v{one}", f"测试网吧{one:03}号", f"Test bar {one:03}", f"t{one % 2 + 1}") for one in range(venues)
    ]
    return workbook({"survey": SURVEY, "choices": [*CHOICES, *listed], "settings": SETTINGS})
