"""The day of a unit: who is late is told of, posts hand over, weeks that take too much warn, rosters are withdrawn."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction

from tests.conftest import START, City
from tests.duties.rosters.test_people import TOWN, fixed, of_town
from tests.duties.rosters.test_services import DAY, HOUR, MONDAY, make, publish, seat_of
from wangge import engine
from wangge.duties.rosters.models import Roster, RosterSeat, Swap
from wangge.duties.rosters.queries.handing import standings_of
from wangge.duties.rosters.queries.making import case_of, plan_for
from wangge.duties.rosters.queries.showing import swaps_for, why_withdrawn, works_for
from wangge.duties.rosters.queries.today import Today, unit_today
from wangge.duties.rosters.rules.broken import broken
from wangge.duties.rosters.services import editing, fixing, handing, leaving, making, swapping
from wangge.ground.accounts import queries as accounts
from wangge.ground.accounts.duty import duties_late, duty_check_in
from wangge.ground.accounts.models import DutyTime, Holding
from wangge.ground.journal.models import Event
from wangge.ground.kernel.clock import LOCAL
from wangge.ground.kernel.problems import (
    HandoverOwn,
    HandoverTaken,
    InputInvalid,
    NotPermitted,
    RosterChanged,
    RosterOverlaps,
    RosterPast,
    SwapOver,
)
from wangge.ground.responses.models import VaultField
from wangge.spine.messaging.models import Delivery


def told(template: str) -> list[UUID]:
    """Who was told in the app in these words, in the order of their ids."""
    rows = Delivery.objects.filter(template=template, channel="inapp").order_by("created_at", "id")
    return list(rows.values_list("person_id", flat=True))


def today(city: City, now: datetime) -> Today:
    return unit_today(city.area(TOWN), plan_for(city.response_id), now)


def test_who_does_not_come_is_told_of_once_to_somebody_else_and_stands_on_the_page(
    city: City, settle: Callable[[datetime], None]
) -> None:
    roster = make(city)
    publish(city, roster)
    duty = DutyTime.objects.filter(since__gt=START, post__role="village_officer").order_by("since")[0]
    came = DutyTime.objects.filter(since=duty.since, post__role="duty_desk").first()
    if came:
        duty_check_in(actor=city.actor("erin"), duty_id=came.id, now=duty.since)
    settle(duty.since + timedelta(minutes=14))
    assert told("duty_late") == []
    late = duty.since + timedelta(minutes=16)
    settle(late)
    people = told("duty_late")
    desk = came.person_id if came else city.people["erin"]
    assert people == [desk] and duty.person_id not in people
    [row] = [row for row in today(city, late).duties if row.duty.id == duty.id]
    assert (row.state, row.minutes) == ("missing", 16)
    duty_check_in(actor=city.actor("dan"), duty_id=duty.id, now=late)
    [row] = [row for row in today(city, late).duties if row.duty.id == duty.id]
    assert (row.state, row.minutes) == ("came-late", 16)
    settle(late + HOUR)
    assert told("duty_late") == people and duties_late(actor=engine.ENGINE, now=late + HOUR) == 0
    with pytest.raises(NotPermitted):
        duties_late(actor=city.actor("dan"), now=late)


def test_an_engine_that_stood_still_says_nothing_of_what_is_over(
    city: City, settle: Callable[[datetime], None]
) -> None:
    publish(city, make(city))
    settle(START + 30 * DAY)
    assert told("duty_late") == [] and not Event.objects.filter(type="duty.late").exists()
    assert not DutyTime.objects.filter(late_at__isnull=False).exists()


def test_a_post_is_handed_over_in_sealed_words_and_taken_by_the_next(city: City) -> None:
    roster = make(city)
    publish(city, roster)
    desk = Holding.objects.get(person_id=city.people["dan"]).post_id
    first, second = DutyTime.objects.filter(post_id=desk, since__gt=START).order_by("since")[:2]
    names = {city.people[name]: name for name in ("dan", "dora")}
    going, coming = names[first.person_id], names[second.person_id]
    assert going != coming
    at = first.until - timedelta(minutes=10)

    def hand(who: str, now: datetime = at, notes: str = "三号楼王小明家属13912345678待回电", **more: Any) -> Any:
        return handing.post_hand_over(
            actor=city.actor(who, now), response_id=city.response_id, post_id=desk, notes=notes, now=now, **more
        )

    for who in ("alice", "olga", "erin"):
        with pytest.raises(NotPermitted):
            hand(who)
    with pytest.raises(InputInvalid):
        hand(going, notes=" ")
    handover = hand(going)
    hand(going, record_id=handover.id)
    assert handover.due_at == max(at, second.since) + timedelta(minutes=15)
    assert VaultField.objects.filter(subject_id=handover.id, field="notes").count() == 1
    # Whoever comes next sees it before the start, with long numbers masked, and confirms it.
    [place] = [one for one in standings_of(second.person_id, at) if one.post_id == desk] or [None]
    if second.since - at <= HOUR:
        assert place and place.handovers[0].notes.startswith("三号楼王小明家属139") and "13912345678" not in str(place)
    with pytest.raises(HandoverOwn):
        handing.post_take_over(actor=city.actor(going, at), handover_id=handover.id, now=at)
    with pytest.raises(NotPermitted):
        handing.post_take_over(actor=city.actor("olga", at), handover_id=handover.id, now=at)
    late = second.since + timedelta(minutes=20)
    [row] = today(city, late).handovers
    assert (row.state, row.notes) == ("late", "")  # their supervisor sees whether, not what
    handing.post_take_over(actor=city.actor(coming, late), handover_id=handover.id, now=late)
    with pytest.raises(HandoverTaken):
        handing.post_take_over(actor=city.actor(coming, late), handover_id=handover.id, now=late)
    assert [row.state for row in today(city, late).handovers] == ["taken-late"]
    data = [one.data for one in Event.objects.filter(type__in=["roster.handed_over", "roster.taken_over"])]
    assert [set(one) for one in data] == [{"post", "late"}] * 2


def test_without_a_roster_in_force_holders_hand_over_to_each_other(city: City) -> None:
    village = Holding.objects.get(person_id=city.people["alice"]).post_id
    upon: dict[str, Any] = {"now": START}
    handover = handing.post_hand_over(
        actor=city.actor("alice"), response_id=city.response_id, post_id=village, notes="钥匙在桌上", **upon
    )
    assert handover.due_at is None
    [place] = standings_of(city.people["bob"], START)
    assert [row.state for row in place.handovers] == ["waiting"]
    handing.post_take_over(actor=city.actor("bob"), handover_id=handover.id, **upon)


def test_a_week_past_a_rule_warns_the_desk_once_and_stands_on_its_page(
    city: City, settle: Callable[[datetime], None]
) -> None:
    roster = make(city)
    publish(city, roster)
    settle(START)
    assert told("duty_tired") == []
    seat = seat_of(roster, None)
    taker = next(
        person for person in (city.people["alice"], city.people["bob"])
        if RosterSeat.objects.filter(roster=roster, person_id=person, since__gt=START).exists()
    )  # fmt: skip
    name = "alice" if taker == city.people["alice"] else "bob"
    own = seat_of(roster, taker)
    weekday = own.since.astimezone(LOCAL).weekday()
    night = fixing.FixedDraft("post", (weekday,), time(0), 420, MONDAY)  # up to an hour before a day shift
    fixed(city, name, night)
    settle(START + HOUR)
    supervisors = set(told("duty_tired"))
    assert supervisors and taker not in supervisors
    before = told("duty_tired")
    roster.refresh_from_db()
    editing.seat_assign(
        actor=city.actor("dan"), seat_id=seat.id, person_id=None, version=roster.version, now=START + HOUR
    )
    settle(START + 2 * HOUR)
    assert told("duty_tired") == before
    message = Delivery.objects.filter(template="duty_tired", channel="inapp")[0]
    assert not {"Alice", "Bob"} & set(str(message.params).split()) and "两班之间休息不足" in message.params["what"]
    found = today(city, own.since)
    [row] = [row for row in found.weeks if row.person_id == taker]
    assert "rest" in row.week.over and row.week.rest == 60 and found.weeks[0].week.over
    assert [one.kind for one in works_for(taker, START, days=7) if one.kind] == ["post"]


def test_a_roster_is_withdrawn_with_a_reason_and_put_into_force_again(
    city: City, settle: Callable[[datetime], None]
) -> None:
    roster = make(city)
    publish(city, roster)
    village, tonight = city.area("441302001001"), START + 13 * HOUR
    upon: dict[str, Any] = {"actor": city.actor("dan"), "roster_id": roster.id, "now": START}
    assert accounts.standings([village], "responsible", tonight)[village][0].people == ()
    wrongs: list[tuple[dict[str, Any], type[Exception]]] = [
        ({"reason": "  "}, InputInvalid),
        ({"version": 99}, RosterChanged),
        ({"actor": city.actor("omar")}, NotPermitted),
        ({"now": START + 9 * DAY}, RosterPast),
    ]
    for wrong, problem in wrongs:
        with pytest.raises(problem), transaction.atomic():
            making.roster_withdraw(**{"version": roster.version, "reason": "疫情变化"} | upon | wrong)
    making.roster_withdraw(version=roster.version, reason="王小明报告人手抽调，电话13912345678", **upon)
    roster.refresh_from_db()
    assert roster.state == "withdrawn" and "139******78" in why_withdrawn(roster)
    assert len(accounts.standings([village], "responsible", tonight)[village][0].people) == 2
    assert not DutyTime.objects.filter(since__gt=START).exists() and roster.seats.exclude(person=None).exists()
    settle(START)
    assert city.people["alice"] in told("roster_withdrawn") and city.people["dan"] not in told("roster_withdrawn")
    assert "13912345678" not in str(list(Event.objects.values_list("data", flat=True)))
    with pytest.raises(InputInvalid):
        making.roster_withdraw(version=roster.version, reason="再撤回", **upon)
    with pytest.raises(InputInvalid):
        making.roster_drop(version=roster.version, **upon)
    # Another may be made in its place, and then this one does not come back.
    other = make(city)
    with pytest.raises(RosterOverlaps):
        publish(city, roster)
    making.roster_drop(actor=city.actor("dan"), roster_id=other.id, version=other.version, now=START)
    publish(city, roster)
    assert roster.state == "published" and roster.withdrawn_at is None and why_withdrawn(roster) == ""
    assert DutyTime.objects.filter(since__gt=START).exists()


def test_leave_tells_the_desk_where_to_fill_and_a_withdrawn_or_changed_seat_ends_a_swap(
    city: City, settle: Callable[[datetime], None]
) -> None:
    roster = make(city)
    publish(city, roster)
    alice, bob = city.people["alice"], city.people["bob"]
    pair = {alice: "alice", bob: "bob"}
    seat = RosterSeat.objects.filter(roster=roster, person_id__in=pair, since__gt=START).order_by("since")[0]
    asker, asked = pair[seat.person_id], "bob" if seat.person_id == alice else "alice"
    ask: dict[str, Any] = {"seat_id": seat.id, "colleague_id": city.people[asked], "now": START}
    swap = swapping.swap_ask(actor=city.actor(asker), **ask)
    assert swapping.swap_answer(actor=city.actor(asker), swap_id=swap.id, yes=False, now=START) == "refused"
    swap = swapping.swap_ask(actor=city.actor(asker), **ask)
    swapping.swap_answer(actor=city.actor(asked), swap_id=swap.id, yes=True, now=START)
    approvers = set(Delivery.objects.filter(about=f"swap:{swap.id}:accepted").values_list("person_id", flat=True))
    assert (
        approvers & {city.people["dan"], city.people["dora"], city.people["erin"]} and city.people[asker] in approvers
    )
    assert [one.own for one in swaps_for(city.actor(asker), START)] == [True]
    leave = leaving.leave_enter(
        **of_town(city, asker, person_id=city.people[asker]), since=START, until=START + 3 * DAY, sick=True
    )
    swap.refresh_from_db()
    assert swap.state == "refused" and swaps_for(city.actor("dan"), START) == []
    with pytest.raises(SwapOver):
        swapping.swap_answer(actor=city.actor("dan"), swap_id=swap.id, yes=True, now=START)
    settle(START)
    [message] = Delivery.objects.filter(template="leave_freed", channel="inapp")[:1]
    assert message.params == {"leave": str(leave.id), "freed": len(leave.freed)} and leave.freed


def test_a_swap_that_is_approved_is_not_taken_for_one_that_came_to_nothing(city: City) -> None:
    roster = make(city)
    publish(city, roster)
    alice = city.people["alice"]
    seat = RosterSeat.objects.filter(roster=roster, person_id__in=[alice, city.people["bob"]], since__gt=START)[0]
    asker, asked = ("alice", "bob") if seat.person_id == alice else ("bob", "alice")
    swap = swapping.swap_ask(actor=city.actor(asker), seat_id=seat.id, colleague_id=city.people[asked], now=START)
    for who in (asked, "dan"):
        swapping.swap_answer(actor=city.actor(who), swap_id=swap.id, yes=True, now=START)
    assert Swap.objects.get().state == "approved"
    assert not Delivery.objects.filter(about=f"swap:{swap.id}:refused").exists()


def test_somebody_gets_a_shift_on_one_day_of_every_week_and_the_rest_moves_round_it(city: City) -> None:
    roster = make(city, days=21)
    bob = city.people["bob"]
    seat = RosterSeat.objects.filter(
        roster=roster, post__role="village_officer", since__gt=START, since__date=date(2020, 2, 5)
    )[0]
    leaving.leave_enter(**of_town(city, person_id=bob), since=START + 8 * DAY, until=START + 12 * DAY, sick=False)
    roster = Roster.objects.get(id=roster.id)
    upon: dict[str, Any] = {"actor": city.actor("dan"), "seat_id": seat.id, "person_id": bob, "now": START}
    with pytest.raises(RosterChanged):
        editing.seats_fix(version=99, **upon)
    assert editing.seats_fix(version=roster.version, **upon) == (2, 1)
    theirs = RosterSeat.objects.filter(roster=roster, fixed=True)
    assert {(one.person_id, one.since.astimezone(LOCAL).weekday()) for one in theirs} == {(bob, 2)}
    case = case_of(roster, START)
    assert broken(case.problem, case.filled) == []
    publish(city, roster)
    with pytest.raises(InputInvalid):
        editing.seats_fix(version=roster.version, **upon)
