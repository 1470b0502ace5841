"""Rights come with a post and end with it; who stands for an area is told in the order of posts."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.db import connection

from tests.conftest import OPERATOR, City
from wangge.ground.accounts import queries, services
from wangge.ground.accounts.models import Holding, Person, Post
from wangge.ground.areas import importer
from wangge.ground.areas.permission import may, require
from wangge.ground.areas.services import management_import
from wangge.ground.journal.models import Event
from wangge.ground.kernel.ids import new_id
from wangge.ground.kernel.problems import InputInvalid, NotFound, NotPermitted

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)


@pytest.fixture
def gina(city: City, now: datetime) -> UUID:
    return services.person_add(actor=OPERATOR, username="gina", display_name="Gina", now=now).id


@pytest.fixture
def post(city: City, now: datetime) -> UUID:
    """A second officer's post in 新建社区, where nobody stands yet."""
    return services.post_open(
        actor=OPERATOR, name="新建驻村民警", role="village_officer", area_id=city.area("441302001003"), now=now
    ).id


def roles(person_id: UUID, at: datetime) -> set[str]:
    return set(queries.actor_of(Person.objects.get(id=person_id), at).roles)


def hold(post: UUID, person: UUID, now: datetime, **more: object) -> Holding:
    return services.post_hold(actor=OPERATOR, post_id=post, person_id=person, now=now, **more)  # type: ignore[arg-type]


def test_rights_begin_and_end_with_the_days_of_the_post(post: UUID, gina: UUID, now: datetime) -> None:
    hold(post, gina, now, since=now + DAY, until=now + 3 * DAY)
    assert [bool(roles(gina, now + moved)) for moved in (DAY - SECOND, DAY, 3 * DAY - SECOND, 3 * DAY)] == [
        False, True, True, False,
    ]  # fmt: skip


def test_rights_end_with_the_post_itself(post: UUID, gina: UUID, now: datetime) -> None:
    hold(post, gina, now)
    Post.objects.filter(id=post).update(until=now + DAY)
    assert roles(gina, now + DAY - SECOND) == {"village_officer"}
    assert roles(gina, now + DAY) == set()


def test_who_is_no_longer_active_has_no_rights(post: UUID, gina: UUID, now: datetime) -> None:
    hold(post, gina, now)
    Person.objects.filter(id=gina).update(is_active=False)
    assert roles(gina, now) == set()


def test_rights_of_a_village_end_at_its_edge(city: City, now: datetime) -> None:
    alice, erin = city.actor("alice"), city.actor("erin")
    verb = next(iter(alice.grants[0].verbs))
    assert may(alice, verb, city.area("441302001001"))
    for other in ("441302001003", "441302001", "441323001001"):
        with pytest.raises(NotPermitted):
            require(alice, verb, city.area(other))
    county = next(iter(erin.grants[0].verbs))
    assert may(erin, county, city.area("441302001001")) and not may(erin, county, city.area("441323001001"))
    assert not may(erin, county, None)


def test_rights_are_read_in_one_query(city: City, django_assert_num_queries: object, now: datetime) -> None:
    alice = city.person("alice")
    with django_assert_num_queries(1):  # type: ignore[operator]
        queries.actor_of(alice, now)


def test_leaving_ends_rights_at_once_even_where_a_later_end_was_planned(post: UUID, gina: UUID, now: datetime) -> None:
    for until in (None, now + 9 * DAY):
        holding = hold(post, gina, now, until=until)
        left = now + DAY
        services.post_leave(actor=OPERATOR, holding_id=holding.id, now=left)
        assert roles(gina, left - SECOND) and not roles(gina, left)
        before = Event.objects.filter(type="post.left").count()
        services.post_leave(actor=OPERATOR, holding_id=holding.id, now=left + DAY)
        assert Event.objects.filter(type="post.left").count() == before
        assert Holding.objects.get(id=holding.id).until == left
        Holding.objects.filter(id=holding.id).delete()


def test_who_leaves_before_the_first_day_never_begins(post: UUID, gina: UUID, now: datetime) -> None:
    holding = hold(post, gina, now, since=now + DAY)
    services.post_leave(actor=OPERATOR, holding_id=holding.id, now=now)
    assert roles(gina, now + 2 * DAY) == set()
    assert [event.type for event in Event.objects.filter(subject_id=post).order_by("id")][-2:] == [
        "post.held",
        "post.left",
    ]


def test_nobody_holds_a_post_twice_at_a_time_but_may_come_back(post: UUID, gina: UUID, now: datetime) -> None:
    first = hold(post, gina, now)
    with pytest.raises(InputInvalid):
        hold(post, gina, now + DAY)
    services.post_leave(actor=OPERATOR, holding_id=first.id, now=now + DAY)
    hold(post, gina, now + 2 * DAY)
    assert [bool(roles(gina, now + moved * DAY)) for moved in (0, 1, 2)] == [True, False, True]


