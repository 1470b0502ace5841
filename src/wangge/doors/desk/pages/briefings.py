"""What stands round a bulletin: its parts, the other papers, its schedule and its subscribers."""

from __future__ import annotations

import json
from datetime import time
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext

from wangge.doors.desk.pages.bulletin import MINUTE, content_shown, scope_of
from wangge.doors.desk.pages.queue import places
from wangge.doors.desk.requests import DeskRequest, language, reference, sent
from wangge.ground.accounts.queries import recipients
from wangge.ground.areas.permission import may, require
from wangge.ground.areas.tree import AreaNode, tree
from wangge.ground.kernel import clock
from wangge.ground.kernel.problems import InputInvalid, NotPermitted, Problem
from wangge.picture.bulletins import queries
from wangge.picture.bulletins.charts import told
from wangge.picture.bulletins.content import BulletinContent, ChartData
from wangge.picture.bulletins.excel import as_xlsx
from wangge.picture.bulletins.pdf import PDF, as_pdf, pdf_missing
from wangge.picture.bulletins.printing import area_rows, chart_rows, overdue_rows, overdue_sentence, remark
from wangge.picture.bulletins.rules import EVERY_DAY
from wangge.picture.bulletins.scheduling import schedule_set, schedule_stop, schedules
from wangge.picture.bulletins.services import bulletin_draft
from wangge.picture.bulletins.subscribing import (
    person_named,
    subscribe,
    subscriptions,
    subscriptions_of,
    unsubscribe,
)
from wangge.picture.tables.workbook import MIME
from wangge.spine.messaging.channels import CHANNELS

if TYPE_CHECKING:
    from wangge.ground.responses.models import Response

WEEKDAYS = (("1", "周一"), ("2", "周二"), ("3", "周三"), ("4", "周四"), ("5", "周五"), ("6", "周六"), ("7", "周日"))


# -- parts and papers --------------------------------------------------------------------------------


def parts_shown(content: BulletinContent) -> dict[str, Any]:
    """What the parts of a bulletin need to be shown."""
    english = language() == "en"
    return {
        "remark": remark(content, english=english),
        "areas": area_rows(content, english=english),
        "overdue": overdue_rows(content, english=english),
        "overdue_sentence": overdue_sentence(content, english=english),
        "charts": [_chart(chart, english) for chart in content.charts],
    }


def _chart(chart: ChartData, english: bool) -> dict[str, Any]:
    rows = chart_rows(chart, english=english)
    days = [day[5:] for day in chart.days]
    series = [{"name": name, "values": line.values} for name, line in zip(rows[0][1:], chart.series, strict=True)]
    return {
        "name": chart.name_en if english else chart.name,
        "told": told(chart, english=english),
        "data": json.dumps({"days": days, "series": series}, ensure_ascii=False),
        "rows": rows,
    }


def parts(request: DeskRequest) -> HttpResponse:
    """The parts of a draft, which take longer than its figures and so come after them."""
    scope = scope_of(request, request.GET)
    draft = bulletin_draft(
        actor=request.actor,
        response_id=scope.response.id,
        area_id=scope.area.id,
        cutoff=scope.cutoff,
        now=clock.now(),
        parts=True,
    )
    page = "desk/bulletin_parts.html" if request.htmx else "desk/bulletin_parts_page.html"
    return render(request, page, parts_shown(draft) | {"scope": scope})


def issued(request: DeskRequest, bulletin_id: UUID) -> HttpResponse:
    """One issued bulletin, from what was kept and nothing else."""
    kept = queries.bulletin_by_id(bulletin_id, actor=request.actor)
    address = {"area": tree().get(kept.area_id).code, "at": clock.local(kept.cutoff).strftime(MINUTE)}
    content = queries.content_of(kept)
    context = {"kept": kept} | content_shown(content, address) | parts_shown(content)
    return render(request, "desk/issued.html", context)


def pdf(request: DeskRequest, bulletin_id: UUID) -> HttpResponse:
    """An issued bulletin as PDF; where this machine cannot make one, the page says what is missing."""
    return _paper(request, bulletin_id, "pdf")


def excel(request: DeskRequest, bulletin_id: UUID) -> HttpResponse:
    """The figures of an issued bulletin as Excel."""
    return _paper(request, bulletin_id, "xlsx")


