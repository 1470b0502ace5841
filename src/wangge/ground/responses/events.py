"""What the journal hears of packs, responses and the vault."""

from wangge.ground.journal.events import event_type

PACK_LOADED = event_type("pack.loaded", "载入预案包", "pack", "version", "content_hash")
RESPONSE_OPENED = event_type("response.opened", "启动响应", "code", "pack")
RESPONSE_PACK_CHANGED = event_type("response.pack_changed", "更换预案版本", "pack", "version", "content_hash")
UNMASKED = event_type("vault.unmasked", "查看完整个人信息", "fields", "reason_given")
EVIDENCE_KEPT = event_type("evidence.kept", "收存证据文件", "sha256", "size", "media_type")
KEYS_ROTATING = event_type("response.key_rotation_started", "开始更换密钥", "version")
KEYS_ROTATED = event_type("response.keys_rotated", "更换密钥完成", "version", "fields", "damaged")
RESPONSE_ENDED = event_type("response.ended", "响应终止", "code")
RESPONSE_RESUMED = event_type("response.resumed", "撤销终止响应", "code")
