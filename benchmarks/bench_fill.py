"""A form in a browser: what it costs until it stands, what a key typed costs, and a letter of the search.

    python -m benchmarks.bench_fill [--venues 2544] [--times 50]

The form is that of the tests for the page, with so many venues to choose from, half of them in the town chosen. Cost is
the time the page's own thread was busy, as Chromium counts it, on a page the size of a phone.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from playwright.sync_api import BrowserContext, sync_playwright

from tests.doors.desk.inspections import inspection
from tests.doors.desk.site import PASSWORD, Site
from tests.installation import chromium

TYPED = """async ([place, times]) => {
  const field = document.querySelector(place);
  for (let one = 0; one < times; one++) {
    field.value = String(one);
    field.dispatchEvent(new Event("input", { bubbles: true }));
    await new Promise((done) => setTimeout(done));
  }
}"""


class Watched:
    """A page on which a form is opened, and how many milliseconds its thread has worked."""

    def __init__(self, context: BrowserContext) -> None:
        self.page = context.new_page()
        self.session = context.new_cdp_session(self.page)
        self.session.send("Performance.enable")
        self.page.goto("/forms/netbar")
        self.page.wait_for_selector("form.fill")

    def busy(self) -> float:
        metrics = {one["name"]: one["value"] for one in self.session.send("Performance.getMetrics")["metrics"]}
        return float(1000 * metrics["TaskDuration"])

    def typing(self, place: str, times: int) -> float:
        """Milliseconds of work for each of so many changes of a field."""
        before = self.busy()
        self.page.evaluate(TYPED, [place, times])
        return (self.busy() - before) / times


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--venues", type=int, default=2544)
    parser.add_argument("--times", type=int, default=50)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="wangge-bench-") as folder, sync_playwright() as playwright:
        site = Site(Path(folder))
        site.fill()
        workbook = Path(folder) / "netbar.xlsx"
        workbook.write_bytes(inspection(asked.venues))
        site.command("forms", "add", str(workbook))
        site.start()
        try:
            browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
            context = browser.new_context(viewport={"width": 390, "height": 844}, base_url=site.address)
            page = context.new_page()
            page.goto("/sign-in")
            page.fill("#username", "alice")
            page.fill("#password", PASSWORD)
            page.press("#password", "Enter")
            page.wait_for_url("**/")
            stands = sorted(Watched(context).busy() for _ in range(5))
            form = Watched(context)
            form.page.get_by_text("平山街道").click()
            print(f"the form stands after {stands[0]:,.0f} to {stands[-1]:,.0f} ms of work")
            print(f"a digit typed {form.typing('.fill .number', asked.times):.1f} ms")
            print(f"a letter of the search {form.typing('[role=combobox]', asked.times):.1f} ms")
            browser.close()
        finally:
            site.stop()


if __name__ == "__main__":
    main()
