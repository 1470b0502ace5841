"""What the journal hears of people under observation: numbers, codes and counts, never who it is.

The subject of an event is the record it tells of: the individual, the plan, the referral, the measure. `individual`
names the record of the person where the subject is something else.
"""

from wangge.ground.journal.events import event_type
from wangge.spine.messaging.templates import wording

REGISTERED = event_type("individual.registered", "建档", "role", "number", "source", "matter", "setting")
REPORTED_AGAIN = event_type("individual.reported_again", "再次上报", "role", "source", "matter", "by")
ROLE_CHANGED = event_type("individual.role_changed", "身份变更", "role", "from_role", "cause")
NOTIFIED = event_type("individual.notified", "告知本人", "role", "in_time")
CORRECTED = event_type("individual.corrected", "更正", "role", "fields")
MOVED = event_type("individual.moved", "移交", "role", "from_area")
WITHDRAWN = event_type("individual.withdrawn", "核销", "role", "reason")
RESTORED = event_type("individual.restored", "恢复档案", "role", "cause")
# Why a record is withdrawn that stood on matters which came to nothing.
UNFOUNDED = "unfounded"
CLOSED = event_type("individual.closed", "解除管理", "role", "reason")
MERGED = event_type("individual.merged", "并档", "role", "into")
MERGE_UNDONE = event_type("individual.merge_undone", "撤销并档", "role", "into")
HANDED_OVER = event_type("individual.handed_over", "向本人提供", "role")
CONTACT_LISTED = event_type("contact.listed", "登记接触", "case", "exposed", "setting", "infector")
DEPENDANT_NAMED = event_type("dependant.named", "登记被照料人", "kind", "individual")
DEPENDANT_LEFT = event_type("dependant.left_behind", "被照料人无人照料", "kind", "individual")
LIST_IMPORTED = event_type("individual.list_imported", "导入名单", "rows", "taken", "known")

PLAN_STARTED = event_type("plan.started", "开始观察", "individual", "role", "setting", "ends_on", "protocol", "cause")
PLAN_CHANGED = event_type("plan.changed", "调整观察", "individual", "role", "setting", "ends_on", "cause")
PLAN_ENDED = event_type(
    "plan.ended", "结束观察", "individual", "role", "setting", "outcome", "made", "missed", "complete"
)
CHECK_MADE = event_type("check.made", "监测", "individual", "role", "slot", "fever", "symptomatic", "source", "late")
CHECK_REPLACED = event_type(
    "check.replaced", "更正监测", "individual", "role", "slot", "fever", "symptomatic", "source"
)
CHECK_MISSED = event_type("check.missed", "漏测", "individual", "role", "slot", "day")
ALARM_RAISED = event_type("alarm.raised", "预警", "individual", "role", "what", "alarm")
LINK_MADE = event_type("plan.link_made", "发放监测链接", "individual")
FACILITY_OPENED = event_type("facility.opened", "启用场所", "kind")
FACILITY_CLOSED = event_type("facility.closed", "停用场所", "kind")
ROOM_CHANGED = event_type("facility.room_changed", "调整房间", "kind", "beds", "closed")

REFERRAL_ASKED = event_type("referral.asked", "申请转诊", "individual", "role", "clinic")
REFERRAL_MOVED = event_type("referral.moved", "转诊进展", "individual", "role", "clinic", "stage")
REFERRAL_ANSWERED = event_type("referral.answered", "转诊反馈", "individual", "role", "clinic", "result", "minutes")
REFERRAL_REMINDED = event_type("referral.reminded", "提醒接诊", "individual", "clinic", "owes")
REFERRAL_OVERDUE = event_type("referral.overdue", "接诊超时", "individual", "role", "clinic", "owes")

MEASURE_ORDERED = event_type("measure.ordered", "采取强制措施", "individual", "role")
MEASURE_WARNED = event_type("measure.warned", "措施将到期", "individual", "what")
MEASURE_REVIEWED = event_type("measure.reviewed", "复核措施", "individual")
MEASURE_ENDED = event_type("measure.ended", "解除措施", "individual", "cause")

SAY_MOVED = wording(
    "individual.moved",
    "档案 {number} 已移交，请交接双方核对。",
    "The record {number} has been handed over; both sides please check.",
    link="/people/{number}",
)
SAY_REFERRAL = wording(
    "referral.asked",
    "转诊申请 {number} 请尽快接收。",
    "A referral, {number}, waits for your clinic.",
    link="/people/{number}",
)
SAY_ANSWER = wording(
    "referral.answered",
    "{number} 的转诊结果已反馈，请查看。",
    "The clinic has answered on {number}.",
    link="/people/{number}",
)
SAY_DECLINED = wording(
    "referral.declined",
    "{number} 的转诊申请未被接收，请查看理由，另行安排。",
    "The clinic has declined the referral {number}; look at the reason and choose another.",
    link="/people/{number}",
)
SAY_WAITING = wording(
    "referral.overdue",
    "{number} 的转诊超过时限仍未办理，请督促医疗机构。",
    "The referral {number} is past its time; please see to it that the clinic acts.",
    link="/people/{number}",
)
SAY_ORDERED = wording(
    "measure.ordered",
    "{number} 已采取强制隔离措施，请协助医疗机构执行。",
    "A compulsory measure on {number} has been ordered; assist the medical institution.",
    link="/people/{number}",
)
SAY_MEASURE = wording(
    "measure.warned",
    "{number} 的强制隔离措施即将到期或需要复核，请办理。",
    "The compulsory measure on {number} is due for review or about to end.",
    link="/people/{number}",
)
SAY_ENDED = wording(
    "measure.ended",
    "{number} 的强制隔离措施已解除。",
    "The compulsory measure on {number} has ended.",
    link="/people/{number}",
)
