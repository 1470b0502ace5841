"""Checks: once each whoever is faster, late ones made up, wrong ones replaced; alarms for what is found or missed."""

from __future__ import annotations

import threading
from datetime import date

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from wangge.duties.matters.models import Matter, Report
from wangge.duties.observation import rules
from wangge.duties.observation.models import Alarm, Check, Plan
from wangge.duties.observation.models.plans import NEVER
from wangge.duties.observation.services import checks, links, plans
from wangge.duties.observation.services.alarms import observation_due
from wangge.duties.observation.services.checks import CheckDraft
from wangge.engine import ENGINE
from wangge.flows.alarming import open_matters
from wangge.ground.journal.readers import Event
from wangge.ground.kernel.clock import LOCAL
from wangge.ground.kernel.problems import CheckTaken, InputInvalid, LinkUnknown, NoPlan, NotPermitted, RecordChanged

MONDAY = date(2020, 2, 3)


def check(watch, plan, who="nora", tenths=365, symptoms=(), **given):
    return checks.check_make(
        actor=watch.actor(who),
        individual_id=plan.individual_id,
        now=watch.now,
        temperature_tenths=tenths,
        symptoms=symptoms,
        **given,
    )


def due(watch):
    return observation_due(actor=ENGINE, now=watch.now)


def alarmed(watch):
    """Let flows do what follows from alarms, twice, as it may happen."""
    for _ in range(2):
        open_matters(list(Event.objects.filter(type="alarm.raised").order_by("id")), watch.now)


def test_a_check_in_time_moves_the_plan_on(watch):
    plan = watch.plan()
    check(watch, plan, note="精神好")
    plan.refresh_from_db()
    assert (plan.made, plan.missed, plan.symptomatic) == (1, 0, False)
    assert plan.next_due_at == plan.attend_at == rules.due_at(MONDAY, "18:00", LOCAL)
    told = Event.objects.get(type="check.made").data
    assert told["slot"] == 0 and not told["late"] and not told["fever"] and "temperature" not in str(told)
    assert due(watch.at("10:00")) == 0


def test_a_check_that_nobody_made_is_missed_at_the_instant_it_is_due_and_once(watch):
    plan = watch.plan()
    assert due(watch.at("09:59")) == 0
    assert due(watch.at("10:00")) == 1
    assert due(watch) == 0
    plan.refresh_from_db()
    assert (plan.missed, plan.next_due_at) == (1, rules.due_at(MONDAY, "18:00", LOCAL))
    assert plan.attend_at == rules.due_at(MONDAY, "10:00", LOCAL), "first on the board until somebody hears of them"
    assert Alarm.objects.get().what == "missed"
    due(watch.at("09:30"))  # the clock was set back
    assert Alarm.objects.count() == 1


def test_an_engine_that_was_down_counts_every_check_of_that_time(watch):
    plan = watch.plan()
    watch.at("12:00", days=2)
    while due(watch):
        pass
    plan.refresh_from_db()
    assert (plan.missed, plan.next_due_at) == (5, rules.due_at(date(2020, 2, 5), "18:00", LOCAL))
    assert Event.objects.filter(type="check.missed").count() == Alarm.objects.count() == 5


def test_after_the_last_day_nothing_is_due(watch):
    plan = watch.plan(watch.individual(last_exposure_on=date(2020, 1, 20)))
    check(watch, plan)
    check(watch.at("17:00"), plan)
    plan.refresh_from_db()
    assert (plan.ends_on, plan.next_due_at, plan.attend_at) == (MONDAY, None, NEVER)
    with pytest.raises(InputInvalid, match="observation"):
        check(watch.at("09:00", days=1), plan)
    assert due(watch.at("23:00")) == 0


def test_a_missed_check_entered_later_counts_as_made_late(watch):
    plan = watch.plan()
    due(watch.at("10:05"))
    check(watch.at("11:00"), plan, day=MONDAY, slot=0)
    plan.refresh_from_db()
    assert (plan.made, plan.missed) == (1, 0)
    assert plan.attend_at == plan.next_due_at == rules.due_at(MONDAY, "18:00", LOCAL)
    assert Event.objects.get(type="check.made").data["late"]