def _paper(request: DeskRequest, bulletin_id: UUID, form: str) -> HttpResponse:
    kept = queries.bulletin_by_id(bulletin_id, actor=request.actor)
    content = queries.content_of(kept)
    made, mime = (as_pdf(content), PDF) if form == "pdf" else (as_xlsx(content), MIME)
    answer = HttpResponse(made, content_type=mime)
    answer["Content-Disposition"] = f'attachment; filename="bulletin-{content.area_code}-{kept.serial:03d}.{form}"'
    return answer


# -- schedules and subscribers -----------------------------------------------------------------------


def settings_page(request: DeskRequest) -> HttpResponse:
    """When bulletins of an area are issued, and who is told; a desk sets both, everybody subscribes for themselves."""
    form = request.POST if request.method == "POST" else request.GET
    scope = scope_of(request, {"area": form.get("area", "")})
    require(request.actor, "figure.view", scope.area.id)
    if request.method != "POST":
        return _shown(request, scope.response, scope.area)
    try:
        _do(request, scope.response, scope.area)
    except NotPermitted:
        raise
    except Problem as problem:
        return _shown(request, scope.response, scope.area, problem)
    return redirect(f"{reverse('desk:bulletin_settings')}?area={scope.area.code}&done=1")


def _do(request: DeskRequest, response: Response, area: AreaNode) -> None:
    form, now, actor = sent(request), clock.now(), request.actor
    what = form.get("do", "")
    if what == "plan":
        schedule_set(
            actor=actor,
            response_id=response.id,
            area_id=area.id,
            at=_time(form.get("at", "")),
            weekdays="".join(sorted(form.getlist("weekday"))),
            now=now,
        )
    elif what == "stop":
        schedule_stop(actor=actor, schedule_id=reference(form.get("schedule", ""), "schedule"), now=now)
    elif what == "subscribe":
        subscribe(
            actor=actor,
            response_id=response.id,
            area_id=area.id,
            person_id=person_named(form.get("person", "")) if form.get("whose") == "other" else request.user.pk,
            channels=form.getlist("channel"),
            attach=form.get("attach", ""),
            now=now,
        )
    elif what == "unsubscribe":
        unsubscribe(actor=actor, subscription_id=reference(form.get("subscription", ""), "subscription"), now=now)
    else:
        raise InputInvalid(field="do", why_zh="没有这个操作。", why_en="There is no such action.")


def _time(text: str) -> time:
    try:
        return time.fromisoformat(text.strip())
    except ValueError:
        raise InputInvalid(field="at", why_zh="请填写时间，如 18:00。", why_en="Give a time such as 18:00.") from None


def _shown(request: DeskRequest, response: Response, area: AreaNode, problem: Problem | None = None) -> HttpResponse:
    may_issue = may(request.actor, "bulletin.issue", area.id)
    upon: dict[str, Any] = {"actor": request.actor, "response_id": response.id, "area_id": area.id}
    mine = next((row for row in subscriptions_of(request.user.pk, response.id) if row.area_id == area.id), None)
    me = recipients([request.user.pk])[request.user.pk]
    context = {
        "area": area,
        "areas": [node for node in places(request.actor) if may(request.actor, "figure.view", node.id)],
        "may_issue": may_issue,
        "schedules": [{"row": row, "days": _days(row.weekdays)} for row in schedules(**upon)],
        "subscriptions": subscriptions(**upon) if may_issue else [],
        "own": mine,
        "own_ways": [name for name, channel in CHANNELS.items() if channel.reaches(me)],
        "all_ways": list(CHANNELS),
        "weekdays": [(number, gettext(word)) for number, word in WEEKDAYS],
        "pdf_missing": pdf_missing(),
        "done": "done" in request.GET and problem is None,
        "problem": problem,
        "problem_text": problem.sentence(language()) if problem else "",
        **_typed(request.POST, problem),
    }
    return render(request, "desk/bulletin_settings.html", context, status=problem.status if problem else 200)


def _typed(form: QueryDict, problem: Problem | None) -> dict[str, Any]:
    """What stands in the forms: what was typed where it could not be taken, else what is usual."""
    days = form.getlist("weekday") if problem and form.get("do") == "plan" else list(EVERY_DAY)
    channels = form.getlist("channel") if problem else ["inapp"]
    return {"typed": form if problem else {}, "chosen_days": days, "typed_channels": channels}


def _days(weekdays: str) -> str:
    if weekdays == EVERY_DAY:
        return gettext("每天")
    return gettext("、").join(gettext(word) for number, word in WEEKDAYS if number in weekdays)
