"""Forms 表单: which there are, publishing one from Excel, its versions, and the keys of phones."""

from __future__ import annotations

import json
import zlib
from base64 import b64encode
from typing import Any
from uuid import UUID

import segno
from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from wangge.doors.desk.context import may_somewhere
from wangge.doors.desk.pages.lists import file_sent, workbook_file
from wangge.doors.desk.pages.queue import places
from wangge.doors.desk.requests import DeskRequest, language, sent
from wangge.ground.accounts.queries import people
from wangge.ground.areas.permission import may, require
from wangge.ground.areas.tree import tree
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import (
    AreaUnknown,
    FormInvalid,
    InputInvalid,
    NotFound,
    NotPermitted,
    Problem,
    ResponseEnded,
)
from wangge.ground.responses.queries import pack_of, response_current
from wangge.spine.forms.queries import forms as queries
from wangge.spine.forms.services.keys import key_issue, key_revoke, keys
from wangge.spine.forms.services.publishing import form_publish, form_switch

VERBS = ("form.submit", "form.view", "form.publish", "form.repair")
HANDLERS = {
    "log": "工作台账",
    "matter": "事项",
    "inspection": "场所检查",
    "visit": "走访",
    "lodging": "旅业报数",
    "readiness": "返校返工",
}


def forms(request: DeskRequest) -> HttpResponse:
    """The forms, and for whoever may publish the way to add one: a file that cannot be taken is told row by row."""
    if not any(may_somewhere(request.actor, verb) for verb in VERBS):
        raise NotPermitted(verb="form.submit")
    if request.method != "POST":
        return _list(request)
    response = response_current()
    try:
        published = form_publish(
            actor=request.actor,
            response_id=response.id,
            file_name=getattr(request.FILES.get("file"), "name", "") or "form.xlsx",
            content=file_sent(request),
            media={file.name or "": file.read() for file in request.FILES.getlist("media")},
            now=clock.now(),
        )
    except NotPermitted:
        raise
    except Problem as problem:
        return _list(request, problem)
    address = reverse("desk:form_versions", kwargs={"code": published.version.form.code})
    return redirect(f"{address}?said={'new' if published.fresh else 'same'}")


def _list(request: DeskRequest, problem: Problem | None = None) -> HttpResponse:
    response, keeper = response_current(), _keeps(request.actor)
    named = pack_of(response).forms
    groups: dict[str, list[Any]] = {handler: [] for handler in HANDLERS}
    for one in queries.forms(response.id, closed=keeper):
        groups.setdefault(named[one.code].serves.handler if one.code in named else "", []).append(one)
    context = {
        "groups": [(HANDLERS.get(handler, ""), found) for handler, found in groups.items() if found],
        "columns": 3 + keeper + may_somewhere(request.actor, "form.submit"),
        "may_publish": keeper,
        "may_fill": may_somewhere(request.actor, "form.submit"),
        "may_keys": may_somewhere(request.actor, "form.issue_key") or may_somewhere(request.actor, "form.submit"),
        "may_see": may_somewhere(request.actor, "form.view") or may_somewhere(request.actor, "form.submit"),
        "problem": problem,
        "problem_text": problem.sentence(language()) if problem else "",
        "errors": _errors(problem),
    }
    return render(request, "desk/forms/list.html", context, status=problem.status if problem else 200)


def _errors(problem: Problem | None) -> list[dict[str, Any]]:
    """The mistakes of a form, a line each."""
    if not isinstance(problem, FormInvalid):
        return []
    return [
        {"sheet": one.sheet, "row": one.row or "—", "why": one.en if language() == "en" else one.zh}
        for one in problem.errors
    ]


def _keeps(actor: Actor) -> bool:
    return may(actor, "form.publish", response_current().area_id)


def versions(request: DeskRequest, code: str) -> HttpResponse:
    """The versions of a form, the newest first, each with its workbook."""
    if not any(may_somewhere(request.actor, verb) for verb in VERBS):
        raise NotPermitted(verb="form.submit")
    response = response_current()
    found = queries.versions(response.id, code)
    named = pack_of(response).forms.get(code)
    context = {
        "form": found[0].form,
        "versions": found,
        "serves": HANDLERS[named.serves.handler] if named else "",
        "may_publish": _keeps(request.actor),
        "said": request.GET.get("said", ""),
    }
    return render(request, "desk/forms/versions.html", context)


