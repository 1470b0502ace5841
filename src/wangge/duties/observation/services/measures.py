"""Compulsory measures 强制隔离措施: ordered with what founds them, reviewed, and ended by themselves if by nobody."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction

from wangge.duties.observation import events, rules
from wangge.duties.observation.models import Facility, Individual, Measure, Origin
from wangge.duties.observation.services.moves import change, find, find_active, pack_for, tell
from wangge.ground.areas.permission import require
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.prepared import change_rows
from wangge.ground.kernel.problems import InputInvalid, MeasureInForce, MeasureOver, NotFound
from wangge.ground.responses import vault
from wangge.ground.responses.vault import Secret

CAUSES: dict[str, str] = dict(Measure._meta.get_field("cause").choices or ())  # type: ignore[arg-type]
FOUNDED_ON = {
    "institution": ("提请的医疗机构", "the institution that asks", 80),
    "legal_basis": ("法律依据", "the legal basis", 200),
    "authority": ("批准机关", "the authority", 80),
}
AT_ONCE = 200


@transaction.atomic
def measure_order(
    *,
    actor: Actor,
    individual_id: UUID,
    institution: str,
    legal_basis: str,
    authority: str,
    started_at: datetime,
    review_at: datetime,
    ends_at: datetime,
    now: datetime,
    place_id: UUID | None = None,
) -> Measure:
    """Order a measure against somebody who refuses isolation. Sent twice it is the same measure.

    Raises InputInvalid naming what is missing or out of order, MeasureInForce where one stands already.
    """
    individual = find_active(individual_id, actor=actor, verb="person.measure")
    founded = {"institution": institution.strip(), "legal_basis": legal_basis.strip(), "authority": authority.strip()}
    _check_founded(founded)
    _check_times(individual, started_at, review_at, ends_at, now)
    if place_id and not Facility.objects.filter(id=place_id, closed_at=None).exists():
        raise InputInvalid(field="place", why_zh="请从列表中选择场所。", why_en="Choose a place from the list.")
    told = {"started_at": started_at, "review_at": review_at, "ends_at": ends_at, "place_id": place_id}
    first = rules.measure_steps(started_at, review_at, ends_at)[0][0]
    measure = Measure(
        individual=individual,
        next_at=first,
        ordered_by_id=actor.person_id,
        exercise=individual.exercise,
        **founded,
        **told,
    )
    try:
        with transaction.atomic():
            measure.save(force_insert=True)
    except IntegrityError:
        return _the_same(individual, actor, founded | told)
    tell(
        individual, events.MEASURE_ORDERED, actor=actor, now=now, subject_id=measure.id,
        individual=str(individual.id), role=individual.role,
    )  # fmt: skip
    return measure


def _the_same(individual: Individual, actor: Actor, asked: dict[str, Any]) -> Measure:
    """The measure in force, where this is the same form sent a second time."""
    known = Measure.objects.get(individual=individual, ended_at=None)
    if known.ordered_by_id != actor.person_id or any(getattr(known, name) != value for name, value in asked.items()):
        raise MeasureInForce()
    return known


def _check_founded(founded: dict[str, str]) -> None:
    for name, value in founded.items():
        zh, en, limit = FOUNDED_ON[name]
        if not value:
            raise InputInvalid(field=name, why_zh=f"请填写{zh}。", why_en=f"Name {en}.")
        if len(value) > limit:
            raise InputInvalid(field=name, why_zh=f"不能超过 {limit} 字。", why_en=f"No more than {limit} characters.")


def _check_times(
    individual: Individual, started_at: datetime, review_at: datetime, ends_at: datetime, now: datetime
) -> None:
    _, plan = pack_for(individual.response_id)
    if not started_at < ends_at or ends_at <= now:
        raise InputInvalid(field="ends_at", why_zh="结束应晚于开始和现在。", why_en="After the start, and after now.")
    if ends_at - started_at > timedelta(days=plan.measure_days):
        days = plan.measure_days
        raise InputInvalid(field="ends_at", why_zh=f"最长 {days} 天。", why_en=f"No longer than {days} days.")
    if not started_at < review_at <= ends_at:
        zh, en = "复核应在开始之后、结束之前。", "The review comes after the start and before the end."
        raise InputInvalid(field="review_at", why_zh=zh, why_en=en)


@transaction.atomic
def measure_review(
    *,
    actor: Actor,
    measure_id: UUID,
    now: datetime,
    note: str,
    review_at: datetime | None = None,
    version: int | None = None,
) -> Measure:
    """Keep a measure after a review, with words, and with the next review where there is to be one before the end."""
    measure = _find(measure_id, actor=actor)
    if measure.ended_at is not None:
        raise MeasureOver()
    if not note.strip():
        raise InputInvalid(field="note", why_zh="请写明复核情况。", why_en="Say what the review found.")
    following = review_at or measure.ends_at
    if not max(now, measure.started_at) < following <= measure.ends_at:
        raise InputInvalid(field="review_at", why_zh="应在现在之后、结束之前。", why_en="After now and before the end.")
    steps = rules.measure_steps(measure.started_at, following, measure.ends_at)
    following_at = min((at for at, _ in steps if at > now), default=measure.next_at)
    change(measure, version, reviewed_at=now, review_at=following, next_at=following_at)
    _keep(measure, note)
    _tell(measure, events.MEASURE_REVIEWED, actor=actor, now=now)
    return measure


@transaction.atomic
def measure_end(
    *, actor: Actor, measure_id: UUID, cause: str, now: datetime, note: str = "", version: int | None = None
) -> Measure:
    """End a measure before its time: lifted, complied with, or after an objection. A second click changes nothing."""
    measure = _find(measure_id, actor=actor)
    if cause not in CAUSES or cause == "expired":
        raise InputInvalid(field="cause", why_zh="请选择解除的原因。", why_en="Choose why it ends.")
    if measure.ended_at is not None:
        if measure.cause == cause:
            return measure
        raise MeasureOver()
    change(measure, version, ended_at=now, cause=cause, next_at=None)
    _keep(measure, note)
    _tell(measure, events.MEASURE_ENDED, actor=actor, now=now, cause=cause)
    return measure


def measures_due(*, actor: Actor, now: datetime) -> int:
    """Warn of measures about to end or due for review, and end those whose time is over; how many steps were taken.

    The engine's module. A step is claimed by the instant that it is due at, in the transaction that tells of it: of two
    engines one wins, and a clock set back finds the next step still to come.
    """
    require(actor, "person.measure", None)
    due = Measure.objects.filter(next_at__lte=now).order_by("next_at", "id").select_related("individual")
    return sum(_step(measure, actor, now) for measure in due[:AT_ONCE])


@transaction.atomic
def _step(measure: Measure, actor: Actor, now: datetime) -> int:
    steps = rules.measure_steps(measure.started_at, measure.review_at, measure.ends_at)
    assert measure.next_at is not None
    due, following = rules.measure_due(steps, measure.next_at, now)
    changes: dict[str, Any] = {"next_at": following}
    if due == ["expired"]:
        changes |= {"ended_at": measure.ends_at, "cause": "expired", "version": measure.version + 1}
    elif "ending" in due:
        changes["warned_at"] = now
    seen = {"id": measure.id, "next_at": measure.next_at, "ended_at": None, "version": measure.version}
    if change_rows(Measure, seen, changes) != 1:
        return 0
    for what in due:
        if what == "expired":
            _tell(measure, events.MEASURE_ENDED, actor=actor, now=now, cause="expired")
        else:
            _tell(measure, events.MEASURE_WARNED, actor=actor, now=now, what=what)
    return 1


def measures_unlinked(*, actor: Actor, measure_ids: set[UUID]) -> list[tuple[Measure, set[UUID]]]:
    """Those of some measures that no matter is noted for, each with the matters that tell of the person.

    Locked until the caller's transaction is over, so that two engines cannot open a matter each.
    """
    require(actor, "person.measure", None)
    wanted = Measure.objects.select_for_update(of=("self",)).select_related("individual")
    found = list(wanted.filter(id__in=measure_ids, matter_id=None).order_by("id"))
    people = {measure.individual_id for measure in found}
    known: dict[UUID, set[UUID]] = {person: set() for person in people}
    for rows in (Origin.objects, Measure.objects):
        told = rows.filter(individual_id__in=people)
        for person, matter_id in told.values_list("individual_id", "matter_id"):
            if matter_id is not None:
                known[person].add(matter_id)
    return [(measure, known[measure.individual_id]) for measure in found]


@transaction.atomic
def measure_link(*, actor: Actor, measure_id: UUID, matter_id: UUID) -> bool:
    """Note the matter under which the measure is carried out; False where one is noted already."""
    require(actor, "person.measure", None)
    return change_rows(Measure, {"id": measure_id, "matter_id": None}, {"matter_id": matter_id}) == 1


def _find(measure_id: UUID, *, actor: Actor) -> Measure:
    measure = Measure.objects.select_related("individual").filter(id=measure_id).first()
    if measure is None:
        raise NotFound(what="强制隔离措施")
    find(measure.individual_id, actor=actor, verb="person.measure")
    return measure


def _keep(measure: Measure, note: str) -> None:
    if note.strip():
        secrets = [Secret(measure.id, "note", "text", note.strip())]
        vault.replace(response_id=measure.individual.response_id, secrets=secrets)


def _tell(measure: Measure, type_: str, *, actor: Actor, now: datetime, **data: str) -> None:
    individual = measure.individual
    tell(individual, type_, actor=actor, now=now, subject_id=measure.id, individual=str(individual.id), **data)


def measures_over(individual: Individual, *, actor: Actor, now: datetime) -> None:
    """End a measure in force because there is nothing more to isolate for.

    Part of a release, of an answer or a discharge, which has asked for permission.
    """
    for measure in Measure.objects.filter(individual=individual, ended_at=None).select_related("individual"):
        change(measure, None, ended_at=now, cause="lifted", next_at=None)
        _tell(measure, events.MEASURE_ENDED, actor=actor, now=now, cause="lifted")
