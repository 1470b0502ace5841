"""On PostgreSQL a transaction may stay open while a bulletin is issued; what it writes is not lost."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection, transaction

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one transaction write at a time"),
]


@pytest.mark.parametrize("handled", [0, 100])
def test_what_commits_after_the_count_stands_in_the_next_bulletin(ledger, issue, now, handled):
    early, before = now - timedelta(minutes=30), now - timedelta(minutes=20)
    written, counted = threading.Event(), threading.Event()

    def slow():
        with transaction.atomic():
            ledger.leaflets(7, early)
            written.set()
            counted.wait(20)
        connection.close()

    ledger.leaflets(1, early)
    thread = threading.Thread(target=slow)
    thread.start()
    assert written.wait(20)
    ledger.leaflets(20, before)  # committed, but after a place that may still fill
    ledger.roll(handled, now)
    _, first = issue(now)
    counted.set()
    thread.join()
    ledger.roll(handled, now)
    _, second = issue(now + timedelta(hours=1))
    pending = sum(line.amount for line in second.corrections if line.cause == "pending")
    line = second.figure("leaflets_handed_out")
    assert line.total == 28
    assert first.figure("leaflets_handed_out").total + line.new + pending == 28
    assert line.new == 0
