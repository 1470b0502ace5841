"""What the journal hears of rosters; the subject is the roster, unless somebody's leave is told of."""

from wangge.ground.journal.events import event_type
from wangge.spine.messaging.templates import wording

MADE = event_type("roster.made", "编制值班表", "since", "until", "seats", "filled")
SEARCHED = event_type("roster.searched", "优化值班表", "better", "state")
CHANGED = event_type("roster.changed", "调整值班表", "seat", "why")
PUBLISHED = event_type("roster.published", "发布值班表", "seats", "empty", "changed")
WITHDRAWN = event_type("roster.withdrawn", "撤回值班表", "seats")
LEFT = event_type("roster.leave_entered", "登记请假", "leave", "sick", "since", "until", "freed")
LEAVE_BACK = event_type("roster.leave_withdrawn", "撤销请假", "restored")
FIXED = event_type("roster.fixed_changed", "登记固定勤务", "duty", "what")
MEMBER = event_type("roster.member_changed", "登记值班人员信息", "fields")
SWAP = event_type("roster.swap", "换班", "seat", "state")
SHEET = event_type("roster.sheet_taken", "导入值班表", "seats", "refused")
CALENDAR = event_type("roster.calendar", "日历订阅", "state")

HANDED = event_type("roster.handed_over", "岗位交班", "post", "late")
TAKEN = event_type("roster.taken_over", "岗位接班", "post", "late")

SAY_LATE = wording(
    "duty_late",
    "有人到点未签到，请到“今日值班”查看并联系本人。",
    "Somebody has not come on duty; see “Today” and call them.",
    link="/rosters/units/{unit}",
)
SAY_TIRED = wording(
    "duty_tired",
    "疲劳提醒：{week}起的一周有人{what}，请到“今日值班”查看并调整。",
    "Fatigue: in the week from {week_en} somebody has {what_en}; see “Today” and change the roster.",
    link="/rosters/units/{unit}",
)
SAY_FREED = wording(
    "leave_freed",
    "有人请假，空出 {freed} 个班，请选人接替。",
    "Somebody is on leave, which leaves {freed} duties vacant; choose who steps in.",
    link="/leaves/{leave}",
)
SAY_WITHDRAWN = wording(
    "roster_withdrawn",
    "您所在的值班表已撤回，今后的班不再有效，请到“我的值班”查看。",
    "The roster that you serve in has been withdrawn and your coming duties with it; see “My duties”.",
    link="/duties",
)
SAY_SWAP = wording(
    "roster_swap",
    "您有一件换班申请有了新情况，请到“我的值班”查看。",
    "There is news of a swap of duties that concerns you; see “My duties”.",
    link="/duties",
)
