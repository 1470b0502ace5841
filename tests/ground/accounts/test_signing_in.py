"""Who signs in: passwords under Argon2, tokens that end, names that are taken once and never told to the journal."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.contrib.auth import authenticate

from tests.conftest import OPERATOR, City
from wangge.ground.accounts import services
from wangge.ground.accounts.models import ApiToken, Person
from wangge.ground.accounts.queries import person_by_token
from wangge.ground.journal.models import Event
from wangge.ground.kernel.problems import InputInvalid

PASSWORD = "东湖-五号院-早班-八点"
MONTH = timedelta(days=30)


def added(now: datetime, **fields: Any) -> Person:
    fields = {"username": "gina", "display_name": "江小娜", **fields}
    return services.person_add(actor=OPERATOR, now=now, **fields)


def test_a_password_is_kept_by_argon2_and_opens_the_door(city: City, now: datetime) -> None:
    person = added(now, password=PASSWORD)
    assert person.password.startswith("argon2$argon2id$")
    assert PASSWORD not in person.password
    assert authenticate(username="gina", password=PASSWORD) == person
    assert authenticate(username="  GINA ", password=PASSWORD) == person
    assert authenticate(username="gina", password=PASSWORD + " ") is None
    Person.objects.filter(id=person.id).update(is_active=False)
    assert authenticate(username="gina", password=PASSWORD) is None


def test_without_a_password_nobody_signs_in_until_one_is_set(city: City, now: datetime) -> None:
    person = added(now)
    assert authenticate(username="gina", password="") is None
    services.password_set(actor=OPERATOR, person_id=person.id, password=PASSWORD, now=now)
    assert authenticate(username="gina", password=PASSWORD) == person


def test_people_change_their_own_password(city: City, now: datetime) -> None:
    alice = city.actor("alice")
    services.password_set(actor=alice, person_id=city.people["alice"], password=PASSWORD, now=now)
    assert authenticate(username="alice", password=PASSWORD) == city.person("alice")


@pytest.mark.parametrize("password", ["short", "password123", "gina-gina-gina", ""])
def test_a_weak_password_is_refused_in_both_languages(city: City, now: datetime, password: str) -> None:
    fields = {"username": "gina-gina-gina", "password": password}
    with pytest.raises(InputInvalid) as refused:
        added(now, **fields)
    assert refused.value.details["field"] == "password"
    assert any("一" <= character <= "鿿" for character in refused.value.details["why_zh"])
    assert refused.value.sentence("en").isascii()
    assert not Person.objects.filter(username="gina-gina-gina").exists()


@pytest.mark.parametrize("again", ["gina", "GINA", "  Gina "])
def test_a_name_is_taken_once_whatever_its_letters(city: City, now: datetime, again: str) -> None:
    added(now)
    with pytest.raises(InputInvalid) as refused:
        added(now, username=again)
    assert refused.value.details["field"] == "username"
    assert Person.objects.filter(username="gina").count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("username", " "),
        ("username", "g" * 61),
        ("display_name", "　"),
        ("display_name", "名" * 61),
        ("email", "gina at example.org"),
        ("webhook_url", "javascript:alert(1)"),
        ("webhook_url", "http://" + "a" * 300 + ".cn"),
    ],
)
def test_what_cannot_be_kept_is_refused_by_field(city: City, now: datetime, field: str, value: str) -> None:
    with pytest.raises(InputInvalid) as refused:
        added(now, **{field: value})
    assert refused.value.details["field"] == field
    assert refused.value.sentence("en").isascii()


def token(person_id: UUID, now: datetime, **fields: Any) -> str:
    return services.token_issue(actor=OPERATOR, person_id=person_id, name="县平台", now=now, **fields)


def test_a_token_ends_on_its_day_and_is_kept_only_as_a_digest(city: City, now: datetime) -> None:
    person = added(now, is_program=True)
    secret, endless = token(person.id, now, expires_at=now + MONTH), token(person.id, now)
    assert person_by_token(secret, now + MONTH - timedelta(seconds=1)) == person
    assert person_by_token(secret, now + MONTH) is None
    assert person_by_token(endless, now + 100 * MONTH) == person
    assert person_by_token(secret + "x", now) is None and person_by_token("", now) is None
    assert secret != endless
    for row in ApiToken.objects.values():
        assert secret not in str(row) and endless not in str(row)


def test_a_token_of_somebody_who_left_opens_nothing(city: City, now: datetime) -> None:
    person = added(now, is_program=True)
    secret = token(person.id, now)
    Person.objects.filter(id=person.id).update(is_active=False)
    assert person_by_token(secret, now) is None


def test_a_token_that_has_expired_already_is_not_issued(city: City, now: datetime) -> None:
    with pytest.raises(InputInvalid):
        token(added(now).id, now, expires_at=now)


def test_the_journal_knows_accounts_and_no_names_or_secrets(city: City, now: datetime) -> None:
    person = added(now, password=PASSWORD, email="gina@example.org")
    secret = token(person.id, now)
    services.sign_in_record(person_id=person.id, accepted=True, now=now)
    services.sign_in_record(person_id=None, accepted=False, now=now)
    types = list(Event.objects.order_by("-id").values_list("type", flat=True)[:4])
    assert types == ["person.sign_in_refused", "person.signed_in", "token.issued", "person.added"]
    written = json.dumps(list(Event.objects.values()), default=str, ensure_ascii=False)
    for private in (PASSWORD, secret, "gina", "江小娜", "example.org"):
        assert private not in written
