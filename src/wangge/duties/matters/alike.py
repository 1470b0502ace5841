"""Which open matters a report that is being taken may already be 疑似重复: looked for while it is typed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from wangge.duties.matters.likeness import ENOUGH, Reason, Told, likelihood, reasons, words_of
from wangge.duties.matters.models import Matter, Report
from wangge.duties.matters.policies import snapshot_by_hash
from wangge.duties.matters.queries import may_see_words, visible
from wangge.duties.matters.rules import ReportDraft
from wangge.ground.areas.permission import may, require
from wangge.ground.areas.queries import covered
from wangge.ground.areas.tree import tree
from wangge.ground.kernel.permission import Actor
from wangge.ground.responses import vault
from wangge.ground.responses.queries import pack_by_id, response_by_id
from wangge.ground.responses.rules import FEWEST_DIGITS

LOOK_BACK = timedelta(hours=72)
MOST_LOOKED_AT = 200
MOST_SHOWN = 5
SAME_PERSON = {"phone": 0.7, "document": 0.8}


@dataclass(frozen=True)
class Alike:
    """An open matter that may be the same event, and why."""

    matter: Matter
    reasons: list[Reason]
    likelihood: float


def matters_alike(*, actor: Actor, response_id: UUID, draft: ReportDraft, now: datetime) -> list[Alike]:
    """The open matters that the draft may be, the likeliest first; a fixed number of queries.

    Looked at are those the actor may see: of the last three days in the draft's town, and, wherever they
    lie, those with the same phone or document number, as far as the actor may look into the vault.
    """
    require(actor, "matter.report", draft.area_id)
    new = Told(draft.kind, draft.area_id, draft.observed_at or now, words_of(draft.text), _point(draft.lon, draft.lat))
    found = _in_town(actor, response_id, draft, now)
    people = _same_people(actor, response_id, draft)
    found |= {matter.id: matter for matter in _open(actor, response_id, draft, ids=set(people) - set(found))}
    told = _told(actor, draft, list(found.values()))
    listed = []
    for matter_id, matter in found.items():
        why = max((reasons(new, one) for one in told.get(matter_id, [])), key=likelihood, default=[])
        why = [*people.get(matter_id, []), *why]
        if (likely := likelihood(why)) >= ENOUGH:
            listed.append(Alike(matter, why, likely))
    listed.sort(key=lambda one: (-one.likelihood, -one.matter.received_at.timestamp()))
    return listed[:MOST_SHOWN]


def _open(actor: Actor, response_id: UUID, draft: ReportDraft, ids: set[UUID]) -> list[Matter]:
    rows = visible(actor).filter(id__in=ids, response_id=response_id, exercise=draft.exercise)
    return list(rows.exclude(stage="closed"))


def _in_town(actor: Actor, response_id: UUID, draft: ReportDraft, now: datetime) -> dict[UUID, Matter]:
    above = [area_id for area_id in tree().ancestors(draft.area_id) if tree().get(area_id).level == "town"]
    rows = visible(actor).filter(area_id__in=covered(above[0] if above else draft.area_id), response_id=response_id)
    rows = rows.filter(received_at__gt=now - LOOK_BACK, exercise=draft.exercise).exclude(stage="closed")
    return {matter.id: matter for matter in rows.order_by("-received_at", "-id")[:MOST_LOOKED_AT]}


def _same_people(actor: Actor, response_id: UUID, draft: ReportDraft) -> dict[UUID, list[Reason]]:
    """Matters of reports with the same phone or document number, by exact search in the vault."""
    if not may(actor, "vault.view", draft.area_id):
        return {}
    kind_of = pack_by_id(response_by_id(response_id).pack_id).kinds.get(draft.kind)
    personal = {item.code: item.personal for item in kind_of.fields} if kind_of else {}
    wanted = [("phone", draft.reporter_phone)]
    wanted += [(kind, str(draft.fields.get(code, ""))) for code, kind in personal.items() if kind in SAME_PERSON]
    reports: dict[UUID, list[Reason]] = {}
    for kind, value in wanted:
        if sum(character.isdigit() for character in value) < FEWEST_DIGITS:
            continue
        subjects = vault.subjects_with(
            actor=actor, area_id=draft.area_id, response_id=response_id, kind=kind, value=value
        )
        for report_id in subjects:
            reports.setdefault(report_id, []).append(Reason(kind, SAME_PERSON[kind]))
    found: dict[UUID, dict[str, Reason]] = {}
    if reports:
        for report_id, matter_id in Report.objects.filter(id__in=reports).values_list("id", "matter_id"):
            found.setdefault(matter_id, {}).update((reason.code, reason) for reason in reports[report_id])
    return {matter_id: list(by_code.values()) for matter_id, by_code in found.items()}


def _told(actor: Actor, draft: ReportDraft, matters: list[Matter]) -> dict[UUID, list[Told]]:
    """What the reports of matters said; their words only where the actor may read them."""
    by_id = {matter.id: matter for matter in matters}
    reports = list(Report.objects.filter(matter_id__in=by_id))
    words: dict[UUID, dict[str, str]] = {}
    if draft.text.strip() and may(actor, "vault.view", draft.area_id):
        readable = {one.id for one in matters if may_see_words(actor, snapshot_by_hash(one.policy_id), one.area_id)}
        ids = [report.id for report in reports if report.matter_id in readable]
        words = vault.masked(actor=actor, area_id=draft.area_id, subject_ids=ids)
    told: dict[UUID, list[Told]] = {}
    for report in reports:
        matter = by_id[report.matter_id]
        text = words_of(words.get(report.id, {}).get("text", ""))
        one = Told(matter.kind, matter.area_id, report.observed_at, text, _point(report.lon, report.lat))
        told.setdefault(matter.id, []).append(one)
    return told


def _point(lon: float | None, lat: float | None) -> tuple[float, float] | None:
    return None if lon is None or lat is None else (lon, lat)
