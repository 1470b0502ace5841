"""What it takes to get from the areas as they stand to a list of them, pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from wangge.ground.areas.changes import Side, Step, match
from wangge.ground.areas.rules import Change, Held, Preview, Wanted
from wangge.ground.areas.tables import LineError

VILLAGE_DIGITS = 12


def plan(wanted: list[Wanted], held: Iterable[Held], errors: list[LineError]) -> Preview:
    """Hold a list against the areas as they stand.

    A village found under another code than before has been recoded: it moves, and keeps its id and
    its records, also where codes were handed on from one village to the next. A list may be a part
    of a city, so what it does not name stays; only a village whose code it gives away ends.
    """
    by_code = {area.code: area for area in held}
    listed = {one.code: one for one in wanted}
    same = [one for one in wanted if (area := by_code.get(one.code)) and (area.name, area.kind) == (one.name, one.kind)]
    preview = Preview(unchanged=len(same), errors=errors, wanted=wanted)
    settled = {one.code for one in same}
    for one in wanted:
        if one.code in settled or (len(one.code) == VILLAGE_DIGITS and not _kind_only(one, by_code.get(one.code))):
            continue
        _place(preview, one, by_code.get(one.code))
        settled.add(one.code)
    for step in _village_steps(listed, by_code, settled):
        if step.new:
            _place(preview, listed[step.new.code], by_code[step.old.code] if step.old else None)
        elif step.old and step.old.code in listed:
            area = by_code[step.old.code]
            taker = listed[area.code]
            preview.ends.append(Change(taker.line, "", area.name, area.kind, area.id, area.code, area.name))
    return preview


def _kind_only(one: Wanted, area: Held | None) -> bool:
    return area is not None and area.name == one.name


def _place(preview: Preview, one: Wanted, area: Held | None) -> None:
    """Enter one area of the list as new, renamed or moved."""
    if area is None:
        preview.adds.append(Change(one.line, one.code, one.name, one.kind))
        return
    change = Change(one.line, one.code, one.name, one.kind, area.id, area.code, area.name)
    (preview.renames if area.code == one.code else preview.moves).append(change)


def _village_steps(listed: dict[str, Wanted], by_code: dict[str, Held], settled: set[str]) -> list[Step]:
    """What happened to the villages whose code or name differs between the list and what stands.

    A village the list does not name may have moved inside its town; that it moved to another town
    is believed only where the list names its old code too.
    """
    towns = {code[:9] for code in listed if len(code) == VILLAGE_DIGITS}
    before = [
        Side(area.code, area.name, 0)
        for area in by_code.values()
        if len(area.code) == VILLAGE_DIGITS and area.code not in settled and area.code[:9] in towns
    ]
    after = [
        Side(one.code, one.name, one.line)
        for one in listed.values()
        if len(one.code) == VILLAGE_DIGITS and one.code not in settled
    ]
    steps: list[Step] = []
    for step in match(date.min, before, after):
        old, new = step.old, step.new
        if old and new and old.code not in listed and old.code[:9] != new.code[:9]:
            steps += [Step(step.on, old, None), Step(step.on, None, new)]
        else:
            steps.append(step)
    return steps
