"""Messages are promised once, stand in the inbox, and are marked by their own reader only."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction

from tests.conftest import START, City
from tests.spine.messaging.conftest import ENGINE, send, state_of
from tests.spine.messaging.servers import MailServer
from wangge.ground.accounts.models import Person
from wangge.ground.kernel.permission import system_actor
from wangge.ground.kernel.problems import NotPermitted
from wangge.spine.messaging import queries, services
from wangge.spine.messaging.models import Delivery

Make = Callable[..., UUID]
Tell = Callable[..., list[Delivery]]


def test_the_same_cause_is_told_once_on_every_channel(person: Make, tell: Tell, mail_server: MailServer) -> None:
    gina = person(email="gina@example.org", webhook_url="http://127.0.0.1:9/hook")
    first = tell(gina)
    assert [delivery.channel for delivery in first] == ["inapp", "smtp", "webhook"]
    assert tell(gina) == first
    assert len(tell(gina, about="event:2")) == 3


def test_channels_go_by_the_addresses_somebody_has(person: Make, tell: Tell, settings: Any) -> None:
    assert [one.channel for one in tell(person())] == ["inapp"]
    program = person(webhook_url="http://127.0.0.1:9/", is_program=True)
    assert [one.channel for one in tell(program)] == ["webhook"]
    settings.EMAIL_HOST = ""  # no mail server is set up
    assert [one.channel for one in tell(person(email="gina@example.org"))] == ["inapp"]


def test_who_has_left_is_not_told(person: Make, tell: Tell) -> None:
    gina = person()
    Person.objects.filter(id=gina).update(is_active=False)
    assert tell(gina) == []


def test_a_promise_goes_with_the_change_that_is_rolled_back(person: Make, tell: Tell) -> None:
    gina = person()
    with transaction.atomic():
        assert tell(gina)
        transaction.set_rollback(True)
    assert not Delivery.objects.exists()


def test_an_inbox_shows_what_was_sent_the_newest_first_and_pages_by_key(person: Make, tell: Tell) -> None:
    gina, bert = person(), person()
    told = [tell(gina, about=f"event:{number}")[0].id for number in range(5)]
    tell(bert)
    assert queries.inbox(gina) == [] and queries.unread_count(gina) == 0
    send()
    assert [one.id for one in queries.inbox(gina)] == told[::-1]
    page = queries.inbox(gina, limit=2)
    assert [one.id for one in queries.inbox(gina, before=page[-1].id, limit=2)] == [told[2], told[1]]
    assert queries.unread_count(gina) == 5 and queries.unread_count(gina, at_most=3) == 3


def test_only_the_reader_marks_a_message_read(city: City, tell: Tell) -> None:
    [mine], [other] = tell(city.people["alice"]), tell(city.people["olga"])
    send()
    olga = city.actor("olga", START)
    assert services.mark_read(actor=olga, delivery_ids=[mine.id], now=START) == 0
    assert services.mark_read(actor=system_actor("engine"), delivery_ids=None, now=START) == 0
    assert state_of(mine)[0] == "sent"
    assert services.mark_read(actor=olga, delivery_ids=None, now=START) == 1
    assert services.mark_read(actor=olga, delivery_ids=[other.id], now=START) == 0
    assert (state_of(mine)[0], state_of(other)[0]) == ("sent", "read")


def test_only_the_engine_sends(city: City, tell: Tell) -> None:
    [delivery] = tell(city.people["alice"])
    with pytest.raises(NotPermitted):
        services.send_due(actor=city.actor("adam", START), now=START)
    assert state_of(delivery)[0] == "pending"


def test_nothing_is_sent_before_its_time(person: Make, tell: Tell) -> None:
    [delivery] = tell(person(), now=START + timedelta(minutes=1))
    assert send() == 0
    assert send(1) == 1
    assert state_of(delivery) == ("sent", 1, "")


def test_in_app_messages_are_sent_once_by_any_number_of_engines(
    transactional_db: None, person: Make, tell: Tell
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("several writers at once exist on PostgreSQL only")
    gina = person()
    for number in range(50):
        tell(gina, about=f"event:{number}")
    ready, moved = threading.Barrier(4), list[int]()

    def engine() -> None:
        ready.wait()
        moved.append(services.send_due(actor=ENGINE, now=START))
        connection.close()

    threads = [threading.Thread(target=engine) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(moved) == 50
    assert set(Delivery.objects.values_list("state", "attempts")) == {("sent", 1)}