def version_file(request: DeskRequest, code: str, version: str, kind: str) -> HttpResponse:
    """The workbook that a version was made from, or the XForm that it became."""
    require(request.actor, "form.publish", response_current().area_id)
    found = queries.version_of(response_current().id, code, version)
    if kind == "xlsx":
        return workbook_file(bytes(found.source), f"{code}-{version}.xlsx")
    if kind != "xml":
        raise NotFound(what="文件")
    answer = HttpResponse(found.xform, content_type="application/xml; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{code}-{version}.xml"'
    return answer


@require_POST
def switch(request: DeskRequest, code: str) -> HttpResponse:
    """Open a form, or close it."""
    open_ = sent(request).get("open") == "yes"
    form_switch(actor=request.actor, response_id=response_current().id, code=code, open=open_, now=clock.now())
    return redirect("desk:form_versions", code=code)


# -- keys of phones ----------------------------------------------------------------------------------


def field_keys(request: DeskRequest) -> HttpResponse:
    """The keys that the actor may revoke, and the way to issue one; its QR code is shown once and never again."""
    if not may_somewhere(request.actor, "form.issue_key") and not may_somewhere(request.actor, "form.submit"):
        raise NotPermitted(verb="form.issue_key")
    if request.method != "POST":
        return _keys(request)
    try:
        secret, told = _issued(request)
    except NotPermitted:
        raise
    except Problem as problem:
        return _keys(request, problem=problem)
    return _keys(request, fresh=_for_collect(secret, told))


def _issued(request: DeskRequest) -> tuple[str, str]:
    """The secret of a new key, and what it is for."""
    form, response = sent(request), response_current()
    if response.ended_at is not None:
        raise ResponseEnded(name=response.name)
    name = form.get("person", "").strip().lower()
    person = people().filter(username=name, is_active=True).first()
    if person is None:
        raise InputInvalid(field="person", why_zh="没有这个账号。", why_en="There is no such account.")
    code = form.get("area", "").strip()
    node = tree().by_code(code) if code else None
    if code and node is None:
        raise AreaUnknown(area=code)
    purpose = form.get("name", "")
    _, secret = key_issue(
        actor=request.actor,
        response_id=response.id,
        person_id=person.id,
        area_id=node.id if node else None,
        name=purpose,
        now=clock.now(),
    )
    return secret, f"{response.name} · {person.display_name}"


def _for_collect(secret: str, told: str) -> dict[str, str]:
    """The address of a key, and the settings of ODK Collect as its QR code holds them: zlib of JSON, in base 64."""
    address = f"{settings.SITE_URL}/or/{secret}"
    content = {
        "general": {"protocol": "odk_default", "server_url": address, "form_update_mode": "match_exactly",
                    "autosend": "wifi_and_cellular", "app_language": "zh"},
        "project": {"name": told, "icon": "网", "color": "#1d4f91"},
        "admin": {},
    }  # fmt: skip
    packed = b64encode(zlib.compress(json.dumps(content, ensure_ascii=False).encode())).decode()
    return {"address": address, "told": told, "code": segno.make(packed, error="l").svg_data_uri(scale=5, border=3)}


def _keys(request: DeskRequest, *, fresh: dict[str, str] | None = None, problem: Problem | None = None) -> HttpResponse:
    issues = may_somewhere(request.actor, "form.issue_key")
    context = {
        "keys": keys(actor=request.actor, response_id=response_current().id),
        "areas": [node for node in places(request.actor) if may(request.actor, "form.issue_key", node.id)],
        "may_issue": issues,
        # Without an area a key holds wherever somebody has a post, which only the whole response's keeper knows.
        "may_all": may(request.actor, "form.issue_key", response_current().area_id),
        "fresh": fresh,
        "typed": request.POST if problem else {},
        "problem": problem,
        "problem_text": problem.sentence(language()) if problem else "",
    }
    return render(request, "desk/forms/keys.html", context, status=problem.status if problem else 200)


@require_POST
def field_key_revoke(request: DeskRequest, key_id: UUID) -> HttpResponse:
    """Take a key out of use."""
    key_revoke(actor=request.actor, key_id=key_id, now=clock.now())
    return redirect("desk:field_keys")
