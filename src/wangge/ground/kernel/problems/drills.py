"""Problems of communication drills."""

from __future__ import annotations

from wangge.ground.kernel.problems.problem import Problem


class DrillRunning(Problem):
    code = "drill-running"
    status = 409
    zh = "{where}正在进行通联演练，到 {until} 为止，范围有重叠。请等它结束，或先提前结束它，再发起新的演练。"
    en = "A drill of {where} runs until {until} and covers some of the same places. Wait for it, or end it first."


class DrillEmpty(Problem):
    code = "drill-empty"
    status = 409
    zh = "此区域现在没有人在岗，演练没有对象。请先安排值班或岗位人员。"
    en = "Nobody is on duty in this area now, so there is nobody to test. Put people on duty or on posts first."


class DrillOver(Problem):
    code = "drill-over"
    status = 409
    zh = "这次通联演练已经结束，不能再应答或结束。"
    en = "This drill is over; it can no longer be answered or ended."


class DrillLinkUnknown(Problem):
    code = "drill-link-unknown"
    status = 404
    zh = "这个链接无效。请核对是否完整；如仍打不开，请登录系统，在站内消息中应答。"
    en = "This link is not valid. Check that it is whole, or sign in and answer in your messages."
