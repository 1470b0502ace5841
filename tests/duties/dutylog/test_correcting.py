"""Correcting: a wrong entry is countered, once, by who may, and stays to be seen."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.db import connection

from tests.duties.dutylog.conftest import leaflets
from wangge.duties.dutylog import queries
from wangge.duties.dutylog.models import Entry
from wangge.duties.dutylog.services import entry_correct, entry_counter
from wangge.ground.journal.readers import Event
from wangge.ground.kernel.problems import EntryCountered, EntryIsCounter, InputInvalid, NotFound, NotPermitted


@pytest.fixture
def counter(city, now):
    def countered(entry_id, who="alice", reason="份数多写了一个零", at=now):
        return entry_counter(actor=city.actor(who, at), entry_id=entry_id, reason=reason, now=at).entry_id

    return countered


def test_a_counter_entry_has_the_same_content_and_counts_the_other_way(log, counter):
    entry_id = log(copies=300)
    second = Entry.objects.get(id=counter(entry_id))
    first = Entry.objects.get(id=entry_id)
    assert (second.kind, second.place_kind, second.quantities) == (first.kind, first.place_kind, first.quantities)
    assert (first.sign, second.sign, second.corrects_id) == (1, -1, first.id)


def test_the_journal_tells_of_it_under_the_entry(log, counter):
    entry_id = log(copies=300)
    counter(entry_id)
    events = list(Event.objects.filter(subject_id=entry_id).order_by("tx", "id"))
    assert [(event.type, event.data["sign"], event.data["copies"]) for event in events] == [
        ("duty.logged", 1, 300),
        ("duty.countered", -1, 300),
    ]


def test_an_entry_is_countered_once(log, counter):
    entry_id = log()
    counter(entry_id)
    with pytest.raises(EntryCountered):
        counter(entry_id, "dan")
    assert Entry.objects.count() == 2
    assert Event.objects.filter(type="duty.countered").count() == 1


def test_a_counter_entry_cannot_be_countered(log, counter):
    with pytest.raises(EntryIsCounter):
        counter(counter(log()))


def test_a_counter_entry_needs_a_reason(log, counter):
    with pytest.raises(InputInvalid):
        counter(log(), reason="  ")


def test_the_reason_is_kept_beside_it(log, counter, city):
    entry_id = log()
    counter_id = counter(entry_id)
    view = queries.entry_view(entry_id, actor=city.actor("dan"))
    assert view.counter is not None and view.counter.id == counter_id
    assert view.notes[counter_id] == "份数多写了一个零"
    back = queries.entry_view(counter_id, actor=city.actor("dan"))
    assert back.counter is not None and back.counter.id == entry_id


def test_the_desk_above_may_counter_and_an_outsider_may_not(log, counter):
    entry_id = log()
    with pytest.raises(NotPermitted):
        counter(entry_id, "olga")
    with pytest.raises(NotPermitted):
        counter(entry_id, "adam")
    counter(entry_id, "dan")


def test_what_does_not_exist_is_not_found(counter, city):
    with pytest.raises(NotFound):
        counter(city.response_id)


def test_a_correction_is_both_or_neither(log, city, now):
    entry_id = log(copies=3000)
    actor = city.actor("alice")
    arguments = {"actor": actor, "entry_id": entry_id, "reason": "多写了一个零", "now": now}
    with pytest.raises(InputInvalid):
        entry_correct(draft=leaflets(city, -300), **arguments)
    assert Entry.objects.count() == 1
    logged = entry_correct(draft=leaflets(city, 300), **arguments)
    assert Entry.objects.get(id=logged.entry_id).quantities == {"copies": 300}
    assert sum(entry.sign * entry.quantities["copies"] for entry in Entry.objects.all()) == 300


def test_an_exercise_is_countered_as_an_exercise(log, counter):
    entry_id = log("erin", exercise=True)
    assert Entry.objects.get(id=counter(entry_id, "erin")).exercise


def test_the_list_is_paged_newest_first_and_marks_what_was_countered(
    log, counter, city, now, django_assert_num_queries
):
    ids = [log(at=now + timedelta(minutes=minute)) for minute in range(5)]
    counter(ids[2], at=now + timedelta(minutes=9))
    actor = city.actor("dan")
    seen, mark = [], None
    while True:
        with django_assert_num_queries(1):
            page = queries.entries(actor=actor, after=mark, limit=2)
        seen += page.entries
        mark = page.following
        if mark is None:
            break
    assert [entry.id for entry in seen[1:]] == ids[::-1]
    assert {entry.id for entry in seen if entry.countered} == {ids[2]}


def test_an_outsider_sees_no_entry(log, city):
    entry_id = log()
    assert queries.entries(actor=city.actor("olga")).entries == []
    assert queries.entries(actor=city.actor("adam")).entries == []
    with pytest.raises(NotFound):
        queries.entry_view(entry_id, actor=city.actor("olga"))
    with pytest.raises(NotPermitted):
        queries.entries(actor=city.actor("olga"), area_id=city.area("441302"))


def test_the_list_narrows_to_own_kind_and_area(log, city):
    mine, other = log("alice"), log("dan", area="441302001003")
    names = {"own": [mine], "area": [other]}
    assert [entry.id for entry in queries.entries(actor=city.actor("alice"), own=True).entries] == names["own"]
    area_id = city.area("441302001003")
    assert [entry.id for entry in queries.entries(actor=city.actor("dan"), area_id=area_id).entries] == names["area"]
    assert queries.entries(actor=city.actor("dan"), kind="visit").entries == []


@pytest.mark.django_db(transaction=True)
def test_of_two_who_counter_at_once_one_is_told(log, city, now):
    entry_id, results = log(), []

    def attempt(who):
        try:
            results.append(entry_counter(actor=city.actor(who), entry_id=entry_id, reason="重复登记", now=now))
        except EntryCountered as problem:
            results.append(problem)
        finally:
            connection.close()

    threads = [threading.Thread(target=attempt, args=(who,)) for who in ("alice", "dan")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(result).__name__ for result in results) == ["EntryCountered", "Logged"]
    assert Entry.objects.filter(corrects_id=entry_id).count() == 1
