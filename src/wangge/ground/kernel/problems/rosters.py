"""Problems of rosters."""

from __future__ import annotations

from wangge.ground.kernel.problems.problem import Problem


class RostersUnfitted(Problem):
    code = "rosters-unfitted"
    status = 409
    zh = "本次响应的预案包没有 rosters.yaml，不能排班。请在预案包中补上班次和规则后重新载入。"
    en = "The plan pack of this response has no rosters.yaml, so no roster can be made. Add shifts and rules, load it."


class RosterChanged(Problem):
    code = "roster-changed"
    status = 409
    zh = "值班表在您打开之后已有变动（现为第 {version} 版）。您的操作未保存，请刷新后再定。"
    en = "The roster has changed since you opened it (it is now version {version}). Nothing was saved; reload it."


class RosterSearching(Problem):
    code = "roster-searching"
    status = 409
    zh = "正在优化这张值班表。请等它完成，或先停止优化。"
    en = "This roster is being improved. Wait until that is done, or stop it first."


class RosterOverlaps(Problem):
    code = "roster-overlaps"
    status = 409
    zh = "{unit}在这段时间已有值班表（{since} 至 {until}）。请改那一张，或换一段时间。"
    en = "There is a roster of {unit} for this time already ({since} to {until}). Change that, or choose other days."


class RosterEmpty(Problem):
    code = "roster-empty"
    status = 409
    zh = "{unit}没有要排班的岗位或没有在岗人员。请先在账号管理中设立岗位并安排人员。"
    en = "{unit} has no posts to be rostered, or nobody who holds one. Open posts and put people on them first."


class RosterPast(Problem):
    code = "roster-past"
    status = 409
    zh = "这段时间已经过去，不能再排班。"
    en = "This time is over; it can no longer be rostered."


class RosterRuleBroken(Problem):
    """What somebody entered by hand breaks a rule; `why` says which and where."""

    code = "roster-rule-broken"
    status = 409
    zh = "不能这样排：{why}。"
    en = "This breaks a rule: {why_en}."


class FixedDutyChanged(Problem):
    code = "fixed-duty-changed"
    status = 409
    zh = "这项固定勤务在您打开之后已有变动。您的操作未保存，请刷新后再定。"
    en = "This fixed duty has changed since you opened it. Nothing was saved; reload it."


class SwapOver(Problem):
    code = "swap-over"
    status = 409
    zh = "这次换班已经办结或班次已变动，请刷新后查看。"
    en = "This swap is settled, or the roster has changed meanwhile. Reload to see it."


class CalendarUnknown(Problem):
    """Nothing is said of why, so that nobody learns by trying which links have ever been."""

    code = "calendar-unknown"
    status = 404
    zh = "日历链接无效或已停用，请在“我的值班”生成新的链接。"
    en = "This calendar link is not valid. Make a new one under “My duties”."
