"""The packs that tests load, the event types they may count, and where a piece of text stands in them."""

from __future__ import annotations

from pathlib import Path

TINY = Path(__file__).parent / "measles-tiny"
HUIZHOU = Path(__file__).parents[2] / "packs" / "huizhou-2020"

EVENT_TYPES: dict[str, set[str] | None] = {
    "matter.closed": {"kind", "severity", "agency", "outcome"},
    "matter.reopened": {"kind", "severity", "agency", "outcome"},
    "matter.overdue": {"kind", "severity", "agency", "stage"},
    "matter.verified": {"kind", "severity", "agency", "stage", "in_time"},
    "duty.logged": None,
    "duty.countered": None,
}


def line_of(folder: Path, file: str, piece: str) -> int:
    """The line where a piece of text stands first."""
    lines = (folder / file).read_text(encoding="utf-8").splitlines()
    return next(number for number, line in enumerate(lines, 1) if piece in line)
