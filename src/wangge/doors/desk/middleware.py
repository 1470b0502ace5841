"""What every request to the desk passes through: language, sign-in, problems, security headers.

Everything is closed unless it says otherwise: a page is open to people who have not signed in only
if its view carries `open_to_all`, and the API keeps its own door.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import quote

from django.conf import settings
from django.contrib.auth.views import redirect_to_login
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.template.loader import render_to_string
from django.utils import translation
from django.utils.deprecation import MiddlewareMixin
from django.utils.functional import SimpleLazyObject

from wangge.doors.desk.context import look
from wangge.doors.desk.requests import language
from wangge.ground.accounts.queries import actor_of
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotSignedIn, Problem, StorageUnavailable

log = logging.getLogger(__name__)
LANGUAGE_COOKIE = settings.LANGUAGE_COOKIE_NAME
OWN_DOORS = ("/api/",)
NOBODY = Actor(None, "", ())
View = TypeVar("View", bound=Callable[..., Any])


def content_policy(*, fetching_from: str = "", compiling: bool = False) -> str:
    """What a page may load: its own scripts, styles and pictures.

    Scripts may fetch from one host besides, and compile WebAssembly where a page needs it; text never becomes script.
    """
    rules = [
        "default-src 'none'",
        "script-src 'self' 'wasm-unsafe-eval'" if compiling else "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        f"connect-src 'self' {fetching_from}".rstrip(),
        "manifest-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
    return "; ".join(rules)


POLICY = content_policy()


def open_to_all(view: View) -> View:
    """Mark a page that may be seen without signing in."""
    view.open_to_all = True  # type: ignore[attr-defined]
    return view


class LanguageMiddleware(MiddlewareMixin):
    """Chinese, unless somebody chose English: what a browser happens to ask for does not count."""

    def process_request(self, request: HttpRequest) -> None:
        chosen = request.COOKIES.get(LANGUAGE_COOKIE, "")
        translation.activate(chosen if chosen in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE)
        request.LANGUAGE_CODE = translation.get_language() or settings.LANGUAGE_CODE

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        response.headers.setdefault("Content-Language", getattr(request, "LANGUAGE_CODE", settings.LANGUAGE_CODE))
        return response


class SignedInMiddleware(MiddlewareMixin):
    """Gives every request its actor, and shows nothing to somebody who has not signed in."""

    def process_request(self, request: HttpRequest) -> None:
        request.actor = SimpleLazyObject(lambda: _actor(request))  # type: ignore[attr-defined]

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        if request.path.startswith(OWN_DOORS) or getattr(view, "open_to_all", False):
            return None
        if request.user.is_authenticated:
            return None
        if request.headers.get("HX-Request") or request.headers.get("Accept", "").startswith("text/event-stream"):
            return problem_page(request, NotSignedIn(), {"HX-Redirect": settings.LOGIN_URL})
        return redirect_to_login(quote(request.get_full_path(), safe="/?=&%"), settings.LOGIN_URL)


def _actor(request: HttpRequest) -> Actor:
    return actor_of(request.user, clock.now()) if request.user.is_authenticated else NOBODY


class ProblemMiddleware(MiddlewareMixin):
    """Turns problems that no page caught into a clear page, and a database that is away into a 503."""

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        if request.path.startswith(OWN_DOORS):
            return None
        if isinstance(exception, Problem):
            return problem_page(request, exception)
        if isinstance(exception, OperationalError | InterfaceError):
            log.warning("desk: the database cannot be used: %s", str(exception).strip().splitlines()[:1])
            return problem_page(request, StorageUnavailable(reason=_reason(exception)), {"Retry-After": "5"})
        return None


def _reason(error: DatabaseError | InterfaceError) -> str:
    """Why, in two words for a person; the database's own sentence is for the log."""
    text = str(error).lower()
    if "locked" in text:
        return translation.gettext("正忙")
    if "full" in text or "no space" in text:
        return translation.gettext("磁盘已满")
    return translation.gettext("连接中断")


def problem_page(request: HttpRequest, problem: Problem, headers: dict[str, str] | None = None) -> HttpResponse:
    """A problem as a page of its own, or as a part of one."""
    if request.headers.get("HX-Request"):
        page = render_to_string("desk/problem_part.html", {"sentence": problem.sentence(language())})
        return HttpResponse(page, status=problem.status, headers=headers or {})
    return failure_page(request, problem.status, problem.sentence(language()), headers)


def failure_page(
    request: HttpRequest, status: int, sentence: str, headers: dict[str, str] | None = None
) -> HttpResponse:
    """What went wrong, in the frame of every page; of a fault of ours without it, because the database may be away."""
    said = {"sentence": sentence, "status": status}
    if status >= 500 or not hasattr(request, "actor"):
        page = render_to_string("desk/problem.html", look(request) | said)
    else:
        page = render_to_string("desk/problem.html", said, request=request)
    return HttpResponse(page, status=status, headers=headers or {})


class SecurityHeadersMiddleware(MiddlewareMixin):
    """A content policy without inline scripts or styles; pages with people's data are never cached."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        response.headers.setdefault("Content-Security-Policy", POLICY)
        response.headers.setdefault("Permissions-Policy", "camera=(), microphone=(), geolocation=(self)")
        if not request.path.startswith(settings.STATIC_URL):
            response.headers.setdefault("Cache-Control", "no-store")
        return response
