"""A roster from the draft to those who are told: made, changed by hand, published, swapped, mended in illness."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from tests.conftest import OPERATOR, START, City, huizhou_pack
from wangge import engine
from wangge.duties.rosters.models import Leave, Roster, RosterSeat, Search
from wangge.duties.rosters.queries.making import case_of
from wangge.duties.rosters.queries.showing import burdens, duties_for, rosters, swaps_for, week_of
from wangge.duties.rosters.queries.stepping import candidates
from wangge.duties.rosters.rules.broken import broken
from wangge.duties.rosters.rules.ledger import why_empty
from wangge.duties.rosters.rules.words import why_nobody
from wangge.duties.rosters.services import editing, leaving, making, searching, swapping
from wangge.duties.rosters.solving import run_search
from wangge.ground.accounts import queries as accounts
from wangge.ground.accounts import services as account_services
from wangge.ground.accounts.models import DutyTime, Holding
from wangge.ground.journal.models import Event
from wangge.ground.kernel.problems import (
    InputInvalid,
    NotPermitted,
    RosterChanged,
    RosterEmpty,
    RosterOverlaps,
    RosterPast,
    RosterRuleBroken,
    RosterSearching,
    SwapOver,
)
from wangge.ground.responses.packs.rosters import NeedDef
from wangge.ground.responses.services import pack_load, response_change_pack
from wangge.spine.messaging.models import Delivery

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
MONDAY = date(2020, 2, 3)


def make(city: City, who: str = "dan", since: date = MONDAY, days: int = 7, now: datetime = START) -> Roster:
    """The roster of the town for a week: its desk around the clock, its officers by day."""
    return making.roster_make(
        actor=city.actor(who),
        response_id=city.response_id,
        unit_id=city.area("441302001"),
        since=since,
        days=days,
        pattern="two",
        now=now,
    )


def publish(city: City, roster: Roster, now: datetime = START) -> None:
    roster.refresh_from_db()
    making.roster_publish(actor=city.actor("dan"), roster_id=roster.id, version=roster.version, now=now)
    roster.refresh_from_db()


def seat_of(roster: Roster, person: UUID | None, after: datetime = START) -> RosterSeat:
    return RosterSeat.objects.filter(roster=roster, person_id=person, since__gt=after).order_by("since")[0]


def test_a_draft_is_filled_at_once_and_touches_nobody_until_it_is_published(city: City) -> None:
    roster = make(city)
    case = case_of(roster, START)
    assert {case.names[person] for person in case.people} == {"Alice", "Bob", "Dan", "Dora"}
    assert broken(case.problem, case.filled) == []
    # Two at the desk can fill five of its fourteen shifts each; the village has its officer or the deputy by day.
    assert case.filled and max(one.hours for one in burdens(case)) <= 60
    assert [(one.id, all_ > empty > 0) for one, all_, empty in rosters(city.actor("dan"))] == [(roster.id, True)]
    assert rosters(city.actor("olga")) == [] and not DutyTime.objects.exists()
    with pytest.raises(RosterOverlaps):
        make(city, since=MONDAY + 3 * DAY)
    publish(city, roster)
    village, tonight = city.area("441302001001"), START + 13 * HOUR
    assert accounts.standings([village], "responsible", tonight)[village][0].people == ()
    desk = accounts.standings([city.area("441302001")], "desk", START + DAY)[city.area("441302001")][0]
    assert len(desk.people) == 1
    publish(city, roster)  # twice changes nothing
    told = Event.objects.filter(type="roster.published")
    assert told.count() == 1 and set(told[0].data) == {"seats", "empty", "changed"}


def test_what_is_refused(city: City) -> None:
    for name in ("alice", "olga"):
        with pytest.raises(NotPermitted):
            make(city, name)
    with pytest.raises(InputInvalid) as past:
        make(city, since=MONDAY - 9 * DAY)
    assert past.value.details["field"] == "since" and "2020-01-25 至 2020-01-31" in past.value.sentence("zh")
    with pytest.raises(RosterEmpty):
        making.roster_make(
            actor=OPERATOR_FOR_ALL, response_id=city.response_id, unit_id=city.area("441302100"),
            since=MONDAY, days=7, pattern="two", now=START,
        )  # fmt: skip
    roster = make(city)
    with pytest.raises(NotPermitted):
        making.roster_publish(actor=city.actor("omar"), roster_id=roster.id, version=roster.version, now=START)
    with pytest.raises(RosterChanged):
        making.roster_publish(actor=city.actor("dan"), roster_id=roster.id, version=99, now=START)
    with pytest.raises(RosterPast):
        making.roster_publish(actor=city.actor("dan"), roster_id=roster.id, version=1, now=START + 9 * DAY)


OPERATOR_FOR_ALL = engine.system_actor("test", "roster.manage")


def test_a_change_by_hand_says_which_rule_it_breaks_and_follows_at_once_where_published(city: City) -> None:
    roster = make(city)
    publish(city, roster)
    dan, dora, alice = (city.people[name] for name in ("dan", "dora", "alice"))
    seat = seat_of(roster, dan)
    other = candidates(case_of(roster, START), seat.id)
    assert next(one.name for one in other if one.why is None) in {"Dan", "Dora"}

    def assign(person: UUID | None, seat: RosterSeat = seat) -> None:
        roster.refresh_from_db()
        editing.seat_assign(
            actor=city.actor("dan"), seat_id=seat.id, person_id=person, version=roster.version, now=START
        )

    free = RosterSeat.objects.filter(roster=roster, person=None, since__gt=START).order_by("since")
    refused = []
    for empty in free:
        with pytest.raises(RosterRuleBroken) as problem:
            assign(dan, empty)
        refused.append(problem.value.sentence("zh"))
    assert any("Dan" in sentence and "小时" in sentence for sentence in refused), refused
    assign(None)
    assert not DutyTime.objects.filter(person_id=dan, since=seat.since).exists()
    assign(dan)
    assert DutyTime.objects.filter(person_id=dan, since=seat.since).exists()
    with pytest.raises(RosterChanged):
        editing.seat_assign(actor=city.actor("dan"), seat_id=seat.id, person_id=None, version=1, now=START)
    with pytest.raises(NotPermitted):
        editing.seat_assign(actor=city.actor("olga"), seat_id=seat.id, person_id=alice, version=1, now=START)
    with pytest.raises(RosterRuleBroken):
        assign(city.people["olga"])
    assert dora


def test_a_fixed_seat_is_given_away_by_hand_against_no_other_rule(city: City) -> None:
    roster = make(city)
    dan, dora = city.people["dan"], city.people["dora"]
    seat = seat_of(roster, dan)

    def assign(person: UUID | None, fixed: bool = False) -> None:
        roster.refresh_from_db()
        upon: dict[str, Any] = {"actor": city.actor("dan"), "version": roster.version, "now": START, "fixed": fixed}
        editing.seat_assign(seat_id=seat.id, person_id=person, **upon)

    assign(dan, fixed=True)
    Leave.objects.create(person_id=dora, since=seat.since - DAY, until=seat.until + DAY, entered_at=START)
    with pytest.raises(RosterRuleBroken) as refused:
        assign(dora)
    assert "请假" in refused.value.sentence("zh")
    Leave.objects.all().delete()
    RosterSeat.objects.filter(roster=roster, person_id=dora).update(person=None)
    assign(dora)
    seat.refresh_from_db()
    assert (seat.person_id, seat.fixed) == (dora, False)


def test_somebody_falls_ill_and_who_may_step_in_is_said_best_first(city: City) -> None:
    roster = make(city)
    publish(city, roster)
    alice, bob = city.people["alice"], city.people["bob"]
    ill = alice if RosterSeat.objects.filter(roster=roster, person_id=alice, since__gt=START).exists() else bob
    name = "alice" if ill == alice else "bob"
    held = RosterSeat.objects.filter(roster=roster, person_id=ill, since__gt=START).count()
    leave = leaving.leave_enter(
        actor=city.actor(name), unit_id=roster.area_id, person_id=ill, since=START, until=START + 7 * DAY,
        sick=True, now=START,
    )  # fmt: skip
    freed = leave.freed
    assert len(freed) >= held > 0 and not DutyTime.objects.filter(person_id=ill, since__gt=START).exists()
    coming = RosterSeat.objects.filter(id__in=freed, since__gt=START).order_by("since")[0]
    found = candidates(case_of(roster, START), coming.id)
    assert found[0].why is None and found[0].own_post
    assert next(one for one in found if one.person_id == ill).why == ("这段时间请假", "is on leave then")
    with pytest.raises(NotPermitted):
        leaving.leave_enter(
            actor=city.actor("olga"), unit_id=roster.area_id, person_id=bob, since=START, until=START + DAY,
            sick=True, now=START,
        )  # fmt: skip


def test_a_swap_is_asked_accepted_and_approved(city: City) -> None:
    roster = make(city)
    publish(city, roster)
    alice, bob = city.people["alice"], city.people["bob"]
    seat = RosterSeat.objects.filter(roster=roster, person_id__in=[alice, bob], since__gt=START).order_by("since")[0]
    giver, taker = ("alice", "bob") if seat.person_id == alice else ("bob", "alice")
    with pytest.raises(NotPermitted):
        swapping.swap_ask(actor=city.actor(taker), seat_id=seat.id, colleague_id=city.people[taker], now=START)
    swap = swapping.swap_ask(actor=city.actor(giver), seat_id=seat.id, colleague_id=city.people[taker], now=START)
    with pytest.raises(SwapOver):
        swapping.swap_ask(actor=city.actor(giver), seat_id=seat.id, colleague_id=city.people[taker], now=START)
    assert [one.to_answer for one in swaps_for(city.actor(taker), START)] == [True]
    with pytest.raises(NotPermitted):
        swapping.swap_answer(actor=city.actor(giver), swap_id=swap.id, yes=True, now=START)
    assert swapping.swap_answer(actor=city.actor(taker), swap_id=swap.id, yes=True, now=START) == "accepted"
    with pytest.raises(NotPermitted):
        swapping.swap_answer(actor=city.actor(taker), swap_id=swap.id, yes=True, now=START)
    assert swapping.swap_answer(actor=city.actor("dan"), swap_id=swap.id, yes=True, now=START) == "approved"
    assert DutyTime.objects.get(post_id=seat.post_id, since=seat.since).person_id == city.people[taker]
    assert seat.since in [one.since for one in duties_for(city.people[taker], START)]
    with pytest.raises(SwapOver):
        swapping.swap_answer(actor=city.actor("dan"), swap_id=swap.id, yes=False, now=START)
    assert Delivery.objects.filter(template="roster_swap").exists()


def test_a_search_shows_how_far_it_is_writes_what_it_finds_and_is_the_only_one_to_change_seats(city: City) -> None:
    village = Holding.objects.get(person_id=city.people["alice"]).post_id
    account_services.post_hold(actor=OPERATOR, post_id=village, person_id=city.people["carol"], now=START)
    roster = make(city)
    RosterSeat.objects.filter(roster=roster, since__gt=START + 2 * DAY).update(person=None)
    search = searching.search_ask(
        actor=city.actor("dan"), roster_id=roster.id, version=roster.version, seconds=2, now=START
    )
    with pytest.raises(RosterSearching):
        publish(city, roster)
    assert searching.search_claim(search.id, START) and not searching.search_claim(search.id, START)
    run_search(search.id, lambda: START)
    search.refresh_from_db()
    case = case_of(Roster.objects.get(id=roster.id), START)
    assert (search.state, broken(case.problem, case.filled)) == ("done", [])
    assert [len(row) for row in search.found] == [4, 4] and search.better > 0
    assert all(filled <= most <= wanted for _, filled, most, wanted in search.found)
    publish(city, roster)
    # One that has fallen silent is over; one that waits can be stopped before it begins.
    stale = searching.search_ask(
        actor=city.actor("dan"), roster_id=roster.id, version=roster.version, seconds=1, now=START
    )
    searching.search_claim(stale.id, START)
    assert searching.searches_due(actor=engine.ENGINE, now=START + HOUR) == 1
    waiting = searching.search_ask(
        actor=city.actor("dan"), roster_id=roster.id, version=roster.version, seconds=1, now=START
    )
    searching.search_stop(actor=city.actor("dan"), roster_id=roster.id, now=START)
    states = dict(Search.objects.values_list("id", "state"))
    assert (states[stale.id], states[waiting.id]) == ("broken", "stopped")


def test_a_week_is_read_by_post_and_by_person_in_three_questions(city: City, django_assert_num_queries) -> None:
    roster = make(city)
    with django_assert_num_queries(3):
        week = week_of(roster, MONDAY, "post")
    assert len(week.days) == 7 and sum(len(cell) for _, _, row in week.rows for cell in row) == roster.seats.count()
    assert {name for _, name, _ in week_of(roster, MONDAY, "person").rows} >= {"Dan", "Dora", ""}


def with_needs(city: City, *needs: NeedDef) -> None:
    """The running response with other needs in its pack."""
    pack = huizhou_pack()
    assert pack.rosters is not None
    rosters_ = pack.rosters.model_copy(update={"needs": needs})
    changed = pack.model_copy(update={"version": "99", "rosters": rosters_})
    kept = pack_load(actor=OPERATOR, pack=changed, now=START)
    response_change_pack(actor=OPERATOR, response_id=city.response_id, pack_id=kept.id, now=START)


def test_what_the_needs_ask_in_vain_is_said_at_each_seat_and_the_rest_is_filled(city: City) -> None:
    with_needs(
        city,
        NeedDef(role="duty_desk"),
        NeedDef(role="duty_desk", skills=("driver",)),  # a second one at the same post, which nobody can be
        NeedDef(role="duty_desk", agency="transport"),
        NeedDef(role="village_officer", rank=2, night=False),
    )
    roster = make(city)
    case = case_of(roster, START)
    assert broken(case.problem, case.filled) == []
    seats = RosterSeat.objects.filter(roster=roster, since__gt=START)
    assert seats.exclude(person=None).exists()
    desk = seats.filter(agency="", shift="day", post__role="duty_desk").order_by("since", "number")
    assert list(desk.values_list("number", flat=True)[:4]) == [1, 2, 1, 2]
    ledger = case.ledger()
    said = {
        (seat.agency, *seat.skills): why_nobody(why_empty(ledger, number), len(case.people))[0]
        for number, seat in enumerate(case.seats)
        if seat.person_id is None and seat.rank == 1
    }
    assert "4 人不属于所需单位" in said["transport",] and "人不具备所需职务或技能" in said["", "driver"]
    with_needs(city, NeedDef(role="village_officer", night=False), NeedDef(role="duty_desk", night=False))
    with pytest.raises(InputInvalid) as nothing:
        making.roster_make(
            actor=city.actor("dan"), response_id=city.response_id, unit_id=city.area("441302001"),
            since=MONDAY + 14 * DAY, days=7, pattern="whole", now=START,
        )  # fmt: skip
    assert nothing.value.details["field"] == "pattern" and "只有夜班" in nothing.value.sentence("zh")


def test_two_searches_run_at_once_and_a_third_waits(city: City) -> None:
    searches = []
    for week in range(3):
        roster = make(city, since=MONDAY + week * 7 * DAY)
        searches.append(
            searching.search_ask(
                actor=city.actor("dan"), roster_id=roster.id, version=roster.version, seconds=9, now=START
            )
        )
    assert all(searching.search_claim(search.id, START) for search in searches[:2])
    assert searching.searches_due(actor=engine.ENGINE, now=START) == 0
    assert Search.objects.get(id=searches[2].id).state == "waiting"
