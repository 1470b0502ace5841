"""What the journal hears of figures."""

from wangge.ground.journal.events import event_type

REBUILT = event_type("figures.rebuilt", "重算指标", "events")
