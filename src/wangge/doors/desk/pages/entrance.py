"""Signing in and out, language and looks, and one's own password."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import login, logout, update_session_auth_hash
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import check_for_language
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from wangge.doors.desk.context import THEMES
from wangge.doors.desk.middleware import LANGUAGE_COOKIE, open_to_all
from wangge.doors.desk.requests import DeskRequest, language
from wangge.doors.desk.rules import client_address
from wangge.doors.desk.services import sign_in as person_of
from wangge.ground.accounts.services import password_set
from wangge.ground.areas.tree import tree
from wangge.ground.kernel import clock
from wangge.ground.kernel.problems import InputInvalid, Problem
from wangge.ground.responses.queries import pack_of, responses_open

A_YEAR = 365 * 24 * 3600


def _inside(request: HttpRequest, address: str) -> str:
    """An address of this installation to go on to; anything else becomes the home page."""
    good = url_has_allowed_host_and_scheme(address, {request.get_host()}, require_https=request.is_secure())
    return address if address and good else reverse("desk:queue")


@open_to_all
@sensitive_post_parameters("password")
def sign_in(request: HttpRequest) -> HttpResponse:
    """The sign-in page; a wrong name and a wrong password look the same."""
    following = request.POST.get("next") or request.GET.get("next") or ""
    if request.user.is_authenticated:
        return redirect(_inside(request, following))
    if request.method != "POST":
        return render(request, "desk/sign_in.html", {"next": following})
    try:
        person = person_of(
            request=request,
            username=request.POST.get("username", ""),
            password=request.POST.get("password", ""),
            address=client_address(
                request.META.get("REMOTE_ADDR", ""),
                request.headers.get("X-Forwarded-For", ""),
                settings.TRUSTED_PROXIES,
            ),
            now=clock.now(),
        )
    except Problem as problem:
        context = {
            "next": following,
            "username": request.POST.get("username", ""),
            "said": problem.sentence(language()),
        }
        return render(request, "desk/sign_in.html", context, status=problem.status)
    login(request, person)
    return redirect(_inside(request, following))


@require_POST
def sign_out(request: DeskRequest) -> HttpResponse:
    """End the session here."""
    logout(request)
    return redirect(settings.LOGIN_URL)


@open_to_all
@require_POST
def choose_language(request: HttpRequest) -> HttpResponse:
    """Keep the language chosen in a cookie and go back to where one was."""
    answer = HttpResponseRedirect(_inside(request, request.POST.get("next", "")))
    code = request.POST.get("language", "")
    if code in dict(settings.LANGUAGES) and check_for_language(code):
        answer.set_cookie(LANGUAGE_COOKIE, code, max_age=A_YEAR, samesite="Lax", secure=settings.HTTPS, httponly=True)
    return answer


@open_to_all
@require_POST
def choose_theme(request: HttpRequest) -> HttpResponse:
    """Keep light or dark in a cookie; anything else follows the device again."""
    answer = HttpResponseRedirect(_inside(request, request.POST.get("next", "")))
    theme = request.POST.get("theme", "")
    if theme in THEMES:
        answer.set_cookie("theme", theme, max_age=A_YEAR, samesite="Lax", secure=settings.HTTPS)
    else:
        answer.delete_cookie("theme", samesite="Lax")
    return answer


@require_POST
def choose_keys(request: DeskRequest) -> HttpResponse:
    """Keep in a cookie that single keys do nothing (WCAG 2.1.4); anything else switches them on again."""
    answer = redirect("desk:profile")
    if request.POST.get("keys") == "off":
        answer.set_cookie("keys", "off", max_age=A_YEAR, samesite="Lax", secure=settings.HTTPS)
    else:
        answer.delete_cookie("keys", samesite="Lax")
    return answer


@sensitive_post_parameters()
def profile(request: DeskRequest) -> HttpResponse:
    """Who one is here, by which posts, and one's own password."""
    context = {"posts": _posts(request), "changed": "changed" in request.GET}
    if request.method != "POST":
        return render(request, "desk/profile.html", context)
    try:
        if not request.user.check_password(request.POST.get("old", "")):
            raise InputInvalid(field="old", why_zh="现用口令不对。", why_en="This is not your present password.")
        if request.POST.get("password") != request.POST.get("again"):
            raise InputInvalid(field="again", why_zh="两次输入的新口令不同。", why_en="The two new passwords differ.")
        password_set(
            actor=request.actor, person_id=request.user.pk, password=request.POST.get("password", ""), now=clock.now()
        )
    except Problem as problem:
        return render(request, "desk/profile.html", context | {"problem": problem}, status=problem.status)
    request.user.refresh_from_db()
    update_session_auth_hash(request, request.user)
    return redirect(reverse("desk:profile") + "?changed=1")


def _posts(request: DeskRequest) -> list[dict[str, object]]:
    running = responses_open()
    roles = pack_of(running[0]).roles if running else {}
    return [
        {
            "role": roles.get(grant.role),
            "code": grant.role,
            "place": tree().path_name(grant.area_id) if grant.area_id else "",
        }
        for grant in request.actor.grants
    ]
