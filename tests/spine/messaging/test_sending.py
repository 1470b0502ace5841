"""What is sent arrives once, what fails is tried again with patience, and what cannot succeed says why."""

from __future__ import annotations

import hmac
import json
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import connection

from tests.conftest import START
from tests.spine.messaging.conftest import ENGINE, send, state_of
from tests.spine.messaging.servers import MailServer, WebServer
from wangge.ground.accounts.models import Person
from wangge.ground.accounts.queries import recipients
from wangge.spine.messaging import queries, services
from wangge.spine.messaging.channels import webhook
from wangge.spine.messaging.models import Delivery

Make = Callable[..., UUID]
Tell = Callable[..., list[Delivery]]


@pytest.fixture
def mail(person: Make, tell: Tell, mail_server: MailServer) -> Delivery:
    return tell(person(email="gina@example.org", is_program=True))[0]


@pytest.fixture
def hook(person: Make, tell: Tell, web_server: WebServer) -> Delivery:
    return tell(person(webhook_url=web_server.url, is_program=True))[0]


def test_mail_carries_a_number_and_a_link(mail: Delivery, mail_server: MailServer, settings: Any) -> None:
    assert send() == 1
    [arrived] = mail_server.mails
    assert state_of(mail) == ("sent", 1, "")
    text = arrived.get_payload(decode=True)
    assert isinstance(text, bytes)
    assert "事项 4413020200203-001 待您签收。请尽快处理。" in text.decode()
    assert f"{settings.SITE_URL}/matters/4413020200203-001" in text.decode()
    assert arrived["To"] == "gina@example.org"
    assert arrived["Message-ID"] == f"<{mail.id}@{settings.MAIL_DOMAIN}>"
    assert send(60) == 0


def test_a_mail_server_that_is_busy_is_asked_again_with_growing_patience(
    mail: Delivery, mail_server: MailServer
) -> None:
    mail_server.says = {"END": ["451 busy"], "RCPT": ["450 greylisted"], "MAIL": ["421 later"]}
    waits, minute = [], 0
    while state_of(mail)[0] != "sent":
        assert send(minute) == 1
        state, _, reason = state_of(mail)
        if state == "pending":
            assert reason and mail.next_try_at is not None
            waits.append(round((mail.next_try_at - START).total_seconds() / 60 - minute))
            minute += waits[-1]
            assert send(minute - 0.01) == 0
    assert waits == [1, 2, 4]
    assert len(mail_server.mails) == 1
    assert state_of(mail) == ("sent", 4, "")


@pytest.mark.parametrize("says", [{"RCPT": ["550 no such user"]}, {"END": ["554 refused"]}, {"MAIL": ["553 no"]}])
def test_what_a_mail_server_refuses_for_good_is_given_up(
    mail: Delivery, mail_server: MailServer, says: dict[str, list[str]]
) -> None:
    code = next(iter(says.values()))[0][:3]
    mail_server.says = says
    send()
    state, attempts, reason = state_of(mail)
    assert (state, attempts) == ("failed", 1)
    assert code in reason and "@" not in reason
    assert queries.failed_count() == 1
    assert send(600) == 0


def test_a_mail_server_that_does_not_take_us_at_all_is_asked_again(mail: Delivery, mail_server: MailServer) -> None:
    mail_server.says = {"CONNECT": ["554 not you"]}
    send()
    assert state_of(mail) == ("pending", 1, "SMTP 554")
    send(1)
    assert state_of(mail)[0] == "sent"


def test_at_the_limit_a_delivery_fails_with_its_reason(mail: Delivery, mail_server: MailServer) -> None:
    mail_server.says = {"END": ["451 busy"] * 100}
    minute, tries = 0, 0
    while state_of(mail)[0] != "failed":
        tries += send(minute)
        minute += 1
    assert tries == services.LIMIT
    assert state_of(mail) == ("failed", services.LIMIT, "SMTP 451")


def test_a_mail_server_that_is_down_is_no_crash(mail: Delivery, settings: Any) -> None:
    settings.EMAIL_PORT = 1
    assert send() == 1
    assert state_of(mail) == ("pending", 1, "ConnectionRefusedError")


def test_a_webhook_is_signed_over_time_and_body(hook: Delivery, web_server: WebServer, settings: Any) -> None:
    send()
    [(path, headers, body)] = web_server.calls
    assert path == "/hook"
    signed = f"{headers['Wangge-Timestamp']}.".encode() + body
    expected = hmac.new(settings.WEBHOOK_KEY.encode(), signed, "sha256").hexdigest()
    assert headers["Wangge-Signature"] == expected
    assert headers["Wangge-Delivery"] == str(hook.id)
    told = json.loads(body)
    assert (told["delivery"], told["template"], told["exercise"]) == (str(hook.id), "test.told", False)
    assert told["link"] == f"{settings.SITE_URL}/matters/4413020200203-001"
    assert state_of(hook) == ("sent", 1, "")


@pytest.mark.parametrize("status", [500, 503, 429, 408])
def test_a_webhook_that_is_in_trouble_gets_the_same_delivery_again(
    hook: Delivery, web_server: WebServer, status: int
) -> None:
    web_server.says = [status]
    send()
    assert state_of(hook) == ("pending", 1, f"HTTP {status}")
    assert send(0.9) == 0
    send(1)
    assert state_of(hook) == ("sent", 2, "")
    assert {headers["Wangge-Delivery"] for _, headers, _ in web_server.calls} == {str(hook.id)}
    assert len(web_server.calls) == 2


