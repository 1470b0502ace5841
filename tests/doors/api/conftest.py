"""Callers of the API: a token for each of the cast, over Django or over the hot door."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from django.db import connection
from django.test import Client

from tests.conftest import OPERATOR, START, City
from wangge.asgi import application
from wangge.doors.api import reports, tokens
from wangge.doors.api.intake import close_doors
from wangge.doors.turns import close_threads
from wangge.ground.accounts import services as accounts
from wangge.ground.kernel.ids import new_id

EAST_LAKE = "441302001001"
GATHERING: dict[str, Any] = {
    "kind": "gathering",
    "area": EAST_LAKE,
    "source": "phone",
    "text": "小卖部门口有人聚集打牌。",
}
Sending = tuple[str, dict[str, Any], str]


@pytest.fixture(autouse=True)
def fresh_memory() -> Iterator[None]:
    """What the process remembers of tokens and responses must not outlive a test's database."""
    tokens.forget()
    reports.forget()
    yield
    tokens.forget()
    reports.forget()


class Caller:
    """A program with the token of one of the cast."""

    def __init__(self, token: str) -> None:
        self.token = token
        self.client = Client(raise_request_exception=False)

    def headers(self, key: str = "", **more: str) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}", **({"Idempotency-Key": key} if key else {}), **more}

    def get(self, path: str, **query: Any) -> Any:
        return self.client.get(f"/api/v1{path}", query, headers=self.headers())

    def post(self, path: str, content: Any, key: str | None = None, **more: str) -> Any:
        """Post JSON (or bytes as they are) under a key, a fresh one where none is given, none where it is ""."""
        key = str(new_id()) if key is None else key
        data = content if isinstance(content, bytes) else json.dumps(content)
        return self.client.post(
            f"/api/v1{path}", data, content_type="application/json", headers=self.headers(key, **more)
        )


@pytest.fixture
def caller(city: City) -> Callable[[str], Caller]:
    """A caller by name: `caller("alice")`."""

    def named(name: str) -> Caller:
        token = accounts.token_issue(actor=OPERATOR, person_id=city.people[name], name="test", now=START)
        return Caller(token)

    return named


@pytest.fixture
def reported(caller: Callable[[str], Caller]) -> Callable[..., str]:
    """Report something as alice; the number it got."""

    def report(**more: Any) -> str:
        answer = caller("alice").post("/reports", GATHERING | more)
        assert answer.status_code == 201, answer.content
        number: str = answer.json()["number"]
        return number

    return report


@pytest.fixture
def hot() -> Callable[[list[Sending]], list[httpx.Response]]:
    """Send requests to the hot door all at once: (path, headers and content, token); the answers in order."""

    async def run(sendings: list[Sending]) -> list[httpx.Response]:
        transport = httpx.ASGITransport(app=application)  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://testserver") as client:
            answers = await asyncio.gather(
                *(
                    client.post(
                        f"/api/v1{path}",
                        content=given["content"],
                        headers={"Authorization": f"Bearer {token}", **given.get("headers", {})},
                    )
                    for path, given, token in sendings
                )
            )
        await close_doors()
        await close_threads()
        return answers

    def send(sendings: list[Sending]) -> list[httpx.Response]:
        try:
            return asyncio.run(run(sendings))
        finally:
            connection.close()

    return send
