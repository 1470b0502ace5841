"""What the journal hears of tables: which list was taken out of the system, and by which filters; never its rows."""

from wangge.ground.journal.events import event_type

EXPORTED = event_type(
    "list.exported", "导出列表", "list", "rows", "kind", "stage", "role", "state", "figure", "area", "own", "group",
    "recheck", "since", "until", "day", "last_day", "show", "round", "facility", "drill", "clear",
)  # fmt: skip
