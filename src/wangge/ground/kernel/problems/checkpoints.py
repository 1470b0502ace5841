"""Problems of checkpoints: the register, shifts, and who was stopped."""

from __future__ import annotations

from wangge.ground.kernel.problems.problem import Problem

# -- checkpoints -------------------------------------------------------------------------------


class CheckpointsUnfitted(Problem):
    code = "pack-without-checkpoints"
    status = 409
    zh = "预案包“{pack}”没有检疫点的规定（checkpoints.yaml），请补充后重新载入。"
    en = "The pack “{pack}” says nothing of checkpoints (checkpoints.yaml); add it and load it again."


class CheckpointKnown(Problem):
    code = "checkpoint-known"
    status = 409
    zh = "该村（居）已有名为“{name}”的检疫点。"
    en = "A checkpoint called “{name}” stands in this village already."


class CheckpointChanged(Problem):
    code = "checkpoint-changed"
    status = 409
    zh = "有人先您一步更改了此检疫点。您的操作未保存，请查看最新情况后再定。"
    en = "Somebody changed this checkpoint before you. Nothing was saved; look at it as it stands and decide again."


class CheckpointClosed(Problem):
    code = "checkpoint-closed"
    status = 409
    zh = "检疫点 {number} 已撤除，不再登记。恢复后方可继续。"
    en = "The checkpoint {number} has been closed; nothing is screened there until it is opened again."


class HandoverTaken(Problem):
    code = "handover-taken"
    status = 409
    zh = "这一班已有人接班。请刷新后查看。"
    en = "Somebody has taken over this shift already. Reload to see it."


class HandoverOwn(Problem):
    code = "handover-own"
    status = 409
    zh = "交班人不能自己接班，请由接班人登录后确认。"
    en = "Who hands over cannot take over; the next one has to sign in and do it."


class AlertHandedOver(Problem):
    code = "alert-handed-over"
    status = 409
    zh = "此人已登记移交。请刷新后查看。"
    en = "This person has been handed over already. Reload to see it."
