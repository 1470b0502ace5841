"""What the journal hears of checkpoints: kinds, lanes and counts, never a plate or a person.

The subject of an event is the checkpoint, of an alert the alert. A batch of screenings is one event.
"""

from wangge.ground.journal.events import event_type
from wangge.spine.messaging.templates import wording

REGISTERED = event_type("checkpoint.registered", "检疫点登记", "kind", "source")
CHANGED = event_type("checkpoint.changed", "检疫点更正", "kind", "fields")
CLOSED = event_type("checkpoint.closed", "检疫点撤除", "kind")
REOPENED = event_type("checkpoint.reopened", "检疫点恢复", "kind")
LIST_IMPORTED = event_type("checkpoint.list_imported", "导入检疫点名单", "rows", "taken")
HANDED = event_type("checkpoint.shift_handed_over", "交班", "kind", "shift")
TAKEN_OVER = event_type("checkpoint.shift_taken_over", "接班", "kind", "shift")
QUEUE_NOTED = event_type("checkpoint.queue_noted", "登记排队车辆", "kind", counts=True)

COUNTED = event_type("screening.counted", "检疫登记", "kind", "source", "sign", counts=True)
ALERTED = event_type("screening.alerted", "检疫警示", "kind", "what", "lane")
TOLD = event_type("screening.person_told", "警示人员登记", "kind", "what", "form")
HANDED_OVER = event_type("screening.handed_over", "警示人员移交", "kind", "what")

SAY_ALERT = wording(
    "screening.alerted",
    "检疫点 {number} 第 {lane} 车道发现{what}，请立即处置。",
    "Checkpoint {number}, lane {lane}: {what_en}; please act at once.",
    link="/checkpoints/{number}",
)
