"""How long a list of people takes, looked at and taken, against bare inserts of as many rows in the same run.

    python -m benchmarks.bench_people_list [rows]

Runs on the database of DATABASE_URL, or on SQLite in a folder of its own. The list has a document, a phone and an
address in every row, over all villages. The limit is 10 s for 10,000 rows from the file to the last record, both pages
included: the one that shows what would become of the list, and the one that says what was taken.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import django
from django.core.management import call_command
from stdnum.cn import ric

LIMIT_SECONDS = 10
SENT = re.compile(r'name="sent" value="([^"]+)"')
HEADINGS = "姓名,身份证号码,联系电话,村（居）,现住地址,来源地,到达日期"


def row(number: int, village: str, day: date) -> str:
    """One made-up person: nobody is born in 110000."""
    born = date(1950, 1, 1) + timedelta(days=number * 37 % 20_000)
    first = f"110000{born:%Y%m%d}{number % 1000:03}"
    card = first + ric.calc_check_digit(f"{first}0")
    return f"测{number:05},{card},138{number:08},{village},虚构路{number}号,武汉,{day}"


def seconds(work: Callable[[], Any]) -> tuple[float, Any]:
    begun = time.perf_counter()
    result = work()
    return time.perf_counter() - begun, result


def main(count: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wangge.settings")
    os.environ["WANGGE_DATA"] = tempfile.mkdtemp(prefix="wangge-people-")
    django.setup()
    call_command("migrate", verbosity=0)
    from django.core.files.uploadedfile import SimpleUploadedFile  # noqa: PLC0415 - settings exist only after setup
    from django.db import connection, transaction  # noqa: PLC0415
    from django.test import Client  # noqa: PLC0415

    from benchmarks.city import build  # noqa: PLC0415
    from wangge.doors.desk.peoplesheets import people_list  # noqa: PLC0415
    from wangge.doors.desk.sheets import Places, read_list  # noqa: PLC0415
    from wangge.duties.observation.models import Individual  # noqa: PLC0415
    from wangge.duties.observation.services.lists import people_import, people_preview  # noqa: PLC0415
    from wangge.ground.accounts.models import Person  # noqa: PLC0415
    from wangge.ground.accounts.queries import actor_of  # noqa: PLC0415
    from wangge.ground.kernel.bulk import insert_rows  # noqa: PLC0415
    from wangge.ground.kernel.clock import local, now  # noqa: PLC0415
    from wangge.ground.kernel.ids import new_id  # noqa: PLC0415
    from wangge.ground.responses.models import VaultField  # noqa: PLC0415
    from wangge.ground.responses.queries import response_current  # noqa: PLC0415
    from wangge.ground.responses.vault import COLUMNS  # noqa: PLC0415

    city, at = build(), now()
    actor, response = actor_of(Person.objects.get(username="p0"), at), response_current().id
    day = local(at).date() - timedelta(days=3)
    lines = [row(number, city.areas[number * 7919 % len(city.areas)], day) for number in range(count)]
    file = "\n".join([HEADINGS, *lines]).encode("gb18030")

    def bare() -> None:
        rows = [(response, new_id(), "name", "name", 1, os.urandom(40), os.urandom(16)) for _ in range(count)]
        with transaction.atomic():
            insert_rows(VaultField, COLUMNS, rows)

    base, _ = seconds(bare)
    reading, rows = seconds(lambda: read_list(file, people_list("arrival"), Places(actor, "person.import")))
    asked = {"actor": actor, "response_id": response, "drafts": [one.draft for one in rows if one.draft], "now": at}
    looking, verdicts = seconds(lambda: people_preview(**asked))
    assert len(rows) == count and all(one.good for one in verdicts)
    client = Client()
    client.force_login(Person.objects.get(username="p0"))
    client.get("/people/import")  # so that the pages are there
    begun, used = time.perf_counter(), time.process_time()
    upload = SimpleUploadedFile("people.csv", file)
    seen = client.post("/people/import", {"file": upload, "role": "arrival"})
    page = time.perf_counter() - begun
    sent = SENT.search(seen.content.decode())
    assert sent
    said = client.post("/people/import/take", {"sent": sent[1]})
    whole, used = time.perf_counter() - begun, time.process_time() - used
    assert said.status_code == 200 and Individual.objects.count() == count
    again, repeated = seconds(lambda: people_import(**asked))
    assert all(one.repeated for one in repeated)
    print(f"{connection.vendor}, {count:,} rows")
    print(f"bare inserts, one row each  {base:>8.2f} s")
    print(f"file read                   {reading:>8.2f} s")
    print(f"looked at                   {looking:>8.2f} s")
    print(f"page of what would be       {page:>8.2f} s")
    print(f"taken, and its page         {whole - page:>8.2f} s   ratio to bare {(whole - page) / base:.0f}")
    print(f"sent again                  {again:>8.2f} s")
    print(f"both pages, this process    {used:>8.2f} s")
    print(f"both pages                  {whole:>8.2f} s   limit {LIMIT_SECONDS * count / 10_000:.0f} s")
    sys.exit(whole > LIMIT_SECONDS * count / 10_000)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
