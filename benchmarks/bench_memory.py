"""How much memory an installation takes once everything in it has been used.

    python -m benchmarks.bench_memory [postgres|sqlite ...] [--seconds N]

`wangge serve` on a city: reports for some seconds, then pages of the desk, a message read by the reader, the map and a
bulletin. Resident sizes count what is shared once for each process; proportional sizes (PSS) share it out.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time

import httpx
import psutil

from benchmarks.bench_intake import CONNECTIONS, request_of
from benchmarks.city import build_elsewhere
from benchmarks.load import drive
from benchmarks.servers import ROOT, environment, free_port, until_answering

PAGES = ("/", "/intake", "/map", "/map/measures", "/map/outlines", "/wall", "/bulletin", "/log", "/inbox")
MESSAGE = "东湖社区昨天下午有三人从武汉回来,电话13812345678,体温38.2度,住3号楼"
SESSION = """
import django
django.setup()
from django.test import Client
from wangge.ground.accounts.models import Person
client = Client()
client.force_login(Person.objects.get(username="p0"))
print(client.cookies["sessionid"].value)
"""


def use(port: int, session: str) -> None:
    """Look at everything a few times, so that every worker has met it."""
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", cookies={"sessionid": session}, timeout=120) as client:
        for _ in range(6):
            for page in PAGES:
                client.get(page)
            form = client.get("/intake")
            headers = {"X-CSRFToken": form.cookies.get("csrftoken", "")}
            answer = client.post("/intake/read", data={"text": MESSAGE}, headers=headers)
            assert answer.status_code == 200, answer.text[:300]


def sizes(parent: int) -> list[tuple[str, float, float]]:
    """Each process of the installation: what it is, resident and proportional megabytes."""
    family = [psutil.Process(parent), *psutil.Process(parent).children(recursive=True)]
    found = []
    for one in family:
        memory = one.memory_full_info()
        found.append((" ".join(one.cmdline()[-4:])[:50], memory.rss / 2**20, memory.pss / 2**20))
    return found


def measure(database: str, seconds: float) -> None:
    with environment(database) as env:
        city, port = build_elsewhere(env), free_port()
        session = subprocess.run(
            [sys.executable, "-c", SESSION], env=env, cwd=ROOT, stdout=subprocess.PIPE, check=True, text=True
        ).stdout.split()[-1]
        command = [sys.executable, "-c", "from wangge.cli import main; main()", "serve", "--port", str(port)]
        process = subprocess.Popen(command, env=env, cwd=ROOT)
        try:
            until_answering(port, process)
            taken = drive(port, connections=CONNECTIONS, seconds=seconds, request=request_of(city, "memory"))
            use(port, session)
            time.sleep(5)
            found = sizes(process.pid)
        finally:
            process.terminate()
            process.wait(30)
    print(f"{database}, after {taken.statuses[201]:,} reports and every page")
    for name, resident, shared in found:
        print(f"  {resident:6.0f} MB resident {shared:6.0f} MB PSS   {name}")
    print(f"  {sum(one[1] for one in found):6.0f} MB resident {sum(one[2] for one in found):6.0f} MB PSS   together")


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("databases", nargs="*", default=["postgres", "sqlite"])
    parser.add_argument("--seconds", type=float, default=5)
    asked = parser.parse_args()
    for name in asked.databases:
        measure(name, asked.seconds)
