"""Screening on a phone 检疫登记: the page, and what it sends. Answers are JSON, problems too.

The page keeps nothing personal: a normal car is a province, a lane and a number of people. Who is stopped goes straight
to the server, or waits on the open page.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import wraps
from typing import Any
from uuid import UUID

import orjson
from django.http import HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from wangge.doors.desk.requests import DeskRequest, language, new_key, reference, said, sent
from wangge.doors.desk.screen_words import WORDS
from wangge.duties.checkpoints import rules
from wangge.duties.checkpoints.queries.alerts import alert_view
from wangge.duties.checkpoints.queries.register import checkpoint_by_number, pack_for, screened_by
from wangge.duties.checkpoints.rules import Row
from wangge.duties.checkpoints.services.alerts import PersonDraft, alert_handed_over, alert_person
from wangge.duties.checkpoints.services.screening import queue_note, screening_withdraw, screenings_take, sign_of_life
from wangge.duties.matters.queries import numbers as matter_numbers
from wangge.ground.areas.permission import may
from wangge.ground.kernel import clock
from wangge.ground.kernel.problems import InputInvalid, NotFound, NotPermitted, Problem

MOST_ROWS = 500
USUAL = 6  # provinces beside the plate; the others are one touch further


class CarIn(BaseModel):
    """A car as the page sends it. `ago` is how many milliseconds have passed, by the phone's own clock."""

    model_config = ConfigDict(extra="forbid")

    key: str = Field(min_length=1, max_length=80)
    checkpoint: str = Field(max_length=32)
    ago: float = Field(ge=0, le=rules.KEPT.total_seconds() * 1000)
    lane: int = Field(ge=0, le=rules.MOST_LANES)
    province: str = Field(max_length=1)
    energy: bool = False
    people: int = Field(ge=1, le=rules.SEATS)
    fevers: int = Field(default=0, ge=0, le=rules.SEATS)
    temperature: float | None = None
    origin: str = Field(default="", max_length=40)
    plate: str = Field(default="", max_length=20)


def screen(request: DeskRequest, number: str) -> HttpResponse:
    """The page on which cars are screened."""
    found = checkpoint_by_number(number, actor=request.actor, verb="checkpoint.screen")
    if found.closed_on is not None:
        return redirect("desk:checkpoint", number=found.number)
    pack, plan = pack_for(found.response_id)
    today = clock.local(clock.now()).date()
    protocol = pack.protocol_on(today)
    usual = list(dict.fromkeys([plan.home, *plan.provinces]))
    context = {
        "checkpoint": found,
        "lanes": range(1, found.lanes + 1),
        "usual": usual[:USUAL],
        "provinces": [*usual, *(one for one in rules.PROVINCES if one not in usual)],
        "origins": plan.origins_on(today),
        "observation_days": protocol.observation_days if protocol else "",
        "fever_from": protocol.fever_celsius if protocol else rules.HOTTEST,
        "words": {name: gettext(text) for name, text in WORDS.items()},
        "letters": "ABCDEFGHJKLMNPQRSTUVWXYZ",
        "digits": "1234567890",
        "endings": "挂学警港澳领",
        "queues": (0, 5, 10, 20, 30, 50, 100, 200),
    }
    return render(request, "desk/checkpoints/screen.html", context)


