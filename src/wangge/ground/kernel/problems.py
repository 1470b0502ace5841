"""Every error a person or a client can meet, one class each.

A problem has a stable code, a Chinese and an English sentence with named gaps, the details that
fill them, and an HTTP status. Codes are never reused; a retired one stays here as a comment.
Doors turn problems into RFC 9457 JSON or into a page; nothing else does.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

GAP = re.compile(r"\{[^{}]*\}")


class Problem(Exception):
    """Something that a person can be told in one sentence, and what to do about it."""

    code: ClassVar[str]
    status: ClassVar[int] = 400
    zh: ClassVar[str]
    en: ClassVar[str]
    catalogue: ClassVar[dict[str, type[Problem]]] = {}

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.code in Problem.catalogue:
            raise TypeError(f"problem code {cls.code} is used twice")
        Problem.catalogue[cls.code] = cls

    def __init__(self, **details: Any) -> None:
        self.details = details
        super().__init__(self.sentence("en"))

    def sentence(self, language: str = "zh") -> str:
        """The sentence for a person, in Chinese unless the language code says English."""
        template = self.en if language.startswith("en") else self.zh
        return template.format(**self.details)

    def as_json(self, language: str = "zh") -> dict[str, Any]:
        """The body of an RFC 9457 answer (application/problem+json)."""
        return {
            "type": f"urn:wangge:problem:{self.code}",
            "title": GAP.sub("…", self.en if language.startswith("en") else self.zh),
            "status": self.status,
            "detail": self.sentence(language),
            "code": self.code,
            "details": self.details,
        }


# -- who may do what ---------------------------------------------------------------------------


class NotSignedIn(Problem):
    code = "not-signed-in"
    status = 401
    zh = "请先登录。"
    en = "Sign in first."


class NotPermitted(Problem):
    code = "not-permitted"
    status = 403
    zh = "您的岗位在此区域没有“{verb}”权限。请联系上级值班台。"
    en = "Your posts do not allow “{verb}” in this area. Ask the duty desk above you."


class NotFound(Problem):
    code = "not-found"
    status = 404
    zh = "找不到{what}。"
    en = "There is no such {what}."


# -- input -------------------------------------------------------------------------------------


class InputInvalid(Problem):
    """A field that cannot be taken; `field` names it, `why_zh` and `why_en` say the reason."""

    code = "input-invalid"
    status = 422
    zh = "{field}:{why_zh}"
    en = "{field}: {why_en}"


class IdempotencyConflict(Problem):
    code = "idempotency-conflict"
    status = 409
    zh = "同一幂等键已用于另一份内容。请换一个键再提交。"
    en = "This idempotency key was used for another body. Send again with a new key."


class TooManyRequests(Problem):
    code = "too-many-requests"
    status = 429
    zh = "请求太快，请在 {retry_after} 秒后重试。"
    en = "Too many requests; try again in {retry_after} s."


class Overloaded(Problem):
    code = "overloaded"
    status = 503
    zh = "系统繁忙，本条未收下，请在 {retry_after} 秒后重发。"
    en = "The system is busy and has not taken this; send it again in {retry_after} s."


class StorageUnavailable(Problem):
    code = "storage-unavailable"
    status = 503
    zh = "数据库暂时不可用（{reason}），本次操作未保存，请稍后重试。"
    en = "The database cannot be used now ({reason}); nothing was saved, try again shortly."


# -- the API -----------------------------------------------------------------------------------


class IdempotencyKeyMissing(Problem):
    code = "idempotency-key-missing"
    status = 400
    zh = "每次提交都须带幂等键（请求头 Idempotency-Key，批量时为每行的 key），重发时用同一个键。"
    en = "Every write carries an idempotency key (the header Idempotency-Key, in a batch `key` of each line)."


class BodyTooLarge(Problem):
    code = "body-too-large"
    status = 413
    zh = "一次最多提交 {limit} {unit_zh}，本次一条也未收下。请分几次提交。"
    en = "At most {limit} {unit_en} can be sent at once; nothing of this was taken. Send it in parts."


class MethodNotAllowed(Problem):
    code = "method-not-allowed"
    status = 405
    zh = "此地址不支持该操作。"
    en = "This address does not take that method."


class PortTaken(Problem):
    code = "port-taken"
    status = 503
    zh = "端口 {host}:{port} 不能使用（{reason}），请先停止占用它的程序，或用 --port 换一个端口。"
    en = (
        "The port {host}:{port} cannot be used ({reason}); stop the program that holds it, or choose another by --port."
    )


class Unexpected(Problem):
    """A fault of ours; what happened stands in the log, and nothing was saved."""

    code = "unexpected"
    status = 500
    zh = "系统内部出错，本次操作未保存。请稍后重试，仍不行请联系系统管理员。"
    en = "Something went wrong inside the system; nothing was saved. Try again, then ask the administrator."


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
    zh = "本响应的密钥文件不在密钥目录，个人信息无法读写。请联系系统管理员放回密钥文件。"
    en = "The key file of this response is not in the key folder, so personal data cannot be read or written."


class VaultDamaged(Problem):
    code = "vault-damaged"
    status = 500
    zh = "这条个人信息与所属记录不符，可能被改动过，已拒绝显示。请联系系统管理员。"
    en = "This piece of personal data does not belong to its record; it may have been tampered with."


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


# -- matters -----------------------------------------------------------------------------------


class StaleAction(Problem):
    """Somebody else was first; `now_at` says where the matter stands."""

    code = "stale-action"
    status = 409
    zh = "有人先您一步处理了此事项（现为“{stage}”，第 {version} 版）。您的操作未保存，请查看最新情况后再定。"
    en = "Somebody acted on this matter before you (it is now at “{stage}”, version {version}). Nothing was saved."


class WrongStage(Problem):
    code = "wrong-stage"
    status = 409
    zh = "事项现处“{stage}”环节，不能做“{action}”。"
    en = "The matter is at “{stage}”; “{action}” cannot be done there."


class MatterPaused(Problem):
    code = "matter-paused"
    status = 409
    zh = "事项已挂起或挂账，请先恢复计时再办理。"
    en = "The matter is on hold or parked; resume it first."


class NotTheHandler(Problem):
    code = "handler-may-not-verify"
    status = 403
    zh = "核查须由处置人以外的人进行。您参与过本事项的处置，请交他人核查。"
    en = "Somebody other than the handler must verify; you took part in handling this matter."


class NotYourOwnApproval(Problem):
    code = "not-your-own-approval"
    status = 403
    zh = "挂起须由申请人以外的人审批。"
    en = "Somebody other than the one who asks must approve a hold."


class NoAgency(Problem):
    code = "no-agency"
    status = 422
    zh = "此区域没有登记“{kind}”类单位，请另选牵头或协同单位，或由管理员登记该单位。"
    en = "No agency of kind “{kind}” is registered for this area; choose another or have it registered."


class NotInvolved(Problem):
    code = "not-involved"
    status = 409
    zh = "该单位不在本事项的牵头或协同名单中。"
    en = "This agency does not lead or join in this matter."


class AlreadyInvolved(Problem):
    code = "already-done"
    status = 409
    zh = "该单位已{what}，无需重复。"
    en = "This agency has done this already."


class MergeImpossible(Problem):
    code = "merge-impossible"
    status = 409
    zh = "不能并案：{why_zh}"
    en = "These cannot be merged: {why_en}"


class HoldPending(Problem):
    code = "hold-pending"
    status = 409
    zh = "本事项已有一份挂起申请待批。"
    en = "A hold is already waiting for a decision."


class SurgeState(Problem):
    code = "surge-state"
    status = 409
    zh = "该区域战时状态已是“{state}”。"
    en = "The surge of this area is already {state}."


# -- duty log ----------------------------------------------------------------------------------


class EntryCountered(Problem):
    code = "entry-countered"
    status = 409
    zh = "这条台账已冲正过，一条记录只能冲正一次。请刷新后查看。"
    en = "This entry has been countered already; an entry is countered once. Reload to see it."


class EntryIsCounter(Problem):
    code = "entry-is-counter"
    status = 409
    zh = "冲正条目本身不能再冲正。原数无误的，请重新登记一条。"
    en = "A counter-entry cannot be countered. If the first entry was right, log it again."


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


# -- the desk ------------------------------------------------------------------------------------


class SignInRefused(Problem):
    """The same sentence for a wrong name and a wrong password."""

    code = "sign-in-refused"
    status = 403
    zh = "账号或口令不对。"
    en = "The name or the password is wrong."


class SignInHeld(Problem):
    code = "sign-in-held"
    status = 429
    zh = "口令连续输错，请在 {retry_after} 秒后再试。"
    en = "Too many wrong passwords; try again in {retry_after} s."


class LiveBusy(Problem):
    code = "live-busy"
    status = 503
    zh = "实时更新的连接已满，页面照常可用，请稍后刷新。"
    en = "No more pages can be kept live now; they work all the same, reload later."


# -- bulletins ---------------------------------------------------------------------------------


class BulletinOutOfOrder(Problem):
    """Issued after a bulletin whose cut-off is not earlier; `last` is that cut-off on the wall clock."""

    code = "bulletin-out-of-order"
    status = 409
    zh = "已发布截至 {last} 的第{serial}期战报，新一期的截止时间必须更晚。"
    en = "Bulletin no. {serial} has been issued up to {last}; the next one needs a later cut-off."
