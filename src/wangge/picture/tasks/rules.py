"""When a task of the guideline is due, done or overdue: pure."""

from __future__ import annotations

from collections.abc import Sequence

DONE, DUE, OVERDUE, RESTS = "done", "due", "overdue", "rests"


def state_of(done: Sequence[int], every_days: int, waiting: int, late: int) -> str:
    """The state of a task on the last of some days: `done` by day, how often it is due, what waits, what is late.

    Something late makes it overdue, whatever was done today. With nothing late, what was done today does for today;
    what was done within its days lets it rest, unless something waits.
    """
    if late:
        return OVERDUE
    if done and done[-1]:
        return DONE if not waiting else DUE
    rested = any(done[-every_days:])
    if waiting or not rested:
        return DUE
    return RESTS
