"""Changes of codes between two editions of the official list, pure.

A list of changes says only which code appeared, vanished or got another name. What it means is
read off by matching: a village that vanishes under one code and appears under another has been
recoded, and stays the same area with the same records.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from itertools import pairwise
from uuid import UUID

from wangge.ground.areas.rules import code_error, name_error, stem
from wangge.ground.areas.tables import Line, LineError

CHANGE_HEADINGS = ("edition", "change", "code12", "old_name", "new_name")
EDITION_HEADINGS = ("edition", "day")
Key = UUID
"""What names an area in these histories: its id."""


@dataclass(frozen=True)
class Side:
    """A village as one edition has it."""

    code: str
    name: str
    line: int


@dataclass(frozen=True)
class Step:
    """What happened to one village at one edition: `old` None, it is new; `new` None, it ended."""

    on: date
    old: Side | None
    new: Side | None

    @property
    def line(self) -> int:
        side = self.new or self.old
        return side.line if side else 0


@dataclass(frozen=True)
class Span:
    """A code and a name in force from `since` (None: from before what is known) up to `until`."""

    code: str
    name: str
    since: date | None
    until: date | None = None

    def holds(self, on: date) -> bool:
        """Whether the span was in force on the day."""
        return (self.since is None or self.since <= on) and (self.until is None or on < self.until)


def read_editions(lines: Iterable[Line]) -> dict[str, date]:
    """The reference day of each edition. A day that is no date raises ValueError."""
    return {line["edition"]: date.fromisoformat(line["day"]) for line in lines}


def read_steps(lines: Iterable[Line], editions: Mapping[str, date]) -> tuple[list[Step], list[LineError]]:
    """What happened to whom, edition by edition, and the lines that cannot be taken."""
    errors: list[LineError] = []
    before: dict[date, list[Side]] = defaultdict(list)
    after: dict[date, list[Side]] = defaultdict(list)
    seen: set[tuple[str, str]] = set()
    for line in lines:
        error = _line_error(line, editions, seen)
        if error:
            errors.append(LineError(line.number, *error))
            continue
        on, code = editions[line["edition"]], line["code12"]
        seen.add((line["edition"], code))
        if line["change"] != "added":
            before[on].append(Side(code, line["old_name"], line.number))
        if line["change"] != "removed":
            after[on].append(Side(code, line["new_name"], line.number))
    days = sorted(before.keys() | after.keys())
    return [step for on in days for step in match(on, before[on], after[on])], errors


def _line_error(line: Line, editions: Mapping[str, date], seen: set[tuple[str, str]]) -> tuple[str, str] | None:
    change = line["change"]
    if line["edition"] not in editions:
        return f"版本“{line['edition']}”没有对应日期", f"the edition “{line['edition']}” has no day"
    if change not in {"added", "removed", "renamed"}:
        return f"变更类型“{change}”未知", f"the change “{change}” is unknown"
    if (line["edition"], line["code12"]) in seen:
        return f"编码 {line['code12']} 在同一版本中重复", f"the code {line['code12']} stands twice in one edition"
    names = [line["old_name"]] * (change != "added") + [line["new_name"]] * (change != "removed")
    errors = [code_error(line["code12"], 12), *(name_error(name, "") for name in names)]
    return next((error for error in errors if error), None)


def match(on: date, before: list[Side], after: list[Side]) -> list[Step]:
    """Pair the villages of two editions, the surest likeness first, and say what happened to each.

    The same name in the same town; the same name in the same county; the same stem in the same
    town (村改居); the same code. A likeness shared by several on one side pairs nobody.
    """
    likenesses: list[Callable[[Side], Hashable]] = [
        lambda side: (side.code[:9], side.name),
        lambda side: (side.code[:6], side.name),
        lambda side: (side.code[:9], stem(side.name)),
        lambda side: side.code,
    ]
    steps: list[Step] = []
    for likeness in likenesses:
        left, right = _alone(before, likeness), _alone(after, likeness)
        paired = [(left[key], right[key]) for key in left.keys() & right.keys()]
        steps += [Step(on, old, new) for old, new in paired]
        before = [side for side in before if side not in {old for old, _ in paired}]
        after = [side for side in after if side not in {new for _, new in paired}]
    steps += [Step(on, old, None) for old in before] + [Step(on, None, new) for new in after]
    return sorted(steps, key=lambda step: step.line)


def _alone(sides: list[Side], likeness: Callable[[Side], Hashable]) -> dict[Hashable, Side]:
    """The sides that no other of the same edition is like."""
    groups: dict[Hashable, list[Side]] = defaultdict(list)
    for side in sides:
        groups[likeness(side)].append(side)
    return {key: group[0] for key, group in groups.items() if len(group) == 1}


class Histories:
    """The dated codes of all areas, and what a step does to them. Applying a step again changes nothing."""

    def __init__(self, spans: Mapping[Key, list[Span]]) -> None:
        self.spans = {area: sorted(rows, key=_begins) for area, rows in spans.items()}
        self._holders: dict[str, set[Key]] = defaultdict(set)
        for area, rows in self.spans.items():
            for row in rows:
                self._holders[row.code].add(area)

    def row_on(self, area: Key, on: date) -> Span | None:
        """What the area went by on the day."""
        return next((row for row in self.spans[area] if row.holds(on)), None)

    def holder(self, code: str, on: date) -> Key | None:
        """Who held the code on the day."""
        for area in self._holders.get(code, ()):
            row = self.row_on(area, on)
            if row and row.code == code:
                return area
        return None

    def holder_known_later(self, code: str, on: date) -> Key | None:
        """Who holds the code from the first day anything is known of it, where that day is not before this one."""
        for area in self._holders.get(code, ()):
            first = self.spans[area][0]
            if first.code == code and first.since is not None and first.since >= on:
                return area
        return None

    def clash(self, codes: Iterable[str]) -> tuple[str, Key] | None:
        """A code that two areas hold on one day, with one of the two; None if all is well."""
        for code in codes:
            held = [(row, area) for area in self._holders[code] for row in self.spans[area] if row.code == code]
            held.sort(key=lambda pair: _begins(pair[0]))
            for (one, area), (two, _) in pairwise(held):
                if one.until is None or one.until > _begins(two):
                    return code, area
        return None

    def knows_from(self, area: Key, on: date, old: Side | None) -> None:
        """Move the first known day of an area back to this one, and say what it went by before."""
        first, *rest = self.spans[area]
        earlier = [Span(old.code, old.name, None, on)] if old else []
        self._write(area, [*earlier, replace(first, since=on), *rest])

    def turns(self, area: Key, on: date, new: Side | None) -> None:
        """From this day on the area goes by another code or name, or has ended (None)."""
        rows: list[Span] = []
        for row in self.spans.get(area, []):
            if not row.holds(on):
                rows.append(row)
            elif row.since is None or row.since < on:
                rows.append(replace(row, until=on))
        if new:
            later = [row.since for row in rows if row.since and row.since > on]
            rows.append(Span(new.code, new.name, on, min(later, default=None)))
        self._write(area, rows)

    def _write(self, area: Key, rows: list[Span]) -> None:
        self.spans[area] = sorted(rows, key=_begins)
        for row in rows:
            self._holders[row.code].add(area)


class Deed(StrEnum):
    """What a step comes to, given what is known."""

    ADD = "add"
    END = "end"
    TURN = "turn"  # another code, another name, or both, from the day on
    BACKDATE = "backdate"  # known already from a later list; only the history gains a line
    NOTHING = "nothing"


@dataclass(frozen=True)
class Resolved:
    """A step and the area it happens to (None: a new one)."""

    deed: Deed
    step: Step
    area: Key | None = None


def resolve(histories: Histories, steps: list[Step]) -> tuple[list[Resolved], list[LineError]]:
    """What the steps of one edition come to. All are judged by the state before any of them."""
    leaving = {step.old.code for step in steps if step.old and (step.new is None or step.new.code != step.old.code)}
    found: list[Resolved] = []
    errors: list[LineError] = []
    for step in steps:
        if step.new is None:
            found.append(_resolve_end(histories, step))
        elif step.old is None:
            found.append(_resolve_new(histories, step, step.new, leaving))
        else:
            outcome = _resolve_turn(histories, step, step.old, step.new)
            if isinstance(outcome, LineError):
                errors.append(outcome)
            else:
                found.append(outcome)
    return found, errors


def _resolve_end(histories: Histories, step: Step) -> Resolved:
    area = histories.holder(step.old.code, step.on) if step.old else None
    row = histories.row_on(area, step.on) if area is not None else None
    if row and (row.since is None or row.since < step.on):
        return Resolved(Deed.END, step, area)
    return Resolved(Deed.NOTHING, step)


def _resolve_new(histories: Histories, step: Step, new: Side, leaving: set[str]) -> Resolved:
    holder = histories.holder(new.code, step.on)
    row = histories.row_on(holder, step.on) if holder is not None else None
    if row and row.since == step.on:
        return Resolved(Deed.NOTHING, step, holder)
    if holder is not None and new.code not in leaving:
        return Resolved(Deed.NOTHING, step, holder)
    later = histories.holder_known_later(new.code, step.on)
    return Resolved(Deed.BACKDATE, step, later) if later is not None else Resolved(Deed.ADD, step)


def _resolve_turn(histories: Histories, step: Step, old: Side, new: Side) -> Resolved | LineError:
    eve = step.on - timedelta(days=1)
    before = histories.holder(old.code, eve)
    row = histories.row_on(before, step.on) if before is not None else None
    if row and row.code == new.code and (row.since == step.on or row.name == new.name):
        return Resolved(Deed.NOTHING, step, before)
    was = histories.row_on(before, eve) if before is not None else None
    if row and was and row == was:
        if was.name == old.name or was.name == new.name:
            return Resolved(Deed.TURN, step, before)
        return LineError(
            new.line,
            f"编码 {old.code} 现名“{was.name}”，与变更清单的“{old.name}”不符",
            f"the code {old.code} is held by “{was.name}”, not by “{old.name}”",
        )
    later = histories.holder_known_later(new.code, step.on)
    if later is not None:
        return Resolved(Deed.BACKDATE, step, later)
    return LineError(
        new.line,
        f"{old.code} 与 {new.code} 均不在区划中",
        f"neither {old.code} nor {new.code} is known",
    )


def perform(histories: Histories, resolved: Iterable[Resolved], make: Callable[[Resolved], Key]) -> None:
    """Carry out the steps of one edition; `make` gives the key of a new area."""
    for one in resolved:
        on, new = one.step.on, one.step.new
        if one.deed is Deed.ADD and new:
            histories.turns(make(one), on, new)
        elif one.deed in {Deed.TURN, Deed.END} and one.area is not None:
            histories.turns(one.area, on, new)
        elif one.deed is Deed.BACKDATE and one.area is not None:
            histories.knows_from(one.area, on, one.step.old)


def _begins(row: Span) -> date:
    return row.since or date.min
