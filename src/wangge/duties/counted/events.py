"""What is done and counted, whoever keeps the record of it: the duty log, visits to venues, the day's lodging counts.

The quantities stand under the codes that the pack gives them. Both events have the record as their subject, the
counter-entry too, so that what was countered is found beside it.
"""

from wangge.ground.journal.events import event_type

LOGGED = event_type("duty.logged", "台账登记", "kind", "place_kind", "sign", counts=True)
COUNTERED = event_type("duty.countered", "台账冲正", "kind", "place_kind", "sign", counts=True)
