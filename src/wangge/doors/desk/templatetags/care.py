"""How what belongs to care is shown: reasons in two languages, instants for a form, days on a paper."""

from __future__ import annotations

from datetime import datetime

from django import template
from django.utils.safestring import SafeString

from wangge.doors.desk.requests import language, worded
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.problems import Problem
from wangge.picture.bulletins.rules import day_zh

register = template.Library()
register.filter("in_words", worded)


@register.filter
def for_field(instant: datetime) -> str:
    """An instant as a field for date and time takes it."""
    return local(instant).strftime("%Y-%m-%dT%H:%M")


@register.filter
def day_words(instant: datetime) -> str:
    """The day as a paper is dated."""
    return day_zh(instant)


@register.filter
def sentence(problem: Problem | None) -> str | SafeString:
    """A problem in the language of the reader."""
    return problem.sentence(language()) if problem else ""
