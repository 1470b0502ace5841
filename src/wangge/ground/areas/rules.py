"""The rules of area lists, pure: codes, kinds and short names, what a line must hold, what an import would do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from wangge.ground.areas.tables import Line, LineError

LIST_HEADINGS = ("code12", "name", "kind", "town_code9", "town_name", "county_code6", "county_name")
LEVEL_OF_LENGTH = {2: "province", 4: "city", 6: "county", 9: "town", 12: "village", 15: "grid"}
CODE_STEPS = (2, 4, 6, 9, 12, 15)
LONGEST_NAME = 80
LONGEST_KIND = 20

# Ends of official names, longest first, and what stays of each in the short one.
VILLAGE_ENDS = (
    ("社区居民委员会", "社区"),
    ("社区居委会", "社区"),
    ("社区村民委员会", "社区"),
    ("村村民委员会", "村"),
    ("村民委员会", "村"),
    ("村委会", "村"),
    ("居民委员会", "居委会"),
    ("居委会", "居委会"),
)
# Ends that say what a place is, not which: two names that differ only here mean one place.
STEM_ENDS = re.compile(
    r"(社区居民委员会|社区居委会|社区村民委员会|村村民委员会|村民委员会生活区|居民委员会生活区|办事处生活区|办事处社区"
    r"|村民委员会|居民委员会|村委会|居委会|生活区|社区|村)$"
)


def parent_code(code: str) -> str:
    """The code one level up; empty for a province."""
    step = CODE_STEPS.index(len(code))
    return code[: CODE_STEPS[step - 1]] if step else ""


def village_kind(code: str) -> str:
    """What a village-level code says by its last three digits (统计用区划代码, village part)."""
    part = int(code[9:12])
    if part < 200:
        return "居民委员会"
    if part < 400:
        return "村民委员会"
    return "类似居民委员会" if part < 500 else "类似村民委员会"


def town_kind(code: str) -> str:
    """What a town-level code says by its last three digits (统计用区划代码, town part)."""
    part = int(code[6:9])
    if part < 100:
        return "街道"
    if part < 200:
        return "镇"
    return "乡" if part < 400 else "类似乡级单位"


def kind_of(code: str) -> str:
    """The kind a code implies; empty for what has none (province, city, county, grid)."""
    if len(code) == 12:
        return village_kind(code)
    return town_kind(code) if len(code) == 9 else ""


def short_name(name: str) -> str:
    """The name as people say it: 东湖社区居委会 is 东湖社区, 望斗村民委员会 is 望斗村."""
    for end, stays in VILLAGE_ENDS:
        if name.endswith(end) and len(name) > len(end):
            return name[: -len(end)] + stays
    return name


def stem(name: str) -> str:
    """What is left of a village's name without the words for what it is; compares names across 村改居."""
    return STEM_ENDS.sub("", name) or name


@dataclass(frozen=True)
class Wanted:
    """One area a list speaks of. `line` is where it is first named."""

    code: str
    name: str
    kind: str
    line: int

    @property
    def level(self) -> str:
        return LEVEL_OF_LENGTH[len(self.code)]


@dataclass(frozen=True)
class Held:
    """One area as it stands: the code it holds now, its name and kind."""

    id: UUID
    code: str
    name: str
    kind: str


@dataclass(frozen=True)
class Change:
    """One thing an import would do: add an area, rename it, or move it from `old_code` to `code`."""

    line: int
    code: str
    name: str
    kind: str
    area_id: UUID | None = None
    old_code: str = ""
    old_name: str = ""


@dataclass(frozen=True)
class Preview:
    """What an import would do, and the lines it cannot take. `unchanged` counts areas.

    `ends` are villages whose code the list gives to another one while it has no place for them.
    """

    adds: list[Change] = field(default_factory=list)
    renames: list[Change] = field(default_factory=list)
    moves: list[Change] = field(default_factory=list)
    ends: list[Change] = field(default_factory=list)
    unchanged: int = 0
    errors: list[LineError] = field(default_factory=list)
    wanted: list[Wanted] = field(default_factory=list)

    @property
    def changes(self) -> int:
        return len(self.adds) + len(self.renames) + len(self.moves) + len(self.ends)


