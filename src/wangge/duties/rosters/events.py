"""What the journal hears of rosters; the subject is the roster, unless somebody's leave is told of."""

from wangge.ground.journal.events import event_type
from wangge.spine.messaging.templates import wording

MADE = event_type("roster.made", "编制值班表", "since", "until", "seats", "filled")
SEARCHED = event_type("roster.searched", "优化值班表", "better", "state")
CHANGED = event_type("roster.changed", "调整值班表", "seat", "why")
PUBLISHED = event_type("roster.published", "发布值班表", "seats", "empty", "changed")
LEFT = event_type("roster.leave_entered", "登记请假", "sick", "since", "until", "freed")
MEMBER = event_type("roster.member_changed", "登记值班人员信息", "fields")
SWAP = event_type("roster.swap", "换班", "seat", "state")
CALENDAR = event_type("roster.calendar", "日历订阅", "state")

SAY_SWAP = wording(
    "roster_swap",
    "您有一件换班申请有了新情况，请到“我的值班”查看。",
    "There is news of a swap of duties that concerns you; see “My duties”.",
    link="/duties",
)
