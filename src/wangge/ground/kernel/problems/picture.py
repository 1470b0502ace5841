"""Problems of what it adds up to."""

from __future__ import annotations

from wangge.ground.kernel.problems.problem import Problem

# -- bulletins ---------------------------------------------------------------------------------


class BulletinOutOfOrder(Problem):
    """Issued after a bulletin whose cut-off is not earlier; `last` is that cut-off on the wall clock."""

    code = "bulletin-out-of-order"
    status = 409
    zh = "已发布截至 {last} 的第{serial}期战报，新一期的截止时间必须更晚。"
    en = "Bulletin no. {serial} has been issued up to {last}; the next one needs a later cut-off."
