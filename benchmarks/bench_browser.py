"""How long until a page is useful in Chromium: first painted, and its main part there with its script at work.

    python -m benchmarks.bench_browser ADDRESS NAME PASSWORD [--times 9]

ADDRESS is a running installation, such as that of `./run demo`; NAME is somebody who sees queue, map and wall, e.g. the
city's desk. Of every page the first visit of a new browser and the median of the others, counted from the click; what
the server computes is measured apart by `bench_pages`, at any number of events.
"""

from __future__ import annotations

import argparse
import os
import statistics
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.installation import chromium

# What must be there before a page is of use; what draws by itself must have drawn.
USEFUL = {
    "queue": ("/", "document.querySelector('a.row') && window.htmx"),
    "matter": ("{matter}", "document.querySelector('main h1') && window.htmx"),
    "intake": ("/intake", "document.activeElement?.id === 'text' && window.htmx"),
    "bulletin": ("/bulletin", "document.querySelector('main table') && window.htmx"),
    "map": ("/map", "document.querySelector('#map canvas') && document.querySelector('#map-rows')?.children.length"),
    "wall": ("/wall", "document.querySelector('#wall-open')?.textContent !== '—'"),
}
TIMES = """() => {
  const [visit] = performance.getEntriesByType("navigation");
  const paint = performance.getEntriesByName("first-contentful-paint")[0];
  const files = performance.getEntriesByType("resource").filter((one) => !one.name.includes("/live"));
  return {
    server: visit.responseStart - visit.requestStart, painted: paint ? paint.startTime : visit.domInteractive,
    ready: performance.now(), requests: files.length + 1,
    bytes: visit.transferSize + files.reduce((sum, one) => sum + one.transferSize, 0),
  };
}"""


def signed_in(browser: Browser, address: str, name: str, password: str) -> Page:
    """A new browser of somebody, with nothing kept."""
    context = browser.new_context(base_url=address, viewport={"width": 1366, "height": 768}, locale="zh-CN")
    page = context.new_page()
    page.goto("/sign-in")
    page.fill("#username", name)
    page.fill("#password", password)
    page.press("#password", "Enter")
    page.wait_for_url(f"{address}/")
    return page


def visited(page: Page, address: str, useful: str) -> dict[str, Any]:
    """One visit: milliseconds from the click, requests and bytes."""
    page.goto(address, wait_until="commit")
    page.wait_for_function(f"() => {useful}", polling=10)
    told: dict[str, Any] = page.evaluate(TIMES)
    return told


def main(address: str, name: str, password: str, times: int) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        page = signed_in(browser, address, name, password)
        matter = page.locator("a.row").first.get_attribute("href") or "/"
        page.context.close()
        print(f"load {os.getloadavg()[0]:.1f}")
        for what, (path, useful) in USEFUL.items():
            page = signed_in(browser, address, name, password)
            first, *others = [visited(page, path.format(matter=matter), useful) for _ in range(times + 1)]
            page.context.close()
            told = {key: statistics.median(one[key] for one in others) for key in first}
            print(
                f"  {what:<9} useful after {told['ready']:5.0f} ms (painted {told['painted']:5.0f}, "
                f"server {told['server']:5.0f}), {told['requests']:.0f} requests, {told['bytes'] / 1000:.0f} kB; "
                f"the first time {first['ready']:5.0f} ms, {first['bytes'] / 1000:.0f} kB"
            )
        browser.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("address")
    parser.add_argument("name")
    parser.add_argument("password")
    parser.add_argument("--times", type=int, default=9)
    asked = parser.parse_args()
    main(asked.address.rstrip("/"), asked.name, asked.password, asked.times)
