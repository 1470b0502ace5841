"""How people under observation are shown: the cells of the board, and words for where somebody stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext

from wangge.doors.desk.requests import language
from wangge.duties.observation.queries.board import Day, Row
from wangge.ground.kernel.problems import Problem

register = template.Library()
WORDS = {
    "": "在观察",
    "missing": "未测",
    "due": "待测",
    "done": "已测",
    "found": "有异常",
    "release": "待解除",
    "hospital": "住院",
}
SETTINGS = {"home": "居家", "facility": "集中", "hospital": "住院治疗"}
OUTCOMES = {
    "released": "期满解除",
    "admitted": "转入收治",
    "moved": "转换方式",
    "lifted": "排除解除",
    "left": "移交去往地",
    "died": "死亡",
}
SIGNS = {"made": "✓", "missed": "✕", "found": "!", "due": "·", "": " "}
SAID = {"made": "已测", "missed": "漏测", "found": "发热或有症状", "due": "未到时间", "": "未安排"}


@register.filter
def board_word(state: str) -> str:
    """What is to be done about somebody, or a tab of the board."""
    return gettext(WORDS[state])


@register.filter
def setting_word(setting: str) -> str:
    """Where somebody is observed."""
    return gettext(SETTINGS[setting])


@register.filter
def outcome_word(outcome: str) -> str:
    """How an observation ended."""
    return gettext(OUTCOMES[outcome])


@register.filter
def day_cells(row: Row) -> SafeString:
    """The days of somebody as cells of a table: a sign for each check, and what was measured on pointing at it."""
    return format_html_join(
        "",
        '<td class="day d-{}" title="{}">{}</td>',
        ((day.state or "blank", _title(day), _signs(day)) for day in row.days),
    )


def _signs(day: Day) -> SafeString:
    said = format_html('<span class="visually-hidden">{}</span>', gettext(SAID[day.state])) if day.slots else ""
    signs = format_html_join(
        "", '<b aria-hidden="true" class="c-{}">{}</b>', ((s.state, SIGNS[s.state]) for s in day.slots)
    )
    return format_html("{}{}", signs, said)


def _title(day: Day) -> str:
    return " / ".join(
        gettext(SAID[slot.state]) if slot.tenths is None else f"{slot.tenths / 10:.1f}℃" for slot in day.slots
    )


@register.filter
def celsius(tenths: int | None) -> str:
    """A temperature as people read it."""
    return "—" if tenths is None else f"{tenths / 10:.1f}℃"


@register.filter
def typed_for(typed: Mapping[str, Any], key: str) -> str:
    """The temperature that was typed for somebody in a form that could not be taken."""
    return str(typed.get(f"t_{key}", ""))


@register.filter
def symptom_for(typed: Mapping[str, Any], key: str) -> str:
    """The symptom that was chosen for somebody in a form that could not be taken."""
    return str(typed.get(f"s_{key}", ""))


@register.filter
def who_is(rows: Iterable[Row], individual_id: str) -> str:
    """Who of a page this is, masked; nothing where it is somebody of another page."""
    return next((row.card.name for row in rows if str(row.plan.individual_id) == individual_id), "")


@register.filter
def reason(problem: Problem) -> str:
    """What is wrong, in the language of the reader; of a field only the reason."""
    english = language() == "en"
    why = problem.details.get("why_en" if english else "why_zh")
    return str(why) if why else problem.sentence(language())