def code_error(code: str, length: int) -> tuple[str, str] | None:
    """Why a text is no code of so many digits, in Chinese and English; None if it is one."""
    if re.fullmatch(r"\d(\.\d+)?[eE]\+?\d+", code, re.ASCII):
        return (
            f"编码“{code}”被表格软件改成了科学计数法，请把该列设为文本",
            f"the code “{code}” was turned into scientific notation by a spreadsheet; format the column as text",
        )
    if not (code.isascii() and code.isdigit()):
        return f"编码“{code}”含有数字以外的字符", f"the code “{code}” holds something other than digits"
    if len(code) != length:
        return f"编码“{code}”应为 {length} 位，实为 {len(code)} 位", f"the code “{code}” must have {length} digits"
    return None


def name_error(name: str, kind: str) -> tuple[str, str] | None:
    """Why a name or kind cannot be taken; None if both can."""
    if not name:
        return "缺少名称", "the name is missing"
    if len(name) > LONGEST_NAME or len(kind) > LONGEST_KIND:
        return "名称或类型太长", "the name or the kind is too long"
    if not name.isprintable() or "\ufffd" in name:
        return f"名称“{name!a}”含有乱码", f"the name “{name!a}” holds unreadable characters"
    return None


class ListReader:
    """Goes through a list line by line and keeps what it says of villages, towns and counties."""

    def __init__(self, known: Mapping[str, str], city: str) -> None:
        """`known` gives the names by code of areas that stand already or are given beside the list."""
        self.known = known
        self.city = city
        self.wanted: dict[str, Wanted] = {}
        self.errors: list[LineError] = []

    def take(self, line: Line) -> None:
        """Keep a good line; name a bad one."""
        error = self._line_error(line)
        if error:
            self.errors.append(LineError(line.number, *error))
            return
        code = line["code12"]
        for above, name in ((line["county_code6"], line["county_name"]), (line["town_code9"], line["town_name"])):
            self.wanted.setdefault(above, Wanted(above, name or self.known[above], kind_of(above), line.number))
        self.wanted[code] = Wanted(code, line["name"], line["kind"] or kind_of(code), line.number)

    def _line_error(self, line: Line) -> tuple[str, str] | None:
        code = line["code12"]
        return (
            code_error(code, 12)
            or name_error(line["name"], line["kind"])
            or self._parent_error(line, code[:9], "town_code9", "town_name")
            or self._parent_error(line, code[:6], "county_code6", "county_name")
            or self._duplicate_error(code)
        )

    def _parent_error(self, line: Line, prefix: str, code_heading: str, name_heading: str) -> tuple[str, str] | None:
        above, name = line[code_heading], line[name_heading]
        if above != prefix:
            return (
                f"上级编码“{above}”与编码“{line['code12']}”不一致",
                f"the parent code “{above}” contradicts the code “{line['code12']}”",
            )
        if self.city and not above.startswith(self.city):
            return f"编码不属于本市（{self.city}）", f"the code lies outside the city ({self.city})"
        before = self.wanted.get(above)
        if before and name and before.name != name:
            return (
                f"上级 {above} 在第 {before.line} 行名为“{before.name}”，此处名为“{name}”",
                f"the parent {above} is called “{before.name}” on line {before.line} and “{name}” here",
            )
        if not name and not before and above not in self.known:
            return f"上级 {above} 未知，也没有给出名称", f"the parent {above} is unknown and no name is given for it"
        return name_error(name, "") if name else None

    def _duplicate_error(self, code: str) -> tuple[str, str] | None:
        before = self.wanted.get(code)
        if not before:
            return None
        return f"编码 {code} 与第 {before.line} 行重复", f"the code {code} stands on line {before.line} already"


def read_list(lines: Iterable[Line], known: Mapping[str, str], city: str) -> tuple[list[Wanted], list[LineError]]:
    """The areas a village list speaks of, upper levels first, and the lines that cannot be taken.

    Province and city take their names from `known`; the first line of a list that lacks them is named.
    """
    reader = ListReader(known, city)
    for line in lines:
        reader.take(line)
    above: dict[str, Wanted] = {}
    for wanted in list(reader.wanted.values()):
        for code in (wanted.code[:2], wanted.code[:4]):
            if code in known:
                above.setdefault(code, Wanted(code, known[code], "", wanted.line))
            elif code not in above and wanted.level == "county":
                zh, en = f"没有给出 {code} 的名称（省、市）", f"the name of {code} (province or city) is not given"
                reader.errors.append(LineError(wanted.line, zh, en))
    everything = [*above.values(), *reader.wanted.values()]
    placed = [
        wanted for wanted in everything if wanted.code[:2] in above and wanted.code[: min(4, len(wanted.code))] in above
    ]
    return sorted(placed, key=lambda wanted: (len(wanted.code), wanted.code)), reader.errors
