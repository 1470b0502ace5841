"""A locked file, a full disk, a lost connection, a clock set back: a clear message, and a clean recovery."""

from __future__ import annotations

import logging
import shutil
import sqlite3
import subprocess
import threading
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest
from django.db import OperationalError, connection

from tests.conftest import settle_fully
from wangge import engine
from wangge.doors.api.problems import problem_of_database
from wangge.duties.matters.models import Matter
from wangge.duties.matters.rules import ReportDraft
from wangge.duties.matters.services import intake
from wangge.ground.journal import seal
from wangge.ground.journal.readers import Event
from wangge.ground.kernel import clock

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]
only_sqlite = pytest.mark.skipif("connection.vendor != 'sqlite'", reason="a fault of SQLite's file")
only_postgres = pytest.mark.skipif("connection.vendor != 'postgresql'", reason="a fault of a server connection")


def receive(city, now):
    draft = ReportDraft(kind="arrival", area_id=city.area("441302001001"), source="phone", text="有人从武汉回来")
    return intake.matter_receive(actor=city.actor("alice"), response_id=city.response_id, draft=draft, now=now)


@pytest.fixture
def said(caplog):
    caplog.set_level(logging.WARNING, logger="wangge")
    return lambda: " ".join(record.getMessage() for record in caplog.records)


@only_sqlite
def test_a_locked_file_stops_the_engine_for_a_while_only(city, now, said, monkeypatch):
    receive(city, now)
    monkeypatch.setitem(connection.settings_dict["OPTIONS"], "timeout", 0.2)
    connection.close()
    other = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    try:
        engine.tick(now + timedelta(minutes=10))
        assert "database is locked" in said()
        with pytest.raises(OperationalError):
            receive(city, now)
    finally:
        other.execute("ROLLBACK")
        other.close()
    settle_fully(now + timedelta(minutes=10))
    assert Event.objects.filter(type="matter.escalated").count() == 1
    assert receive(city, now).number.endswith("0002")


@only_sqlite
def test_a_full_disk_loses_nothing_that_was_acknowledged(city, now, said):
    kept = receive(city, now).number
    with connection.cursor() as cursor:
        cursor.execute("VACUUM")  # what earlier tests have freed would be room to write in
        cursor.execute("PRAGMA page_count")
        pages = cursor.fetchone()[0]
        cursor.execute(f"PRAGMA max_page_count = {pages}")
    taken = []
    with pytest.raises(OperationalError, match="full"):
        for _ in range(500):
            taken.append(receive(city, now).number)
    engine.tick(now + timedelta(minutes=10))
    assert "full" in said(), "the engine said nothing of the full disk"
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA max_page_count = 1073741823")
    settle_fully(now + timedelta(minutes=10))
    assert set(Matter.objects.values_list("number", flat=True)) == {kept, *taken}
    assert seal.verify().ok


@pytest.fixture
def small_disk(tmp_path_factory):
    """Reports stand on a disk of two megabytes, of which the folder is given."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW data_directory")
        data = Path(cursor.fetchone()[0])
    if not data.is_dir():
        pytest.skip("the server is on another machine")
    folder = data.parent / f"small-{tmp_path_factory.getbasetemp().name}"
    folder.mkdir(parents=True)
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], capture_output=True).returncode:
        folder.rmdir()
        pytest.skip("a disk to fill takes the right to mount one (root)")
    try:
        shutil.chown(folder, data.stat().st_uid, data.stat().st_gid)
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE TABLESPACE small LOCATION '{folder}'")
            cursor.execute("ALTER TABLE matters_report SET TABLESPACE small")
        yield folder
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE matters_report SET TABLESPACE pg_default")
            cursor.execute("DROP TABLESPACE small")
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)
        folder.rmdir()


@only_postgres
def test_a_full_disk_of_the_server_loses_nothing_that_was_acknowledged(city, now, small_disk):
    kept = receive(city, now).number
    filler, taken = small_disk / "filler", []
    with suppress(OSError):  # as much as there is room for
        filler.write_bytes(b"x" * 4_000_000)
    with pytest.raises(OperationalError, match="No space left on device") as told:
        for _ in range(500):
            taken.append(receive(city, now).number)
    assert problem_of_database(told.value).status == 503
    filler.unlink()
    again = receive(city, now).number
    settle_fully(now + timedelta(minutes=10))
    assert set(Matter.objects.values_list("number", flat=True)) == {kept, *taken, again}
    assert seal.verify().ok


@only_postgres
def test_a_lost_connection_is_found_again(city, now, said):
    receive(city, now)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]

    def cut():
        other = connection.copy()
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
        other.close()

    thread = threading.Thread(target=cut)
    thread.start()
    thread.join()
    engine.tick(now + timedelta(minutes=10))
    assert "waits for the database" in said()
    settle_fully(now + timedelta(minutes=10))
    assert Event.objects.filter(type="matter.escalated").count() == 1


def test_a_clock_set_back_an_hour_repeats_nothing(city, now, said, monkeypatch):
    receive(city, now)
    settle_fully(now + timedelta(minutes=10))
    before = Event.objects.count()
    settle_fully(now - timedelta(minutes=50))
    assert Event.objects.count() == before
    received = receive(city, now - timedelta(minutes=50))
    settle_fully(now + timedelta(minutes=11))
    kinds = list(Event.objects.filter(subject_id=received.matter_id).order_by("id").values_list("type", flat=True))
    assert kinds == [
        "matter.received", "matter.reminded", "matter.overdue", "matter.escalated", "matter.escalated",
        "matter.escalated",
    ]  # fmt: skip
    assert seal.verify().ok


def test_the_engine_says_that_the_clock_was_set_back(city, now, said, monkeypatch):
    stop = threading.Event()
    instants = iter([now, now + timedelta(seconds=1), now - timedelta(hours=1)])

    def ticking():
        try:
            return next(instants)
        except StopIteration:
            stop.set()
            return now - timedelta(hours=1)

    monkeypatch.setattr(clock, "now", ticking)
    engine.run(stop)
    assert "set back by 3601 s" in said()
