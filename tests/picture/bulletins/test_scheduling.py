"""Bulletins on a schedule: issued once whoever comes, late ones say so, and nothing is owed twice."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, time, timedelta

import pytest
from django.db import connections

from wangge import engine
from wangge.ground.journal.models import Event
from wangge.ground.kernel.problems import InputInvalid, NotFound, NotPermitted
from wangge.ground.responses.models import Response
from wangge.picture.bulletins import rules, scheduling
from wangge.picture.bulletins.models import Bulletin, Schedule
from wangge.picture.bulletins.printing import remark
from wangge.picture.bulletins.queries import content_of
from wangge.picture.bulletins.scheduling import bulletins_due, schedule_set, schedule_stop, schedules

pytestmark = pytest.mark.django_db(transaction=True)
HOUR, DAY, MINUTE = timedelta(hours=1), timedelta(days=1), timedelta(minutes=1)
EVENING = datetime.fromisoformat("2020-02-03T18:00:00+08:00")


@pytest.fixture
def plan(city, now):
    def planned(at=time(18), weekdays=rules.EVERY_DAY, who="erin", area="441302", when=now):
        return schedule_set(
            actor=city.actor(who),
            response_id=city.response_id,
            area_id=city.area(area),
            at=at,
            weekdays=weekdays,
            now=when,
        )

    return planned


def due(now):
    return bulletins_due(actor=engine.ENGINE, now=now)


def issued():
    return list(Bulletin.objects.order_by("cutoff"))


def skipped():
    return [event.data["problem"] for event in Event.objects.filter(type="bulletin.skipped").order_by("id")]


def test_it_is_issued_at_its_time_and_not_before_and_once_a_day(plan):
    plan()
    assert due(EVENING - MINUTE) == 0 and issued() == []
    assert (due(EVENING + timedelta(seconds=1)), due(EVENING + MINUTE)) == (1, 0)
    [bulletin] = issued()
    assert (bulletin.cutoff, bulletin.issued_by) == (EVENING, None)
    assert content_of(bulletin).remark is None and content_of(bulletin).by_area
    assert due(EVENING + DAY) == 1 and len(issued()) == 2


def test_only_the_days_chosen_count(plan, now):
    schedule = plan(weekdays="35")  # 3 February 2020 is a Monday
    assert schedule.planned_at == EVENING + 2 * DAY
    due(schedule.planned_at)
    schedule.refresh_from_db()
    assert schedule.planned_at == EVENING + 4 * DAY


def test_what_was_missed_is_issued_once_on_return_and_says_so(plan):
    plan()
    back = EVENING + 2 * DAY + 15 * HOUR
    assert due(back) == 1 and due(back) == 0
    [bulletin] = issued()
    said = remark(content_of(bulletin))
    assert bulletin.cutoff == EVENING + 2 * DAY
    assert "原定2020年2月5日18时发布" in said and "2020年2月6日9时补发" in said and "错过的2次" in said
    assert "missed" in remark(content_of(bulletin), english=True)
    assert Schedule.objects.get().planned_at == EVENING + 3 * DAY


def test_of_two_engines_at_once_one_issues(plan):
    start = threading.Barrier(2)
    plan()
    done = []

    def run():
        try:
            start.wait(10)
            done.append(due(EVENING))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sorted(done) == [0, 1] and len(issued()) == 1


def test_an_engine_that_looked_before_another_issued_changes_nothing(plan, monkeypatch):
    schedule = plan()
    monkeypatch.setattr(scheduling, "_due", lambda now: [schedule])
    assert [due(EVENING), due(EVENING)] == [1, 0]
    assert len(issued()) == 1


def test_a_later_one_issued_by_hand_leaves_nothing_owed(plan, issue):
    plan()
    issue(EVENING + MINUTE, who="erin", area="441302")
    assert due(EVENING + 2 * MINUTE) == 1
    assert len(issued()) == 1 and skipped() == ["bulletin-out-of-order"]
    assert Schedule.objects.get().planned_at == EVENING + DAY


def test_a_fault_is_tried_again_later_and_holds_up_no_other(plan, monkeypatch):
    plan()
    plan(area="441323", who="omar")
    real, failed = scheduling.bulletin_issue, []

    def once(**fields):
        if not failed:
            failed.append(fields["area_id"])
            raise RuntimeError("away")
        return real(**fields)

    monkeypatch.setattr(scheduling, "bulletin_issue", once)
    assert due(EVENING) == 1 and len(issued()) == 1
    assert due(EVENING + timedelta(seconds=30)) == 0
    assert due(EVENING + 61 * timedelta(seconds=1)) == 1
    assert {bulletin.cutoff for bulletin in issued()} == {EVENING}, "the cut-off stays the planned time"


def test_the_end_of_the_response_ends_its_schedules(plan, city):
    plan()
    Response.objects.filter(id=city.response_id).update(ended_at=EVENING - HOUR)
    assert due(EVENING) == 1 and due(EVENING + DAY) == 0
    assert issued() == [] and skipped() == ["response-ended"]


def test_the_engine_does_it_in_its_rounds(plan, settle):
    plan()
    settle(EVENING + timedelta(seconds=2))
    assert len(issued()) == 1


def test_setting_again_changes_the_days_and_stopping_ends_it(plan, city, now):
    first, second = plan(), plan(weekdays="1")
    assert first.id == second.id and second.planned_at == EVENING
    erin = city.actor("erin")
    assert [one.weekdays for one in schedules(actor=erin, response_id=city.response_id, area_id=first.area_id)] == ["1"]
    for _ in range(2):
        schedule_stop(actor=erin, schedule_id=first.id, now=now)
    assert due(EVENING) == 0
    assert Event.objects.filter(type="bulletin.unscheduled").count() == 1
    assert plan().planned_at == EVENING, "it can be taken up again"


def test_only_who_may_issue_there_may_plan_and_stop(plan, city, now):
    with pytest.raises(NotPermitted):
        plan(who="alice")
    with pytest.raises(NotPermitted):
        plan(who="omar")
    schedule = plan()
    with pytest.raises(NotFound):
        schedule_stop(actor=city.actor("omar"), schedule_id=schedule.id, now=now)
    with pytest.raises(NotPermitted):
        schedule_stop(actor=city.actor("hana"), schedule_id=plan(area="441302001", who="dan").id, now=now)


@pytest.mark.parametrize("wrong", [{"weekdays": ""}, {"weekdays": "18"}, {"weekdays": "11"}, {"at": time(18, 0, 1)}])
def test_a_schedule_that_cannot_be_is_refused_at_its_field(plan, wrong):
    with pytest.raises(InputInvalid) as refused:
        plan(**wrong)
    assert refused.value.details["field"] == next(iter(wrong))


def test_times_are_those_of_the_city_s_wall_clock():
    midnight = next(rules.planned_times(time(0), "1234567", datetime(2020, 2, 3, 15, 59, tzinfo=UTC)))
    assert midnight == datetime(2020, 2, 3, 16, 0, tzinfo=UTC)
    assert rules.next_time(time(18), "7", EVENING) == EVENING + 6 * DAY
    assert rules.last_time(time(18), "1234567", EVENING, EVENING) == (EVENING, 0)
    assert rules.last_time(time(18), "1234567", EVENING, EVENING + 3 * DAY - MINUTE) == (EVENING + 2 * DAY, 2)
