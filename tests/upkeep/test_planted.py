"""After a scenario, nothing that it planted stands in any file, table, log, message, list, bulletin or backup."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from tests.postgres import running_postgres

ROOT = Path(__file__).resolve().parents[2]
PACKED = (".zip", ".xlsx", ".docx")


def forms(value: str) -> list[bytes]:
    """How a value might stand in a file: as text, escaped in JSON, in UTF-16."""
    return [value.encode(), value.encode("unicode_escape"), value.encode("utf-16-le")]


def contents(name: str, content: bytes) -> Iterator[tuple[str, bytes]]:
    """A file, and where it is a packed one, all that is in it, however deep."""
    yield name, content
    if name.endswith(PACKED):
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            for part in parts.namelist():
                yield from contents(f"{name}/{part}", parts.read(part))


def dumped(address: str) -> dict[str, bytes]:
    """Every table of a PostgreSQL as text, as pg_dump writes it."""
    with closing(psycopg.connect(address)) as database:
        names = database.execute(
            "SELECT oid::regclass::text FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        ).fetchall()
        return {name: _copied(database, name) for (name,) in names}


def _copied(database: psycopg.Connection, name: str) -> bytes:
    with database.cursor().copy(f"COPY {name} TO STDOUT") as rows:  # type: ignore[arg-type]
        return b"".join(map(bytes, rows))


def played(folder: Path, database: str) -> tuple[list[str], dict[str, bytes]]:
    """Play the scenario in a process of its own; what it planted, and all that it wrote."""
    data, out = folder / "data", folder / "out"
    data.mkdir(exist_ok=True), out.mkdir()
    environment = {name: value for name, value in os.environ.items() if name != "DATABASE_URL"} | {
        "WANGGE_DATA": str(data),
        "DJANGO_SETTINGS_MODULE": "wangge.settings",
        "PYTHONPATH": os.pathsep.join([str(ROOT / "src"), str(ROOT)]),
        "WANGGE_LOG": "DEBUG",
    }
    environment |= {"DATABASE_URL": database} if database else {}
    script = [sys.executable, "-m", "tests.planted", str(out)]
    done = subprocess.run(script, env=environment, capture_output=True, text=True, cwd=ROOT, timeout=600)
    assert done.returncode == 0, done.stderr
    said, _, planted = done.stdout.strip().rpartition("\n")
    written = {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    written["log"] = (said + done.stderr).encode()
    return json.loads(planted), {**written, **(dumped(database) if database else {})}


def check(planted: list[str], written: dict[str, bytes]) -> None:
    # The search does find what is there.
    told = b"".join(part for name, content in written.items() for _, part in contents(name, content))
    assert (
        len(planted) > 30
        and b"individual.registered" in told
        and "东湖社区".encode() in told
        and b"vault.unmasked" in told
    )
    assert {"backup.zip", "people.xlsx", "accesses.xlsx", "queue.xlsx", "bulletin.docx", "log"} <= written.keys()
    for name, content in written.items():
        for place, part in contents(name, content):
            for value in planted:
                assert not any(form in part for form in forms(value)), f"{value} stands in {place}"


@pytest.mark.usefixtures("data")
def test_nothing_planted_stands_in_the_files_of_an_installation(tmp_path: Path) -> None:
    planted, written = played(tmp_path, "")
    assert len(written["wangge.sqlite3-wal"]) > 100_000
    check(planted, written)


@pytest.mark.faults
def test_nothing_planted_stands_in_the_tables_of_postgresql(tmp_path: Path) -> None:
    with running_postgres() as address:
        planted, written = played(tmp_path, address)
        assert "journal_event" in " ".join(written) and "responses_vaultfield" in written
        check(planted, written)
