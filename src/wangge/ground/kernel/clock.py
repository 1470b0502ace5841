"""The one place that knows what time it is.

Rules and services take `now`; only doors, the engine and commands ask here. A demonstration
lives in its own time: `clock.json` in the data folder holds the seconds between the wall clock
and the clock shown to everybody, so that a replayed 5 February 2020 can be worked in live.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

LOCAL = ZoneInfo("Asia/Shanghai")


def data_folder() -> Path:
    """Where one installation keeps its files; `WANGGE_DATA`, by default `var/` in the current folder."""
    return Path(os.environ.get("WANGGE_DATA") or "var").resolve()


@lru_cache(maxsize=1)
def offset() -> timedelta:
    """How far this installation's clock stands from the wall clock; zero unless it is a demo."""
    try:
        seconds = json.loads((data_folder() / "clock.json").read_text())["offset_seconds"]
    except FileNotFoundError:
        seconds = 0
    return timedelta(seconds=seconds)


def set_offset(seconds: float) -> None:
    """Move this installation's clock, for this process and every one that starts later."""
    folder = data_folder()
    folder.mkdir(parents=True, exist_ok=True)
    # Another process may be starting: it must find the old file or the new one, never half of one.
    fresh = folder / f"clock.{os.getpid()}.json"
    fresh.write_text(json.dumps({"offset_seconds": seconds}))
    fresh.replace(folder / "clock.json")
    offset.cache_clear()


def now() -> datetime:
    """The instant it is here, in UTC."""
    return datetime.now(UTC) + offset()


def local(instant: datetime) -> datetime:
    """The same instant on the wall clock of the city."""
    return instant.astimezone(LOCAL)


def midnight(day: date) -> datetime:
    """When a day begins on the wall clock of the city."""
    return datetime.combine(day, time(), LOCAL)


def parse_instant(text: str) -> datetime:
    """Read an ISO 8601 instant; one without a zone is local time. Raises ValueError."""
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=LOCAL)