@pytest.mark.parametrize("status", [404, 400, 410, 302, 307])
def test_a_webhook_that_says_no_is_given_up_and_a_redirect_is_not_followed(
    hook: Delivery, web_server: WebServer, status: int
) -> None:
    web_server.says = [status]
    send()
    assert state_of(hook) == ("failed", 1, f"HTTP {status}")
    assert [path for path, _, _ in web_server.calls] == ["/hook"]
    assert send(600) == 0


def test_a_webhook_that_keeps_silent_times_out(
    hook: Delivery, web_server: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(webhook, "TIMEOUT", 0.2)
    web_server.says = [1.0]
    send()
    assert state_of(hook) == ("pending", 1, "ReadTimeout")


@pytest.mark.parametrize("url", ["http://[", "ftp://example.org/x", "http://127.0.0.1:99999/", "no address"])
def test_an_address_that_is_none_fails_and_holds_nobody_up(
    person: Make, tell: Tell, hook: Delivery, mail: Delivery, url: str
) -> None:
    broken = person(is_program=True, webhook_url="http://127.0.0.1:9/")
    Person.objects.filter(id=broken).update(webhook_url=url)
    [bad] = tell(broken, now=START - timedelta(minutes=1))  # the first in the queue
    assert send() == 3
    assert state_of(bad)[0] in {"failed", "pending"} and state_of(bad)[2]
    assert (state_of(hook)[0], state_of(mail)[0]) == ("sent", "sent")


def test_a_message_without_its_words_is_tried_to_the_limit_and_holds_nobody_up(
    person: Make, tell: Tell, web_server: WebServer, hook: Delivery, caplog: pytest.LogCaptureFixture
) -> None:
    [bad] = tell(person(webhook_url=web_server.url, is_program=True), params={"nothing": 1})
    send()
    assert state_of(hook)[0] == "sent"
    for minute in range(1, 60):
        send(minute)
    assert state_of(bad) == ("failed", services.LIMIT, "KeyError")
    assert web_server.url not in caplog.text


def test_somebody_who_left_meanwhile_is_not_written_to(hook: Delivery, web_server: WebServer) -> None:
    Person.objects.filter(id=hook.person_id).update(is_active=False)
    send()
    assert state_of(hook) == ("failed", 1, "no longer active")
    assert web_server.calls == []


class Killed(BaseException):
    """What a killed process does next: nothing."""


def killed(*_: object) -> None:
    raise Killed


def test_a_sender_killed_in_the_middle_is_followed_by_one_with_the_same_delivery(
    hook: Delivery, web_server: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched, pytest.raises(Killed):
        patched.setattr(services, "_settle", killed)
        send()
    assert state_of(hook)[0] == "sending"
    assert send(4.9) == 0
    assert send(5) == 1
    assert state_of(hook) == ("sent", 2, "")
    assert [headers["Wangge-Delivery"] for _, headers, _ in web_server.calls] == [str(hook.id)] * 2


def test_a_message_that_kills_every_sender_is_given_up(hook: Delivery, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(services, "_settle", killed)
    for turn in range(services.LIMIT):
        with pytest.raises(Killed):
            send(5 * turn)
    send(5 * services.LIMIT)
    assert state_of(hook) == ("failed", services.LIMIT, "no attempt came to an end")


def test_a_slow_sender_takes_nothing_back_from_the_one_that_followed(
    hook: Delivery, web_server: WebServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first sender hears a 500 after the second has taken the row up; the row stays the second's."""
    [slow] = services._claim(START, 1)
    web_server.says = [500]
    answer = services._attempt(slow, recipients([hook.person_id])[hook.person_id])
    [_] = services._claim(START + timedelta(minutes=5), 1)
    services._settle(slow, answer, START + timedelta(minutes=5))
    assert state_of(hook)[:2] == ("sending", 2)


def test_engines_at_once_send_each_message_once(
    transactional_db: None, person: Make, tell: Tell, web_server: WebServer
) -> None:
    if connection.vendor != "postgresql":
        pytest.skip("several writers at once exist on PostgreSQL only")
    program = person(webhook_url=web_server.url, is_program=True)
    told = {str(tell(program, about=f"event:{number}")[0].id) for number in range(60)}
    ready = threading.Barrier(3)

    def engine() -> None:
        ready.wait()
        while services.send_due(actor=ENGINE, now=START, limit=7):
            pass
        connection.close()

    threads = [threading.Thread(target=engine) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(headers["Wangge-Delivery"] for _, headers, _ in web_server.calls) == sorted(told)
    assert set(Delivery.objects.values_list("state", "attempts")) == {("sent", 1)}


def test_a_rehearsal_says_so_first(person: Make, tell: Tell, web_server: WebServer) -> None:
    tell(person(webhook_url=web_server.url, is_program=True), exercise=True)
    send()
    [(_, _, body)] = web_server.calls
    assert json.loads(body)["text"].startswith("【演练】") and json.loads(body)["exercise"] is True
