"""Whoever leaves has no rights from that instant on, and may come back; what they did keeps their name."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest

from tests.conftest import OPERATOR, City
from wangge.ground.accounts import leaving, queries, services
from wangge.ground.accounts.models import Holding, Person
from wangge.ground.journal.models import Event
from wangge.ground.kernel.ids import new_id
from wangge.ground.kernel.permission import system_actor
from wangge.ground.kernel.problems import InputInvalid, NotFound, NotPermitted

ENGINE = system_actor("engine", "account.expire")
DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


def roles(city: City, name: str, at: datetime) -> set[str]:
    return set(queries.actor_of(city.person(name), at).roles)


def told(person_id: UUID) -> list[str]:
    rows = Event.objects.filter(subject_id=person_id, type__startswith="person.").order_by("id")
    return list(rows.values_list("type", flat=True))


def leave(person_id: UUID, now: datetime, **more: datetime) -> int:
    return leaving.person_leave(actor=OPERATOR, person_id=person_id, now=now, **more)


def test_who_leaves_has_no_post_no_token_and_no_account_in_use(city: City, now: datetime) -> None:
    carol = city.people["carol"]
    secret = services.token_issue(actor=OPERATOR, person_id=carol, name="phone", now=now)
    assert leave(carol, now) == 1
    assert roles(city, "carol", now) == set()
    assert not city.person("carol").is_active
    assert queries.person_by_token(secret, now) is None
    assert queries.people_of_agencies([city.agencies["village/441302001001"]], now) == {
        city.agencies["village/441302001001"]: []
    } or not queries.people_of_agencies([city.agencies["village/441302001001"]], now)
    assert told(carol)[-1] == "person.left"
    assert leave(carol, now + DAY) == 0
    assert told(carol).count("person.left") == 1


def test_who_comes_back_gets_neither_the_old_posts_nor_the_old_tokens(city: City, now: datetime) -> None:
    carol = city.people["carol"]
    secret = services.token_issue(actor=OPERATOR, person_id=carol, name="phone", now=now)
    leave(carol, now)
    with pytest.raises(InputInvalid):
        hold_again(city, now + DAY)
    leaving.person_return(actor=OPERATOR, person_id=carol, now=now + DAY)
    assert city.person("carol").is_active
    assert roles(city, "carol", now + DAY) == set()
    assert queries.person_by_token(secret, now + DAY) is None
    hold_again(city, now + DAY)
    assert roles(city, "carol", now + DAY) == {"village_cadre"}
    leaving.person_return(actor=OPERATOR, person_id=carol, now=now + 2 * DAY)
    assert told(carol).count("person.returned") == 1


def hold_again(city: City, now: datetime, until: datetime | None = None) -> Holding:
    post = Holding.objects.filter(person_id=city.people["carol"]).latest("since").post_id
    return services.post_hold(actor=OPERATOR, post_id=post, person_id=city.people["carol"], now=now, until=until)


def test_a_planned_leaving_ends_rights_at_its_instant_and_the_account_soon_after(city: City, now: datetime) -> None:
    carol, last = city.people["carol"], now + 3 * DAY
    assert leave(carol, now, at=last) == 1
    assert roles(city, "carol", last - SECOND) == {"village_cadre"}
    assert roles(city, "carol", last) == set()
    assert leaving.people_leave_due(actor=ENGINE, now=last - SECOND) == 0
    assert city.person("carol").is_active
    assert leaving.people_leave_due(actor=ENGINE, now=last + SECOND) == 1
    assert leaving.people_leave_due(actor=ENGINE, now=last + SECOND) == 0
    person = city.person("carol")
    assert (person.is_active, person.leaves_at) == (False, None)
    assert told(carol)[-2:] == ["person.leaving", "person.left"]


def test_a_planned_leaving_can_be_called_off(city: City, now: datetime) -> None:
    carol = city.people["carol"]
    leave(carol, now, at=now + DAY)
    with pytest.raises(InputInvalid):
        hold_again(city, now + SECOND)
    leaving.person_return(actor=OPERATOR, person_id=carol, now=now + SECOND)
    assert leaving.people_leave_due(actor=ENGINE, now=now + 2 * DAY) == 0
    assert city.person("carol").is_active


def test_leaving_entered_late_keeps_what_had_ended_and_what_never_began_goes(city: City, now: datetime) -> None:
    carol = city.people["carol"]
    [first] = Holding.objects.filter(person_id=carol)
    Holding.objects.filter(id=first.id).update(until=now - DAY)
    late = services.post_hold(actor=OPERATOR, post_id=first.post_id, person_id=carol, now=now - DAY)
    later = services.post_open(
        actor=OPERATOR, name="x", role="village_cadre", area_id=city.area("441302001003"), now=now
    )
    services.post_hold(actor=OPERATOR, post_id=later.id, person_id=carol, now=now, since=now + DAY)
    assert leave(carol, now, at=now - 2 * DAY) == 2
    ends = dict(Holding.objects.filter(person_id=carol).values_list("id", "until"))
    assert ends == {first.id: now - DAY, late.id: now}
    assert Event.objects.filter(subject_id=carol, type="person.left").get().observed_at == now - 2 * DAY


def test_only_who_manages_accounts_may_send_somebody_away(city: City, now: datetime) -> None:
    for outsider in (city.actor("olga"), city.actor("erin"), system_actor("test")):
        for refused in (
            lambda actor=outsider: leaving.person_leave(actor=actor, person_id=city.people["carol"], now=now),
            lambda actor=outsider: leaving.person_return(actor=actor, person_id=city.people["carol"], now=now),
            lambda actor=outsider: leaving.people_leave_due(actor=actor, now=now),
            lambda actor=outsider: services.person_change(
                actor=actor, person_id=city.people["carol"], now=now, email="a@b.cn"
            ),
        ):
            with pytest.raises(NotPermitted):
                refused()
    assert city.person("carol").is_active
    with pytest.raises(NotFound):
        leave(new_id(), now)


def test_a_change_is_journalled_by_its_fields_and_not_by_what_stands_in_them(city: City, now: datetime) -> None:
    carol = city.people["carol"]
    changed = services.person_change(
        actor=OPERATOR,
        person_id=carol,
        now=now,
        email="carol@example.cn",
        webhook_url="https://example.cn/in",
        language="en",
        display_name="Carol",
    )
    assert changed == ["email", "language", "webhook_url"]
    person = Person.objects.get(id=carol)
    assert (person.email, person.webhook_url, person.language) == ("carol@example.cn", "https://example.cn/in", "en")
    event = Event.objects.get(subject_id=carol, type="person.changed")
    assert event.data == {"fields": changed}
    assert services.person_change(actor=OPERATOR, person_id=carol, now=now, language="en") == []
    assert services.person_change(actor=OPERATOR, person_id=carol, now=now, email="") == ["email"]


@pytest.mark.parametrize(
    ("field", "value"),
    [("email", "nowhere"), ("webhook_url", "ftp://example.cn"), ("language", "xx"), ("display_name", " ")],
)
def test_a_value_that_cannot_be_is_refused(city: City, now: datetime, field: str, value: str) -> None:
    with pytest.raises(InputInvalid) as refused:
        services.person_change(actor=OPERATOR, person_id=city.people["carol"], now=now, **{field: value})  # type: ignore[arg-type]
    assert refused.value.details["field"] == field
    assert refused.value.sentence("zh") != refused.value.sentence("en")
