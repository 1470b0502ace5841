"""Signing in and out, and one's own password."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from ipaddress import ip_network
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from wangge.doors.desk import rules
from wangge.ground.accounts import services as accounts
from wangge.ground.accounts.models import Person
from wangge.ground.journal.models import Event
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import system_actor
from wangge.settings import fingerprint

PASSWORD = "a-long-password-20"
NOW = datetime(2020, 2, 5, 12, tzinfo=UTC)


@pytest.fixture
def dan(city: Any) -> Person:
    manager = system_actor("test", "account.manage")
    accounts.password_set(actor=manager, person_id=city.people["dan"], password=PASSWORD, now=clock.now())
    return city.person("dan")


def sign_in(client: Client, username: str = "dan", password: str = PASSWORD, **more: Any) -> Any:
    return client.post("/sign-in", {"username": username, "password": password, **more.pop("form", {})}, **more)


def test_the_right_password_opens_the_queue_and_is_noted(dan: Person, client: Client) -> None:
    answer = sign_in(client, username=" Dan ")
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.get("/").status_code == 200
    assert Event.objects.filter(type="person.signed_in", actor_id=dan.id).count() == 1


def test_a_wrong_name_and_a_wrong_password_look_the_same(dan: Person, client: Client) -> None:
    wrong, unknown = sign_in(client, password="no"), sign_in(client, username="dax", password="no")
    assert wrong.status_code == unknown.status_code == 403
    assert wrong.context["said"] == unknown.context["said"]


def test_after_five_wrong_tries_even_the_right_password_waits(dan: Person, client: Client) -> None:
    for _ in range(5):
        sign_in(client, password="no")
    assert sign_in(client).status_code == 429
    assert client.get("/").status_code == 302
    assert sign_in(client, REMOTE_ADDR="10.0.0.9").status_code == 302, "another address is not held up"


def test_behind_a_trusted_proxy_only_who_typed_wrong_passwords_waits(
    dan: Person, client: Client, settings: Any
) -> None:
    settings.TRUSTED_PROXIES = [ip_network("127.0.0.1")]
    for _ in range(5):
        sign_in(client, password="no", headers={"x-forwarded-for": "10.9.9.9, 203.0.113.7"})
    assert sign_in(client, headers={"x-forwarded-for": "203.0.113.7"}).status_code == 429
    assert sign_in(client, headers={"x-forwarded-for": "203.0.113.8"}).status_code == 302


def test_without_a_trusted_proxy_the_header_gets_nobody_round_the_brake(dan: Person, client: Client) -> None:
    for number in range(5):
        sign_in(client, password="no", headers={"x-forwarded-for": f"203.0.113.{number}"})
    assert sign_in(client, headers={"x-forwarded-for": "203.0.113.99"}).status_code == 429


@pytest.mark.parametrize(
    ("peer", "forwarded", "trusted", "whose"),
    [
        ("203.0.113.7", "1.2.3.4", [], "203.0.113.7"),
        ("203.0.113.7", "1.2.3.4", ["10.0.0.0/8"], "203.0.113.7"),
        ("10.0.0.1", "1.2.3.4", ["10.0.0.0/8"], "1.2.3.4"),
        ("10.0.0.1", "9.9.9.9, 1.2.3.4, 10.0.0.2", ["10.0.0.0/8"], "1.2.3.4"),
        ("10.0.0.1", "9.9.9.9, 1.2.3.4:5123", ["10.0.0.0/8"], "1.2.3.4"),
        ("10.0.0.1", "9.9.9.9, nonsense", ["10.0.0.0/8"], "10.0.0.1"),
        ("10.0.0.1", "", ["10.0.0.0/8"], "10.0.0.1"),
        ("10.0.0.1", "10.0.0.3", ["10.0.0.0/8"], "10.0.0.3"),
        ("::ffff:10.0.0.1", "[2001:db8::5]:443", ["10.0.0.0/8"], "2001:db8::/64"),
        ("::1", "2001:db8::5", ["::1"], "2001:db8::/64"),
        ("", "1.2.3.4", ["10.0.0.0/8"], ""),
    ],
)
def test_whose_call_it_is(peer: str, forwarded: str, trusted: list[str], whose: str) -> None:
    assert rules.client_address(peer, forwarded, [ip_network(one) for one in trusted]) == whose


def test_a_name_that_does_not_exist_is_held_up_as_well(city: Any, client: Client) -> None:
    answers = [sign_in(client, username="nobody", password="no").status_code for _ in range(6)]
    assert answers == [403] * 5 + [429]


def test_the_wait_grows_and_ends() -> None:
    minutes = [rules.wait_after(wrong) // timedelta(minutes=1) for wrong in range(4, 12)]
    assert minutes == [0, 1, 2, 4, 8, 15, 15, 15]
    assert rules.waits_for(5, NOW, NOW + timedelta(seconds=20)) == timedelta(seconds=40)
    assert rules.waits_for(5, NOW, NOW + timedelta(minutes=2)) == timedelta()
    assert rules.waits_for(9999, NOW, NOW + timedelta(hours=1)) == timedelta()


def test_a_program_cannot_sign_in_at_the_desk(dan: Person, client: Client) -> None:
    Person.objects.filter(id=dan.id).update(is_program=True)
    assert sign_in(client).status_code == 403


@pytest.mark.parametrize("address", ["https://elsewhere.example/", "//elsewhere.example/", "javascript:alert(1)"])
def test_signing_in_never_leads_elsewhere(dan: Person, client: Client, address: str) -> None:
    assert sign_in(client, form={"next": address})["Location"] == "/"


def test_signing_in_leads_back_to_where_one_was(dan: Person, client: Client) -> None:
    start = client.get("/coverage")
    assert start["Location"].startswith("/sign-in?next=/coverage")
    assert sign_in(client, form={"next": "/coverage"})["Location"] == "/coverage"


def test_signing_out_takes_a_click_on_a_form(at_desk: Callable[[str], Client]) -> None:
    client = at_desk("dan")
    assert client.get("/sign-out").status_code == 405
    client.post("/sign-out")
    assert client.get("/").status_code == 302


def test_a_password_is_changed_by_who_knows_the_old_one(dan: Person, client: Client) -> None:
    sign_in(client)
    new = {"password": "another-long-one-21", "again": "another-long-one-21"}
    assert "不对" in client.post("/profile", {"old": "guess", **new}).content.decode()
    assert client.post("/profile", {"old": PASSWORD, **new, "again": "differs"}).status_code == 422
    assert client.post("/profile", {"old": PASSWORD, "password": "short", "again": "short"}).status_code == 422
    assert client.post("/profile", {"old": PASSWORD, **new}).status_code == 302
    assert client.get("/profile").status_code == 200, "the session goes on"
    assert sign_in(Client(), password="another-long-one-21").status_code == 302


def test_a_browser_keeps_styles_and_scripts_for_good_because_their_address_says_what_they_are(
    client: Client, db: None, tmp_path: Path
) -> None:
    [address] = re.findall(r'href="(/static/[0-9a-f]{12}/built/desk\.css)"', client.get("/sign-in").content.decode())
    answer = client.get(address)
    assert answer.status_code == 200 and "immutable" in answer["Cache-Control"]
    answer.close()
    (tmp_path / "desk.css").write_text("a {}")
    before = fingerprint(tmp_path)
    (tmp_path / "desk.css").write_text("b {}")
    assert len(before) == 12 and fingerprint(tmp_path) != before


def test_a_theme_is_kept_in_the_browser(client: Client, db: None) -> None:
    client.post("/theme", {"theme": "dark", "next": "/sign-in"})
    assert 'data-bs-theme="dark"' in client.get("/sign-in").content.decode()
    client.post("/theme", {"theme": "<script>", "next": "/sign-in"})
    assert "data-bs-theme" not in client.get("/sign-in").content.decode()


def test_single_keys_are_switched_off_and_on_in_the_profile(at_desk: Callable[[str], Client]) -> None:
    dan = at_desk("dan")
    assert "data-keys" not in dan.get("/").content.decode()
    assert dan.post("/keys", {"keys": "off"})["Location"] == "/profile"
    for address in ("/", "/wall"):
        assert 'data-keys="off"' in dan.get(address).content.decode(), address
    assert 'aria-checked="false"' in dan.get("/profile").content.decode()
    dan.post("/keys", {"keys": "on"})
    assert "data-keys" not in dan.get("/").content.decode()
