"""The reader that keeps figures added up as events come in.

Each event adds to its area and to every area that covers it, by month, day and hour as far as those
are kept. All of that happens in the transaction that moves the cursor, so that rollups and cursor
always tell of the same events.
"""

from __future__ import annotations

from datetime import datetime

from wangge.ground.journal.readers import Span, SpanReader
from wangge.picture.figures.climbs import follow_areas
from wangge.picture.figures.summing import add_events, chosen_span


def roll(span: Span, now: datetime) -> None:
    """Add a stretch of the journal to the rollups; called by the reader in its transaction."""
    follow_areas(span.after)
    add_events(chosen_span(span))


# So many wait only where the engine has not run for a while. Large enough that areas and hours meet several times in a
# batch; while one is read, the engine's other work waits, and on SQLite every writer: half a second to one on two free
# cores, more where others use them too.
FIGURES_READER = SpanReader("figures", roll, batch=10_000)