def told_in_json(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponse]:
    """The view, whose problems are JSON for the page to say."""

    @wraps(view)
    def told(request: DeskRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except Problem as problem:
            return JsonResponse(problem.as_json(language()), status=problem.status)

    return told


def _body(request: DeskRequest) -> Mapping[str, Any]:
    try:
        found = orjson.loads(request.body)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise InputInvalid(field="body", why_zh="不是合格的 JSON。", why_en="It is not valid JSON.")
    return found


@sensitive_variables("body", "cars", "rows")
@require_POST
@told_in_json
def rows(request: DeskRequest, number: str) -> HttpResponse:
    """Take the cars that wait on a phone, each once; without any it is a sign of life."""
    body, now = _body(request), clock.now()
    here = checkpoint_by_number(number, actor=request.actor, verb="checkpoint.screen")
    sent_rows = body.get("rows")
    if not isinstance(sent_rows, list) or len(sent_rows) > MOST_ROWS:
        raise InputInvalid(field="rows", why_zh=f"一次最多 {MOST_ROWS} 行。", why_en=f"At most {MOST_ROWS} rows.")
    if not sent_rows:
        sign_of_life(actor=request.actor, checkpoint_id=here.id, now=now)
    cars = [_car(one) for one in sent_rows]
    numbers = {one.checkpoint for one in cars if isinstance(one, CarIn)}
    known = screened_by(request.actor, numbers, response_id=here.response_id)
    made = [_row(one, known, now) if isinstance(one, CarIn) else one for one in cars]
    results = screenings_take(actor=request.actor, response_id=here.response_id, rows=made, now=now, source="phone")
    return JsonResponse({"results": [_result(given, one) for given, one in zip(sent_rows, results, strict=True)]})


def _car(given: Any) -> CarIn | Problem:
    try:
        return CarIn.model_validate(given)
    except ValidationError as error:
        field = ".".join(map(str, error.errors()[0]["loc"])) or "row"
        return InputInvalid(field=field, why_zh="内容有误。", why_en="It cannot be taken.")


def _row(car: CarIn, known: Mapping[str, UUID], now: datetime) -> Row | Problem:
    if car.checkpoint not in known:
        return NotFound(what=f"检疫点 {car.checkpoint}")
    if car.plate and rules.plate_read(car.plate) is None:
        return InputInvalid(field="plate", why_zh="车牌号有误。", why_en="No vehicle has this plate.")
    return Row(
        known[car.checkpoint], car.key, now - timedelta(milliseconds=car.ago), car.lane, car.province, car.energy, 1,
        car.people, car.fevers, car.temperature, car.origin, {"plate": car.plate} if car.plate else None,
    )  # fmt: skip


def _result(given: Any, result: Any) -> dict[str, Any]:
    key = given.get("key", "") if isinstance(given, dict) else ""
    if isinstance(result, Problem):
        return {"key": key, "refused": result.sentence(language())}
    return {"key": key, "alert": str(result.alert_id) if result.alert_id else ""}


@require_POST
@told_in_json
def withdraw(request: DeskRequest, number: str) -> HttpResponse:
    """Take back the car that was entered last."""
    found = checkpoint_by_number(number, actor=request.actor, verb="checkpoint.screen")
    key = str(_body(request).get("key", ""))
    done = screening_withdraw(actor=request.actor, checkpoint_id=found.id, key=key, now=clock.now())
    return JsonResponse({"done": done})


@require_POST
@told_in_json
def queue(request: DeskRequest, number: str) -> HttpResponse:
    """Note how many vehicles wait."""
    found = checkpoint_by_number(number, actor=request.actor, verb="checkpoint.screen")
    vehicles: Any = _body(request).get("vehicles")
    queue_note(actor=request.actor, checkpoint_id=found.id, vehicles=vehicles, now=clock.now())
    return JsonResponse({"done": True})


# -- who was stopped ---------------------------------------------------------------------------------


def alert(request: DeskRequest, alert_id: UUID) -> HttpResponse:
    """The page of somebody who was stopped: what is known, the matter, the person form."""
    return _alert_page(request, alert_id)


def _alert_page(request: DeskRequest, alert_id: UUID, problem: Problem | None = None) -> HttpResponse:
    found, known, forms = alert_view(alert_id, actor=request.actor)
    context = {
        "alert": found,
        "known": known,
        "forms": forms,
        "matter": matter_numbers([found.matter_id]).get(found.matter_id, "") if found.matter_id else "",
        "key": new_key(),
        "may_screen": may(request.actor, "checkpoint.screen", found.area_id),
        "typed": request.POST,
        "problem": problem,
        "problem_text": said(problem),
    }
    return render(request, "desk/checkpoints/alert.html", context, status=problem.status if problem else 200)


@sensitive_variables("draft")
@require_POST
def person(request: DeskRequest, alert_id: UUID) -> HttpResponse:
    """Take the person form, from the phone's page as JSON or from the alert's own page."""
    try:
        form = sent(request)
        draft = PersonDraft(**{name: form.get(name, "") for name in ("name", "document", "phone", "address", "note")})
        key = form.get("key", "")
        form_id = reference(key, "key") if key else None
        alert_person(actor=request.actor, alert_id=alert_id, draft=draft, now=clock.now(), form_id=form_id)
    except (NotPermitted, NotFound):
        raise
    except Problem as problem:
        if request.headers.get("Accept") == "application/json":
            return JsonResponse(problem.as_json(language()), status=problem.status)
        return _alert_page(request, alert_id, problem)
    if request.headers.get("Accept") == "application/json":
        return JsonResponse({"done": True})
    return redirect("desk:checkpoint_alert", alert_id=alert_id)


@require_POST
def handed_over(request: DeskRequest, alert_id: UUID) -> HttpResponse:
    """Note that the person was handed over."""
    try:
        alert_handed_over(actor=request.actor, alert_id=alert_id, now=clock.now())
    except (NotPermitted, NotFound):
        raise
    except Problem as problem:
        return _alert_page(request, alert_id, problem)
    return redirect("desk:checkpoint_alert", alert_id=alert_id)
