"""Broken rules and empty seats in sentences, Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping

from wangge.duties.rosters.rules.ledger import Why
from wangge.duties.rosters.rules.problem import Limits


def _hours(minutes: int) -> str:
    return f"{minutes / 60:g}"


def said(why: Why, limits: Limits) -> tuple[str, str]:
    """The rule that keeps somebody from a seat, without the name of who it is."""
    rest, week, got = _hours(limits.rest), _hours(limits.week), _hours(why.number)
    return {
        "agency": ("所属单位不符", "belongs to another agency"),
        "skill": ("不具备这一岗位所需的职务或技能", "lacks the role or a skill that is needed there"),
        "fixed": ("这一班是别人的固定班", "this is somebody else's fixed duty"),
        "leave": ("这段时间请假", "is on leave then"),
        "overlap": ("这段时间已有班", "is on duty then already"),
        "rest": (
            f"与前后班之间只有 {got} 小时，少于 {rest} 小时",
            f"has {got} h between two duties, fewer than {rest} h",
        ),
        "travel": (
            f"与前后班之间除去路程 {why.number} 分钟，休息不足 {rest} 小时",
            f"has less than {rest} h of rest with {why.number} min on the way",
        ),
        "hours": (f"本周工时将达 {got} 小时，超过 {week} 小时", f"would work {got} h this week, more than {week} h"),
        "nights": (
            f"本周夜班将达 {why.number} 个，超过 {limits.week_nights} 个",
            f"would have {why.number} nights this week, more than {limits.week_nights}",
        ),
    }[why.rule]


COUNTED = {
    "agency": ("人不属于所需单位", "of another agency"),
    "skill": ("人不具备所需职务或技能", "without the role or the skill"),
    "fixed": ("人因是别人的固定班", "not the one it is fixed to"),
    "leave": ("人请假", "on leave"),
    "overlap": ("人同时有班", "on duty at that time"),
    "rest": ("人休息不足", "without enough rest"),
    "travel": ("人路远、休息不足", "too far away to rest enough"),
    "hours": ("人本周工时已满", "with their hours of the week used up"),
    "nights": ("人本周夜班已满", "with their nights of the week used up"),
}


def why_nobody(counts: Mapping[str, int], people: int) -> tuple[str, str]:
    """Why a seat is empty, from how many of so many people each rule kept from it."""
    if not people:
        return "本单位没有可排的人", "there is nobody in this unit"
    if not counts:
        return "有人可以值这一班，尚未安排", "somebody could take it and has not been asked"
    most = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    return (
        "、".join(f"{number} {COUNTED[rule][0]}" for rule, number in most),
        ", ".join(f"{number} {COUNTED[rule][1]}" for rule, number in most),
    )
