"""What the journal hears of the duty log beside what it counts (`duties/counted`)."""

from wangge.ground.journal.events import event_type

IMPORTED = event_type("duty.imported", "台账批量导入", "rows", "taken")
