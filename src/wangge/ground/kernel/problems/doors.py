"""Problems at the doors: who may come in, what may be sent, and what a page or a caller is told."""

from __future__ import annotations

from wangge.ground.kernel.problems.problem import Problem
from wangge.ground.kernel.verbs import verb_words

# -- who may do what ---------------------------------------------------------------------------


class NotSignedIn(Problem):
    code = "not-signed-in"
    status = 401
    zh = "请先登录。"
    en = "Sign in first."


class NotPermitted(Problem):
    code = "not-permitted"
    status = 403
    zh = "您的岗位不能在此区域{verb}。如确有需要，请联系上级值班台。"
    en = "Your posts do not allow you to {verb} in this area. Ask the duty desk above you."

    def sentence(self, language: str = "zh") -> str:
        """The permission is told in words; its code stands in the details."""
        template = self.en if language.startswith("en") else self.zh
        return template.format(verb=verb_words(str(self.details["verb"]), language))


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


class TablesOutdated(Problem):
    code = "tables-outdated"
    status = 503
    zh = "数据库缺 {missing} 步结构更新。请先备份（wangge backup），再运行 wangge migrate，然后启动。"
    en = "The database lacks {missing} migrations. Make a backup (wangge backup), run wangge migrate, then start."


class Unexpected(Problem):
    """A fault of ours; what happened stands in the log, and nothing was saved."""

    code = "unexpected"
    status = 500
    zh = "系统内部出错，本次操作未保存。请稍后重试，仍不行请联系系统管理员。"
    en = "Something went wrong inside the system; nothing was saved. Try again, then ask the administrator."


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
