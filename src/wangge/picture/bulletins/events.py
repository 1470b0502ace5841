"""What the journal hears of bulletins."""

from wangge.ground.journal.events import event_type

ISSUED = event_type("bulletin.issued", "发布战报", "serial", "cutoff")
SKIPPED = event_type("bulletin.skipped", "定时战报未发布", "planned", "problem")
SCHEDULED = event_type("bulletin.scheduled", "设定定时战报", "time", "weekdays")
UNSCHEDULED = event_type("bulletin.unscheduled", "停止定时战报", "time")
SUBSCRIBED = event_type("bulletin.subscribed", "订阅战报", "person", "channels", "attach")
UNSUBSCRIBED = event_type("bulletin.unsubscribed", "退订战报", "person")
