"""A city at a year's end: matters with their reports and five journal events each, written by bulk SQL (PostgreSQL).

Spread over villages, kinds and the days of a year before now; what is older than three days is closed, the rest stands
at every stage. Of people's words nothing is there, so a page finds its vault rows missing, not its queries.
"""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import NamedTuple
from uuid import UUID

import psutil
from django.db import connection, transaction

from wangge.duties.matters.policies import snapshot_of, snapshots_keep
from wangge.ground.areas.tree import tree
from wangge.ground.journal.partitions import partitions_ensure
from wangge.ground.journal.readers import advance
from wangge.ground.responses.queries import pack_by_id, response_by_id
from wangge.picture.figures.rollups import FIGURES_READER

EVENTS_EACH = 5
PLAN = """
CREATE UNLOGGED TABLE bench_plan AS
SELECT i, uuidv7(at - clock_timestamp()) AS id, uuidv7(at - clock_timestamp()) AS report_id, at,
       places.id AS area_id, places.code AS area_code, kinds.code AS kind, kinds.hash, kinds.severity,
       CASE WHEN at < %(now)s - interval '3 days' THEN 'closed'
            ELSE (ARRAY['push','triage','coordinate','verify','close'])[1 + i %% 5] END AS stage
FROM generate_series(%(first)s, %(last)s) AS i
CROSS JOIN LATERAL (SELECT %(start)s + ((i - %(first)s)::float / %(all)s) * (%(now)s - %(start)s) AS at) AS times
JOIN bench_places places ON places.n = (i::bigint * 7919) %% %(places)s
JOIN bench_kinds kinds ON kinds.n = (i::bigint * 31) %% %(kinds)s
"""
MATTERS = """
INSERT INTO matters_matter (id, number, response_id, policy_id, kind, severity, area_id, stage, pause, ending, outcome,
    handed_back, level, base_level, exercise, received_at, stage_since, due_at, queue_at, closed_at, version,
    last_action)
SELECT id, area_code || '-' || to_char(at, 'YYYYMMDD') || '-B' || i, %(response)s, hash, kind, severity, area_id, stage,
    '', CASE stage WHEN 'closed' THEN 'settled' ELSE '' END, '', 0, 0, 0, false, at, at,
    CASE stage WHEN 'closed' THEN NULL ELSE at + interval '2 hours' END, at + interval '2 hours',
    CASE stage WHEN 'closed' THEN at + interval '6 hours' END, 5, 'close'
FROM bench_plan ORDER BY i
"""
REPORTS = """
INSERT INTO matters_report (id, matter_id, source, observed_at, received_at, clock_wrong, fields)
SELECT report_id, id, 'phone', at - interval '9 minutes', at, false, '{}' FROM bench_plan ORDER BY i
"""
EVENTS = """
INSERT INTO journal_event (type, at, observed_at, area_id, subject_id, response_id, exercise, data)
SELECT steps.type, at + steps.later, at, area_id, bench_plan.id, %(response)s, false,
    jsonb_build_object('kind', kind, 'severity', severity) || steps.data
FROM bench_plan CROSS JOIN (VALUES
    ('matter.received', interval '0', '{"source": "phone", "clock_wrong": false, "factor": 1}'::jsonb),
    ('matter.acknowledged', interval '6 minutes', '{"stage": "push", "in_time": true}'),
    ('matter.coordinated', interval '90 minutes', '{"stage": "coordinate", "in_time": true, "agency": "police"}'),
    ('matter.verified', interval '5 hours', '{"stage": "verify", "in_time": true, "agency": "police"}'),
    ('matter.closed', interval '6 hours', '{"agency": "police", "outcome": "dispersed", "told": "call"}')
) AS steps (type, later, data) ORDER BY i, steps.later
"""


class Reading(NamedTuple):
    """How fast figures read: events a second, and the processor time of an event in microseconds."""

    rate: float
    python: float
    database: float


def prepare(response_id: UUID, now: datetime) -> None:
    """Villages and kinds as tables to join, and the partitions of the year."""
    pack_id = response_by_id(response_id).pack_id
    snapshots = [snapshot_of(pack_id, code, 1.0) for code in pack_by_id(pack_id).kinds]
    snapshots_keep(set(snapshots))
    partitions_ensure(now=now - timedelta(days=366), ahead=14)
    with connection.cursor() as cursor:
        cursor.execute("CREATE UNLOGGED TABLE bench_places (n int, id uuid, code text)")
        cursor.execute("CREATE UNLOGGED TABLE bench_kinds (n int, code text, hash text, severity int)")
        for place, node in enumerate(tree().at_level("village")):
            cursor.execute("INSERT INTO bench_places VALUES (%s, %s, %s)", [place, node.id, node.code])
        for place, one in enumerate(snapshots):
            row = [place, one.kind.code, one.hash, one.kind.severity]
            cursor.execute("INSERT INTO bench_kinds VALUES (%s, %s, %s, %s)", row)


def fill(response_id: UUID, *, first: int, last: int, now: datetime, read: bool = True) -> Reading | None:
    """Write the matters numbered first to last, spread over the year, and let figures read them."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM bench_places")
        [places] = cursor.fetchone()
        cursor.execute("SELECT count(*) FROM bench_kinds")
        [kinds] = cursor.fetchone()
        values = {
            "first": first, "last": last, "all": last - first + 1, "now": now, "start": now - timedelta(days=365),
            "places": places, "kinds": kinds, "response": response_id,
        }  # fmt: skip
        for statement in (PLAN, MATTERS, REPORTS, EVENTS):
            cursor.execute(statement, values)
        cursor.execute("DROP TABLE bench_plan")
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (ANALYZE) matters_matter, matters_report, journal_event")
    return read_on(now) if read else None


def read_on(now: datetime) -> Reading | None:
    """Let the figures' reader come to the end of the journal; None where it had nothing to read."""
    begun, python, database, done = time.perf_counter(), time.process_time(), _database_seconds(), 0
    while more := advance(FIGURES_READER, now=now):
        done += more
    took = time.perf_counter() - begun
    spent = time.process_time() - python, _database_seconds() - database
    return Reading(done / took, *(1e6 * seconds / done for seconds in spent)) if done else None


def _database_seconds() -> float:
    """The processor time of the server process behind this connection."""
    connection.ensure_connection()
    times = psutil.Process(connection.connection.info.backend_pid).cpu_times()
    return float(times.user + times.system)
