"""Checks on rosters: that shifts, needs and rules do not contradict each other, so that nobody could ever serve."""

from __future__ import annotations

from datetime import time, timedelta

from wangge.ground.responses.packs.draft import Draft
from wangge.ground.responses.packs.rosters import RosterRules, RostersDef, ShiftDef

TWO = timedelta(hours=2)  # whatever lies over two in the morning counts as a night


def check_roster_rules(draft: Draft, plan: RostersDef) -> None:
    """Add the contradictions to the draft."""
    _check_shared(draft, plan.rules)
    _check_shifts(draft, plan)
    _check_patterns(draft, plan)
    _check_nights(draft, plan)


def _check_shared(draft: Draft, rules: RosterRules) -> None:
    day = (_from_midnight(rules.shared_until) - _from_midnight(rules.shared_from)) / timedelta(hours=1)
    if day <= 0:
        draft.wrong("rosters", ("rules", "shared_until"), "应晚于 shared_from", "must be later than shared_from")
    elif rules.shared_hours > 7 * day:
        zh = f"一周七天每天 {day:g} 小时，达不到 {rules.shared_hours} 小时"
        en = f"seven days of {day:g} h never make {rules.shared_hours} h"
        draft.wrong("rosters", ("rules", "shared_hours"), zh, en)


def _check_shifts(draft: Draft, plan: RostersDef) -> None:
    for code, shift in plan.shifts.items():
        if shift.hours > plan.rules.week_hours:
            zh = f"一班 {shift.hours} 小时，超过每周最多工时 {plan.rules.week_hours} 小时，谁也不能值"
            en = f"a shift of {shift.hours} h is more than the {plan.rules.week_hours} h of a week, so nobody may serve"
            draft.wrong("rosters", ("shifts", code, "hours"), zh, en)
        if _over_two(shift) and not shift.night:
            zh, en = "跨凌晨两点的班次须写 night: true", "a shift over two in the morning needs night: true"
            draft.wrong("rosters", ("shifts", code), zh, en)


def _check_patterns(draft: Draft, plan: RostersDef) -> None:
    for code, pattern in plan.patterns.items():
        for index, shift in enumerate(pattern.shifts):
            if shift in pattern.shifts[:index]:
                zh, en = f"“{shift}”重复", f"“{shift}” stands twice"
                draft.wrong("rosters", ("patterns", code, "shifts", index), zh, en)
        shifts = [plan.shifts[shift] for shift in pattern.shifts if shift in plan.shifts]
        if shifts and all(shift.night for shift in shifts) and not any(need.night for need in plan.needs):
            zh = "这一班制只有夜班，而各岗位都不排夜班（night: false）"
            en = "it has night shifts only, and no need asks for nights (night: false)"
            draft.wrong("rosters", ("patterns", code, "shifts"), zh, en)


def _check_nights(draft: Draft, plan: RostersDef) -> None:
    if plan.rules.week_nights == 0 and any(shift.night for shift in plan.shifts.values()):
        for number, need in enumerate(plan.needs):
            if need.night:
                zh = "每周最多夜班为 0，夜班谁也不能值；请写 night: false，或放宽 week_nights"
                en = "with week_nights: 0 nobody may serve at night; write night: false, or allow some"
                draft.wrong("rosters", ("needs", number), zh, en)


def _from_midnight(moment: time) -> timedelta:
    return timedelta(hours=moment.hour, minutes=moment.minute)


def _over_two(shift: ShiftDef) -> bool:
    since = _from_midnight(shift.start)
    until = since + timedelta(hours=shift.hours)
    return any(since <= two < until for two in (TWO, TWO + timedelta(days=1)))
