"""What the journal hears of bulletins."""

from wangge.ground.journal.events import event_type

ISSUED = event_type("bulletin.issued", "发布战报", "serial", "cutoff")
