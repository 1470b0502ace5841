"""People of the cast at the desk, each in a browser of their own."""

from __future__ import annotations

import inspect
import shutil
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.doors.desk.site import PASSWORD, Site
from tests.installation import chromium
from tests.shared import made_once
from wangge.doors.desk.pages import observe
from wangge.duties.matters.models import Matter
from wangge.duties.matters.rules import ReportDraft
from wangge.duties.matters.services.intake import matter_receive
from wangge.ground.kernel import clock

IN_BROWSER = [
    pytest.mark.browser,
    pytest.mark.skipif(
        "postgresql" in settings.DATABASES["default"]["ENGINE"],
        reason="the site of these tests runs on SQLite; once is enough",
    ),
]

# What appears is waited for; how long says how busy the machine is.
expect.set_options(timeout=30_000)


@pytest.fixture(autouse=True)
def links_untried() -> None:
    """Nobody has guessed at links yet, whatever tests ran in this process before."""
    observe.WRONG.forget()


@pytest.fixture
def at_desk(city: Any) -> Callable[[str], Client]:
    """A client signed in as somebody."""

    def signed_in(name: str) -> Client:
        client = Client()
        client.force_login(city.person(name))
        return client

    return signed_in


@pytest.fixture
def report(city: Any) -> Callable[..., Matter]:
    """Receive a report just now; the matter it became."""

    def received(
        kind: str = "arrival", area: str = "441302001001", who: str = "dan", now: datetime | None = None, **draft: Any
    ) -> Matter:
        at = now or clock.now() - timedelta(seconds=5)
        taken = matter_receive(
            actor=city.actor(who, at),
            response_id=city.response_id,
            draft=ReportDraft(
                kind=kind,
                area_id=city.area(area),
                source=draft.pop("source", "phone"),
                text=draft.pop("text", "三号楼有人从武汉回来,电话13812345678"),
                **draft,
            ),
            now=at,
        )
        return Matter.objects.get(id=taken.matter_id)

    return received


@pytest.fixture
def do(city: Any) -> Callable[..., Any]:
    """Call a service of matters as somebody, on the newest version."""

    def done(service: Callable[..., Any], matter: Matter, who: str, **arguments: Any) -> Matter:
        matter.refresh_from_db()
        if "version" in inspect.signature(service).parameters:
            arguments.setdefault("version", matter.version)
        now = clock.now()
        service(actor=city.actor(who, now), matter_id=matter.id, now=now, **arguments)
        matter.refresh_from_db()
        return matter

    return done


@pytest.fixture(scope="session")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an installation in which nothing has happened yet."""
    return made_once(tmp_path_factory, "filled", lambda folder: Site(folder).fill())


@pytest.fixture(scope="module")
def site(filled: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    built = Path(settings.BASE) / "static" / "built" / "desk.js"
    assert built.exists(), "the front end is not built; ./run build does that"
    running = Site(shutil.copytree(filled, tmp_path_factory.mktemp("site") / "data"))
    running.start()
    yield running
    running.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def visit(site: Site, browser: Browser) -> Iterator[Callable[..., Page]]:
    """Open a browser as somebody, with a script before each page if one is given; what the console says fails it.

    Whoever has signed in on this site before is still signed in, until a test signs them out.
    """
    contexts: list[BrowserContext] = []
    complaints: list[str] = []
    known = {"name": "django_language", "url": site.address}

    def opened(
        who: str,
        width: int = 1366,
        height: int = 768,
        language: str = "zh-hans",
        dark: bool = False,
        script: str = "",
    ) -> Page:
        scheme = "dark" if dark else "light"
        size = {"width": width, "height": height}
        context = browser.new_context(viewport=size, base_url=site.address, color_scheme=scheme)  # type: ignore[arg-type]
        contexts.append(context)
        if script:
            context.add_init_script(script)
        context.add_cookies([known | {"value": language}, *site.sessions.get(who, [])])  # type: ignore[list-item]
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if "Content Security" in said.text else None)
        page.goto("/")
        if urlsplit(page.url).path != "/":
            page.fill("#username", who)
            page.fill("#password", PASSWORD)
            page.press("#password", "Enter")
            page.wait_for_url("**/")
            site.sessions[who] = [one for one in context.cookies() if one["name"] == "sessionid"]
        return page

    yield opened
    for context in contexts:
        context.close()
    assert complaints == []
