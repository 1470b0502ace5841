"""Release: when the last day is over and the last check was well, or by a stated exception; with what it ends."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.duties.observation.clinics import care_make, happened, running
from wangge.duties.observation.models import Individual, Plan
from wangge.duties.observation.services import checks, measures, release
from wangge.ground.kernel.problems import NoPlan, NotPermitted, RecordChanged, ReleaseNotYet
from wangge.ground.responses import vault


@pytest.fixture
def care(city, now):
    return care_make(city, now)


def let_go(care, person, who="hana", **said):
    return release.individual_release(actor=care.actor(who), individual_id=person.id, now=care.now, **said)


def checked(care, person, tenths=365, symptoms=()):
    checks.check_make(
        actor=care.actor("alice"), individual_id=person.id, now=care.now, temperature_tenths=tenths,
        symptoms=list(symptoms),
    )  # fmt: skip


def test_not_before_the_last_day_is_over(care):
    person = care.person()
    checked(care, person)
    care.later(days=13)  # the last day, 16 February
    with pytest.raises(ReleaseNotYet):
        let_go(care, person)
    care.later(days=1)
    plan = let_go(care, person, returned="体温计1支、房卡1张")
    person.refresh_from_db()
    assert (plan.outcome, person.state) == ("released", "over")
    assert not Plan.objects.get(id=plan.id).link_digest
    words = vault.masked(actor=care.actor("hana"), area_id=person.area_id, subject_ids=[plan.id])
    assert words[plan.id]["returned"] == "体温计1支、房卡1张"
    assert let_go(care, person).id == plan.id
    assert happened("plan.ended") == ["plan.ended"]


def test_not_after_a_fever_or_without_any_check_unless_for_a_stated_reason(care):
    feverish, unseen = care.person(), care.person()
    checked(care, feverish, tenths=375)
    care.later(days=14)
    for person in (feverish, unseen):
        with pytest.raises(ReleaseNotYet):
            let_go(care, person)
        with pytest.raises(ReleaseNotYet):
            let_go(care, person, exception="急")
        let_go(care, person, exception="经复测正常，专家组同意解除")
        assert Individual.objects.get(id=person.id).state == "over"


def test_a_measure_ends_with_the_release(care):
    person = care.person()
    checked(care, person)
    measure = measures.measure_order(
        actor=care.actor("hana"), individual_id=person.id, institution="惠城区人民医院", legal_basis="第三十九条",
        authority="惠城区公安分局", started_at=care.now, review_at=care.now + timedelta(days=14),
        ends_at=care.now + timedelta(days=14), now=care.now,
    )  # fmt: skip
    care.later(days=13, hours=16)
    let_go(care, person)
    measure.refresh_from_db()
    assert (measure.ended_at, measure.cause) == (care.now, "lifted")


def test_who_may_and_by_what_they_saw(care):
    person = care.person()
    checked(care, person)
    care.later(days=14)
    for who in ("alice", "cleo", "olga", "omar"):
        with pytest.raises(NotPermitted):
            let_go(care, person, who=who)
    with pytest.raises(RecordChanged):
        let_go(care, person, version=99)
    with pytest.raises(NoPlan):
        let_go(care, care.person(plan=""))
    assert running(person)


def test_everybody_due_in_an_area_with_one_word_and_the_exceptions_named(care):
    well = [care.person() for _ in range(3)]
    feverish, early = care.person(), care.person()
    for person in (*well, early):
        checked(care, person)
    checked(care, feverish, tenths=380)
    care.later(days=14)
    Plan.objects.filter(individual=early).update(ends_on=care.now.date() + timedelta(days=3))
    chosen = {person.id for person in (*well[:2], feverish, early)}
    done = release.individuals_release(
        actor=care.actor("hana"), area_id=care.city.area("441302001"), chosen=chosen, now=care.now
    )
    assert done.numbers == [person.number for person in well[:2]]
    assert [number for number, _ in done.kept] == [feverish.number]
    assert running(well[2]) and running(early)
    with pytest.raises(NotPermitted):
        release.individuals_release(
            actor=care.actor("omar"), area_id=care.city.area("441302001"), chosen=chosen, now=care.now
        )
