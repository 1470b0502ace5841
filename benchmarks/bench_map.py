"""The map of the whole city with 20,000 open matters on it: what server and browser take, and how it moves.

    python -m benchmarks.bench_map [--points 20000] [--seconds 6]

Headless Chromium at 1366×768 draws WebGL with the processor. The limit is the same map, all 1,321 villages coloured,
moved in the same way without a point on it, in the same run: how fast a graphics card draws either is not measured.
"""

from __future__ import annotations

import argparse
import os
import time
from datetime import timedelta

from playwright.sync_api import Page, sync_playwright

from benchmarks import city as cities
from benchmarks.servers import running_web
from tests.installation import chromium

PASSWORD = "网格-village-2020"  # noqa: S105 - of a city that is gone in a minute
WATCH = """
window.frames = []; window.long = [];
new PerformanceObserver((all) => all.getEntries().forEach((one) => window.long.push(one.duration))).observe(
  {type: "longtask"});
let last = 0;
const frame = (at) => { if (last) window.frames.push(at - last); last = at; requestAnimationFrame(frame); };
requestAnimationFrame(frame);
"""
TAKE = "() => { const seen = [window.frames, window.long]; window.frames = []; window.long = []; return seen; }"
ANSWER = """() => performance.getEntriesByType("resource").filter((one) => one.name.includes("/map/layers/"))
  .map((one) => [one.duration, one.encodedBodySize, one.decodedBodySize]).at(-1)"""


def fill(number: int) -> None:
    """So many open matters in all villages, half of them with their own place; a password for the city's desk."""
    from django.db import connection  # noqa: PLC0415 - settings exist only after setup

    from benchmarks import year  # noqa: PLC0415
    from wangge.ground.accounts.models import Person  # noqa: PLC0415
    from wangge.ground.accounts.services import password_set  # noqa: PLC0415
    from wangge.ground.kernel.clock import now as read_clock  # noqa: PLC0415
    from wangge.ground.kernel.permission import system_actor  # noqa: PLC0415
    from wangge.ground.responses.queries import response_current  # noqa: PLC0415

    now, clerk = read_clock(), system_actor("benchmark", "account.manage")
    password_set(actor=clerk, person_id=Person.objects.get(username="p0").id, password=PASSWORD, now=now)
    response = response_current()
    year.prepare(response.id, now)
    year.fill(response.id, first=1, last=number, now=now - timedelta(hours=3), read=False)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE matters_matter SET stage = 'push', ending = '', closed_at = NULL, due_at = queue_at")
        cursor.execute(
            "UPDATE matters_report SET lon = area.lon + (random() - 0.5) / 50, lat = area.lat + (random() - 0.5) / 50 "
            "FROM matters_matter matter JOIN areas_area area ON area.id = matter.area_id "
            "WHERE matter.id = matter_id AND random() < 0.5"
        )


def sign_in(page: Page, address: str) -> None:
    page.goto(f"{address}/sign-in")
    page.fill("#username", "p0")
    page.fill("#password", PASSWORD)
    page.press("#password", "Enter")
    page.wait_for_url("**/")


def move(page: Page, seconds: float) -> tuple[list[float], list[float]]:
    """Drag and zoom over the middle of the map for so long; frame times and long tasks in milliseconds."""
    box = page.locator("#map canvas").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.evaluate(TAKE)
    until, turn = time.perf_counter() + seconds, 0
    while time.perf_counter() < until:
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x + (120, -120)[turn % 2], y + (60, -60)[turn % 2], steps=12)
        page.mouse.up()
        page.mouse.wheel(0, (-240, 240)[turn // 2 % 2])
        turn += 1
    frames, long = page.evaluate(TAKE)
    return sorted(frames), long


def told(name: str, moved: tuple[list[float], list[float]]) -> float:
    frames, long = moved
    middle, late = frames[len(frames) // 2], frames[int(0.95 * (len(frames) - 1))]
    print(f"{name:<22} p50 {middle:5.0f} ms  p95 {late:5.0f} ms  {len(frames)} frames  "
          f"{len(long)} long tasks, {sum(long):.0f} ms in all, longest {max(long, default=0):.0f} ms")  # fmt: skip
    return middle


def draw(page: Page, layer: str) -> None:
    """Put a layer on the map, and print what server, network and main thread took for it."""
    page.evaluate(TAKE)
    page.check(f"[data-layer={layer}]")
    page.wait_for_function(f"() => ({ANSWER})()?.[1] > 0")
    page.wait_for_timeout(4000)
    _, long = page.evaluate(TAKE)
    took, packed, plain = page.evaluate(ANSWER)
    print(f"{layer}: answered in {took:.0f} ms, {packed / 1000:.0f} kB packed, {plain / 1000:.0f} kB; drawn with "
          f"{len(long)} long tasks, {sum(long):.0f} ms in all, longest {max(long, default=0):.0f} ms")  # fmt: skip


def measure(number: int, seconds: float) -> None:
    with cities.city_here():
        fill(number)
        env = dict(os.environ)
        with running_web(env, 1) as (port, _), sync_playwright() as playwright:
            flags = ["--no-sandbox", "--enable-unsafe-swiftshader", "--use-angle=swiftshader"]
            browser = playwright.chromium.launch(executable_path=chromium(), args=flags)
            page = browser.new_page(viewport={"width": 1366, "height": 768})
            page.add_init_script(WATCH)
            sign_in(page, f"http://127.0.0.1:{port}")
            page.goto(f"http://127.0.0.1:{port}/map?level=village")
            page.wait_for_selector("#map-rows tr")
            page.wait_for_timeout(6000)
            bare = told("no points", move(page, seconds))
            for layer in ("matters", "posts"):
                draw(page, layer)
                full = told(f"with {layer}", move(page, seconds))
                print(f"{'':<22} ratio to no points {full / bare:.2f}")
            browser.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--points", type=int, default=20_000)
    parser.add_argument("--seconds", type=float, default=6)
    asked = parser.parse_args()
    measure(asked.points, asked.seconds)
