"""Logging: what an entry keeps, what is refused, and that one bad entry does not sink the others."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.duties.dutylog.conftest import leaflets
from wangge.duties.dutylog import queries
from wangge.duties.dutylog.models import Entry
from wangge.duties.dutylog.rules import EntryDraft
from wangge.duties.dutylog.services import Logged, entries_log, entry_log
from wangge.ground.journal.events import EventType
from wangge.ground.journal.readers import Event
from wangge.ground.kernel.permission import system_actor
from wangge.ground.kernel.problems import InputInvalid, NotFound, NotPermitted


def events_of(entry_id):
    return list(Event.objects.filter(subject_id=entry_id).order_by("tx", "id"))


def test_an_entry_keeps_who_where_when_and_how_many(log, city, now):
    seen_at = now - timedelta(hours=3)
    entry = Entry.objects.get(id=log(copies=300, observed_at=seen_at))
    assert entry.quantities == {"copies": 300}
    assert (entry.observed_at, entry.received_at) == (seen_at, now)
    assert entry.person_id == city.people["alice"]
    assert entry.post.role_id == "village_officer"
    assert entry.sign == 1 and not entry.exercise


def test_the_journal_hears_the_quantities(log, city, now):
    entry_id = log(copies=300)
    [event] = events_of(entry_id)
    assert event.type == "duty.logged"
    assert event.data == {"kind": "leaflets_handed_out", "place_kind": "household", "sign": 1, "copies": 300}
    assert (event.area_id, event.at) == (city.area("441302001001"), now)


def test_the_note_goes_to_the_vault_and_is_masked(log, city):
    entry_id = log(note="张某家未领,电话13812345678")
    view = queries.entry_view(entry_id, actor=city.actor("alice"))
    assert view.notes[entry_id].startswith("张某家未领") and "13812345678" not in view.notes[entry_id]
    assert "张某" not in str(events_of(entry_id)[0].data)


def test_zero_is_a_number(log):
    assert Entry.objects.get(id=log(copies=0)).quantities == {"copies": 0}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "fishing"}, "kind"),
        ({"place_kind": "moon"}, "place_kind"),
        ({"quantities": {"copies": -1}}, "copies"),
        ({"quantities": {"copies": 1.5}}, "copies"),
        ({"quantities": {"copies": True}}, "copies"),
        ({"quantities": {"copies": "12"}}, "copies"),
        ({"quantities": {"copies": 10**12}}, "copies"),
        ({"quantities": {}}, "copies"),
        ({"quantities": {"copies": 1, "bottles": 2}}, "bottles"),
        ({"note": "a\x00b"}, "note"),
        ({"note": "长" * 2001}, "note"),
    ],
)
def test_a_wrong_field_is_named(city, now, change, field):
    given = {
        "kind": "leaflets_handed_out",
        "area_id": city.area("441302001001"),
        "place_kind": "household",
        "quantities": {"copies": 1},
    }
    with pytest.raises(InputInvalid) as refused:
        entry_log(actor=city.actor("alice"), response_id=city.response_id, draft=EntryDraft(**given | change), now=now)
    assert refused.value.details["field"] == field
    assert not Entry.objects.exists()


def test_what_has_not_happened_yet_cannot_be_logged(log, now):
    log(observed_at=now + timedelta(minutes=1))  # a phone may be a little ahead
    with pytest.raises(InputInvalid) as refused:
        log(observed_at=now + timedelta(minutes=3))
    assert refused.value.details["field"] == "observed_at"
    with pytest.raises(InputInvalid):
        log(observed_at=now.replace(tzinfo=None))


def test_an_outsider_cannot_log(log):
    with pytest.raises(NotPermitted):
        log("olga")


def test_who_may_not_run_exercises_cannot_log_one(log):
    with pytest.raises(NotPermitted):
        log(exercise=True)


def test_an_exercise_is_marked(log):
    entry_id = log("erin", exercise=True)
    assert Entry.objects.get(id=entry_id).exercise
    assert events_of(entry_id)[0].exercise


def test_a_bad_entry_does_not_sink_the_batch(city, now):
    drafts = [
        leaflets(city, 1),
        leaflets(city, -1),
        leaflets(city, 2, area="441323001001"),
        EntryDraft("leaflets_handed_out", city.response_id, "household", {"copies": 1}),
        leaflets(city, 3),
    ]
    results = entries_log(actor=city.actor("alice"), response_id=city.response_id, drafts=drafts, now=now)
    kinds = [type(result) for result in results]
    assert kinds == [Logged, InputInvalid, NotPermitted, InputInvalid, Logged]
    assert sorted(entry.quantities["copies"] for entry in Entry.objects.all()) == [1, 3]


def test_a_program_logs_without_a_person(city, now):
    program = system_actor("exchange", "duty.log")
    logged = entry_log(actor=program, response_id=city.response_id, draft=leaflets(city), now=now)
    entry = Entry.objects.get(id=logged.entry_id)
    assert entry.person_id is None and entry.post_id is None


def test_a_batch_costs_no_more_statements_than_one(city, now):
    actor = city.actor("alice")

    def statements(count):
        with CaptureQueriesContext(
            connection,
        ) as caught:
            entries_log(
                actor=actor,
                response_id=city.response_id,
                drafts=[leaflets(city, n, note="记") for n in range(count)],
                now=now,
            )
        return len(caught)

    statements(1)
    assert statements(60) == statements(1)


def test_an_unknown_response_is_not_found(city, now):
    with pytest.raises(NotFound):
        entry_log(actor=city.actor("alice"), response_id=city.area("4413"), draft=leaflets(city), now=now)


def test_a_counting_event_type_takes_whole_numbers_only():
    counting = EventType("test.counted", "计数", frozenset({"kind"}), counts=True)
    assert counting.refused({"kind": "x", "copies": 3}) == []
    assert counting.refused({"name": "王大明", "yes": True, "share": 0.5, "copies": 3}) == ["name", "share", "yes"]
    assert EventType("test.plain", "普通", frozenset({"kind"})).refused({"copies": 3}) == ["copies"]
