"""Checks 监测: made by a health worker, in a batch, by the person through a link; replaced where one was wrong.

However many come together, the same small number of statements is run, and one that cannot be taken never sinks
the others. The plans are locked first, so that of two people who enter one check the second finds the first's.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from operator import attrgetter
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from wangge.duties.observation import events, rules
from wangge.duties.observation.models import Check, Plan
from wangge.duties.observation.models.plans import NEVER
from wangge.duties.observation.queries.cards import own_rooms
from wangge.duties.observation.services.alarms import AlarmDraft, alarms_raise
from wangge.duties.observation.services.moves import pack_for
from wangge.ground.accounts.queries import person_names
from wangge.ground.areas.permission import may
from wangge.ground.journal import services as journal
from wangge.ground.kernel.bulk import in_few_messages, insert_rows, update_rows
from wangge.ground.kernel.clock import LOCAL, local
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.prepared import prepared
from wangge.ground.kernel.problems import (
    CheckTaken,
    InputInvalid,
    NoPlan,
    NotFound,
    NotPermitted,
    Problem,
    RecordChanged,
)
from wangge.ground.responses import vault
from wangge.ground.responses.vault import Secret

COLUMNS = ("id", "plan", "day", "slot", "temperature_tenths", "symptoms", "source", "person", "observed_at", "at")
GRACE = timedelta(minutes=2)
NOTE_LIMIT = 500


@dataclass(frozen=True)
class CheckDraft:
    """A check on its way in. `observed_at` None means just now; without `day` and `slot` the open check is meant."""

    temperature_tenths: int | None
    symptoms: Sequence[str] = ()
    observed_at: datetime | None = None
    note: str = ""
    day: date | None = None
    slot: int | None = None


@dataclass
class Item:
    """A check, the plan it is for, and what became of it; `actor` is None for the person's own."""

    draft: CheckDraft
    plan: Plan | None
    actor: Actor | None
    source: str
    day: date = date.min
    slot: int = 0
    check: Check | None = None
    problem: Problem | None = None

    @property
    def response_id(self) -> UUID:
        assert self.plan is not None
        return self.plan.individual.response_id

    @property
    def due_at(self) -> datetime:
        assert self.plan is not None
        return rules.due_at(self.day, self.plan.slots[self.slot], LOCAL)


def check_make(
    *,
    actor: Actor,
    individual_id: UUID,
    now: datetime,
    temperature_tenths: int | None,
    symptoms: Sequence[str],
    observed_at: datetime | None = None,
    note: str = "",
    day: date | None = None,
    slot: int | None = None,
) -> Check:
    """Enter one check of a person. Raises CheckTaken where somebody entered it before, NoPlan, InputInvalid."""
    draft = CheckDraft(temperature_tenths, symptoms, observed_at, note, day, slot)
    [result] = checks_make_many(actor=actor, drafts=[(individual_id, draft)], now=now, source="staff")
    if isinstance(result, Problem):
        raise result
    return result


@transaction.atomic
def checks_make_many(
    *, actor: Actor, drafts: Sequence[tuple[UUID, CheckDraft]], now: datetime, source: str = "batch"
) -> list[Check | Problem]:
    """Enter checks of many people: a result for each in its order, the check or the Problem that kept it out."""
    plans = plans_locked(Q(individual_id__in={individual_id for individual_id, _ in drafts}))
    by_person = {plan.individual_id: plan for plan in plans}
    return checks_write([Item(draft, by_person.get(who), actor, source) for who, draft in drafts], now=now)


def plans_locked(condition: Q) -> list[Plan]:
    """The running plans with their records, locked in one order for all until the transaction ends."""
    running = Plan.objects.select_for_update(of=("self",)).select_related("individual")
    return list(running.filter(condition, state="running").order_by("id"))


def checks_write(items: Sequence[Item], *, now: datetime) -> list[Check | Problem]:
    """Take checks whose plans are locked, inside the caller's transaction: a result for each in its order."""
    symptoms = {one: set(pack_for(one)[1].symptoms) for one in {item.response_id for item in items if item.plan}}
    for item in items:
        item.problem = _refused(item, symptoms, now)
    _keep_once([item for item in items if item.problem is None])
    made = [item for item in items if item.problem is None]
    for item in made:
        item.check = _made(item, now)
    if made:
        with in_few_messages(savepoint=False, rows=len(made)):
            _write(made, now)
    return [item.problem or item.check for item in items]  # type: ignore[misc]


