"""Exact search and the list of people are served by their indexes, on both databases."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from wangge.duties.observation.queries.people import people, people_search


def planned(sql: str, *, sorting: bool = True) -> str:
    with connection.cursor() as cursor:
        postgres = connection.vendor == "postgresql"
        if postgres:
            cursor.execute("SET LOCAL enable_seqscan = off")
            cursor.execute(f"SET LOCAL enable_sort = {'on' if sorting else 'off'}")
        cursor.execute(f"{'EXPLAIN' if postgres else 'EXPLAIN QUERY PLAN'} {sql}")
        return "\n".join(str(row) for row in cursor.fetchall())


@pytest.mark.parametrize("said", ["王小明", "13800138000", "110101199003070038"])
def test_the_search_asks_a_fixed_number_of_times_by_index(city: Any, register: Any, said: str) -> None:
    register(document_kind="id_card", document="110101199003070038")
    actor = city.actor("dan")
    with CaptureQueriesContext(connection) as asked:
        [found] = people_search(actor=actor, response_id=city.response_id, text=said)
    assert found.private["name"] == "王**"
    looked_up = [query["sql"] for query in asked if '"responses_vaultfield"."index" IN' in query["sql"]]
    assert len(looked_up) == 3
    assert len(asked) <= 8
    if connection.vendor == "postgresql":  # on SQLite the captured text of a blob cannot be asked again
        assert "vault_search" in planned(looked_up[0])


def test_the_keyed_index_serves_the_search(city: Any) -> None:
    digest = "x'00112233445566778899aabbccddeeff'"
    if connection.vendor == "postgresql":
        digest = "'\\x00112233445566778899aabbccddeeff'::bytea"
    response = f"'{city.response_id}'" if connection.vendor == "postgresql" else f"'{city.response_id.hex}'"
    sql = f'SELECT subject_id FROM responses_vaultfield WHERE response_id = {response} AND "index" IN ({digest})'  # noqa: S608
    assert "vault_search" in planned(sql)


def test_the_list_of_the_city_is_read_in_its_order(city: Any, register: Any) -> None:
    register()
    with CaptureQueriesContext(connection) as asked:
        page = people(actor=city.actor("frank"))
    assert len(page.cards) == 1
    [sql] = [query["sql"] for query in asked if 'FROM "observation_individual"' in query["sql"]]
    assert "individual_newest" in planned(sql, sorting=False)
