"""Who is on duty: where a roster is in force only those on duty stand, everywhere else nothing has changed."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection

from tests.conftest import OPERATOR, City
from wangge.ground.accounts import queries, services
from wangge.ground.accounts.duty import Duty, duties_replace, duties_withdraw, duty_check_in
from wangge.ground.accounts.models import DutyTime, Holding, Person
from wangge.ground.journal.models import Event
from wangge.ground.kernel.permission import system_actor
from wangge.ground.kernel.problems import InputInvalid, NotFound, NotOnDuty, NotPermitted

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
CHIEF = system_actor("test", "roster.publish", "roster.manage")


@pytest.fixture
def post(city: City) -> UUID:
    """The post of 东湖社区: alice holds it, bob is her deputy."""
    return Holding.objects.get(person_id=city.people["alice"]).post_id


def standing(city: City, at: datetime) -> tuple[UUID, ...]:
    village = city.area("441302001001")
    return queries.standings([village], "responsible", at)[village][0].people


def publish(post: UUID, since: datetime, until: datetime, now: datetime, *duties: Duty) -> int:
    return duties_replace(actor=CHIEF, post_ids=[post], since=since, until=until, duties=duties, now=now)


def test_where_a_roster_is_in_force_only_those_on_duty_stand(
    city: City, post: UUID, now: datetime, django_assert_num_queries
) -> None:
    alice, bob, carol = (city.people[name] for name in ("alice", "bob", "carol"))
    end = now + 3 * DAY
    publish(
        post,
        now + HOUR,
        end,
        now,
        Duty(post, bob, now + HOUR, now + 9 * HOUR),
        Duty(post, carol, now + 2 * HOUR, now + 9 * HOUR),
    )
    assert standing(city, now) == (alice, bob)  # not yet in force
    assert standing(city, now + HOUR) == (bob,)
    with django_assert_num_queries(3):
        assert standing(city, now + 2 * HOUR) == (bob, carol)
    assert standing(city, now + 10 * HOUR) == ()  # in force, and nobody on duty: the desk stands in
    assert standing(city, end) == (alice, bob)  # over
    with django_assert_num_queries(2):
        assert standing(city, now) == (alice, bob)
    other = Holding.objects.get(person_id=city.people["olga"]).post_id
    with django_assert_num_queries(2):
        found = queries.on_duty([post, other], now + 2 * HOUR)
    assert {place: [duty.person_id for duty in duties] for place, duties in found.items()} == {post: [bob, carol]}
    assert queries.on_duty([post, other], now + 10 * HOUR) == {post: []}
    Person.objects.filter(id=bob).update(is_active=False)
    assert standing(city, now + HOUR) == ()


def test_a_changed_roster_keeps_what_stays_and_ends_what_has_begun(city: City, post: UUID, now: datetime) -> None:
    alice, bob = city.people["alice"], city.people["bob"]
    first, second = Duty(post, alice, now, now + 8 * HOUR), Duty(post, bob, now + 8 * HOUR, now + 16 * HOUR)
    assert publish(post, now, now + DAY, now, first, second) == 2
    duty = DutyTime.objects.get(person_id=alice)
    assert duty_check_in(actor=city.actor("alice"), duty_id=duty.id, now=now + HOUR / 2) == now + HOUR / 2
    assert duty_check_in(actor=city.actor("alice"), duty_id=duty.id, now=now + HOUR) == now + HOUR / 2  # once
    [told] = Event.objects.filter(type="duty.checked_in").values_list("data", flat=True)
    assert told == {"post": str(post), "late_minutes": 30}
    assert publish(post, now, now + DAY, now + HOUR, first, second) == 0
    assert publish(post, now, now + DAY, now + HOUR, first) == 1
    assert not DutyTime.objects.filter(person_id=bob).exists()
    # Taken off duty in the middle of it, and put back.
    publish(post, now, now + DAY, now + 2 * HOUR, Duty(post, bob, now + 2 * HOUR, now + 8 * HOUR))
    duty.refresh_from_db()
    assert (duty.ended_at, duty.checked_in_at) == (now + 2 * HOUR, now + HOUR / 2)
    assert standing(city, now + 3 * HOUR) == (bob,)
    publish(post, now, now + DAY, now + 4 * HOUR, first)
    assert standing(city, now + 5 * HOUR) == (alice,)
    duties_withdraw(actor=CHIEF, post_ids=[post], since=now, until=now + DAY, now=now + 6 * HOUR)
    assert standing(city, now + 7 * HOUR) == (alice, bob)
    assert not queries.on_duty([post], now + 7 * HOUR)


def test_on_duty_at_a_post_one_has_its_rights_and_only_then(city: City, post: UUID, now: datetime) -> None:
    gina = services.person_add(actor=OPERATOR, username="gina", display_name="Gina", now=now)
    publish(post, now, now + DAY, now, Duty(post, gina.id, now + HOUR, now + 2 * HOUR))
    roles = [queries.actor_of(gina, now + moved).roles for moved in (HOUR / 2, HOUR, 2 * HOUR)]
    assert roles == [frozenset(), {"village_officer"}, frozenset()]
    # Who holds the post and is on duty there has its rights once.
    publish(post, now, now + DAY, now, Duty(post, city.people["alice"], now, now + HOUR))
    assert len(city.actor("alice").grants) == 1


def test_an_agencys_people_off_duty_are_left_in_peace_unless_nobody_is_on(city: City, now: datetime) -> None:
    dan, dora = city.people["dan"], city.people["dora"]
    agency = city.agencies["government/441302001"]
    desk = Holding.objects.get(person_id=dan).post_id
    publish(desk, now, now + DAY, now, Duty(desk, dora, now, now + HOUR))
    assert queries.people_of_agencies([agency], now) == {agency: [dora]}
    assert queries.people_of_agencies([agency], now + HOUR) == {agency: [dan, dora]}


def test_what_is_refused(city: City, post: UUID, now: datetime) -> None:
    alice = city.people["alice"]
    duty = Duty(post, alice, now + 5 * HOUR, now + 9 * HOUR)
    for name in ("alice", "olga", "adam"):
        with pytest.raises(NotPermitted):
            duties_replace(actor=city.actor(name), post_ids=[post], since=now, until=now + DAY, duties=[], now=now)
    with pytest.raises(InputInvalid):
        publish(post, now - DAY, now, now, duty)
    with pytest.raises(InputInvalid):
        publish(post, now, now + DAY, now, duty._replace(post_id=city.response_id))
    with pytest.raises(NotFound):
        publish(city.response_id, now, now + DAY, now)
    publish(post, now, now + DAY, now, duty)
    row = DutyTime.objects.get()
    with pytest.raises(NotPermitted):
        duty_check_in(actor=city.actor("olga"), duty_id=row.id, now=now + 5 * HOUR)
    for moved in (3 * HOUR, 9 * HOUR):
        with pytest.raises(NotOnDuty):
            duty_check_in(actor=CHIEF, duty_id=row.id, now=now + moved)
    assert connection.in_atomic_block and DutyTime.objects.get().checked_in_at is None
