"""A compulsory measure: nothing without its grounds, warned of beforehand, and over by itself exactly once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.conftest import START
from tests.duties.observation.clinics import care_make, happened, told
from wangge import engine
from wangge.duties.matters.models import Matter
from wangge.duties.matters.rules import ReportDraft
from wangge.duties.matters.services import intake
from wangge.duties.observation import rules
from wangge.duties.observation.models import Measure, Origin
from wangge.duties.observation.services import measures
from wangge.ground.journal.readers import Event
from wangge.ground.kernel.permission import system_actor
from wangge.ground.kernel.problems import InputInvalid, MeasureInForce, MeasureOver, NotPermitted
from wangge.ground.responses import vault

ENGINE = system_actor("engine", "person.measure")
HOUR = timedelta(hours=1)


@pytest.fixture
def care(city, now):
    return care_make(city, now)


def order(care, person, who="hana", **changes):
    asked = {
        "institution": "惠城区人民医院",
        "legal_basis": "《中华人民共和国传染病防治法》第三十九条",
        "authority": "惠城区公安分局",
        "started_at": care.now,
        "review_at": care.now + timedelta(days=7),
        "ends_at": care.now + timedelta(days=14),
    } | changes
    return measures.measure_order(actor=care.actor(who), individual_id=person.id, now=care.now, **asked)


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("institution", {"institution": "  "}),
        ("legal_basis", {"legal_basis": ""}),
        ("authority", {"authority": ""}),
        ("authority", {"authority": "字" * 81}),
        ("ends_at", {"ends_at": "before"}),
        ("ends_at", {"ends_at": "too long"}),
        ("review_at", {"review_at": "after the end"}),
        ("review_at", {"review_at": "at the start"}),
    ],
)
def test_nothing_is_kept_without_what_it_stands_on(care, field, change):
    times = {
        "before": care.now - HOUR,
        "too long": care.now + timedelta(days=14, minutes=1),
        "after the end": care.now + timedelta(days=14, minutes=1),
        "at the start": care.now,
    }
    with pytest.raises(InputInvalid) as caught:
        order(care, care.person(), **{name: times.get(value, value) for name, value in change.items()})
    assert caught.value.details["field"] == field
    assert not Measure.objects.exists() and not happened("measure.")


def test_who_may_and_that_there_is_one_at_a_time(care):
    person = care.person()
    for who in ("alice", "dan", "cleo", "olga", "omar", "adam"):
        with pytest.raises(NotPermitted):
            order(care, person, who=who)
    measure = order(care, person)
    assert order(care, person).id == measure.id
    with pytest.raises(MeasureInForce):
        order(care, person, institution="惠州市第一医院")
    assert happened("measure.") == ["measure.ordered"]


@pytest.mark.django_db(transaction=True)
def test_it_is_warned_of_reviewed_and_ends_by_itself_once(care, settle):
    person = care.person()
    measure = order(care, person)
    for at, heard in [
        (timedelta(days=6), []),
        (timedelta(days=7), ["review"]),
        (timedelta(days=12), ["review"]),
        (timedelta(days=13), ["review", "ending"]),
        (timedelta(days=13, hours=23), ["review", "ending"]),
    ]:
        settle(care.now + at)
        warned = Event.objects.filter(type="measure.warned").order_by("id")
        assert [event.data["what"] for event in warned] == heard
    for at in (timedelta(days=14), timedelta(days=13, hours=22), timedelta(days=15)):  # the clock set back between
        settle(care.now + at)
    measure.refresh_from_db()
    assert (measure.cause, measure.ended_at) == ("expired", care.now + timedelta(days=14))
    assert happened("measure.").count("measure.ended") == 1
    assert "hana" in told("measure.warned") and "hana" in told("measure.ended")


def test_two_engines_take_a_step_once(care):
    measure = order(care, care.person())
    stale = Measure.objects.select_related("individual").get(id=measure.id)
    at = care.now + timedelta(days=14)
    assert measures.measures_due(actor=ENGINE, now=at) == 1
    assert measures._step(stale, ENGINE, at) == 0  # the other engine had read it before
    assert measures.measures_due(actor=ENGINE, now=at) == 0
    assert happened("measure.ended") == ["measure.ended"]


def test_an_engine_that_dies_between_claim_and_telling_has_done_nothing(care, monkeypatch):
    order(care, care.person())
    at = care.now + timedelta(days=14)

    def dies(*_, **__):
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(measures, "_tell", dies)
        with pytest.raises(KeyboardInterrupt):
            measures.measures_due(actor=ENGINE, now=at)
    assert Measure.objects.get().ended_at is None
    engine.tick(at)
    assert Measure.objects.get().cause == "expired" and happened("measure.ended") == ["measure.ended"]


def test_reviewed_with_words_and_the_next_review(care):
    measure = order(care, care.person())
    hana = care.actor("hana")
    with pytest.raises(InputInvalid):
        measures.measure_review(actor=hana, measure_id=measure.id, now=care.now + HOUR, note=" ")
    care.later(days=6)
    measures.measure_review(
        actor=hana, measure_id=measure.id, now=care.now, note="仍拒绝隔离", review_at=care.now + timedelta(days=3)
    )
    measure.refresh_from_db()
    assert measure.reviewed_at == care.now and measure.next_at == care.now + timedelta(days=3)
    words = vault.masked(actor=hana, area_id=measure.individual.area_id, subject_ids=[measure.id])
    assert words[measure.id]["note"] == "仍拒绝隔离"


def test_ended_early_with_its_cause_and_nothing_after(care):
    measure = order(care, care.person())
    hana = care.actor("hana")
    with pytest.raises(InputInvalid):
        measures.measure_end(actor=hana, measure_id=measure.id, cause="expired", now=care.now)
    with pytest.raises(NotPermitted):
        measures.measure_end(actor=care.actor("olga"), measure_id=measure.id, cause="complied", now=care.now)
    for _ in range(2):
        measures.measure_end(actor=hana, measure_id=measure.id, cause="complied", now=care.now)
    with pytest.raises(MeasureOver):
        measures.measure_end(actor=hana, measure_id=measure.id, cause="lifted", now=care.now)
    assert measures.measures_due(actor=ENGINE, now=care.now + timedelta(days=30)) == 0
    assert happened("measure.ended") == ["measure.ended"]


@pytest.mark.django_db(transaction=True)
def test_the_police_work_under_one_matter_opened_or_found(care, settle):
    person = care.person(address="东湖花园3栋1单元501")
    order(care, person)
    settle(care.now)
    settle(care.now)
    matter = Matter.objects.get(kind="isolation_refused")
    assert Measure.objects.get().matter_id == matter.id
    assert "东湖花园" not in str(list(Event.objects.values_list("data", flat=True)))
    other = care.person()
    reported = intake.matter_receive(
        actor=care.actor("alice"),
        response_id=care.city.response_id,
        draft=ReportDraft(kind="isolation_refused", area_id=other.area_id, source="visit", text="不配合"),
        now=care.now,
    )
    Origin.objects.create(individual=other, source="matter", matter_id=reported.matter_id, at=care.now)
    order(care, other)
    settle(care.now)
    assert Measure.objects.get(individual=other).matter_id == reported.matter_id
    assert Matter.objects.filter(kind="isolation_refused").count() == 2


@given(hours=st.integers(1, 24 * 60), part=st.floats(0.01, 1), ticks=st.lists(st.integers(0, 24 * 70), max_size=30))
def test_however_often_and_late_the_engine_looks_each_step_is_taken_once(hours, part, ticks):
    now = START
    ends = now + timedelta(hours=hours)
    review = now + timedelta(hours=hours) * part
    steps = rules.measure_steps(now, review, ends)
    assert all(now < at <= ends for at, _ in steps)
    next_at, taken = steps[0][0], []
    for tick in [*ticks, 24 * 70]:
        at = now + timedelta(hours=tick)
        if next_at is not None and next_at <= at:
            due, next_at = rules.measure_due(steps, next_at, at)
            taken += due
    assert taken.count("expired") == 1 and taken[-1] == "expired"
    assert len(set(taken)) == len(taken) and next_at is None
