"""What a data folder knows of its demonstration: a marker file, written before anything else."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connection

from wangge.demo.founding import Founded, Login
from wangge.ground.journal.readers import events_after, head
from wangge.ground.kernel import clock
from wangge.ground.kernel.problems import DemoRefused, NotFound
from wangge.ground.responses.queries import response_by_code

MARKER = "demo.json"
SQLITE_FILES = ("wangge.sqlite3", "wangge.sqlite3-wal", "wangge.sqlite3-shm")


@dataclass(frozen=True)
class Kept:
    """The state of a demonstration: being replayed, or ready to be worked in."""

    ready: bool
    pack: str
    seed: int
    totals: dict[str, int]
    founded: Founded | None = field(default=None)


def kept() -> Kept | None:
    """What the marker says, or None where there is no demonstration."""
    try:
        content: dict[str, Any] = json.loads(_marker().read_text(encoding="utf-8"))
        founded = content.pop("founded")
        if founded is not None:
            logins = [Login(**login) for login in founded.pop("logins")]
            founded = Founded(**founded, logins=logins)
        return Kept(**content, founded=founded)
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError):
        raise DemoRefused(
            why_zh=f"标记文件 {_marker()} 已损坏，请换一个数据目录", why_en=f"the marker {_marker()} is damaged"
        ) from None


def keep(state: Kept) -> None:
    """Write the marker whole, readable by its owner only: it holds the password of the demonstration."""
    unfinished = _marker().with_suffix(".part")
    unfinished.touch(mode=0o600)
    unfinished.write_text(json.dumps(asdict(state), ensure_ascii=False, indent=1), encoding="utf-8")
    unfinished.replace(_marker())


def _marker() -> Path:
    return Path(settings.DATA) / MARKER


def refuse_real_installation() -> None:
    """Raise DemoRefused where the database holds anything that this folder's marker does not speak of."""
    try:
        with connection.cursor() as cursor:
            tables = connection.introspection.table_names(cursor)
            if not tables:
                return
            used = [
                name
                for name in ("areas_area", "accounts_person", "responses_response", "journal_event")
                if name in tables and _has_rows(name)
            ]
    except DatabaseError as error:
        why = (str(error).strip().splitlines() or [""])[0]
        raise DemoRefused(why_zh=f"数据库不可用（{why}）", why_en=f"the database cannot be used ({why})") from None
    if used:
        raise DemoRefused(
            why_zh=f"{_database()} 已有正式数据，请用 WANGGE_DATA 另指一个空目录",
            why_en=f"{_database()} holds a real installation; name an empty folder by WANGGE_DATA",
        )


def _has_rows(table: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT 1 FROM {table} LIMIT 1")  # noqa: S608 - one of four names of ours
        return cursor.fetchone() is not None


def _database() -> str:
    return str(connection.settings_dict["NAME"])


def clear_interrupted() -> None:
    """Take away what a replay that was cut off left behind. A server's database is left to its owner."""
    if connection.vendor != "sqlite":
        raise DemoRefused(
            why_zh="上次演示回放中断，请先清空该 PostgreSQL 数据库并删除 demo.json",
            why_en="the last replay was cut off: empty this PostgreSQL database and remove demo.json first",
        )
    connection.close()
    data = Path(settings.DATA)
    for name in SQLITE_FILES:
        (data / name).unlink(missing_ok=True)
    for key in Path(settings.KEY_FOLDER).glob("*.json"):
        key.unlink()
    (data / "clock.json").unlink(missing_ok=True)
    clock.offset.cache_clear()


def resume_clock(state: Kept, end: datetime) -> None:
    """Let the demonstration's time go on from the last thing that happened in it."""
    assert state.founded is not None
    try:
        response_by_code(state.founded.response_code)
    except (NotFound, DatabaseError):
        raise DemoRefused(
            why_zh=f"{_database()} 不是这个演示的数据库",
            why_en=f"{_database()} is not the database of this demonstration",
        ) from None
    tx, number = head()
    last = events_after((tx, number - 1), 1)
    set_clock(max(end, last[0].at if last else end))


def set_clock(instant: datetime) -> None:
    """Make it this instant here, from now on."""
    clock.set_offset(clock.offset().total_seconds() + (instant - clock.now()) / timedelta(seconds=1))