def _refused(item: Item, symptoms: Mapping[UUID, set[str]], now: datetime) -> Problem | None:
    """What keeps a check out, or None; which check it is stands in the item afterwards.

    `symptoms` are the codes that the pack of each response knows.
    """
    plan, draft = item.plan, item.draft
    if plan is None:
        return NoPlan()
    if item.actor is not None and not may_check(item.actor, plan):
        return NotPermitted(verb="person.check")
    problem = problem_of(draft, symptoms[item.response_id])
    if problem:
        return problem
    observed_at = draft.observed_at or now
    if observed_at > now + GRACE:
        return InputInvalid(field="observed_at", why_zh="测量时间不能晚于现在。", why_en="It is still to come.")
    try:
        item.day, item.slot = rules.counts_for(observed_at, draft.day, draft.slot, plan.slots, LOCAL)
    except ValueError:
        return InputInvalid(field="slot", why_zh="没有这一次监测。", why_en="There is no such check.")
    if not local(plan.started_at).date() <= item.day <= plan.ends_on:
        return InputInvalid(field="day", why_zh="不在观察期内。", why_en="That is no day of the observation.")
    if (item.day, item.slot) > rules.slot_open(now, plan.slots, LOCAL):
        return InputInvalid(field="day", why_zh="这一次监测还没到时间。", why_en="That check is not open yet.")
    return None


def may_check(actor: Actor, plan: Plan) -> bool:
    """Whether somebody may enter checks of a plan: by its area, or because the person stays in their own place."""
    return may(actor, "person.check", plan.area_id) or (plan.room_id is not None and plan.room_id in own_rooms(actor))


def problem_of(draft: CheckDraft, symptoms: set[str]) -> InputInvalid | None:
    """What is wrong with a check whoever makes it: an impossible temperature, an unknown symptom, nothing said."""
    tenths = draft.temperature_tenths
    if tenths is None and not draft.symptoms:
        return InputInvalid(field="temperature", why_zh="请填写体温。", why_en="Enter the temperature.")
    if tenths is not None and not rules.LOWEST_TENTHS <= tenths <= rules.HIGHEST_TENTHS:
        low, high = rules.LOWEST_TENTHS / 10, rules.HIGHEST_TENTHS / 10
        return InputInvalid(
            field="temperature",
            why_zh=f"体温须在 {low}～{high}℃ 之间，请核对后重填。",
            why_en=f"A temperature lies between {low} and {high} °C; look again.",
        )
    if not symptoms.issuperset(draft.symptoms):
        return InputInvalid(field="symptoms", why_zh="没有这种症状。", why_en="There is no such symptom.")
    if len(draft.note) > NOTE_LIMIT:
        return InputInvalid(
            field="note", why_zh=f"不能超过 {NOTE_LIMIT} 字。", why_en=f"At most {NOTE_LIMIT} characters."
        )
    return None


def _keep_once(items: list[Item]) -> None:
    """Refuse what was made before, here or by somebody faster; the one who comes second is told what stands."""
    if not items:
        return
    standing = _standing({item.plan.id for item in items if item.plan}, {item.day for item in items})
    taken = {(check.plan_id, check.day, check.slot): check for check in standing}
    people = person_names({check.person_id for check in taken.values() if check.person_id}) if taken else {}
    here: dict[tuple[UUID, date, int], Item] = {}
    for item in items:
        assert item.plan is not None
        key = (item.plan.id, item.day, item.slot)
        if key in taken:
            item.problem = taken_by(taken[key], people)
        elif key in here:
            item.problem = InputInvalid(
                field="slot", why_zh="同一人同一次监测出现了两行。", why_en="The same check stands here twice."
            )
        else:
            here[key] = item


@prepared
def _standing(plan_ids: Collection[UUID], days: Collection[date]) -> QuerySet[Check]:
    return Check.objects.filter(plan_id__among=plan_ids, day__among=days, replaced_by__isnull=True)


def taken_by(check: Check, people: dict[UUID, str]) -> CheckTaken:
    """Who made a check, when, and what was measured."""
    by = people.get(check.person_id, "") if check.person_id else ""
    return CheckTaken(
        by=by or "本人",
        at=f"{local(check.at):%m-%d %H:%M}",
        temperature=shown(check.temperature_tenths),
        check=str(check.id),
        person=str(check.person_id or ""),
        tenths=check.temperature_tenths,
    )


def shown(tenths: int | None) -> str:
    """A temperature as people read it."""
    return "—" if tenths is None else f"{tenths / 10:.1f}℃"


def _made(item: Item, now: datetime) -> Check:
    assert item.plan is not None
    return Check(
        plan=item.plan,
        day=item.day,
        slot=item.slot,
        temperature_tenths=item.draft.temperature_tenths,
        symptoms=list(dict.fromkeys(item.draft.symptoms)),
        source=item.source,
        person_id=item.actor.person_id if item.actor else None,
        observed_at=item.draft.observed_at or now,
        at=now,
    )


def _write(made: list[Item], now: datetime) -> None:
    checks = [item.check for item in made if item.check]
    insert_rows(
        Check,
        COLUMNS,
        [
            (
                c.id,
                c.plan_id,
                c.day,
                c.slot,
                c.temperature_tenths,
                c.symptoms,
                c.source,
                c.person_id,
                c.observed_at,
                c.at,
            )
            for c in checks
        ],
    )
    _keep_notes(made)
    told = []
    for item in made:
        told.append(_event(item, events.CHECK_MADE, now, late=now > item.due_at))
        _count(item)
    _keep_counts([item.plan for item in made if item.plan])
    journal.record_many(told)
    alarms_raise(_found(made), now=now)


