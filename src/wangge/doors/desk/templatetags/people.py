"""How people under observation are shown: the cells of the board, and words for where somebody stands."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from django import template
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext

from wangge.doors.desk.requests import language
from wangge.duties.observation.queries.board import Row, Slot
from wangge.duties.observation.words import BOARD_NAMES, SETTING_NAMES
from wangge.ground.kernel.problems import Problem

register = template.Library()
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
    return gettext(BOARD_NAMES[state])


@register.filter
def setting_word(setting: str) -> str:
    """Where somebody is observed."""
    return gettext(SETTING_NAMES[setting])


@register.filter
def outcome_word(outcome: str) -> str:
    """How an observation ended."""
    return gettext(OUTCOMES[outcome])


@register.filter
def day_cells(row: Row) -> SafeString:
    """The days of somebody as cells of a table: a sign for each check, and what was measured on pointing at it."""
    spoken = language()
    # Joining what was escaped already; a page has seven hundred cells, of which few differ.
    return mark_safe("".join(_cell(day.state, tuple(day.slots), spoken) for day in row.days))  # noqa: S308


@lru_cache(maxsize=4096)
def _cell(state: str, slots: tuple[Slot, ...], spoken: str) -> SafeString:
    """One cell; `spoken` is the language of its words, for which it is remembered."""
    said = format_html('<span class="visually-hidden">{}</span>', gettext(SAID[state])) if slots else ""
    signs = format_html_join(
        "", '<b aria-hidden="true" class="c-{}">{}</b>', ((s.state, SIGNS[s.state]) for s in slots)
    )
    measured = " / ".join(gettext(SAID[s.state]) if s.tenths is None else celsius(s.tenths) for s in slots)
    return format_html('<td class="day d-{}" title="{}">{}{}</td>', state or "blank", measured, signs, said)


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
