"""What the journal hears of the duty log. The quantities stand under the codes that the pack gives them.

Both events of an entry have the entry as their subject, the counter-entry too, so that what was
countered is found beside it.
"""

from wangge.ground.journal.events import event_type

LOGGED = event_type("duty.logged", "台账登记", "kind", "place_kind", "sign", counts=True)
IMPORTED = event_type("duty.imported", "台账批量导入", "rows", "taken")
COUNTERED = event_type("duty.countered", "台账冲正", "kind", "place_kind", "sign", counts=True)