def _count(item: Item) -> None:
    """What a check changes in its plan: how many were made and missed, what is due next, who has to be seen to."""
    plan, due = item.plan, item.due_at
    assert plan is not None and item.check is not None
    following = rules.next_due(due, plan.slots, plan.ends_on, LOCAL)
    after = following[2] if following else None
    plan.made += 1
    if plan.started_at < due and (plan.next_due_at is None or due < plan.next_due_at):
        plan.missed = max(plan.missed - 1, 0)
    if plan.next_due_at == due:
        plan.next_due_at = after
    plan.attend_at = rules.seen_until(plan.attend_at, due, after, NEVER)
    plan.symptomatic = plan.symptomatic or found(item.check, plan)


def found(check: Check, plan: Plan) -> bool:
    """Whether a check found a fever or a symptom."""
    return bool(check.symptoms) or rules.is_fever(check.temperature_tenths, plan.fever_tenths)


COUNTED = ("made", "missed", "next_due_at", "attend_at", "symptomatic")
_counted = attrgetter(*COUNTED)


def _keep_counts(plans: Iterable[Plan]) -> None:
    """Store what checks have changed in locked plans; the version stays, so that no form becomes stale by a check."""
    once = {plan.id: plan for plan in plans}
    update_rows(Plan, COUNTED, [(plan.id, *_counted(plan)) for plan in once.values()])


def _keep_notes(made: Iterable[Item]) -> None:
    by_response: dict[UUID, list[Secret]] = {}
    for item in made:
        assert item.plan is not None and item.check is not None
        if item.draft.note.strip():
            secret = Secret(item.check.id, "note", "text", item.draft.note.strip())
            by_response.setdefault(item.response_id, []).append(secret)
    for response_id, secrets in by_response.items():
        vault.put_many(response_id=response_id, secrets=secrets)


def _event(item: Item, type_: str, now: datetime, **data: Any) -> journal.Draft:
    check, plan = item.check, item.plan
    assert check is not None and plan is not None
    return journal.draft(
        type_,
        at=now,
        observed_at=check.observed_at,
        actor_id=check.person_id,
        area_id=plan.area_id,
        subject_id=plan.id,
        response_id=plan.individual.response_id,
        exercise=plan.exercise,
        individual=str(plan.individual_id),
        role=plan.individual.role,
        slot=check.slot,
        fever=rules.is_fever(check.temperature_tenths, plan.fever_tenths),
        symptomatic=bool(check.symptoms),
        source=check.source,
        **data,
    )


def _found(made: Iterable[Item]) -> Iterator[AlarmDraft]:
    """An alarm for each check that found something; a fever says more than the symptoms beside it."""
    for item in made:
        check, plan = item.check, item.plan
        if check is not None and plan is not None and found(check, plan):
            fever = rules.is_fever(check.temperature_tenths, plan.fever_tenths)
            yield AlarmDraft(plan, "fever" if fever else "symptom", check.day, check.slot)


@transaction.atomic
def check_replace(
    *,
    actor: Actor,
    check_id: UUID,
    now: datetime,
    temperature_tenths: int | None,
    symptoms: Sequence[str],
    note: str = "",
) -> Check:
    """Put another check in the place of one that was entered wrong; the first stays to be seen.

    Raises RecordChanged where somebody replaced it before, NoPlan where the plan has ended.
    """
    old = Check.objects.filter(id=check_id).select_related("plan__individual").first()
    if old is None:
        raise NotFound(what="监测记录")
    if not may_check(actor, old.plan):
        raise NotPermitted(verb="person.check")
    plan = next(iter(plans_locked(Q(id=old.plan_id))), None)
    if plan is None:
        raise NoPlan()
    draft = CheckDraft(temperature_tenths, symptoms, old.observed_at, note)
    return replace_locked(Item(draft, plan, actor, "staff", old.day, old.slot), old, now=now)


def replace_locked(item: Item, old: Check, *, now: datetime) -> Check:
    """The same for a plan that is locked."""
    plan = item.plan
    assert plan is not None
    problem = problem_of(item.draft, set(pack_for(plan.individual.response_id)[1].symptoms))
    if problem:
        raise problem
    item.check = check = _made(item, now)
    if Check.objects.filter(id=old.id, replaced_by__isnull=True).update(replaced_by_id=check.id) != 1:
        raise RecordChanged()
    check.save(force_insert=True)
    _keep_notes([item])
    standing = plan.checks.filter(replaced_by__isnull=True)
    Plan.objects.filter(id=plan.id).update(
        symptomatic=standing.filter(~Q(symptoms=[]) | Q(temperature_tenths__gte=plan.fever_tenths)).exists()
    )
    journal.record_many([_event(item, events.CHECK_REPLACED, now)])
    alarms_raise(_found([item]), now=now)
    return check
