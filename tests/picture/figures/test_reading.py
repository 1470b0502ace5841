"""Figures while the reader reads: committed events, any cursor, another thread moving it."""

from __future__ import annotations

import random
import threading
from datetime import timedelta

import pytest
from django.db import connection

from tests.conftest import START
from tests.picture.figures.test_exact import ACTIONS, AREAS, brute_force, record_all
from wangge.picture.figures.queries import figures

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("seed", range(3))
def test_figures_stay_exact_as_the_reader_comes_along(city, ledger, seed):
    chance = random.Random(seed)
    actor = city.actor("frank")
    for _ in range(12):
        drawn = [
            (chance.choice(ACTIONS), chance.randrange(4320), chance.choice(AREAS), chance.randrange(99), False, True)
            for _ in range(chance.randrange(12))
        ]
        record_all(ledger, drawn)
        ledger.roll(chance.randrange(12), START)
        until, area = START + timedelta(minutes=chance.randrange(4500)), city.area(chance.choice(AREAS))
        since = START + timedelta(minutes=chance.randrange(4500))
        since = since if since < until else None
        found = figures(actor=actor, response_id=city.response_id, area_id=area, until=until, since=since)
        wanted = brute_force(city.response_id, area, until, since)
        assert {code: (found[code].total, found[code].new) for code in wanted} == wanted


def test_nothing_is_missed_or_counted_twice_while_the_reader_runs(city, ledger, value):
    for minute in range(60):
        ledger.leaflets(1, START + timedelta(minutes=minute))
    until, seen, failed = START + timedelta(minutes=59), set(), []
    value("leaflets_handed_out", until)

    def read():
        try:
            while ledger.roll(1, START):
                pass
        except Exception as error:
            failed.append(error)
        finally:
            connection.close()

    reader = threading.Thread(target=read)
    reader.start()
    while reader.is_alive():
        seen.add(value("leaflets_handed_out", until))
    reader.join()
    seen.add(value("leaflets_handed_out", until))
    assert not failed
    assert seen == {(59, 59)}
