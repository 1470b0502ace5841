"""What is printed of somebody's care: the notice of a compulsory measure, the certificate of release.

The texts come from the pack and the record. Personal fields are handed in, masked or in clear for a stated reason.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from wangge.duties.observation.models import Individual, Measure, Plan
from wangge.duties.observation.queries.care import observation_of
from wangge.ground.accounts.queries import agencies_for, agency_names
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.papers import Paper
from wangge.ground.responses.queries import response_by_id


def notice(measure: Measure, private: Mapping[str, str]) -> Paper:
    """The notice 通知书 of a compulsory measure, with its grounds, its time and the way to object."""
    individual = measure.individual
    plan = observation_of(individual)
    grounds = f"经{measure.institution}提请，依据{measure.legal_basis}，由{measure.authority}决定对你采取强制隔离措施"
    until = f"自{_instant(measure.started_at)}起至{_instant(measure.ends_at)}止，期满自行解除。"
    review = f"{_instant(measure.review_at)}前复核一次；不再需要隔离的，提前解除。"
    place = measure.place.name if measure.place else "所在隔离地点"
    paragraphs = [
        ("", f"{_who(individual, private)}："),
        ("一、决定。", f"{grounds}，公安机关依法协助执行。"),
        ("二、期限。", until + review),
        ("三、地点。", f"{place}。"),
        ("四、救济途径。", plan.objection),
    ]
    if measure.ended_at is not None:
        cause = measure.get_cause_display()
        paragraphs.append(("五、解除。", f"本措施已于{_instant(measure.ended_at)}解除（{cause}）。"))
    return Paper("强制隔离措施通知书", individual.number, paragraphs, measure.authority, local(measure.started_at))


def certificate(plan: Plan, private: Mapping[str, str]) -> Paper:
    """The certificate 解除证明 that observation is over, by the health agency of the area."""
    individual = plan.individual
    assert plan.ended_at is not None
    began = local(plan.started_at)
    days = {
        "from": f"{began.year}年{began.month}月{began.day}日",
        "until": f"{plan.ends_on.year}年{plan.ends_on.month}月{plan.ends_on.day}日",
    }
    document = f"（证件号码 {private['document']}）" if private.get("document") else ""
    text = observation_of(individual).certificate.format(**days)
    paragraphs = [("", f"兹证明{_who(individual, private)}{document}{text}"), ("", "特此证明。")]
    agency = agencies_for("health", [individual.area_id]).get(individual.area_id)
    signs = agency_names([agency])[agency] if agency else response_by_id(individual.response_id).authority
    return Paper("解除医学观察证明", individual.number, paragraphs, signs, local(plan.ended_at))


def _who(individual: Individual, private: Mapping[str, str]) -> str:
    return private.get("name") or f"档案{individual.number}所列人员"


def _instant(at: datetime) -> str:
    there = local(at)
    return f"{there.year}年{there.month}月{there.day}日{there.hour}时{there.minute:02}分"
