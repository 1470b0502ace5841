"""Looking at a list before anything is changed: what it would do, and which lines it cannot give."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from uuid import UUID

from wangge.ground.areas.changes import (
    CHANGE_HEADINGS,
    EDITION_HEADINGS,
    Histories,
    Resolved,
    Span,
    Step,
    perform,
    read_editions,
    read_steps,
    resolve,
)
from wangge.ground.areas.management import (
    MANAGEMENT_HEADINGS,
    ManagementPreview,
    Manager,
    Managing,
    plan_management,
    read_management,
)
from wangge.ground.areas.models import Area, AreaCode, Membership, Tree
from wangge.ground.areas.planning import plan
from wangge.ground.areas.rules import LIST_HEADINGS, Held, Preview, Wanted, read_list
from wangge.ground.areas.tables import LineError, read_table
from wangge.ground.kernel.ids import new_id
from wangge.ground.kernel.problems import AreaFileUnreadable


def preview(data: bytes, *, names: Mapping[str, str] | None = None, city: str = "") -> Preview:
    """What importing a list of villages would do.

    `names` gives the names of province and city by code ("44": "广东省") where they do not stand
    yet; `city` is the code that every line must begin with, by default the only city named or
    known. Raises AreaFileUnreadable for a file that is no such table.
    """
    lines, errors = read_table(data, LIST_HEADINGS)
    known = {area.code: area.name for area in held_areas()} | dict(names or {})
    cities = [code for code in known if len(code) == 4]
    wanted, bad = read_list(lines, known, city or (cities[0] if len(cities) == 1 else ""))
    return replan(wanted, sorted([*errors, *bad], key=lambda error: error.line))


def replan(wanted: list[Wanted], errors: list[LineError]) -> Preview:
    """The same list held against the areas as they stand now."""
    return plan(wanted, held_areas(), errors)


def held_areas() -> list[Held]:
    """The statistical areas that hold a code today."""
    rows = AreaCode.objects.filter(until=None, area__tree=Tree.STATISTICAL).values_list(
        "area_id", "code", "area__name", "area__kind"
    )
    return [Held(*row) for row in rows]


def preview_management(data: bytes) -> ManagementPreview:
    """What loading a list of districts and stations would do. Raises AreaFileUnreadable."""
    lines, errors = read_table(data, MANAGEMENT_HEADINGS)
    known = dict(AreaCode.objects.filter(until=None).values_list("code", "area__level"))
    wanted, bad = read_management(lines, known)
    return replan_management(wanted, sorted([*errors, *bad], key=lambda error: error.line))


def replan_management(wanted: list[Managing], errors: list[LineError]) -> ManagementPreview:
    """The same list held against the districts and stations as they stand now."""
    codes = dict(AreaCode.objects.filter(until=None).values_list("area_id", "code"))
    members: dict[UUID, set[str]] = defaultdict(set)
    for manager, member in Membership.objects.filter(until=None).values_list("manager_id", "member_id"):
        members[manager].add(codes.get(member, ""))
    standing = [
        Manager(area, codes[area], name, codes.get(parent, ""), frozenset(members[area]))
        for area, name, parent in Area.objects.filter(tree=Tree.MANAGEMENT, until=None).values_list(
            "id", "name", "parent_id"
        )
    ]
    return plan_management(wanted, standing, errors)


@dataclass
class ChangesPreview:
    """What a list of code changes would do, edition by edition, and the histories that result.

    `made` are the ids given to new areas, by code and day.
    """

    resolved: list[Resolved] = field(default_factory=list)
    errors: list[LineError] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    before: dict[UUID, list[Span]] = field(default_factory=dict)
    after: dict[UUID, list[Span]] = field(default_factory=dict)
    made: dict[UUID, Resolved] = field(default_factory=dict)

    def count(self, deed: str) -> int:
        """How many steps come to this deed."""
        return sum(one.deed == deed for one in self.resolved)

    @property
    def changes(self) -> int:
        return sum(one.deed != "nothing" for one in self.resolved)


def preview_changes(data: bytes, editions: bytes) -> ChangesPreview:
    """What applying a list of code changes would do; `editions` is the table of their days."""
    days, _ = read_table(editions, EDITION_HEADINGS)
    try:
        day_of = read_editions(days)
    except ValueError as error:
        raise AreaFileUnreadable(
            why_zh="版本日期不是日期", why_en=f"the day of an edition is no date ({error})"
        ) from error
    lines, errors = read_table(data, CHANGE_HEADINGS)
    steps, bad = read_steps(lines, day_of)
    return replan_changes(steps, [*errors, *bad])


def replan_changes(steps: list[Step], errors: list[LineError]) -> ChangesPreview:
    """The same steps held against the histories as they stand now."""
    before = held_histories()
    histories = Histories(before)
    towns = set(AreaCode.objects.filter(until=None, area__level="town").values_list("code", flat=True))
    found = ChangesPreview(errors=list(errors), steps=steps, before=before)

    def make(one: Resolved) -> UUID:
        area = new_id()
        found.made[area] = one
        return area

    for day in sorted({step.on for step in steps}):
        resolved, bad = resolve(histories, [step for step in steps if step.on == day])
        for one in resolved:
            new = one.step.new
            if new and one.deed != "nothing" and new.code[:9] not in towns:
                zh, en = f"上级 {new.code[:9]} 未知", f"the parent {new.code[:9]} is unknown"
                bad.append(LineError(new.line, zh, en))
            else:
                found.resolved.append(one)
        refused = {error.line for error in bad}
        perform(histories, (one for one in resolved if one.step.line not in refused), make)
        found.errors += bad
    found.errors.sort(key=lambda error: error.line)
    found.after = histories.spans
    return found


def held_histories() -> dict[UUID, list[Span]]:
    """Every village's codes and names with their days."""
    spans: dict[UUID, list[Span]] = defaultdict(list)
    rows = AreaCode.objects.filter(area__level="village").values_list("area_id", "code", "name", "since", "until")
    for area, code, name, since, until in rows:
        spans[area].append(Span(code, name, since, until))
    return dict(spans)


def changed_codes(found: ChangesPreview) -> set[str]:
    """The codes that any changed history speaks of."""
    changed = {area for area, rows in found.after.items() if found.before.get(area) != rows}
    return {row.code for area in changed for row in found.after[area]}


def clash(found: ChangesPreview) -> tuple[str, UUID] | None:
    """A code that two areas would hold on one day; None if all is well."""
    return Histories(found.after).clash(changed_codes(found))


def edition_day(text: str) -> date:
    """The day of an edition as a person writes it. Raises AreaFileUnreadable."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError as error:
        raise AreaFileUnreadable(
            why_zh=f"“{text}”不是日期（应写作 2019-10-31）", why_en=f"“{text}” is no date (write 2019-10-31)"
        ) from error