def test_what_is_heard_later_settles_what_was_owed_before(watch):
    plan = watch.plan()
    due(watch.at("18:30"))
    due(watch)
    check(watch.at("08:00", days=1), plan)
    plan.refresh_from_db()
    assert (plan.made, plan.missed) == (1, 2)
    assert plan.attend_at == rules.due_at(date(2020, 2, 4), "18:00", LOCAL)


def test_the_second_one_is_told_who_made_it_when_and_what(watch):
    plan = watch.plan()
    check(watch, plan, tenths=366)
    with pytest.raises(CheckTaken) as told:
        check(watch.later(minutes=3), plan, who="nick", tenths=371)
    assert told.value.sentence() == ("这一次监测 Nora 已于 02-03 09:00 登记（36.6℃）。如果登记有误，请用“更正”。")
    assert Check.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_health_workers_at_once_make_one_check(watch):
    plan = watch.plan()
    start, results = threading.Barrier(2), []

    def enter(who, tenths):
        try:
            actor = watch.actor(who)
            start.wait()
            draft = CheckDraft(tenths)
            results.extend(checks.checks_make_many(actor=actor, drafts=[(plan.individual_id, draft)], now=watch.now))
        finally:
            connections.close_all()

    threads = [threading.Thread(target=enter, args=one) for one in (("nora", 365), ("nick", 372))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(one).__name__ for one in results) == ["Check", "CheckTaken"]
    plan.refresh_from_db()
    assert (Check.objects.count(), plan.made) == (1, 1)
    assert Event.objects.filter(type="check.made").count() == 1


@pytest.mark.parametrize("tenths", [None, 339, 431, 37, 3650])
def test_impossible_temperatures_are_refused_at_the_field(watch, tenths):
    plan = watch.plan()
    with pytest.raises(InputInvalid) as told:
        check(watch, plan, tenths=tenths)
    assert told.value.details["field"] == "temperature"


def test_what_cannot_be_meant_is_refused(watch):
    plan = watch.plan()
    for wrong in (
        {"symptoms": ["curse"]},
        {"day": MONDAY, "slot": 2},
        {"day": MONDAY, "slot": 1},
        {"day": date(2020, 2, 2), "slot": 1},
        {"observed_at": watch.now.replace(hour=12)},
        {"note": "长" * 501},
    ):
        with pytest.raises(InputInvalid):
            check(watch, plan, **wrong)
    with pytest.raises(NotPermitted):
        check(watch, plan, who="olga")
    plans.plan_end(actor=watch.actor("nora"), individual_id=plan.individual_id, outcome="left", now=watch.now)
    with pytest.raises(NoPlan):
        check(watch, plan)
    assert not Check.objects.exists()


def test_a_fever_is_the_plans_own_threshold_and_becomes_a_matter_at_once(watch):
    plan = watch.plan()
    check(watch, plan, tenths=373)
    alarmed(watch)
    matter = Matter.objects.get()
    assert (matter.kind, matter.area_id) == ("fever_suspected", plan.area_id)
    assert (matter.due_at - matter.received_at).total_seconds() == 300, "the clock of the pack's kind"
    assert Alarm.objects.get().matter_id == matter.id
    assert Plan.objects.get().symptomatic


def test_alarms_of_one_person_gather_in_one_matter_while_it_is_open(watch):
    plan, other = watch.plan(), watch.plan()
    due(watch.at("10:00"))
    alarmed(watch)
    due(watch.at("18:00"))
    alarmed(watch)
    check(watch.at("08:00", days=1), other, tenths=364, symptoms=["cough"])
    alarmed(watch)
    kinds = sorted(Matter.objects.values_list("kind", flat=True))
    assert kinds == ["check_missed", "check_missed", "fever_suspected"]
    missed = Alarm.objects.filter(plan=plan).values_list("matter_id", flat=True)
    assert len(missed) == 2 and len(set(missed)) == 1
    assert Report.objects.filter(matter_id=missed[0]).count() == 2
    Matter.objects.filter(id=missed[0]).update(stage="closed")
    due(watch.at("10:00"))
    alarmed(watch)
    assert len(set(Alarm.objects.filter(plan=plan).values_list("matter_id", flat=True))) == 2


