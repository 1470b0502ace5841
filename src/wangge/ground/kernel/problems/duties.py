"""Problems of what people do: matters and the duty log."""

from __future__ import annotations

from wangge.ground.kernel.problems.problem import Problem

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
    zh = "须由提出人以外的人审批。"
    en = "Somebody other than the one who asked must approve it."


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


# -- the reader of messages ---------------------------------------------------------------------


class ReaderWithoutCity(Problem):
    code = "reader-without-city"
    status = 409
    zh = (
        "还没有区划和预案可供读取。请先运行 wangge demo，或运行 wangge areas import 和 wangge response open；"
        "也可用 --pack 指明预案包。"
    )
    en = (
        "There are no areas and no pack to read by. Run wangge demo first, or wangge areas import and "
        "wangge response open; or name a pack with --pack."
    )


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


# -- people under observation --------------------------------------------------------------------


class RecordChanged(Problem):
    code = "record-changed"
    status = 409
    zh = "有人先您一步更改了此档案。您的操作未保存，请查看最新情况后再定。"
    en = "Somebody changed this record before you. Nothing was saved; look at it as it stands and decide again."


class RecordNotActive(Problem):
    code = "record-not-active"
    status = 409
    zh = "档案 {number} 已解除、核销或并档，不能再办理此项。"
    en = "The record {number} has been closed, withdrawn or merged; this can no longer be done."


class RecordKnown(Problem):
    """Somebody with the same document, or the same name and phone, is on record already.

    `numbers` are the records that the reader may see; the words also say which desk to ask about others.
    """

    code = "record-known"
    status = 409
    zh = "此人可能已建档：{known_zh}。请先核对；确系另一人的，勾选“不是同一人”后再保存。"
    en = "This person may be on record already: {known_en}. Look first; if it is another person, say so and save again."


class RecordsCannotMerge(Problem):
    code = "records-cannot-merge"
    status = 409
    zh = "不能并档：{why_zh}"
    en = "These records cannot be merged: {why_en}"


class RecordInUse(Problem):
    """Something runs on the record that has to be ended first; what it is stands in `what_zh`, `what_en`."""

    code = "record-in-use"
    status = 409
    zh = "档案 {number} 尚有{what_zh}，请先办结。"
    en = "On the record {number} there is still {what_en}; end that first."


class PlanRunning(Problem):
    code = "plan-running"
    status = 409
    zh = "此人已有进行中的医学观察，一人同时只能有一项。"
    en = "A plan of observation is running for this person already; there is one at a time."


class NoPlan(Problem):
    code = "no-plan"
    status = 409
    zh = "此人没有进行中的医学观察。"
    en = "No plan of observation is running for this person."


class CheckTaken(Problem):
    """`by` made the check at `at`; what the second person measured is kept by nobody, so they are told what stands."""

    code = "check-taken"
    status = 409
    zh = "这一次监测 {by} 已于 {at} 登记（{temperature}）。如果登记有误，请用“更正”。"
    en = "{by} entered this check at {at} ({temperature}). If it is wrong, correct it."


class NoBedFree(Problem):
    code = "no-bed-free"
    status = 409
    zh = "{place} 已没有空床位，请另选房间或场所。"
    en = "No bed is free in {place}; choose another room or place."


class FacilityOccupied(Problem):
    code = "facility-occupied"
    status = 409
    zh = "{place} 现有 {people} 人在住，请先转出后再办理。"
    en = "{people} people stay in {place}; move them first."


class ReferralElsewhere(Problem):
    code = "referral-elsewhere"
    status = 409
    zh = "转诊现为“{stage}”，不能做此操作。请刷新后查看。"
    en = "The referral is now “{stage}”; this cannot be done. Reload to see it."


class MeasureInForce(Problem):
    code = "measure-in-force"
    status = 409
    zh = "此人已有一项生效中的强制隔离措施。"
    en = "A compulsory measure is in force for this person already."


class MeasureOver(Problem):
    code = "measure-over"
    status = 409
    zh = "此项强制隔离措施已解除。"
    en = "This compulsory measure has ended."


class ReleaseNotYet(Problem):
    """`why_zh` and `why_en` say what stands in the way; with a stated reason it can be done all the same."""

    code = "release-not-yet"
    status = 409
    zh = "{number} 还不能解除：{why_zh}。确需解除的，请写明理由。"
    en = "{number} cannot be released yet: {why_en}. If it has to be, state the reason."


class SourceImpossible(Problem):
    code = "source-impossible"
    status = 409
    zh = "不能登记为传染来源：{why_zh}"
    en = "This cannot be the source of infection: {why_en}"


class LinkUnknown(Problem):
    """Nothing is said of why, so that nobody learns by trying which links have ever been."""

    code = "link-unknown"
    status = 404
    zh = "链接无效或已停用。观察已结束的，不必再填报；有疑问请联系社区医护人员。"
    en = "This link is not valid, or its observation is over. If in doubt, ask your community health worker."


class ResponseUnfitted(Problem):
    code = "pack-without-observation"
    status = 409
    zh = "预案包“{pack}”没有医学观察的规定（observation.yaml），请补充后重新载入。"
    en = "The pack “{pack}” says nothing of medical observation (observation.yaml); add it and load it again."
