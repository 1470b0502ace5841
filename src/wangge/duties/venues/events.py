"""What the journal hears of venues: kinds, codes and counts. What visits and day counts add up to is `duties/counted`.

The subject of an event is the venue, unless its own record is named: a visit, an order.
"""

from wangge.ground.journal.events import event_type
from wangge.spine.messaging.templates import wording

REGISTERED = event_type("venue.registered", "场所登记", "kind", "source")
LIST_IMPORTED = event_type("venue.list_imported", "导入场所名单", "rows", "taken")
CHANGED = event_type("venue.changed", "场所更正", "kind", "fields")
ENDED = event_type("venue.ended", "场所注销", "kind")
RESUMED = event_type("venue.resumed", "场所恢复在册", "kind")

FAILED = event_type("visit.failed", "检查发现不符合", "kind", "venue", "items")
PASSED = event_type("visit.recheck_passed", "复查符合", "kind", "venue", "in_time")
OVERDUE = event_type("visit.recheck_overdue", "复查逾期", "kind", "venue")
FOUND_OPEN = event_type("visit.found_open", "停业场所仍在营业", "kind", "venue")

ORDER_ISSUED = event_type("order.issued", "发布停业（限制）令", "effect", "kinds", "venues")
ORDER_LIFTED = event_type("order.lifted", "解除停业（限制）令", "effect", "kinds", "venues", "whole")
ORDER_APPLIED = event_type("order.applied", "停业（限制）令到期施行或解除", "effect", "venues")

LINK_MADE = event_type("lodging.link_made", "发放旅业填报链接", "kind")
MISSING = event_type("lodging.missing", "旅业日报逾期未报", "kind", "day", "gap")

READINESS_RECORDED = event_type("readiness.recorded", "返校返工检查", "kind", "met", "open", "state")
READINESS_PASSED = event_type("readiness.passed", "返校返工准备就绪", "kind")
RETURNERS_COUNTED = event_type("readiness.returners_counted", "返回人员健康日报", "kind", "day", "people", "unwell")

SAY_OVERDUE = wording(
    "visit.recheck_overdue",
    "场所 {number} 的复查已逾期，请尽快复查。",
    "The re-inspection of venue {number} is overdue; please make it.",
    link="/venues/{number}",
)
