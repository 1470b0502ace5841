"""A city to measure: the pack's areas, an officer in every village, a desk everywhere above, a program with a token.

python -m benchmarks.city        builds it in the database of the environment and prints it as JSON
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import django
from django.core.management import call_command

from benchmarks.servers import environment

ROOT = Path(__file__).resolve().parent.parent


@dataclass(frozen=True)
class BenchCity:
    """What a measurement needs to know: a token that may do all a city's desk may, villages, a report."""

    token: str
    areas: list[str]
    response: str

    def report(self, number: int, key: str = "") -> bytes:
        """The JSON of a report: a village of its own, a phone, two sentences."""
        content = {
            "kind": "gathering",
            "area": self.areas[number * 7919 % len(self.areas)],
            "source": "phone",
            "text": f"群众来电反映小卖部门口有人聚集打牌,约十余人,未戴口罩,请派人劝散。来电序号 {number}。",
            "reporter_name": "陈某某",
            "reporter_phone": f"138{number % 100_000_000:08d}",
            "observed_at": "2020-02-05T09:30:00+08:00",
        }
        return json.dumps(content | ({"key": key} if key else {}), ensure_ascii=False).encode()


def build() -> BenchCity:
    """Build the city through the services a real one is built with."""
    from wangge.ground.accounts import services as accounts  # noqa: PLC0415 - models exist only after setup
    from wangge.ground.areas.loading import load_areas  # noqa: PLC0415
    from wangge.ground.areas.tree import tree  # noqa: PLC0415
    from wangge.ground.kernel.clock import now as read_clock  # noqa: PLC0415
    from wangge.ground.kernel.permission import system_actor  # noqa: PLC0415
    from wangge.ground.responses import services as responses  # noqa: PLC0415
    from wangge.ground.responses.packs.loading import load_pack  # noqa: PLC0415

    now = read_clock()
    since = now - timedelta(days=40)
    clerk = system_actor("benchmark", "area.manage", "account.manage", "pack.load", "response.declare")
    load_areas(ROOT / "packs" / "huizhou-2020" / "areas", actor=clerk, now=since)
    pack = responses.pack_load(actor=clerk, pack=load_pack(ROOT / "packs" / "huizhou-2020"), now=since)
    city = tree().root()
    response = responses.response_open(
        actor=clerk, code="bench", name="疫情防控", area_id=city.id, pack_id=pack.id, purpose="疫情防控",
        legal_basis="《中华人民共和国传染病防治法》", authority="市指挥部", started_at=since, now=since,
    )  # fmt: skip
    villages = tree().at_level("village")
    places = [(city.id, "city_desk"), *((node.id, "county_desk") for node in tree().at_level("county"))]
    places += [(node.id, "duty_desk") for node in tree().at_level("town")]
    places += [(node.id, "village_officer") for node in villages]
    for number, (area_id, role) in enumerate(places):
        person = accounts.person_add(actor=clerk, username=f"p{number}", display_name=f"人员{number}", now=since)
        post = accounts.post_open(actor=clerk, name=role, role=role, area_id=area_id, agency_id=None, now=since)
        accounts.post_hold(actor=clerk, post_id=post.id, person_id=person.id, now=since)
        if number == 0:
            token = accounts.token_issue(actor=clerk, person_id=person.id, name="benchmark", now=since)
    return BenchCity(token, [node.code for node in villages], response.code)


def build_elsewhere(env: dict[str, str]) -> BenchCity:
    """The same in a process of its own, with the database that the environment names."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.city"], env=env, cwd=ROOT, stdout=subprocess.PIPE, check=True
    )
    return BenchCity(**json.loads(done.stdout.splitlines()[-1]))


@contextmanager
def city_here(database: str = "postgres") -> Iterator[BenchCity]:
    """The same on a database of its own, with Django set up for it in this process."""
    with environment(database) as env:
        city = build_elsewhere(env)
        os.environ.update(env)
        django.setup()
        logging.disable(logging.WARNING)
        yield city


if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wangge.settings")
    django.setup()
    call_command("migrate", verbosity=0)
    print(json.dumps(build().__dict__))
