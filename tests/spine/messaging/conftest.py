"""People with addresses, servers that take their messages, and an engine that sends."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.conftest import OPERATOR, START
from tests.spine.messaging.servers import MailServer, WebServer, running
from wangge.ground.accounts import services as accounts
from wangge.ground.kernel.ids import new_id
from wangge.ground.kernel.permission import system_actor
from wangge.spine.messaging import services
from wangge.spine.messaging.channels import webhook
from wangge.spine.messaging.models import Delivery
from wangge.spine.messaging.services import Notice
from wangge.spine.messaging.templates import CATALOGUE, wording

ENGINE = system_actor("engine", "delivery.send")


@pytest.fixture
def template() -> Iterator[str]:
    code = wording("test.told", "事项 {number} 待您签收。请尽快处理。", "Matter {number} waits for you.")
    yield code
    del CATALOGUE[code]


@pytest.fixture
def mail_server(settings: Any) -> Iterator[MailServer]:
    with running(MailServer()) as server:
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.server_address[1]
        yield server


@pytest.fixture
def web_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[WebServer]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    webhook._client.cache_clear()
    with running(WebServer()) as server:
        yield server
    webhook._client().close()
    webhook._client.cache_clear()


@pytest.fixture
def person(db: None) -> Callable[..., UUID]:
    """Make somebody with addresses; a program has no in-app messages."""

    def made(**fields: Any) -> UUID:
        fields.setdefault("username", f"p{new_id().hex}")
        return accounts.person_add(actor=OPERATOR, display_name="Gina", now=START, **fields).id

    return made


@pytest.fixture
def tell(template: str) -> Callable[..., list[Delivery]]:
    """Promise a message; the rows that came of it."""

    def told(person_id: UUID, about: str = "event:1", now: datetime = START, **fields: Any) -> list[Delivery]:
        params = fields.pop("params", {"number": "4413020200203-001"})
        notice = Notice(
            person_id, about, template, params, fields.pop("subject_id", None), fields.pop("exercise", False)
        )
        services.notify_many([notice], now=now)
        return list(Delivery.objects.filter(person_id=person_id, about=about).order_by("channel"))

    return told


def send(minutes: float = 0) -> int:
    return services.send_due(actor=ENGINE, now=START + timedelta(minutes=minutes))


def state_of(delivery: Delivery) -> tuple[str, int, str]:
    delivery.refresh_from_db()
    return delivery.state, delivery.attempts, delivery.reason
