"""Problems of how things move: forms, and what is sent with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass

from wangge.ground.kernel.problems.problem import Problem

# -- forms -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class FormError:
    """One mistake in a form: the sheet, its row as Excel counts it (0 where it is about the whole sheet), and why."""

    sheet: str
    row: int
    zh: str
    en: str

    def sentence(self, language: str = "zh") -> str:
        """One line for a person: where it stands and what is wrong."""
        english = language.startswith("en")
        place = f" row {self.row}" if english else f" 第 {self.row} 行"
        return f"{self.sheet}{place if self.row else ''}{': ' if english else '：'}{self.en if english else self.zh}"


class FormInvalid(Problem):
    """A form that cannot be published; `errors` holds every mistake found, in the order of sheets and rows."""

    code = "form-invalid"
    status = 422
    zh = "表单“{file}”有 {count} 处错误。第一处：{first_zh}"
    en = "The form “{file}” has {count} errors. The first: {first_en}"

    def __init__(self, *, file: str, errors: Sequence[FormError]) -> None:
        self.errors = list(errors)
        super().__init__(
            file=file,
            count=len(errors),
            first_zh=errors[0].sentence("zh"),
            first_en=errors[0].sentence("en"),
            errors=[asdict(error) for error in errors],
        )


class FormVersionTaken(Problem):
    code = "form-version-taken"
    status = 409
    zh = "表单 {form} 已有内容不同的版本 {version}。改过的表单请在 settings 表填写新的 version 再上传。"
    en = "The form {form} has another content under version {version}. Give the changed one a new version in settings."


class FormClosed(Problem):
    code = "form-closed"
    status = 409
    zh = "表单 {form} 已停用，不再接收新的填报。"
    en = "The form {form} is closed and takes nothing new."


# -- submissions -------------------------------------------------------------------------------


class SubmissionUnreadable(Problem):
    """What was sent is no submission: no sound XML, no form, no id, a part that is missing or broken."""

    code = "submission-unreadable"
    status = 400
    zh = "这份填报读不出：{why_zh}。"
    en = "This submission cannot be read: {why_en}."


class SubmissionTypeWrong(Problem):
    code = "submission-type-wrong"
    status = 415
    zh = "填报须以 multipart/form-data 发送，本次为 {sent}。"
    en = "A submission is sent as multipart/form-data; this is {sent}."


class FieldKeyUnknown(Problem):
    """A key in an address that stands for nobody: mistyped, revoked, or of somebody who has left."""

    code = "field-key-unknown"
    status = 403
    zh = "填报密钥无效或已收回，请向值班台重新领取。"
    en = "This key is unknown or has been revoked; ask the duty desk for another."


class SubmissionConflict(Problem):
    """The same instanceID with another content; what was sent first stays."""

    code = "submission-conflict"
    status = 409
    zh = "这个编号的填报已收到，内容与本次不同；原填报未动。如要更正，请在表单里编辑后再发送。"
    en = "A submission with this id and another content has been taken; it stays. Edit it in the form to change it."


class SubmissionReplaced(Problem):
    """An edit of a submission that another edit has replaced already."""

    code = "submission-replaced"
    status = 409
    zh = "这份填报已被另一次更正取代，请在最新的一份上更正。"
    en = "This submission has been replaced by another edit; edit the newest one."


class SubmissionSettled(Problem):
    code = "submission-settled"
    status = 409
    zh = "这份填报已处理，不能再改。"
    en = "This submission has been dealt with and can no longer be changed."
