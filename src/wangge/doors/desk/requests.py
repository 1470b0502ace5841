"""The request as desk pages see it, and reading what a form sends."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import date, datetime, time
from typing import TYPE_CHECKING, Any, cast
from uuid import UUID, uuid4

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, QueryDict
from django.utils.datastructures import MultiValueDict
from django.utils.translation import get_language, gettext

from wangge.ground.accounts.answered import answered_once
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import IdempotencyConflict, InputInvalid, Problem
from wangge.ground.kernel.text import UNSEEN

if TYPE_CHECKING:
    from wangge.ground.accounts.models import Person

MOST_CHARACTERS = 10_000


class DeskRequest(HttpRequest):
    """A request of somebody signed in; the middleware has put the actor on it."""

    actor: Actor
    user: Person
    htmx: Any


def language() -> str:
    """The language of this request as problems and packs name it: "zh" or "en"."""
    return "en" if (get_language() or "").startswith("en") else "zh"


def named(item: Any) -> str:
    """The name of something from the pack in the language of the reader."""
    return cast(str, item.name_en if language() == "en" and item.name_en else item.name)


def worded(pair: tuple[str, str]) -> str:
    """One of a (Chinese, English) pair of words."""
    return pair[1] if language() == "en" else pair[0]


def said(problem: Problem | None) -> str:
    """The sentence of a problem that a form came back with, in the language of the reader; "" where there is none."""
    if isinstance(problem, IdempotencyConflict):
        return gettext("这张表单刚才已提交过一份。如确为另一件，请核对后再提交一次。")
    return problem.sentence(language()) if problem else ""


def whole_number(text: str, field: str, default: int | None = None) -> int:
    """A whole number from a form. Raises InputInvalid naming the field."""
    try:
        return int(text)
    except ValueError:
        if default is not None and not text.strip():
            return default
        raise InputInvalid(field=field, why_zh="请填写整数。", why_en="A whole number is needed.") from None


def instant(text: str, field: str) -> datetime | None:
    """A local date and time from a form, None where it is empty. Raises InputInvalid naming the field."""
    if not text.strip():
        return None
    try:
        return clock.parse_instant(text.strip())
    except ValueError:
        raise InputInvalid(field=field, why_zh="时间格式不对。", why_en="This is not a date and time.") from None


def day_of(form: QueryDict, field: str) -> date | None:
    """A day from a form, None where it is empty. Raises InputInvalid naming the field."""
    text = form.get(field, "").strip()
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise InputInvalid(field=field, why_zh="日期格式不对。", why_en="This is not a date.") from None


def day_needed(text: str, field: str) -> date:
    """A day from a form that has to be chosen. Raises InputInvalid naming the field."""
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise InputInvalid(field=field, why_zh="请选择日期。", why_en="Choose a date.") from None


def six_in_the_evening(text: str, field: str) -> datetime:
    """18:00 on a local day from a form, when desks change shifts. Raises InputInvalid naming the field."""
    return datetime.combine(day_needed(text, field), time(18, 0), clock.LOCAL)


def time_of_day(text: str, field: str) -> time | None:
    """A time of day such as 7:30, None where nothing is said. Raises InputInvalid."""
    if not text.strip():
        return None
    try:
        return datetime.strptime(text.strip().replace("：", ":")[:5], "%H:%M").time()  # noqa: DTZ007 - no day, no zone
    except ValueError:
        raise InputInvalid(field=field, why_zh="应为时刻，如 07:30。", why_en="A time of day such as 07:30.") from None


def degrees(text: str, field: str) -> float | None:
    """Degrees as a decimal, None where nothing is said. Raises InputInvalid."""
    if not text.strip():
        return None
    try:
        found = float(text)
    except ValueError:
        found = float("nan")
    if not -180 <= found <= 180:
        raise InputInvalid(field=field, why_zh="应为经纬度小数，如 114.41。", why_en="Degrees such as 114.41.")
    return found


def reference(text: str, field: str) -> UUID:
    """An id that a form or an address carries. Raises InputInvalid naming the field."""
    try:
        return UUID(text.strip())
    except ValueError:
        raise InputInvalid(field=field, why_zh="请从列表中选择。", why_en="Choose one from the list.") from None


def sent(request: HttpRequest) -> QueryDict:
    """What a form sends. Raises InputInvalid naming a field that holds what nobody sees, or has no end.

    Asked before anything else, so that no service has to, and PostgreSQL, which keeps no NUL, never meets one.
    """
    for name, values in request.POST.lists():
        if any(UNSEEN.search(text) for text in values):
            raise InputInvalid(
                field=name, why_zh="含有不可见的控制字符，请删除后重试。", why_en="It contains control characters."
            )
        if any(len(text) > MOST_CHARACTERS for text in values):
            raise InputInvalid(
                field=name,
                why_zh=f"不能超过 {MOST_CHARACTERS} 个字符。",
                why_en=f"No more than {MOST_CHARACTERS} characters.",
            )
    return request.POST


def new_key() -> str:
    """A key for a form, so that a second click on it changes nothing."""
    return str(uuid4())


def taken_once(
    request: DeskRequest,
    work: Callable[[QueryDict], dict[str, Any]],
    again: Callable[[QueryDict, Problem], HttpResponse],
    then: Callable[[dict[str, Any]], HttpResponse],
) -> HttpResponse:
    """Take what a form sends: a second click with the same key does no second work and gets the same answer.

    `work` does it and says what is to be kept of it, `then` answers. Whatever refuses it goes back onto the form by
    `again`, with everything that was typed.
    """
    try:
        _, answer = answered_once(
            actor=request.actor,
            key=request.POST.get("key", ""),
            body=_body_of(sent(request), request.FILES),
            now=clock.now(),
            work=lambda: (201, work(request.POST)),
        )
    except IdempotencyConflict as problem:
        # Back, changed and sent again: that is another one, but the person is to say so.
        return again(_with_new_key(request.POST), problem)
    except Problem as problem:
        return again(request.POST, problem)
    return then(answer)


def _body_of(form: QueryDict, files: MultiValueDict[str, UploadedFile[Any]]) -> bytes:
    """What a form says, without the session's token and the key: the same for a second click."""
    said = sorted((name, form.getlist(name)) for name in form if name not in {"csrfmiddlewaretoken", "key"})
    held = [(name, [_digest(file) for file in files.getlist(name)]) for name in sorted(files)]
    return json.dumps([said, held] if held else said).encode()


def _digest(file: UploadedFile[Any]) -> str:
    total = hashlib.sha256()
    for piece in file.chunks():
        total.update(piece)
    file.seek(0)
    return total.hexdigest()


def _with_new_key(sent: QueryDict) -> QueryDict:
    """The same form as another report: everything typed is kept, the key is fresh."""
    form = sent.copy()
    form["key"] = new_key()
    return form
