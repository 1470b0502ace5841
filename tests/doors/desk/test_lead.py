"""Of two web workers one follows the journal for the pages of both; when it dies the other does."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil
import pytest

from tests.doors.desk.conftest import IN_BROWSER
from tests.doors.desk.site import PASSWORD, Site

pytestmark = [*IN_BROWSER[1:], pytest.mark.faults]
# Of so many connections both workers get some, but once in many thousand times.
PAGES = 16
CHANGED = b"matter.received"


@pytest.fixture
def site(filled: Path, tmp_path: Path) -> Iterator[Site]:
    running = Site(shutil.copytree(filled, tmp_path / "data"), workers=2)
    running.start()
    yield running
    running.stop()


def signed_in(site: Site, who: str, opened: ExitStack) -> httpx.Client:
    client = opened.enter_context(httpx.Client(base_url=site.address, timeout=30))
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', client.get("/sign-in").text)
    assert token is not None
    form = {"username": who, "password": PASSWORD, "csrfmiddlewaretoken": token[1]}
    assert client.post("/sign-in", data=form).status_code == 302
    return client


def report(client: httpx.Client) -> None:
    page = client.get("/intake").text
    known = {name: re.search(rf'name="{name}" value="([^"]+)"', page) for name in ("csrfmiddlewaretoken", "key")}
    form = {name: found[1] for name, found in known.items() if found}
    form |= {"kind": "gathering", "area": "441302001001", "area_name": "东湖社区", "source": "phone", "text": "聚餐"}
    answer = client.post("/intake", data=form)
    assert answer.status_code == 302 and "taken=" in urlsplit(answer.headers["location"]).query


class Page:
    """An open page of a queue, as its browser holds it."""

    def __init__(self, client: httpx.Client, opened: ExitStack) -> None:
        # Each page on a connection of its own, so that either worker may have it.
        own = opened.enter_context(httpx.Client(base_url=client.base_url, cookies=client.cookies, timeout=60))
        self.bytes = opened.enter_context(own.stream("GET", "/live?queue=")).iter_raw()
        assert next(self.bytes).startswith(b"retry:")

    def hears(self, what: bytes) -> bool:
        """Whether this is told before the stream ends."""
        told = b""
        try:
            for piece in self.bytes:
                told += piece
                if what in told:
                    return True
        except httpx.HTTPError:
            pass
        return False


def leaders(site: Site) -> list[psutil.Process]:
    """The workers that hold the lock."""
    assert site.process is not None
    workers = psutil.Process(site.process.pid).children(recursive=True)
    return [one for one in workers if any(file.path.endswith("live/lock") for file in one.open_files())]


def test_one_worker_follows_for_all_pages_and_the_other_when_it_dies(site: Site) -> None:
    with ExitStack() as opened:
        client = signed_in(site, "dan", opened)
        pages = [Page(client, opened) for _ in range(PAGES)]
        [leader] = leaders(site)
        report(client)
        assert all(page.hears(CHANGED) for page in pages)
        leader.kill()
        assert not any(page.hears(CHANGED) for page in pages), "they end, and their browsers come back"
    with ExitStack() as opened:
        client = signed_in(site, "dan", opened)
        pages = [Page(client, opened) for _ in range(PAGES)]
        [follower] = leaders(site)
        assert follower.pid != leader.pid
        report(client)
        assert all(page.hears(CHANGED) for page in pages)
        begun = time.monotonic()
        site.stop()
        assert time.monotonic() - begun < 10, "open pages do not keep a worker from ending"
