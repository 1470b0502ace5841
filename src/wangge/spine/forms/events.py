"""What the journal hears of forms and submissions: codes, versions and states, never an answer."""

from wangge.ground.journal.events import event_type

FORM_PUBLISHED = event_type("form.published", "发布表单", "form", "version", "hash")
FORM_OPENED = event_type("form.opened", "启用表单", "form")
FORM_CLOSED = event_type("form.closed", "停用表单", "form")
KEY_ISSUED = event_type("form.key_issued", "签发填报密钥", "person")
KEY_REVOKED = event_type("form.key_revoked", "收回填报密钥", "person")
RECEIVED = event_type("submission.received", "收到填报", "form", "version")
TAKEN = event_type("submission.taken", "填报入账", "form", "record")
REFUSED = event_type("submission.refused", "填报待修正", "form", "problem")
REPAIRED = event_type("submission.repaired", "修正填报", "form", "fields")
RETRIED = event_type("submission.retried", "重试填报", "form")
DISCARDED = event_type("submission.discarded", "作废填报", "form", "reason_given")
REPLACED = event_type("submission.replaced", "填报被更正取代", "form", "by")
