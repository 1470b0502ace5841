"""A person's own data, handed to them 向本人提供: everything kept about them, and who has looked at it.

What is kept about others, the people somebody met or who drove them, is theirs and is left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django.db import transaction

from wangge.duties.observation import events
from wangge.duties.observation.models import (
    Check,
    Contact,
    Correction,
    Individual,
    Leg,
    Measure,
    Origin,
    Plan,
    Referral,
)
from wangge.duties.observation.queries.cards import family
from wangge.duties.observation.services.moves import find, tell
from wangge.duties.observation.words import DOCUMENT_NAMES, FIELD_NAMES, ROLE_NAMES, STATE_NAMES, TRANSPORT_NAMES
from wangge.ground.areas.tree import tree
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.permission import Actor
from wangge.ground.responses import vault
from wangge.ground.responses.accesses import unmaskings_of
from wangge.ground.responses.queries import response_by_id

CLEAR = ("name", "document", "phone", "phone_2", "address", "note", "vehicle", "before", "after")
Line = tuple[str, str]
Clear = Mapping[UUID, Mapping[str, str]]


@transaction.atomic
def individual_hand_over(*, actor: Actor, individual_id: UUID, reason: str, now: datetime) -> dict[str, Any]:
    """Everything kept about a person, as sections of lines (what, value), to be printed or sent as JSON.

    It is a look at their full data: `reason` is kept in the access record, which lists this look too.
    """
    individual = find(individual_id, actor=actor, verb="person.hand_over")
    ids = family(individual)
    plans = list(Plan.objects.filter(individual_id__in=ids).order_by("started_at"))
    checks = list(Check.objects.filter(plan__in=plans).order_by("day", "slot", "at"))
    legs = list(Leg.objects.filter(individual_id__in=ids).order_by("on"))
    corrections = list(Correction.objects.filter(individual_id__in=ids).order_by("at", "id"))
    clear = vault.clear_many(
        actor=actor,
        area_id=individual.area_id,
        subject_ids=[*ids, *(row.pk for rows in (legs, corrections, checks) for row in rows)],
        fields=CLEAR,
        reason=reason,
        now=now,
    )
    tell(individual, events.HANDED_OVER, actor=actor, now=now, role=individual.role)
    records = list(Individual.objects.filter(id__in=ids).order_by("identified_at"))
    sections = [
        *(_section(f"档案 {one.number}", [_record(one, clear.get(one.id, {}))]) for one in records),
        _section("行程", [_leg(one, clear.get(one.id, {})) for one in legs]),
        _section("来源", [_origin(one) for one in Origin.objects.filter(individual_id__in=ids).order_by("at")]),
        _section("医学观察", [_plan(one) for one in plans]),
        _section("监测", [_check(one, clear.get(one.id, {})) for one in checks]),
        _section("转诊", [_referral(one) for one in _referrals(ids)]),
        _section("强制措施", [_measure(one) for one in Measure.objects.filter(individual_id__in=ids)]),
        _section("接触登记", _contacts(ids)),
        _section("更正", [_correction(one, clear.get(one.id, {})) for one in corrections]),
        _section("查阅记录", list(_looks(ids))),
    ]
    return {
        "number": individual.number,
        "response": response_by_id(individual.response_id).name,
        "made_at": _at(now),
        "made_by": actor.name,
        "sections": [section for section in sections if section["items"]],
    }


def _section(name: str, items: Sequence[Iterable[Line]]) -> dict[str, Any]:
    """A section whose items say only what there is to say."""
    return {"name": name, "items": [[list(line) for line in item if line[1]] for item in items]}


def _record(one: Individual, clear: Mapping[str, str]) -> Iterator[Line]:
    yield "人员类别", ROLE_NAMES[one.role]
    yield "状态", STATE_NAMES[one.state]
    yield "所在村（居）", tree().path_name(one.area_id)
    yield "证件类型", DOCUMENT_NAMES[one.document_kind]
    for field in ("name", "document", "phone", "phone_2", "address", "note"):
        yield FIELD_NAMES[field], clear.get(field, "")
    yield FIELD_NAMES["origin"], one.origin
    for field in ("arrived_on", "last_exposure_on", "onset_on"):
        yield FIELD_NAMES[field], _day(getattr(one, field))
    yield "建档时间", _at(one.identified_at)
    yield "告知本人", _at(one.notified_at)
    yield "开始观察", _at(one.quarantined_at)
    yield "隔离", _at(one.isolated_at)
    yield "确诊", _at(one.confirmed_at)


def _leg(one: Leg, clear: Mapping[str, str]) -> Iterator[Line]:
    yield "日期", _day(one.on)
    yield "交通方式", TRANSPORT_NAMES[one.transport]
    yield "出发地", one.departed_from
    yield "到达地", one.arrived_at
    yield FIELD_NAMES["vehicle"], clear.get("vehicle", "")


def _origin(one: Origin) -> Iterator[Line]:
    yield "时间", _at(one.at)
    yield "来源", one.get_source_display()


def _plan(one: Plan) -> Iterator[Line]:
    yield "方式", one.get_setting_display()
    yield "开始", _at(one.started_at)
    yield "观察至", _day(one.ends_on)
    yield "结果", one.get_outcome_display() if one.outcome else one.get_state_display()


def _check(one: Check, clear: Mapping[str, str]) -> Iterator[Line]:
    yield "日期", f"{_day(one.day)} 第 {one.slot + 1} 次"
    yield "体温", f"{one.temperature_tenths / 10:.1f} ℃" if one.temperature_tenths else ""
    yield "症状", "、".join(one.symptoms)
    yield "登记", f"{one.get_source_display()} {_at(one.at)}"
    yield "备注", clear.get("note", "")
    yield "更正", "已更正" if one.replaced_by_id else ""


def _referrals(ids: Sequence[UUID]) -> Iterable[Referral]:
    return Referral.objects.filter(individual_id__in=ids).select_related("clinic").order_by("asked_at")


def _referral(one: Referral) -> Iterator[Line]:
    yield "发热门诊", one.clinic.name
    yield "申请", _at(one.asked_at)
    yield "到诊", _at(one.arrived_at)
    yield "结果", one.get_result_display() if one.result else one.get_stage_display()
    yield "反馈", _at(one.answered_at)


def _measure(one: Measure) -> Iterator[Line]:
    yield "提出的医疗机构", one.institution
    yield "法律依据", one.legal_basis
    yield "决定机关", one.authority
    yield "起止", f"{_at(one.started_at)} 至 {_at(one.ended_at or one.ends_at)}"


def _contacts(ids: Sequence[UUID]) -> list[list[Line]]:
    rows = Contact.objects.filter(exposed_id__in=ids).order_by("listed_at")
    return [
        [("登记时间", _at(row.listed_at)), ("接触场合", row.get_setting_display()), ("末次接触", _day(row.last_on))]
        for row in rows
    ]


def _correction(one: Correction, clear: Mapping[str, str]) -> Iterator[Line]:
    yield "时间", _at(one.at)
    yield "更正项", FIELD_NAMES[one.field]
    yield "更正前", clear.get("before", one.before)
    yield "更正后", clear.get("after", one.after)


def _looks(ids: Sequence[UUID]) -> Iterator[list[Line]]:
    for looks in unmaskings_of(ids).values():
        for look in looks:
            names = "、".join(FIELD_NAMES.get(field, field) for field in look.fields)
            yield [("时间", _at(look.at)), ("查阅人", look.person), ("内容", names), ("理由", look.reason)]


def _at(instant: datetime | None) -> str:
    return f"{local(instant):%Y-%m-%d %H:%M}" if instant else ""


def _day(day: date | None) -> str:
    return day.isoformat() if day else ""