def test_many_alarms_and_many_checks_cost_no_more_questions_than_two(watch):
    counts = []
    for people in (1, 2, 40):
        plans_of_them = [watch.plan() for _ in range(people)]
        for clock in ("10:00", "18:00"):  # first their matters are opened, then they are added to
            due(watch.at(clock))
            with CaptureQueriesContext(connection) as asked:
                open_matters(list(Event.objects.filter(type="alarm.raised", at=watch.now)), watch.now)
            counts.append((clock, len(asked)))
        made = [(plan.individual_id, CheckDraft(364)) for plan in plans_of_them]
        with CaptureQueriesContext(connection) as asked:
            results = checks.checks_make_many(actor=watch.actor("nora"), drafts=made, now=watch.now)
        counts.append(("made", len(asked)))
        assert all(isinstance(one, Check) for one in results)
        watch.at("08:00", days=1)
    assert counts[3:6] == counts[6:]
    assert not Alarm.objects.filter(matter_id=None).exists()
    assert Matter.objects.count() == 43 and Report.objects.count() == Alarm.objects.count() == 2 * (1 + 3 + 43)


def test_a_wrong_check_is_replaced_with_its_history(watch):
    plan = watch.plan()
    first = check(watch, plan, tenths=395)
    again = checks.check_replace(
        actor=watch.actor("nick"),
        check_id=first.id,
        now=watch.later(minutes=5).now,
        temperature_tenths=359,
        symptoms=[],
    )
    plan.refresh_from_db()
    assert (plan.made, plan.symptomatic) == (1, False)
    assert Check.objects.get(id=first.id).replaced_by_id == again.id
    with pytest.raises(RecordChanged):
        checks.check_replace(
            actor=watch.actor("nora"), check_id=first.id, now=watch.now, temperature_tenths=360, symptoms=[]
        )
    with pytest.raises(NotPermitted):
        checks.check_replace(
            actor=watch.actor("olga"), check_id=again.id, now=watch.now, temperature_tenths=360, symptoms=[]
        )


def test_a_batch_takes_the_good_and_says_what_is_wrong_with_the_rest(watch):
    here, gone, foreign = watch.plan(), watch.individual(), watch.individual(area="441323001001")
    drafts = [
        (here.individual_id, CheckDraft(366)),
        (here.individual_id, CheckDraft(367)),
        (gone.id, CheckDraft(366)),
        (foreign.id, CheckDraft(900)),
    ]
    results = checks.checks_make_many(actor=watch.actor("nora"), drafts=drafts, now=watch.now)
    assert [type(one).__name__ for one in results] == ["Check", "InputInvalid", "NoPlan", "NoPlan"]


def link(watch, plan):
    return links.link_make(actor=watch.actor("nora"), individual_id=plan.individual_id, now=watch.now)


def test_a_link_enters_the_checks_of_its_own_plan_and_ends_with_it(watch):
    plan, other = watch.plan(), watch.plan()
    secret = link(watch, plan)
    assert len(secret) == 24 and secret not in str(Plan.objects.values_list()) + str(Event.objects.values_list())
    made = links.link_check(secret=secret, draft=CheckDraft(365), now=watch.now)
    assert (made.plan_id, made.source, made.person_id) == (plan.id, "self", None)
    assert not Check.objects.filter(plan=other).exists()
    with pytest.raises(CheckTaken, match="本人"):
        check(watch, plan)
    newer = link(watch, plan)
    with pytest.raises(LinkUnknown):
        links.link_check(secret=secret, draft=CheckDraft(365), now=watch.at("17:00").now)
    plans.plan_end(actor=watch.actor("nora"), individual_id=plan.individual_id, outcome="released", now=watch.now)
    with pytest.raises(LinkUnknown):
        links.link_view(secret=newer, day=watch.now)


def test_a_fever_is_never_turned_away_because_the_check_was_made(watch):
    plan = watch.plan()
    secret = link(watch, plan)
    links.link_check(secret=secret, draft=CheckDraft(365), now=watch.now)
    with pytest.raises(CheckTaken):
        links.link_check(secret=secret, draft=CheckDraft(366), now=watch.now)
    links.link_check(secret=secret, draft=CheckDraft(384), now=watch.now)
    assert Alarm.objects.get().what == "fever"
    assert Check.objects.get(replaced_by__isnull=True).temperature_tenths == 384
    assert Plan.objects.get().symptomatic
