"""What can be done to a matter from its page: which actions stand open to whom, and how a form becomes a call.

One entry for each action: the verb it needs, its name, and the service that does it. The page shows
exactly the entries that the matter's stage and the actor's posts allow.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from django.http import QueryDict

from wangge.doors.desk.requests import instant, reference, six_in_the_evening, whole_number
from wangge.duties.matters import queries, rules
from wangge.duties.matters.rules import ReportDraft
from wangge.duties.matters.services import finishing, handling, intake, merging, pausing, triage
from wangge.ground.areas.permission import may
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import InputInvalid

if TYPE_CHECKING:
    from wangge.duties.matters.models import Matter
    from wangge.duties.matters.queries import MatterView


@dataclass(frozen=True)
class Call:
    """One form sent: by whom, for which matter, what it says, when."""

    actor: Actor
    matter: Matter
    form: QueryDict
    now: datetime

    def text(self, name: str = "text") -> str:
        return self.form.get(name, "")

    @property
    def upon(self) -> dict[str, Any]:
        """What every service asks for: actor, matter and instant."""
        return {"actor": self.actor, "matter_id": self.matter.id, "now": self.now}

    @property
    def seen(self) -> dict[str, Any]:
        """The same with the version that the person saw when deciding."""
        return self.upon | {"version": whole_number(self.text("version"), "version")}

    @property
    def agency(self) -> dict[str, Any]:
        return {"agency_id": reference(self.text("agency"), "agency")}


def _triage(call: Call) -> object:
    return triage.matter_triage(
        **call.seen,
        kind=call.text("kind") or None,
        severity=whole_number(call.text("severity"), "severity"),
        lead=call.text("lead") or None,
        joint=[kind for kind in call.form.getlist("joint") if kind != call.text("lead")],
        rule=call.text("rule") if call.text("kind") == call.text("rule_kind") else "",
        text=call.text(),
    )


def _dismiss(call: Call) -> object:
    return triage.matter_dismiss(**call.seen, reason=call.text("reason"), text=call.text())


def _hand_back(call: Call) -> object:
    return handling.matter_hand_back(**call.seen, **call.agency, reason=call.text("reason"), text=call.text())


def _verify(call: Call) -> object:
    if call.text("passed") not in {"yes", "no"}:
        raise InputInvalid(field="passed", why_zh="请选择是否通过。", why_en="Say whether it passed.")
    passed = call.text("passed") == "yes"
    return finishing.matter_verify(**call.seen, passed=passed, method=call.text("method"), text=call.text())


def _close(call: Call) -> object:
    return finishing.matter_close(**call.seen, outcome=call.text("outcome"), told=call.text("told"), text=call.text())


def _ask_hold(call: Call) -> object:
    until = instant(call.text("until"), "until")
    if until is None:
        raise InputInvalid(field="until", why_zh="请填写挂起到何时。", why_en="Say until when.")
    return pausing.matter_ask_hold(**call.seen, reason=call.text("reason"), text=call.text(), until=until)


def _decide_hold(call: Call) -> object:
    if call.text("approve") not in {"yes", "no"}:
        raise InputInvalid(field="approve", why_zh="请选择是否同意。", why_en="Say whether you agree.")
    return pausing.matter_decide_hold(**call.seen, approve=call.text("approve") == "yes")


def _park(call: Call) -> object:
    return pausing.matter_park(
        **call.seen,
        reason=call.text("reason"),
        text=call.text(),
        owner_id=reference(call.text("owner"), "owner"),
        review_at=six_in_the_evening(call.text("review_on"), "review_on"),
    )


def _merge(call: Call) -> object:
    number = (call.text("into") or call.text("into_number")).strip()
    if not number:
        raise InputInvalid(field="into", why_zh="请选择或填写要并入的编号。", why_en="Choose the matter to merge into.")
    into = queries.resolved(queries.matter_by_number(number, actor=call.actor))
    return merging.matter_merge(**call.seen, into_id=into.id)


def _report_add(call: Call) -> object:
    draft = ReportDraft(
        kind=call.matter.kind,
        area_id=call.matter.area_id,
        source=call.text("source"),
        text=call.text(),
        observed_at=instant(call.text("observed_at"), "observed_at"),
        reporter_id=call.actor.person_id,
        reporter_name=call.text("reporter_name"),
        reporter_phone=call.text("reporter_phone"),
        exercise=call.matter.exercise,
    )
    return intake.report_add(**call.upon, draft=draft)


@dataclass(frozen=True)
class Deed:
    """An action: its code, the verb it needs, its names on the page, and the call it becomes."""

    code: str
    verb: str
    name: str
    run: Callable[[Call], object]


DEEDS: dict[str, Deed] = {
    deed.code: deed
    for deed in (
        Deed("acknowledge", "matter.acknowledge", "确认收到", lambda call: triage.matter_acknowledge(**call.seen)),
        Deed("triage", "matter.triage", "分流", _triage),
        Deed("accept", "matter.accept", "接单", lambda call: handling.matter_accept(**call.upon, **call.agency)),
        Deed(
            "arrived",
            "matter.work",
            "报告到达",
            lambda call: handling.matter_work(**call.upon, **call.agency, what="arrived", text=call.text()),
        ),
        Deed(
            "work",
            "matter.work",
            "报告处置",
            lambda call: handling.matter_work(**call.upon, **call.agency, what="worked", text=call.text()),
        ),
        Deed("verify", "matter.verify", "核查", _verify),
        Deed("close", "matter.close", "结案", _close),
        Deed("decide_hold", "matter.approve_hold", "审批挂起", _decide_hold),
        Deed("resume", "matter.hold", "恢复计时", lambda call: pausing.matter_resume(**call.seen)),
        Deed("dismiss", "matter.triage", "不予受理", _dismiss),
        Deed("hand_back", "matter.return", "退回", _hand_back),
        Deed("report_add", "matter.report", "补充上报", _report_add),
        Deed("ask_hold", "matter.hold", "申请挂起", _ask_hold),
        Deed("park", "matter.park", "挂账", _park),
        Deed("merge", "matter.merge", "并案", _merge),
        Deed("merge_undo", "matter.merge", "撤销并案", lambda call: merging.merge_undo(**call.seen)),
        Deed(
            "reopen",
            "matter.reopen",
            "重新打开",
            lambda call: finishing.matter_reopen(**call.seen, text=call.text()),
        ),
    )
}
PRIMARY = (
    "acknowledge",
    "triage",
    "accept",
    "arrived",
    "work",
    "verify",
    "close",
    "decide_hold",
    "resume",
    "merge_undo",
)


def open_to(view: MatterView, actor: Actor) -> list[Deed]:
    """The actions that the matter's state and the actor's posts allow now, in the order of the page."""
    return [deed for deed in DEEDS.values() if _fits(deed.code, view, actor) and _permitted(deed, view, actor)]


def _permitted(deed: Deed, view: MatterView, actor: Actor) -> bool:
    matter = view.matter
    if deed.code == "reopen" and any(row.reporter_id == actor.person_id for row in view.reports):
        return True
    if deed.code == "triage" and matter.arbiter_id and not may(actor, "matter.arbitrate", matter.arbiter_id):
        return False
    if deed.code == "verify" and view.handled_by(actor.person_id):
        return False
    return may(actor, deed.verb, matter.area_id)


def barred_from_verifying(view: MatterView, actor: Actor) -> bool:
    """Whether the posts would allow it now, and only having handled the matter does not."""
    allowed = may(actor, "matter.verify", view.matter.area_id)
    return allowed and _fits("verify", view, actor) and view.handled_by(actor.person_id)


def _fits(code: str, view: MatterView, actor: Actor) -> bool:
    matter, mine = view.matter, parts_of(view, actor)
    if code in STATES:
        return STATES[code](view)
    if matter.pause or not rules.may_do("work" if code == "arrived" else code, matter.stage):
        return False
    if code in {"accept", "arrived", "work", "hand_back"}:
        return any(FITTING[code](part) for part in mine)
    return True


# Where not the stage but something else decides.
STATES: dict[str, Callable[[Any], bool]] = {
    "decide_hold": lambda view: view.hold is not None and view.matter.stage in rules.STAGES,
    "resume": lambda view: bool(view.matter.pause),
    "report_add": lambda view: view.matter.stage != "closed",
    "ask_hold": lambda view: not view.matter.pause and view.hold is None and view.matter.stage in rules.STAGES,
    "merge": lambda view: view.matter.stage != "closed" and not view.merged_from,
    "merge_undo": lambda view: view.merge is not None and view.matter.ending == "merged",
    "reopen": lambda view: view.matter.stage == "closed" and view.matter.ending != "merged",
}
FITTING: dict[str, Callable[[Any], bool]] = {
    "accept": lambda part: part.accepted_at is None,
    "arrived": lambda part: part.accepted_at is not None and part.arrived_at is None and part.worked_at is None,
    "work": lambda part: part.accepted_at is not None and part.worked_at is None,
    "hand_back": lambda part: True,
}


def parts_of(view: MatterView, actor: Actor) -> list[Any]:
    """The open parts of agencies that the actor may act for: their own, or any for a desk over the area."""
    desk = may(actor, "matter.triage", view.matter.area_id)
    living = [part for part in view.involvements if part.ended_at is None]
    return [part for part in living if desk or part.agency_id in actor.agency_ids]
