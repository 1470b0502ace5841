"""What the pages behind links without an account share: guarded answers, the language, and slowing down who guesses."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import translation

from wangge.doors.desk.pages.observe import HEADERS, WRONG
from wangge.doors.desk.rules import client_address
from wangge.ground.kernel.problems import Problem, TooManyRequests

View = TypeVar("View")


def in_its_language(request: HttpRequest) -> bool:
    """Whether the link asks for English, which the page then is in."""
    if "en" not in request.GET:
        return False
    translation.activate("en")
    request.LANGUAGE_CODE = "en"
    return True


def opened(request: HttpRequest, look: Callable[[], View], unknown: type[Problem]) -> View:
    """What a link shows. Raises `unknown`, and TooManyRequests for an address that tries many that do not exist."""
    address = client_address(
        request.META.get("REMOTE_ADDR", ""), request.headers.get("X-Forwarded-For", ""), settings.TRUSTED_PROXIES
    )
    try:
        return look()
    except unknown:
        if wait := WRONG.wait(address, time.monotonic()):
            raise TooManyRequests(retry_after=wait) from None
        WRONG.take(address, time.monotonic())
        raise


def guarded(response: HttpResponse) -> HttpResponse:
    """The answer, not kept, not indexed, and telling no other site where it came from."""
    for name, value in HEADERS.items():
        response[name] = value
    return response
