"""What the journal hears of people and posts."""

from wangge.ground.journal.events import event_type

SIGNED_IN = event_type("person.signed_in", "登录")
SIGN_IN_REFUSED = event_type("person.sign_in_refused", "登录被拒")
PERSON_ADDED = event_type("person.added", "建立账号")
PERSON_CHANGED = event_type("person.changed", "变更账号", "fields")
PERSON_LEAVING = event_type("person.leaving", "将离任", "since")
PERSON_LEFT = event_type("person.left", "离任停用", "posts")
PERSON_RETURNED = event_type("person.returned", "恢复账号")
PASSWORD_SET = event_type("person.password_set", "设置口令")
POST_OPENED = event_type("post.opened", "设立岗位", "role")
POST_HELD = event_type("post.held", "到岗", "person", "deputy")
POST_LEFT = event_type("post.left", "离岗", "person", "deputy")
TOKEN_ISSUED = event_type("token.issued", "签发接口令牌")
DUTY_ROSTERED = event_type("duty.rostered", "值班时段生效", "since", "until", "times")
DUTY_WITHDRAWN = event_type("duty.withdrawn", "值班时段撤销", "since", "until")
DUTY_LATE = event_type("duty.late", "到点未签到", "post")
DUTY_CHECKED_IN = event_type("duty.checked_in", "值班签到", "post", "late_minutes")
