"""What the journal hears of matters. Every one carries the kind; a finished stage says if it was in time."""

from wangge.ground.journal.events import event_type
from wangge.spine.messaging.templates import wording

RECEIVED = event_type(
    "matter.received", "受理", "kind", "source", "severity", "number", "report", "clock_wrong", "factor"
)
REPORT_ADDED = event_type("matter.report_added", "补充上报", "kind", "source", "report", "clock_wrong")
ACKNOWLEDGED = event_type("matter.acknowledged", "推送确认", "kind", "stage", "in_time", "severity")
TRIAGED = event_type(
    "matter.triaged",
    "分流",
    "kind",
    "stage",
    "in_time",
    "severity",
    "agency",
    "lead",
    "joint",
    "rule",
    "from_kind",
    "arbitrated",
)
DISMISSED = event_type("matter.dismissed", "不予受理", "kind", "stage", "in_time", "severity", "reason", "ending")
ACCEPTED = event_type("matter.accepted", "接单", "kind", "agency", "role")
HANDED_BACK = event_type("matter.handed_back", "退回", "kind", "agency", "reason", "times", "to_area")
WORKED = event_type("matter.worked", "现场处置", "kind", "agency", "what")
COORDINATED = event_type("matter.coordinated", "协调完成", "kind", "stage", "in_time", "severity", "agency")
VERIFIED = event_type("matter.verified", "核查通过", "kind", "stage", "in_time", "severity", "agency", "method")
VERIFICATION_FAILED = event_type(
    "matter.verification_failed", "核查未通过", "kind", "stage", "in_time", "severity", "agency", "method"
)
CLOSED = event_type("matter.closed", "结案", "kind", "severity", "agency", "outcome", "told")
REOPENED = event_type("matter.reopened", "重新打开", "kind", "severity", "agency", "outcome", "cause", "level")
HOLD_ASKED = event_type("matter.hold_asked", "申请挂起", "kind", "reason", "until")
HOLD_REFUSED = event_type("matter.hold_refused", "不同意挂起", "kind")
HELD = event_type("matter.held", "挂起", "kind", "stage", "until")
RESUMED = event_type("matter.resumed", "恢复计时", "kind", "stage", "cause")
PARKED = event_type("matter.parked", "挂账", "kind", "stage", "reason", "owner", "review_on")
MERGED = event_type("matter.merged", "并案", "kind", "severity", "into", "into_number")
MERGE_TAKEN = event_type("matter.merge_taken", "并入", "kind", "from", "from_number")
MERGE_UNDONE = event_type("matter.merge_undone", "撤销并案", "kind", "severity", "into")
OVERDUE = event_type("matter.overdue", "超时", "kind", "stage", "severity", "agency")
REMINDED = event_type("matter.reminded", "催办", "kind", "stage", "step")
ESCALATED = event_type("matter.escalated", "升级", "kind", "stage", "step", "level", "to_area")
ESCALATION_SKIPPED = event_type(
    "matter.escalation_skipped", "无人值班，跳级", "kind", "stage", "step", "level", "to_area"
)
SURGE_STARTED = event_type("surge.started", "启动战时状态", "factor")
SURGE_ENDED = event_type("surge.ended", "结束战时状态", "factor")

SAY_PUSH = wording("matter.push", "新事项 {number} 请立即确认。", "New matter {number}: please acknowledge now.")
SAY_TASK = wording(
    "matter.task",
    "事项 {number} 已分派贵单位，请接单处置。",
    "Matter {number} is assigned to your agency: please accept it.",
)
SAY_REMIND = wording(
    "matter.remind", "事项 {number} 时限已过半，请抓紧办理。", "Matter {number} has used half of its time."
)
SAY_ESCALATE = wording(
    "matter.escalate",
    "事项 {number} 已超时，升级至贵值班台督办。",
    "Matter {number} is overdue and has come up to your desk.",
)
SAY_ARBITRATE = wording(
    "matter.arbitrate",
    "事项 {number} 两次被退回，请裁定牵头单位。",
    "Matter {number} was handed back twice: please decide who leads.",
)
SAY_VERIFY = wording(
    "matter.verify", "事项 {number} 已处置，请核查。", "Matter {number} has been handled: please verify."
)
SAY_ANSWER = wording(
    "matter.answer", "您上报的事项 {number} 已办结。", "The matter {number} that you reported has been settled."
)
SAY_REOPENED = wording("matter.reopened", "事项 {number} 已重新打开，请办理。", "Matter {number} has been reopened.")
SAY_HOLD = wording(
    "matter.hold", "事项 {number} 申请挂起，请审批。", "A hold is asked for matter {number}: please decide."
)
SAY_REVIEW = wording("matter.review", "挂账事项 {number} 到期，请复核。", "Parked matter {number} is due for review.")
