"""A drill from the call to its end: who is tested, on which channels, who answers, and who may do what."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.core import mail
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from tests.conftest import OPERATOR, START, City
from wangge import engine
from wangge.duties.drills import queries
from wangge.duties.drills.links import secret_of
from wangge.duties.drills.models import Drill, DrillTest
from wangge.duties.drills.services import drill_answer, drill_call, drill_end, link_answer, link_view
from wangge.ground.accounts import services as accounts
from wangge.ground.accounts.duty import Duty, duties_replace
from wangge.ground.accounts.models import Holding, Person
from wangge.ground.areas.tree import tree
from wangge.ground.journal.models import Event
from wangge.ground.kernel.permission import system_actor
from wangge.ground.kernel.problems import (
    DrillEmpty,
    DrillLinkUnknown,
    DrillOver,
    DrillRunning,
    InputInvalid,
    NotFound,
    NotPermitted,
)
from wangge.spine.messaging.models import Delivery
from wangge.spine.messaging.services import Notice, notify_many, send_due

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
TOWN, VILLAGE = "441302001", "441302001001"
SENDER = system_actor("test", "delivery.send")


def call(city: City, who: str = "dan", area: str = TOWN, minutes: int = 30, now: datetime = START) -> Drill:
    return drill_call(actor=city.actor(who), area_id=city.area(area), minutes=minutes, now=now)


def those_tested(drill: Drill) -> dict[str, set[str]]:
    """The channels of each person by name."""
    found: dict[str, set[str]] = {}
    for name, channel in drill.tests.values_list("person__username", "channel"):
        found.setdefault(name, set()).add(channel)
    return found


def mailed(name: str, address: str = "mail@example.org") -> None:
    Person.objects.filter(username=name).update(email=address)


@pytest.fixture
def by_mail(settings: Any) -> None:
    settings.EMAIL_HOST = "mail.test"


def program(city: City) -> UUID:
    """A program with a post of its own and an address that is called."""
    made = accounts.person_add(
        actor=OPERATOR,
        username="hotel",
        display_name="旅业系统",
        is_program=True,
        webhook_url="http://x.test",
        now=START,
    )
    post = accounts.post_open(
        actor=OPERATOR, name="对接", role="lodging_client", area_id=city.area(TOWN), now=START - HOUR,
        agency_id=city.agencies[f"government/{TOWN}"],
    )  # fmt: skip
    accounts.post_hold(actor=OPERATOR, post_id=post.id, person_id=made.id, now=START - HOUR)
    return made.id


def test_everyone_on_duty_below_is_tested_on_every_channel_and_no_program(city: City, by_mail: None) -> None:
    program(city)
    mailed("alice")
    drill = call(city)
    assert those_tested(drill) == {
        "alice": {"inapp", "smtp"},
        **{name: {"inapp"} for name in ("bob", "carol", "dan", "dora", "hana", "paul")},
    }
    rows = Delivery.objects.filter(subject_id=drill.id)
    assert rows.count() == 8 and all(row.exercise and row.template == "drill_test" for row in rows)
    [event] = Event.objects.filter(type="drill.called")
    assert event.exercise and event.data == {"people": 7, "tests": 8, "until": (START + 30 * MINUTE).isoformat()}


def test_where_a_roster_is_in_force_only_those_on_duty_are_those_tested(city: City) -> None:
    alice, bob = city.people["alice"], city.people["bob"]
    post = Holding.objects.get(person_id=alice).post_id
    window = {"since": START, "until": START + 10 * HOUR, "now": START}
    duties_replace(
        actor=system_actor("test", "roster.publish"), post_ids=[post],
        duties=[Duty(post, bob, START, START + 5 * HOUR)], **window,
    )  # fmt: skip
    assert set(those_tested(call(city, area=VILLAGE))) == {"bob", "carol"}
    drill_end(actor=city.actor("dan"), drill_id=Drill.objects.get().id, now=START + MINUTE)
    assert set(those_tested(call(city, area=VILLAGE, now=START + 6 * HOUR))) == {"carol"}
    assert alice not in dict.fromkeys(DrillTest.objects.values_list("person_id", flat=True))


def test_many_people_are_as_many_statements_as_few(city: City, django_assert_num_queries: Any) -> None:
    actor, where = city.actor("dan"), city.area(VILLAGE)
    tree().descendants(where)  # the areas are in memory
    with CaptureQueriesContext(connection) as few:
        drill = drill_call(actor=actor, area_id=where, minutes=30, now=START)
    drill_end(actor=actor, drill_id=drill.id, now=START + MINUTE)
    post = Holding.objects.get(person_id=city.people["alice"]).post_id
    for number in range(60):
        made = accounts.person_add(actor=OPERATOR, username=f"v{number}", display_name="V", now=START - HOUR)
        accounts.post_hold(actor=OPERATOR, post_id=post, person_id=made.id, now=START - HOUR)
    with django_assert_num_queries(len(few)):
        drill = drill_call(actor=actor, area_id=where, minutes=30, now=START + 2 * MINUTE)
    with django_assert_num_queries(2):
        assert len(queries.results(drill, actor)) == 63


def test_an_answer_proves_its_own_channel_once(city: City, by_mail: None, settings: Any) -> None:
    mailed("alice")
    drill = call(city)
    send_due(actor=SENDER, now=START + 5 * timedelta(seconds=1))
    [message] = mail.outbox
    assert "【演练】" in message.subject and "不是真实任务" in message.body
    test = drill.tests.get(person__username="alice", channel="smtp")
    secret = message.body.rsplit("/r/", 1)[1].strip()
    assert secret == secret_of(test.id) and secret not in str(list(Delivery.objects.values()))
    assert secret not in str(list(DrillTest.objects.values()))
    assert link_view(secret=secret, now=START + MINUTE).answered_at is None
    assert not DrillTest.objects.filter(answered_at__isnull=False).exists()  # looking answers nothing
    answered = START + 65 * timedelta(seconds=1)
    assert link_answer(secret=secret, now=answered) == answered
    assert link_answer(secret=secret, now=answered + MINUTE) == answered  # a second click changes nothing
    [event] = Event.objects.filter(type="drill.answered")
    assert event.exercise and event.data == {"test": str(test.id), "channel": "smtp", "seconds": 60}
    assert event.area_id == city.area(VILLAGE) and event.subject_id == drill.id
    [alice] = [one for one in queries.results(drill, city.actor("dan")) if one.name == "Alice"]
    assert {one.channel: (one.state, one.seconds) for one in alice.answers} == {
        "inapp": ("sent", None),
        "smtp": ("answered", 60),
    }
    with pytest.raises(DrillLinkUnknown):
        link_answer(secret="x" * 24, now=answered)


def test_an_answer_in_the_inbox_is_only_ones_own(city: City) -> None:
    drill = call(city)
    test = drill.tests.get(person__username="alice")
    with pytest.raises(NotFound):
        drill_answer(actor=city.actor("bob"), test_id=test.id, now=START + MINUTE)
    assert drill_answer(actor=city.actor("alice"), test_id=test.id, now=START + MINUTE) == START + MINUTE
    assert queries.own_tests(city.people["alice"], [test.id], START) == {test.id: START + MINUTE}
    assert queries.own_tests(city.people["bob"], [test.id], START) == {}


def test_after_the_end_nothing_is_answered_and_nothing_more_is_sent(
    city: City, by_mail: None, settle: Callable[[datetime], None]
) -> None:
    mailed("alice")
    drill = call(city)
    late = START + 30 * MINUTE
    secret = secret_of(drill.tests.get(person__username="alice", channel="smtp").id)
    assert link_view(secret=secret, now=late).over
    with pytest.raises(DrillOver):
        link_answer(secret=secret, now=late)
    with pytest.raises(DrillOver):
        drill_end(actor=city.actor("dan"), drill_id=drill.id, now=late)
    assert engine.drills_due(actor=engine.ENGINE, now=late) == 1 == Drill.objects.filter(closed_at=late).count()
    assert engine.drills_due(actor=engine.ENGINE, now=late + MINUTE) == 0
    settle(late)
    assert mail.outbox == [] and set(Delivery.objects.values_list("state", flat=True)) == {"failed"}
    [event] = Event.objects.filter(type="drill.ended")
    assert event.data == {"people": 7, "answered": 0, "early": False} and event.exercise


def test_one_at_a_time_where_places_overlap_and_none_where_nobody_is(city: City) -> None:
    first = call(city, area=VILLAGE)
    for who, area in (("dan", TOWN), ("frank", "4413"), ("dan", VILLAGE)):
        with pytest.raises(DrillRunning) as told:
            call(city, who, area)
        assert "东湖" in told.value.sentence()
    call(city, "omar", "441323")  # the next county is another place
    with pytest.raises(DrillEmpty):
        call(city, area="441302001003")
    drill_end(actor=city.actor("dan"), drill_id=first.id, now=START + MINUTE)
    assert call(city, now=START + MINUTE).until == START + 31 * MINUTE
    for minutes in (4, 1441, -1):
        with pytest.raises(InputInvalid) as field:
            call(city, minutes=minutes, now=START + HOUR)
        assert field.value.details["field"] == "minutes"


@pytest.mark.parametrize(("who", "area"), [("olga", TOWN), ("alice", VILLAGE), ("omar", TOWN), ("dan", "441302")])
def test_an_outsider_calls_ends_and_sees_nothing(city: City, who: str, area: str) -> None:
    with pytest.raises(NotPermitted):
        call(city, who, area)
    assert not Drill.objects.exists() and not Delivery.objects.exists()
    drill = call(city, "erin", "441302")
    with pytest.raises(NotPermitted):
        drill_end(actor=city.actor(who), drill_id=drill.id, now=START)
    if who != "dan":
        assert queries.drills(city.actor(who)) == []
        with pytest.raises(NotPermitted):
            queries.drill_seen(drill.id, city.actor(who))


def test_a_town_sees_its_own_part_of_a_drill_of_the_county(city: City) -> None:
    drill = call(city, "erin", "441302")
    [county] = queries.drills(city.actor("erin"))
    [town] = queries.drills(city.actor("dan"))
    assert (town.drill.id, town.people) == (drill.id, 7) and county.people > 7
    assert {one.name for one in queries.results(drill, city.actor("dan"))} < {
        one.name for one in queries.results(drill, city.actor("erin"))
    }
    units = queries.by_unit(drill, queries.results(drill, city.actor("erin")))
    assert sum(one.people for one in units) == county.people and city.area(TOWN) in {one.area_id for one in units}


def test_a_channel_that_fails_says_why_and_the_others_still_count(city: City, by_mail: None, settings: Any) -> None:
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", 1  # nobody listens there
    mailed("alice")
    drill = call(city, minutes=60)
    for minutes in (0, 1, 3, 7, 15, 31):
        send_due(actor=SENDER, now=START + minutes * MINUTE + timedelta(seconds=1))
    drill_answer(actor=city.actor("alice"), test_id=drill.tests.get(person__username="alice", channel="inapp").id,
                 now=START + 10 * MINUTE)  # fmt: skip
    results = queries.results(drill, city.actor("dan"))
    [alice] = [one for one in results if one.name == "Alice"]
    states = {one.channel: (one.state, one.reason) for one in alice.answers}
    assert states["inapp"][0] == "answered" and states["smtp"] == ("failed", "ConnectionRefusedError")
    smtp = next(row for row in queries.by_channel(results) if row.channel == "smtp")
    assert (smtp.tests, smtp.sent, smtp.failed, smtp.answered, smtp.seconds) == (1, 0, 1, 0, None)


def test_who_answered_last(city: City) -> None:
    alice, bob, olga = (city.people[name] for name in ("alice", "bob", "olga"))
    everyone = [alice, bob, olga]
    assert queries.answered_last(everyone, START) == {} == queries.answered_last([], START)
    first = call(city)
    assert queries.answered_last(everyone, START + MINUTE) == {}  # while it runs silence says nothing
    link_answer(secret=secret_of(first.tests.get(person_id=alice).id), now=START + MINUTE)
    assert queries.answered_last(everyone, START + MINUTE) == {alice: True}
    assert queries.answered_last(everyone, START + HOUR) == {alice: True, bob: False}
    second = call(city, now=START + 2 * HOUR)
    assert queries.answered_last(everyone, START + 2 * HOUR + MINUTE) == {alice: True, bob: False}
    link_answer(secret=secret_of(second.tests.get(person_id=bob).id), now=START + 2 * HOUR + MINUTE)
    assert queries.answered_last(everyone, START + 2 * HOUR + MINUTE) == {alice: True, bob: True}
    assert queries.answered_last(everyone, START + 3 * HOUR) == {alice: False, bob: True}


def test_a_real_message_never_waits_behind_a_drill(city: City, by_mail: None) -> None:
    for number, name in enumerate(("alice", "bob", "carol", "hana", "paul", "dora")):
        mailed(name, f"{number}@example.org")
    call(city)
    params = {"number": "4413020200203-001"}
    told = city.people["olga"]
    mailed("olga", "olga@example.org")
    notify_many([Notice(told, "event:1", "matter.push", params, None, False)], now=START + timedelta(seconds=1))
    send_due(actor=SENDER, now=START + timedelta(seconds=2), limit=1)
    assert [message.to for message in mail.outbox] == [["olga@example.org"]]


def at_once(*deeds: Callable[[], Any]) -> list[str]:
    """What came of deeds done at the same moment, by name."""
    start, results = threading.Barrier(len(deeds)), []

    def do(deed: Callable[[], Any]) -> None:
        try:
            start.wait()
            results.append(type(deed()).__name__)
        except Exception as problem:
            results.append(type(problem).__name__)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=do, args=(deed,)) for deed in deeds]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sorted(results)


@pytest.mark.django_db(transaction=True)
def test_two_drills_at_once_are_one(city: City) -> None:
    dan, erin = city.actor("dan"), city.actor("erin")
    said = at_once(
        lambda: drill_call(actor=dan, area_id=city.area(TOWN), minutes=30, now=START),
        lambda: drill_call(actor=erin, area_id=city.area("441302"), minutes=30, now=START),
    )
    assert said == ["Drill", "DrillRunning"]
    assert Drill.objects.count() == 1 == Event.objects.filter(type="drill.called").count()
    assert set(Delivery.objects.values_list("subject_id", flat=True)) == {Drill.objects.get().id}


@pytest.mark.django_db(transaction=True)
def test_two_answers_and_two_ends_at_once_are_one(city: City) -> None:
    drill = call(city)
    secret = secret_of(drill.tests.get(person__username="alice").id)
    answers = [lambda at=at: link_answer(secret=secret, now=START + at * MINUTE) for at in (1, 2)]
    assert at_once(*answers) == ["datetime", "datetime"]
    assert Event.objects.filter(type="drill.answered").count() == 1
    erin, frank = city.actor("erin"), city.actor("frank")
    late = START + 5 * MINUTE
    said = at_once(*(lambda who=who: drill_end(actor=who, drill_id=drill.id, now=late) for who in (erin, frank)))
    assert said == ["DrillOver", "NoneType"] and Event.objects.filter(type="drill.ended").count() == 1
