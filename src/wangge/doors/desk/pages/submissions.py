"""What was sent with forms 填报: lists, answers and pictures, putting right what was refused, tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, cast
from urllib.parse import urlencode
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_POST

from wangge.doors.desk.context import may_somewhere
from wangge.doors.desk.listings.asked import PLACE, place_of
from wangge.doors.desk.pages.exports import TableFile
from wangge.doors.desk.requests import DeskRequest, language, sent
from wangge.doors.desk.sealed import sealed_file
from wangge.ground.areas.permission import may
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import InputInvalid, NotFound, NotPermitted, Problem
from wangge.ground.responses import evidence
from wangge.ground.responses.queries import response_current
from wangge.picture.tables.csvfile import CSV_MIME
from wangge.picture.tables.services import Listing, list_export
from wangge.picture.tables.workbook import MIME, Column
from wangge.spine.forms.queries import forms as form_queries
from wangge.spine.forms.queries.columns import answer_columns
from wangge.spine.forms.queries.rows import FormRow, form_rows
from wangge.spine.forms.queries.submissions import Answer, Shown, submission_shown, submissions
from wangge.spine.forms.rules import label, typed, worded
from wangge.spine.forms.services.clearing import submission_clear, whole_rows
from wangge.spine.forms.services.settling import OPEN, submission_discard, submission_repair

STATES = {
    "incomplete": "附件未齐",
    "received": "待入账",
    "taken": "已入账",
    "refused": "待修正",
    "replaced": "已被更正取代",
    "discarded": "已作废",
}
KNOWN = (
    Column("收到时间", 17, "instant"), Column("版本", 12), Column("状态", 12), *PLACE, Column("填报人", 12),
    Column("填报编号", 42),
)  # fmt: skip
WIDE = 20
DRAWN = "image/"


def listed(
    request: DeskRequest, code: str = "", problem: Problem | None = None, form: Mapping[str, str] | None = None
) -> HttpResponse:
    """What was sent in the actor's areas, the newest first; what waits for repair on a click.

    A form's `code` and what was typed stand there again where a table of it was refused by a `problem`.
    """
    _require(request.actor)
    response, given = response_current(), form or request.GET
    state, code = given.get("state", ""), code or given.get("form", "")
    state = state if state in STATES else ""
    after = _mark(request.GET.get("after", ""))
    page = submissions(actor=request.actor, response_id=response.id, code=code, state=state, after=after)
    context = {
        "rows": page.rows,
        "next": _address(form=code, state=state, after=str(page.following)) if page.following else "",
        "forms": form_queries.forms(response.id, closed=True),
        "form": code,
        "state": state,
        "states": STATES,
        "may_unmask": may_somewhere(request.actor, "vault.unmask"),
        "typed": form or {},
        "problem": problem,
    }
    return render(request, "desk/forms/submissions.html", context, status=problem.status if problem else 200)


def _require(actor: Actor) -> None:
    if not may_somewhere(actor, "form.view") and not may_somewhere(actor, "form.submit"):
        raise NotPermitted(verb="form.view")


def _mark(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _address(**query: str) -> str:
    return urlencode({name: value for name, value in query.items() if value})


def submission(request: DeskRequest, submission_id: UUID) -> HttpResponse:
    """One submission: its answers, what was said against it, and for whoever may the way to put it right."""
    return _page(request, submission_shown(actor=request.actor, submission_id=submission_id))


def _page(
    request: DeskRequest, shown: Shown, problem: Problem | None = None, *, deed: str = "", clear: bool = False
) -> HttpResponse:
    """The page of a submission. `deed` names the form that could not be taken; `clear` says that it is shown whole."""
    row = shown.row
    own = row.person_id is not None and row.person_id == request.actor.person_id
    repairs = row.state in OPEN and (own or may(request.actor, "form.repair", row.area_id))
    context = {
        "row": row,
        "state": STATES[row.state],
        "answers": [_answer(one, shown, request, repairs) for one in shown.answers],
        "said": _said(shown),
        "wrong_field": shown.said.get("field", ""),
        "may_repair": repairs,
        "may_unmask": not clear
        and may(request.actor, "vault.unmask", row.area_id)
        and any(one.question.get("personal") and one.text for one in shown.answers),
        "problem": problem,
        "deed": deed,
        "problem_text": problem.sentence(language()) if problem else "",
        "typed": request.POST if problem else {},
    }
    return render(request, "desk/forms/submission.html", context, status=problem.status if problem else 200)


def _said(shown: Shown) -> str:
    """Why it is not in the books, with the question called as on the form."""
    said, field = shown.said.get("en" if language() == "en" else "zh", ""), shown.said.get("field", "")
    named = next((one.question for one in shown.answers if field and one.place.rpartition("/")[2] == field), None)
    return said.replace(f"{field}:", f"{label(named, language())}：", 1) if named else said


def _answer(one: Answer, shown: Shown, request: DeskRequest, repairs: bool) -> dict[str, Any]:
    question, english = one.question, language()
    personal = bool(question.get("personal"))
    kinds = evidence.described([one.evidence_id]) if one.evidence_id else {}
    kind = kinds[one.evidence_id][0] if one.evidence_id in kinds else ""
    return {
        "place": one.place,
        "label": label(question, english),
        "text": one.text if personal else worded(question, typed(question, one.text), english),
        # A masked answer is not put into a field, where it would be taken for the answer itself.
        "value": request.POST.get(f"a:{one.place}", "" if personal else one.text),
        "personal": personal,
        "choices": [] if question.get("many") else list((question.get("choices") or {}).items()),
        "file": question["type"] == "binary",
        "asked": repairs and question.get("asked", True) and question["type"] != "binary",
        "evidence_id": one.evidence_id,
        "picture": kind.startswith(DRAWN),
        "repaired": one.place in shown.repaired,
    }


@sensitive_variables("shown")
@require_POST
def do(request: DeskRequest, submission_id: UUID, deed: str) -> HttpResponse:
    """Repair, discard or see whole; what cannot be done comes back with everything typed."""
    upon: dict[str, Any] = {"actor": request.actor, "submission_id": submission_id, "now": clock.now()}
    try:
        form = sent(request)
        if deed == "repair":
            submission_repair(**upon, answers=_changed(request, submission_id))
        elif deed == "discard":
            submission_discard(**upon, reason=form.get("reason", ""))
        elif deed == "unmask":
            return _page(request, submission_clear(**upon, reason=form.get("reason", "")), clear=True)
        else:
            raise NotFound(what="操作")
    except (NotPermitted, NotFound):
        raise
    except Problem as problem:
        shown = submission_shown(actor=request.actor, submission_id=submission_id)
        return _page(request, shown, problem, deed=deed)
    return redirect("desk:submission", submission_id=submission_id)


def _changed(request: DeskRequest, submission_id: UUID) -> dict[str, str]:
    """The answers that somebody typed anew: those that differ from what stands there."""
    before = submission_shown(actor=request.actor, submission_id=submission_id).answers
    found = {}
    for one in before:
        text = request.POST.get(f"a:{one.place}")
        if text is None or (one.question.get("personal") and not text.strip()):
            continue
        if text.strip() != one.text:
            found[one.place] = text.strip()
    return found


def file(request: DeskRequest, submission_id: UUID, evidence_id: UUID, size: str) -> HttpResponse:
    """A file of a submission: a picture drawn anew, without place and phone; anything else to be kept."""
    shown = submission_shown(actor=request.actor, submission_id=submission_id)
    if evidence_id not in {one.evidence_id for one in shown.answers}:
        raise NotFound(what="附件")
    return sealed_file(request.actor, shown.row.area_id, evidence_id, size)


# -- tables ------------------------------------------------------------------------------------------


def export(request: DeskRequest, code: str, form: str) -> HttpResponse | TableFile:
    """The submissions of a form as Excel or CSV, however many: masked, or by POST whole for a stated reason."""
    if form not in {"xlsx", "csv"}:
        raise NotFound(what="格式")
    now, whole = clock.now(), request.method == "POST"
    try:
        given = sent(request) if whole else request.GET
        wanted = _listing(request.actor, code, given.get("state", ""), given if whole else None, now)
    except InputInvalid as problem:
        return listed(request, code, problem, request.POST)
    pieces = list_export(actor=request.actor, listing=wanted, now=now, as_csv=form == "csv")
    return TableFile(
        pieces,
        name=f"{wanted.name}-{clock.local(now):%Y%m%d-%H%M}.{form}",
        plain_name=f"{code}.{form}",
        media_type=CSV_MIME if form == "csv" else MIME,
    )


def _listing(actor: Actor, code: str, state: str, clear: Mapping[str, str] | None, now: datetime) -> Listing:
    """The table of a form; `clear` holds the reason to see it whole."""
    response = response_current()
    title = form_queries.versions(response.id, code)[0].form.title
    columns = answer_columns(response.id, code)
    asked: dict[str, Any] = {"actor": actor, "response_id": response.id, "code": code, "columns": columns}
    if clear is not None:
        reason = clear.get("reason", "")
        asked["whole"] = whole_rows(actor=actor, response_id=response.id, reason=reason, now=now)
    return Listing(
        code="submissions",
        name=title,
        verb="form.view",
        columns=[*KNOWN, *(Column(one.heading, WIDE, cast(Any, one.holds)) for one in columns)],
        rows=_cells(form_rows(**asked, state=state)),
        filters={"kind": code, "state": state},
        told=[("响应", response.name), ("表单", title), ("状态", STATES.get(state, "全部"))],
        response_id=response.id,
        clear=clear is not None,
    )


def _cells(rows: Iterator[FormRow]) -> Iterator[Sequence[Any]]:
    for row in rows:
        yield (
            row.received_at, row.version, STATES[row.state], *place_of(row.area_id), row.person, row.instance_id,
            *row.answers,
        )  # fmt: skip
