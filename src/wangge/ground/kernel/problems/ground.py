"""Problems of what everything stands on: areas, people's data, plan packs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from wangge.ground.kernel.problems.problem import Problem

# -- duty times --------------------------------------------------------------------------------


class NotOnDuty(Problem):
    code = "not-on-duty"
    status = 409
    zh = "签到须在本班开始前一小时之后、结束之前。请查看值班表，班次可能已调整。"
    en = "Check in no sooner than an hour before the duty and before its end. Look at the roster; it may have changed."


# -- areas -------------------------------------------------------------------------------------


class AreaUnknown(Problem):
    code = "area-unknown"
    status = 404
    zh = "没有这个区划：{area}。"
    en = "There is no such area: {area}."


class AreaFileUnreadable(Problem):
    """A file that is no table of areas at all; single bad lines are named in the preview instead."""

    code = "area-file-unreadable"
    status = 422
    zh = "读不了这份区划文件：{why_zh}。"
    en = "This file of areas cannot be read: {why_en}."


class AreaCodeTaken(Problem):
    code = "area-code-taken"
    status = 409
    zh = "编码 {area_code} 在该日期已由“{holder}”使用。"
    en = "The code {area_code} is held by “{holder}” on that day."


class AreaListOutdated(Problem):
    code = "area-list-outdated"
    status = 409
    zh = "这份清单的版本（{edition}）早于现有区划的版本（{standing}），不能倒退导入。"
    en = "This list is of {edition}, older than the areas that stand ({standing}); lists go forward only."


class AreaGridsInvalid(Problem):
    code = "area-grids-invalid"
    status = 422
    zh = "网格不能这样划分：{why_zh}。"
    en = "Grids cannot be laid out like this: {why_en}."


# -- people's data -----------------------------------------------------------------------------


class VaultLocked(Problem):
    code = "vault-locked"
    status = 503
    zh = "本响应的密钥不在密钥目录或密钥服务中，个人信息无法读写。请联系系统管理员放回密钥。"
    en = "The key of this response is not where keys are kept, so personal data cannot be read or written."


class KeyServiceUnavailable(Problem):
    code = "key-service-unavailable"
    status = 503
    zh = "密钥服务暂时没有应答（{why}），个人信息无法读写。请稍后再试，或联系系统管理员。"
    en = "The key service does not answer ({why}), so personal data cannot be read or written now."


class DataDestroyed(Problem):
    code = "data-destroyed"
    status = 410
    zh = "本响应已结束，密钥已销毁，个人信息无法再读写。"
    en = "This response has ended and its keys are destroyed; its personal data can no longer be read or written."


class KeyRotationRunning(Problem):
    code = "key-rotation-running"
    status = 409
    zh = "本响应的密钥正在更换：已重新加密 {done}/{total} 项。请等它完成。"
    en = "The keys of this response are being rotated: {done} of {total} fields are sealed anew. Wait for it to end."


# -- the end of a response ---------------------------------------------------------------------


class ResponseEnded(Problem):
    code = "response-ended"
    status = 409
    zh = "响应“{name}”已结束，不再接收上报和个人信息。"
    en = "The response “{name}” has ended and takes no more reports or personal data."


class EndingNotPossible(Problem):
    code = "ending-not-possible"
    status = 409
    zh = "现在不能这样做：{why_zh}。"
    en = "This cannot be done now: {why_en}."


class VaultDamaged(Problem):
    code = "vault-damaged"
    status = 500
    zh = "这条个人信息与所属记录不符，可能被改动过，已拒绝显示。请联系系统管理员。"
    en = "This piece of personal data does not belong to its record; it may have been tampered with."


# -- sealed files ------------------------------------------------------------------------------


class EvidenceRefused(Problem):
    """A file that is not kept; its kind is told by its content, not by its name."""

    code = "evidence-refused"
    status = 415
    zh = "这个附件不能收存：{why_zh}。"
    en = "This file cannot be kept: {why_en}."


class EvidenceDamaged(Problem):
    code = "evidence-damaged"
    status = 500
    zh = "这个附件的文件不见了或已损坏，无法打开。请系统管理员从备份恢复附件目录。"
    en = "The file is missing or damaged and cannot be opened. Have the folder of sealed files restored from a backup."


# -- plan packs --------------------------------------------------------------------------------


@dataclass(frozen=True)
class PackError:
    """One mistake in a plan pack: `file` inside the pack, `line` from 1, `field` as a dotted path."""

    file: str
    line: int
    field: str
    zh: str
    en: str

    def sentence(self, language: str = "zh") -> str:
        """One line for a person: where it stands and what is wrong."""
        return f"{self.file}:{self.line} {self.field} {self.en if language.startswith('en') else self.zh}"


class PackInvalid(Problem):
    """A pack that cannot be taken; `errors` holds every mistake found, in the order of files and lines."""

    code = "pack-invalid"
    status = 422
    zh = "预案包“{pack}”有 {count} 处错误。第一处：{first_zh}"
    en = "The plan pack “{pack}” has {count} errors. The first: {first_en}"

    def __init__(self, *, pack: str, errors: Sequence[PackError]) -> None:
        self.errors = list(errors)
        super().__init__(
            pack=pack,
            count=len(errors),
            first_zh=errors[0].sentence("zh"),
            first_en=errors[0].sentence("en"),
            errors=[asdict(error) for error in errors],
        )


class PackOutdated(Problem):
    """A pack kept by another version of the program, in a form that this one cannot read; `why` names the place."""

    code = "pack-outdated"
    status = 500
    zh = (
        "库里的预案包 {pack} {version} 是另一版本的程序存入的，本程序读不出（{why}）。"
        "请运行 wangge pack load {pack} --for 响应编号 重新载入。"
    )
    en = (
        "The pack {pack} {version} in the database was kept by another version of the program and cannot be read "
        "({why}). Load it again: wangge pack load {pack} --for RESPONSE."
    )


class PolicyOutdated(Problem):
    """The same for the policy that a matter was received under, which no later pack may replace."""

    code = "policy-outdated"
    status = 500
    zh = (
        "此事项受理时的办理依据是另一版本的程序存入的，本程序读不出（{why}）。"
        "请系统管理员装回当时的版本，或升级到能读它的版本。"
    )
    en = (
        "The policy that this matter was received under was kept by another version of the program and cannot be read "
        "({why}). Have that version put back, or one installed that reads it."
    )
