"""What browser tests of the map do to their installation, run as a script in its environment.

mapped.py draw               outlines for the small city, with a station, a district and grids; its clock set to
                             the morning the tests play in
mapped.py receive CODE N     N reports in an area
mapped.py happen N TIMES     N events of matters at once, so many times, a moment apart
"""

from __future__ import annotations

import json
import sys
import time
from datetime import UTC, datetime

import django

SQUARES = {"441302": (114.2, 23.0), "441323": (114.8, 23.0)}


def counties() -> bytes:
    """Two counties as squares of half a degree, side by side."""
    features = []
    for code, (west, south) in SQUARES.items():
        ring = [[west, south], [west + 0.5, south], [west + 0.5, south + 0.5], [west, south + 0.5], [west, south]]
        features.append({"properties": {"adcode": code}, "geometry": {"type": "Polygon", "coordinates": [ring]}})
    return json.dumps({"type": "FeatureCollection", "features": features}).encode()


def draw() -> None:
    from tests.conftest import OPERATOR, START  # noqa: PLC0415 - Django is set up only here
    from tests.doors.desk.managed import manage  # noqa: PLC0415
    from tests.doors.desk.site import PASSWORD  # noqa: PLC0415
    from wangge.ground.accounts.services import password_set  # noqa: PLC0415
    from wangge.ground.areas.drawing import outlines_draw  # noqa: PLC0415
    from wangge.ground.kernel import clock  # noqa: PLC0415

    clock.set_offset((START - datetime.now(UTC)).total_seconds())
    for person in manage(clock.now()).values():
        password_set(actor=OPERATOR, person_id=person, password=PASSWORD, now=clock.now())
    outlines_draw(actor=OPERATOR, counties=counties(), now=clock.now())


def receive(code: str, number: int) -> None:
    from wangge.duties.matters.rules import ReportDraft  # noqa: PLC0415
    from wangge.duties.matters.services.intake import matter_receive  # noqa: PLC0415
    from wangge.ground.areas.tree import tree  # noqa: PLC0415
    from wangge.ground.kernel import clock  # noqa: PLC0415
    from wangge.ground.kernel.permission import system_actor  # noqa: PLC0415
    from wangge.ground.responses.queries import response_current  # noqa: PLC0415

    node = tree().by_code(code)
    assert node is not None
    draft = ReportDraft(kind="gathering", area_id=node.id, source="phone", text="村口聚餐")
    actor, response = system_actor("test", "matter.report"), response_current()
    for _ in range(number):
        matter_receive(actor=actor, response_id=response.id, draft=draft, now=clock.now())


def happen(number: int, times: int) -> None:
    from django.db import transaction  # noqa: PLC0415

    from wangge.duties.matters.events import TRIAGED  # noqa: PLC0415
    from wangge.ground.areas.tree import tree  # noqa: PLC0415
    from wangge.ground.journal import services as journal  # noqa: PLC0415
    from wangge.ground.kernel import clock  # noqa: PLC0415
    from wangge.ground.responses.queries import response_current  # noqa: PLC0415

    villages = [village.id for village in tree().at_level("village")] * number
    told = {"response_id": response_current().id, "kind": "gathering"}
    for _ in range(times):
        with transaction.atomic():
            now = clock.now()
            journal.record_many(journal.draft(TRIAGED, at=now, area_id=area, **told) for area in villages[:number])
        time.sleep(0.7)


if __name__ == "__main__":
    django.setup()
    what, *rest = sys.argv[1:]
    if what == "draw":
        draw()
    elif what == "receive":
        receive(rest[0], int(rest[1]))
    else:
        happen(int(rest[0]), int(rest[1]))