def test_what_does_not_exist_is_named(city: City, post: UUID, gina: UUID, now: datetime) -> None:
    village = city.area("441302001001")
    for refused in (
        lambda: hold(post, new_id(), now),
        lambda: hold(new_id(), gina, now),
        lambda: services.post_leave(actor=OPERATOR, holding_id=new_id(), now=now),
        lambda: services.post_open(actor=OPERATOR, name="x", role="no_role", area_id=village, now=now),
        lambda: services.post_open(
            actor=OPERATOR, name="x", role="village_officer", area_id=village, agency_id=new_id(), now=now
        ),
        lambda: services.token_issue(actor=OPERATOR, person_id=new_id(), name="x", now=now),
    ):
        with pytest.raises(NotFound):
            refused()
    with pytest.raises(InputInvalid):
        hold(post, gina, now, since=now, until=now)
    connection.check_constraints()


def test_an_outsider_manages_nobody(city: City, post: UUID, gina: UUID, now: datetime) -> None:
    holding = hold(post, gina, now)
    for outsider in (city.actor("olga"), city.actor("alice"), city.actor("erin")):
        for refused in (
            lambda actor=outsider: services.person_add(actor=actor, username="x", display_name="X", now=now),
            lambda actor=outsider: services.post_hold(actor=actor, post_id=post, person_id=gina, now=now),
            lambda actor=outsider: services.post_leave(actor=actor, holding_id=holding.id, now=now),
            lambda actor=outsider: services.password_set(actor=actor, person_id=gina, password="long-long-8", now=now),
            lambda actor=outsider: services.token_issue(actor=actor, person_id=gina, name="x", now=now),
        ):
            with pytest.raises(NotPermitted):
                refused()
    assert Holding.objects.get(id=holding.id).until is None


def test_holders_stand_before_deputies_and_older_posts_before_newer(
    city: City, post: UUID, gina: UUID, now: datetime
) -> None:
    village, other = city.area("441302001001"), city.area("441302001003")
    hold(post, gina, now)
    newer = services.post_open(
        actor=OPERATOR, name="东湖二岗", role="village_officer", area_id=village, now=now + SECOND
    )
    found = queries.standings([village, other], "responsible", now + SECOND)
    assert [standing.people for standing in found[village]] == [
        (city.people["alice"], city.people["bob"]), (),
    ]  # fmt: skip
    assert found[village][1].post_id == newer.id
    assert [standing.people for standing in found[other]] == [(gina,)]
    assert newer.id not in [standing.post_id for standing in queries.standings([village], "responsible", now)[village]]
    Person.objects.filter(id=city.people["alice"]).update(is_active=False)
    assert queries.standings([village], "responsible", now)[village][0].people == (city.people["bob"],)


def test_the_nearest_agency_is_the_one_that_covers_with_the_fewest_steps(city: City) -> None:
    village, far = city.area("441302001001"), city.area("441323001001")
    assert queries.agencies_for("police", [village]) == {village: city.agencies["police/441302001"]}
    assert queries.agencies_for("market", [village, far]) == {village: city.agencies["market/441302"]}
    assert queries.agencies_for("village", [village]) == {village: city.agencies["village/441302001001"]}
    assert queries.agencies_for("no_kind", [village]) == {}


def test_stations_and_districts_count_as_near_as_they_are(city: City, now: datetime) -> None:
    rows = (
        "code,level,name,parent_code,member_codes\n"
        "441302-D1,district,大亚湾区,4413,441302001\n"
        "441302001-P1,station,桥东派出所,441302,441302001001\n"
    )
    management_import(actor=OPERATOR, preview=importer.preview_management(rows.encode()), now=now)
    district, station = city.area("441302-D1"), city.area("441302001-P1")
    made = {
        (kind, area): services.agency_ensure(actor=OPERATOR, kind=kind, name="x", area_id=area).id
        for kind, area in (("police", station), ("government", district), ("market", district))
    }
    village, beside = city.area("441302001001"), city.area("441302001003")
    # As near as the town, but it is the station that polices the village; the village beside has none.
    assert queries.agencies_for("police", [village, beside]) == {
        village: made["police", station],
        beside: city.agencies["police/441302001"],
    }
    # The town is nearer than the district that manages it; where county and district are as near, the district is it.
    assert queries.agencies_for("government", [village]) == {village: city.agencies["government/441302001"]}
    assert queries.agencies_for("market", [village]) == {village: made["market", district]}


def test_an_agencys_people_are_those_in_force_holders_first(city: City, now: datetime) -> None:
    town = city.agencies["government/441302001"]
    assert queries.people_of_agencies([town], now)[town] == [city.people["dan"], city.people["dora"]]
    Post.objects.filter(agency_id=town).update(until=now)
    assert queries.people_of_agencies([town], now) == {}
