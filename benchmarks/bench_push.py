"""How long from a report's acknowledgement to the first recipient's delivery row being sent.

    python -m benchmarks.bench_push [postgres|sqlite ...] [--seconds N] [--rate 200]

One engine beside the web workers. First one report every half second (the engine is idle in between), then a steady
stream at the given rate. Measured from the instants in the database: the report's `received_at`, the delivery's
`sent_at`; a matter without a sent delivery at the end counts as missing.
"""

from __future__ import annotations

import argparse
import http.client
import json
import subprocess
import sys
import threading
import time

from benchmarks.bench_intake import request_of
from benchmarks.city import BenchCity, build_elsewhere
from benchmarks.servers import ROOT, environment, running, running_web

SENDERS = 8
READ = """
import django, json, sys
django.setup()
from django.db.models import Min
from wangge.duties.matters.models import Matter
from wangge.spine.messaging.models import Delivery
since = int(sys.argv[1])
matters = dict(Matter.objects.order_by("received_at", "id").values_list("id", "received_at")[since:])
sent = Delivery.objects.filter(subject_id__isnull=False, sent_at__isnull=False).values("subject_id")
first = dict(sent.annotate(first=Min("sent_at")).values_list("subject_id", "first"))
print(json.dumps([(first[key] - at).total_seconds() if key in first else None for key, at in matters.items()]))
"""


def waited(env: dict[str, str], since: int) -> list[float | None]:
    """For each matter after the first so many, the seconds to its first sent delivery."""
    told = subprocess.run(
        [sys.executable, "-c", READ, str(since)], env=env, cwd=ROOT, stdout=subprocess.PIPE, check=True
    )
    answer: list[float | None] = json.loads(told.stdout)
    return answer


def stream(port: int, city: BenchCity, run: str, rate: float, seconds: float) -> int:
    """Send reports at a steady rate from a few connections; how many were taken."""
    request, taken, begun = request_of(city, run), [0] * SENDERS, time.perf_counter()

    def send(place: int) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        number = place
        while (due := number / rate) < seconds:
            time.sleep(max(0.0, begun + due - time.perf_counter()))
            head, _, body = request(number).partition(b"\r\n\r\n")
            headers = dict(line.decode().split(": ", 1) for line in head.split(b"\r\n")[1:])
            connection.request("POST", "/api/v1/reports", body, headers)
            answer = connection.getresponse()
            answer.read()
            taken[place] += answer.status == 201
            number += SENDERS

    threads = [threading.Thread(target=send, args=(place,)) for place in range(SENDERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(taken)


def line(name: str, seconds: list[float | None]) -> str:
    known = sorted(one for one in seconds if one is not None)
    p50, p99 = (known[min(int(share * len(known)), len(known) - 1)] for share in (0.5, 0.99))
    missing = len(seconds) - len(known)
    return f"  {name:<16} p50 {p50:6.2f} s   p99 {p99:6.2f} s   ({len(seconds):,} reports, {missing} not yet sent)"


def measure(database: str, seconds: float, rate: float) -> None:
    with environment(database) as env:
        city = build_elsewhere(env)
        with running_web(env, 2 if database == "postgres" else 1) as (port, _), running(env, "engine"):
            time.sleep(8)  # the engine reads what building the city has told
            print(f"{database}, one engine")
            first = stream(port, city, "idle", 2, seconds)
            time.sleep(3)
            print(line("idle, 2/s", waited(env, 0)))
            taken = stream(port, city, "busy", rate, seconds)
            time.sleep(10)
            print(line(f"{taken / seconds:.0f} taken/s", waited(env, first)))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("databases", nargs="*", default=["postgres", "sqlite"])
    parser.add_argument("--seconds", type=float, default=15)
    parser.add_argument("--rate", type=float, default=200)
    asked = parser.parse_args()
    for name in asked.databases:
        measure(name, asked.seconds, asked.rate)
