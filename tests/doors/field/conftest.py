"""Phones of the cast, before the door as the web worker has it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.conf import settings
from django.db import connection

from tests.conftest import OPERATOR, START, City
from tests.doors.field.collect import Collect
from tests.spine.forms.conftest import KEEPER
from tests.spine.forms.sheets import xlsform
from wangge.asgi import application
from wangge.doors.api import tokens
from wangge.doors.api.intake import close_doors
from wangge.doors.field import access
from wangge.doors.field.door import close_field
from wangge.doors.turns import close_threads
from wangge.ground.accounts import services as accounts
from wangge.ground.kernel.permission import system_actor
from wangge.spine.forms.queries import forms
from wangge.spine.forms.services.keys import key_issue
from wangge.spine.forms.services.publishing import form_publish

ISSUER = system_actor("test", "form.issue_key")
SITE = "http://testserver"
Sending = tuple[str, str, dict[str, Any]]


@pytest.fixture(autouse=True)
def fresh_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What the process remembers must not outlive a test's database, nor its files the test."""
    monkeypatch.setattr(settings, "EVIDENCE_FOLDER", tmp_path / "evidence")
    for room in (tokens, access, forms):
        room.forget()
    yield
    for room in (tokens, access, forms):
        room.forget()


async def _sent(sendings: list[Sending]) -> list[httpx.Response]:
    transport = httpx.ASGITransport(app=application)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url=SITE) as client:
        answers = await asyncio.gather(*(client.request(method, url, **more) for method, url, more in sendings))
    await close_field()
    await close_doors()
    await close_threads()
    return answers


@pytest.fixture
def together() -> Callable[[list[Sending]], list[httpx.Response]]:
    """Send requests all at once; the answers in their order."""

    def send(sendings: list[Sending]) -> list[httpx.Response]:
        try:
            return asyncio.run(_sent(sendings))
        finally:
            connection.close()

    return send


@pytest.fixture
def key_of(city: City) -> Callable[..., str]:
    """A key for one of the cast, in one area or in all of theirs."""

    def issued(who: str, area: str = "") -> str:
        _, secret = key_issue(
            actor=ISSUER,
            response_id=city.response_id,
            person_id=city.people[who],
            area_id=city.area(area) if area else None,
            name="手机",
            now=START - timedelta(days=1),
        )
        return secret

    return issued


@pytest.fixture
def phone(together: Any, key_of: Callable[..., str]) -> Callable[..., Collect]:
    """A phone with the key of one of the cast."""

    def with_key(who: str = "alice", area: str = "") -> Collect:
        return Collect(lambda method, url, **more: together([(method, url, more)])[0], f"{SITE}/or/{key_of(who, area)}")

    return with_key


@pytest.fixture
def published(city: City) -> Any:
    """The form `visit`."""
    return form_publish(
        actor=KEEPER, response_id=city.response_id, file_name="visit.xlsx", content=xlsform(), now=START
    ).version


@pytest.fixture
def password(city: City) -> str:
    """The password of everybody who is asked for one."""
    accounts.password_set(actor=OPERATOR, person_id=city.people["alice"], password="网格-village-2020", now=START)
    return "网格-village-2020"
