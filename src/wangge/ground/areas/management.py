"""The management tree 管理区划, pure: districts that are no statistical county, and police stations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from wangge.ground.areas.rules import Change, name_error
from wangge.ground.areas.tables import Line, LineError

MANAGEMENT_HEADINGS = ("code", "level", "name", "parent_code", "member_codes")
MANAGEMENT_LEVELS = ("district", "station")
CODE_FORM = re.compile(r"\d{2,12}-[DP]\d{1,2}", re.ASCII)


@dataclass(frozen=True)
class Managing:
    """A district or station as a list has it: whom it answers to and what it looks after, by code."""

    line: int
    code: str
    level: str
    name: str
    parent_code: str
    member_codes: tuple[str, ...]


@dataclass(frozen=True)
class Manager:
    """A district or station as it stands, with the codes of its parent and of what it looks after."""

    id: UUID
    code: str
    name: str
    parent_code: str
    member_codes: frozenset[str]


@dataclass(frozen=True)
class ManagementPreview:
    """What loading a management list would do. `moves` are those that get another parent or other members."""

    adds: list[Change] = field(default_factory=list)
    renames: list[Change] = field(default_factory=list)
    moves: list[Change] = field(default_factory=list)
    unchanged: int = 0
    errors: list[LineError] = field(default_factory=list)
    wanted: list[Managing] = field(default_factory=list)

    @property
    def changes(self) -> int:
        return len(self.adds) + len(self.renames) + len(self.moves)


def read_management(lines: Iterable[Line], known: Mapping[str, str]) -> tuple[list[Managing], list[LineError]]:
    """The districts and stations of a list, and the lines that cannot be taken.

    `known` gives the level by code of every area that stands. A parent must stand or come earlier
    in the list; one area has at most one manager of each level.
    """
    levels = dict(known)
    taken: dict[tuple[str, str], int] = {}
    seen: dict[str, int] = {}
    wanted: list[Managing] = []
    errors: list[LineError] = []
    for line in lines:
        one = Managing(
            line.number,
            line["code"],
            line["level"],
            line["name"],
            line["parent_code"],
            tuple(line["member_codes"].split()),
        )
        error = _line_error(one, levels, seen, taken)
        if error:
            errors.append(LineError(line.number, *error))
            continue
        seen[one.code] = one.line
        levels[one.code] = one.level
        taken.update({(one.level, member): one.line for member in one.member_codes})
        wanted.append(one)
    return wanted, errors


def _line_error(
    one: Managing, levels: Mapping[str, str], seen: Mapping[str, int], taken: Mapping[tuple[str, str], int]
) -> tuple[str, str] | None:
    if not CODE_FORM.fullmatch(one.code):
        return (
            f"编码“{one.code}”应为区划编码加“-D”或“-P”和序号",
            f"the code “{one.code}” must be an area code, “-D” or “-P” and a number",
        )
    if one.code in seen:
        return (
            f"编码 {one.code} 与第 {seen[one.code]} 行重复",
            f"the code {one.code} stands on line {seen[one.code]} already",
        )
    if one.level not in MANAGEMENT_LEVELS:
        return f"层级“{one.level}”应为 district 或 station", f"the level “{one.level}” must be district or station"
    if levels.get(one.parent_code, "station") in {"station", "village", "grid"}:
        return f"上级 {one.parent_code} 未知或不能作上级", f"the parent {one.parent_code} is unknown or cannot be one"
    return name_error(one.name, "") or _members_error(one, levels, taken)


def _members_error(
    one: Managing, levels: Mapping[str, str], taken: Mapping[tuple[str, str], int]
) -> tuple[str, str] | None:
    if not one.member_codes:
        return "没有列出所辖区划", "it looks after nothing"
    for member in one.member_codes:
        if levels.get(member) not in {"town", "village"}:
            return f"所辖 {member} 不是已有的镇街或村居", f"its member {member} is no known town or village"
        if (one.level, member) in taken:
            before = taken[one.level, member]
            return f"{member} 已由第 {before} 行管辖", f"{member} is looked after by line {before} already"
    return None


def plan_management(wanted: list[Managing], standing: Iterable[Manager], errors: list[LineError]) -> ManagementPreview:
    """What it takes to get from the districts and stations as they stand to the list."""
    by_code = {manager.code: manager for manager in standing}
    preview = ManagementPreview(errors=errors, wanted=wanted)
    unchanged = 0
    for one in wanted:
        manager = by_code.get(one.code)
        if manager is None:
            preview.adds.append(Change(one.line, one.code, one.name, ""))
            continue
        change = Change(one.line, one.code, one.name, "", manager.id, manager.code, manager.name)
        moved = (manager.parent_code, manager.member_codes) != (one.parent_code, frozenset(one.member_codes))
        if manager.name != one.name:
            preview.renames.append(change)
        if moved:
            preview.moves.append(change)
        unchanged += manager.name == one.name and not moved
    return ManagementPreview(preview.adds, preview.renames, preview.moves, unchanged, errors, wanted)
