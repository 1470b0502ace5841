"""Problems of venues: the register, visits, orders, the day's counts of lodging places."""

from __future__ import annotations

from wangge.ground.kernel.problems.problem import Problem

# -- venues ------------------------------------------------------------------------------------


class VenuesUnfitted(Problem):
    code = "pack-without-venues"
    status = 409
    zh = "预案包“{pack}”没有场所的规定（venues.yaml），请补充后重新载入。"
    en = "The pack “{pack}” says nothing of venues (venues.yaml); add it and load it again."


class VenueKnown(Problem):
    """`numbers` are the venues of the same village that it may be."""

    code = "venue-known"
    status = 409
    zh = "可能已登记过：{known}。请先核对；确系另一处的，勾选“不是同一处”后再保存。"
    en = "It may be registered already: {known}. Look first; if it is another one, say so and save again."


class VenueChanged(Problem):
    code = "venue-changed"
    status = 409
    zh = "有人先您一步更改了此场所。您的操作未保存，请查看最新情况后再定。"
    en = "Somebody changed this venue before you. Nothing was saved; look at it as it stands and decide again."


class VenueEnded(Problem):
    code = "venue-ended"
    status = 409
    zh = "场所 {number} 已注销，不能再办理此项。"
    en = "The venue {number} is no longer on the register; this can no longer be done."


class VisitedLately(Problem):
    """A warning before a second visit within days; said again knowingly, the visit is taken."""

    code = "visited-lately"
    status = 409
    zh = "{agencies} 已于 {at} 检查过此场所。如仍需登记，请勾选“已知悉，仍要登记”后再保存。"
    en = "{agencies} visited this venue at {at}. To record another visit all the same, say so and save again."


class VisitCountered(Problem):
    code = "visit-countered"
    status = 409
    zh = "这次检查已冲正过，一条记录只能冲正一次。请刷新后查看。"
    en = "This visit has been countered already; it is countered once. Reload to see it."


class VisitIsCounter(Problem):
    code = "visit-is-counter"
    status = 409
    zh = "冲正条目本身不能再冲正。"
    en = "A counter-entry cannot be countered."


class OrderEnded(Problem):
    code = "order-ended"
    status = 409
    zh = "此令已全部解除。"
    en = "Nothing of this order is left in force."


class NotLodging(Problem):
    code = "not-lodging"
    status = 409
    zh = "场所 {number} 不是旅业场所，不报旅业日报。"
    en = "The venue {number} is no lodging place; it has no day's counts."


class NotASite(Problem):
    code = "not-a-site"
    status = 409
    zh = "场所 {number} 不在返校返工检查范围内。"
    en = "The venue {number} is none of those made ready for return."


class VenueLinkUnknown(Problem):
    """Nothing is said of why, so that nobody learns by trying which links have ever been."""

    code = "venue-link-unknown"
    status = 404
    zh = "链接无效或已停用，请向发给您链接的派出所或社区索取新的链接。"
    en = "This link is not valid. Ask the police station or community that gave it to you for a new one."
