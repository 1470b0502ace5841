"""What the journal hears of the end of a response."""

from wangge.ground.journal.events import event_type

ASKED = event_type("ending.asked", "提出终止响应", "due", "fields", "subjects")
APPROVED = event_type("ending.approved", "批准终止响应", "due")
CALLED_OFF = event_type("ending.called_off", "撤回终止响应")
BEGUN = event_type("ending.begun", "开始销毁密钥", "number", "fields", "subjects", "fingerprints")
DESTROYED = event_type(
    "ending.keys_destroyed",
    "密钥已销毁",
    *("number", "fields", "subjects", "fingerprints", "record_digest", "seal_number", "seal_head"),
)
