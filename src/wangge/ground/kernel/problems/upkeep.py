"""Problems of an installation: the demonstration, backups."""

from __future__ import annotations

from wangge.ground.kernel.problems.problem import Problem

# -- the demonstration and upkeep ----------------------------------------------------------------


class DemoTotalsInvalid(Problem):
    code = "demo-totals-invalid"
    status = 422
    zh = "演示总数不能用：{why_zh}。"
    en = "These totals cannot be replayed: {why_en}."


class DemoScenarioInvalid(Problem):
    code = "demo-scenario-invalid"
    status = 422
    zh = "演示剧本 {file} 有误：{why}。"
    en = "The scenario {file} of the demonstration is not right: {why}."


class DemoRefused(Problem):
    code = "demo-refused"
    status = 409
    zh = "不能在这里建立演示：{why_zh}。"
    en = "A demonstration cannot be set up here: {why_en}."


class BackupUnreadable(Problem):
    code = "backup-unreadable"
    status = 422
    zh = "这份备份不能用：{why_zh}。"
    en = "This backup cannot be used: {why_en}."


class RestoreRefused(Problem):
    code = "restore-refused"
    status = 409
    zh = "不能恢复到这里：{why_zh}。"
    en = "A backup cannot be restored here: {why_en}."
