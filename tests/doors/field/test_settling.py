"""What becomes of a form that was sent: a record, once; what cannot be one waits for repair, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from tests.conftest import START, City, settle_fully
from tests.doors.field.collect import Collect, submission_xml
from tests.spine.forms.conftest import KEEPER
from tests.spine.forms.sheets import named, xlsform
from wangge.duties.dutylog.models import Entry
from wangge.duties.matters.models import Matter
from wangge.flows import forming
from wangge.ground.journal.models import Event
from wangge.ground.kernel import clock
from wangge.ground.kernel.problems import InputInvalid, NotFound, NotPermitted, SubmissionSettled
from wangge.ground.responses import vault
from wangge.spine.forms.models import Submission
from wangge.spine.forms.queries.submissions import answers, submission_shown, submissions
from wangge.spine.forms.services.publishing import form_publish
from wangge.spine.forms.services.settling import submission_discard, submission_repair

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("published")]
Phone = Callable[..., Collect]
WRONG = "<place_kind>moon</place_kind><places>3</places><note>来自13812345678</note>"


def settle() -> None:
    settle_fully(clock.now())


def sent(phone: Phone, **what: str) -> Submission:
    status, message = phone().submit(submission_xml(**what))
    assert status == 201, message
    settle()
    return Submission.objects.order_by("-id")[0]


def counted() -> list[tuple[int, int]]:
    return sorted((entry.sign, entry.quantities["places"]) for entry in Entry.objects.all())


def test_a_form_becomes_an_entry_of_the_duty_log(city: City, phone: Phone) -> None:
    row = sent(phone)
    entry = Entry.objects.get()
    assert (row.state, row.subject_id) == ("taken", entry.id)
    assert (entry.kind, entry.place_kind, entry.quantities) == ("visit", "shop", {"places": 3, "people": 7})
    assert (entry.person_id, entry.area_id) == (city.people["alice"], city.area("441302001001"))
    assert entry.observed_at == datetime.fromisoformat("2020-02-03T08:50:00+08:00")
    [event] = Event.objects.filter(type="submission.taken")
    assert event.data == {"form": "visit", "record": str(entry.id)}


def test_followed_up_twice_it_is_one_entry(phone: Phone) -> None:
    row = sent(phone)
    forming.take_submissions(list(Event.objects.filter(type="submission.received")), clock.now())
    forming.take_submissions(list(Event.objects.filter(type="submission.received")), clock.now())
    assert row.state == "taken"
    assert Entry.objects.count() == 1


def test_an_edit_takes_the_place_of_what_it_corrects(phone: Phone) -> None:
    sent(phone, instance="uuid:a")
    new = "<place_kind>shop</place_kind><places>5</places>"
    sent(phone, instance="uuid:b", deprecated="uuid:a", answers=new)
    assert {row.instance_id: row.state for row in Submission.objects.all()} == {"uuid:a": "replaced", "uuid:b": "taken"}
    assert counted() == [(-1, 3), (1, 3), (1, 5)]


@pytest.mark.parametrize("order", ["cab", "cba", "bca", "bac", "abc"])
def test_edits_count_once_in_whatever_order_they_come(phone: Phone, order: str) -> None:
    edits = {
        "a": submission_xml(instance="uuid:a", answers="<place_kind>shop</place_kind><places>1</places>"),
        "b": submission_xml(
            instance="uuid:b", deprecated="uuid:a", answers="<place_kind>shop</place_kind><places>2</places>"
        ),
        "c": submission_xml(
            instance="uuid:c", deprecated="uuid:b", answers="<place_kind>shop</place_kind><places>3</places>"
        ),
    }
    client = phone()
    for name in order:
        assert client.submit(edits[name])[0] == 201
        settle()
    total = sum(sign * places for sign, places in counted())
    assert total == 3
    states = {row.instance_id: row.state for row in Submission.objects.all()}
    assert states == {"uuid:a": "replaced", "uuid:b": "replaced", "uuid:c": "taken"}


def test_nobody_edits_what_another_sent(phone: Phone) -> None:
    sent(phone, instance="uuid:a")
    assert phone("carol").submit(submission_xml(instance="uuid:b", deprecated="uuid:a"))[0] == 201
    settle()
    assert {row.instance_id: row.state for row in Submission.objects.all()} == {"uuid:a": "taken", "uuid:b": "refused"}
    assert counted() == [(1, 3)]


def test_what_the_handler_refuses_is_kept_and_said(city: City, phone: Phone) -> None:
    row = sent(phone, answers=WRONG)
    assert (row.state, row.problem) == ("refused", "input-invalid")
    assert not Entry.objects.exists()
    shown = submission_shown(actor=city.actor("dan"), submission_id=row.id)
    assert shown.said["field"] == "place_kind"
    assert "moon" in shown.said["zh"]
    [event] = Event.objects.filter(type="submission.refused")
    assert event.data == {"form": "visit", "problem": "input-invalid"}


def test_it_is_repaired_and_what_was_sent_stays(city: City, phone: Phone) -> None:
    row = sent(phone, answers=WRONG)
    upon = {"actor": city.actor("dan"), "submission_id": row.id, "now": clock.now()}
    submission_repair(**upon, answers={"place_kind": "market"})
    settle()
    row.refresh_from_db()
    assert row.state == "taken"
    assert Entry.objects.get().place_kind == "market"
    held = {one.field: one.value for one in vault.carried(response_id=city.response_id, subject_ids=[row.id])[row.id]}
    assert "moon" in held["xml"]
    assert answers(row.id)["place_kind"] == "market"
    with pytest.raises(SubmissionSettled):
        submission_repair(**upon, answers={})


def test_it_is_tried_again_without_a_change(city: City, phone: Phone) -> None:
    row = sent(phone, answers=WRONG)
    submission_repair(actor=city.actor("dan"), submission_id=row.id, answers={}, now=clock.now())
    settle()
    row.refresh_from_db()
    assert row.state == "refused"
    assert Event.objects.filter(type="submission.retried").count() == 1


def test_it_is_discarded_with_a_reason(city: City, phone: Phone) -> None:
    row = sent(phone, answers=WRONG)
    with pytest.raises(InputInvalid):
        submission_discard(actor=city.actor("dan"), submission_id=row.id, reason=" ", now=clock.now())
    submission_discard(actor=city.actor("dan"), submission_id=row.id, reason="试填", now=clock.now())
    row.refresh_from_db()
    assert row.state == "discarded"
    assert "试填" not in str([event.data for event in Event.objects.all()])


def test_outsiders_see_and_repair_nothing(city: City, phone: Phone) -> None:
    row = sent(phone, answers=WRONG)
    for who in ("olga", "omar", "adam"):
        assert submissions(actor=city.actor(who), response_id=city.response_id).rows == []
        with pytest.raises(NotFound):
            submission_shown(actor=city.actor(who), submission_id=row.id)
        with pytest.raises(NotFound):
            submission_repair(actor=city.actor(who), submission_id=row.id, answers={}, now=clock.now())
    with pytest.raises(NotPermitted):
        submission_discard(actor=city.actor("carol"), submission_id=row.id, reason="不要", now=clock.now())


@pytest.mark.parametrize("place", ["pictures/picture", "nothing", "meta/instanceID"])
def test_only_answers_are_repaired(city: City, phone: Phone, place: str) -> None:
    row = sent(phone, answers=WRONG)
    with pytest.raises(InputInvalid):
        submission_repair(actor=city.actor("dan"), submission_id=row.id, answers={place: "1"}, now=clock.now())


def test_a_form_that_serves_nothing_is_kept(city: City, phone: Phone) -> None:
    form_publish(
        actor=KEEPER,
        response_id=city.response_id,
        file_name="own.xlsx",
        content=xlsform(settings=named("own_form")),
        now=START,
    )
    row = sent(phone, form="own_form")
    assert (row.state, row.subject_id) == ("taken", None)


def test_a_report_in_the_field_opens_a_matter(city: City, phone: Phone) -> None:
    survey = [
        ("type", "name", "label"),
        ("text", "text", "情况"),
        ("text", "matter_kind", "类别"),
        ("geopoint", "place", "位置"),
    ]
    content = xlsform(survey, named("incident", "警情"), [("list_name", "name", "label")])
    form_publish(actor=KEEPER, response_id=city.response_id, file_name="i.xlsx", content=content, now=START)
    told = "<text>卡口有人争吵，电话13812345678</text><place>23.09 114.41 0 5</place>"
    row = sent(phone, form="incident", answers=told)
    matter = Matter.objects.get()
    assert (row.state, row.subject_id, matter.kind) == ("taken", matter.id, "epidemic_incident")
    edited = phone().submit(submission_xml(form="incident", answers=told, deprecated=row.instance_id))
    settle()
    assert edited[0] == 201
    assert Submission.objects.order_by("-id")[0].problem == "submission-settled"
    assert Matter.objects.count() == 1


def test_what_is_personal_is_masked(city: City, phone: Phone) -> None:
    row = sent(
        phone,
        answers="<place_kind>shop</place_kind><places>1</places>"
        "<who><owner>王小明</owner><phone>13812345678</phone></who><note>联系13812345678</note>",
    )
    shown = {one.place: one.text for one in submission_shown(actor=city.actor("dan"), submission_id=row.id).answers}
    assert (shown["who/owner"], shown["who/phone"]) == ("王**", "138****5678")
    assert "13812345678" not in shown["note"]
    written = str([(event.data, event.type) for event in Event.objects.all()])
    assert "王小明" not in written and "13812345678" not in written


def test_the_list_goes_page_by_page(city: City, phone: Phone) -> None:
    client = phone()
    for number in range(5):
        client.submit(submission_xml(instance=f"uuid:{number}"))
    first = submissions(actor=city.actor("dan"), response_id=city.response_id, limit=3)
    second = submissions(actor=city.actor("dan"), response_id=city.response_id, limit=3, after=first.following)
    assert [row.instance_id for row in (*first.rows, *second.rows)] == [f"uuid:{n}" for n in (4, 3, 2, 1, 0)]
    assert second.following is None
    wrong: Any = submissions(actor=city.actor("dan"), response_id=city.response_id, state="refused")
    assert wrong.rows == []
