"""ODK Collect before the door: it lists, downloads and sends, and everything is taken once."""

from __future__ import annotations

import base64
from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.conftest import START, City
from tests.doors.field.collect import Collect, multipart, submission_xml
from tests.doors.field.conftest import ISSUER, SITE
from tests.ground.responses.test_evidence import photo
from tests.spine.forms.conftest import KEEPER
from tests.spine.forms.sheets import SURVEY, named, xlsform
from wangge.doors.field import access
from wangge.ground.journal.models import Event
from wangge.ground.responses import vault
from wangge.ground.responses.models import Evidence
from wangge.spine.forms.models import FieldKey, Submission, SubmissionFile
from wangge.spine.forms.queries.submissions import answers
from wangge.spine.forms.services.keys import key_revoke
from wangge.spine.forms.services.publishing import form_publish, form_switch

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("published")]
Phone = Callable[..., Collect]
PICTURES = (
    "<place_kind>shop</place_kind><places>3</places>"
    "<pictures><picture>1.jpg</picture><about>门口</about></pictures>"
    "<pictures><picture>2.jpg</picture><about>店内</about></pictures>"
)


def post(phone: Collect, xml: bytes | None, files: dict[str, bytes] | None = None, incomplete: bool = False) -> Any:
    content_type, body = multipart(xml, files, incomplete)
    return phone.ask("POST", f"{phone.server}/submission", headers={"Content-Type": content_type}, content=body)


def sending(key: str, content_type: str, body: bytes) -> tuple[str, str, dict[str, Any]]:
    return "POST", f"/or/{key}/submission", {"content": body, "headers": {"Content-Type": content_type}}


# -- lists -------------------------------------------------------------------------------------------


def test_the_list_is_one_that_collect_takes(city: City, phone: Phone) -> None:
    form_publish(
        actor=KEEPER,
        response_id=city.response_id,
        file_name="b.xlsx",
        content=xlsform(settings=named("bar", "酒吧 <检查> & 处置")),
        now=START,
    )
    found = phone().form_list()
    told = {(entry["formID"], entry["name"], entry["version"]) for entry in found}
    assert told == {("visit", "走访登记", "1"), ("bar", "酒吧 <检查> & 处置", "1")}
    assert all("manifestUrl" not in entry for entry in found)


def test_a_form_is_downloaded_as_its_hash_says(phone: Phone) -> None:
    client = phone()
    form, files = client.download(client.form_list()[0])
    assert b"<h:title>" in form and "走访登记".encode() in form
    assert files == {}


def test_lists_of_choices_are_those_of_the_persons_areas(city: City, phone: Phone) -> None:
    survey = [*SURVEY, ("select_one_from_file areas.csv", "area", "村（居）", "Village")]
    form_publish(
        actor=KEEPER,
        response_id=city.response_id,
        file_name="area.xlsx",
        content=xlsform(survey, named("with_area")),
        now=START,
    )

    def listed(who: str) -> str:
        client = phone(who)
        entry = next(one for one in client.form_list() if one["formID"] == "with_area")
        return client.download(entry)[1]["areas.csv"].decode()

    assert listed("alice").splitlines()[0] == "name,label"
    assert "441302001001" in listed("alice") and "441302001003" not in listed("alice")
    assert "441302001003" in listed("dan") and "441323001001" not in listed("dan")


def test_the_list_is_narrowed_and_shows_all_versions_where_asked(city: City, phone: Phone) -> None:
    more = [*SURVEY, ("text", "more", "其他", "More")]
    form_publish(
        actor=KEEPER,
        response_id=city.response_id,
        file_name="v2.xlsx",
        content=xlsform(more, named("visit", version="2")),
        now=START + timedelta(hours=1),
    )
    client = phone()
    one = client.ask("GET", f"{client.server}/formList?formID=visit").text
    assert "<version>2</version>" in one and "<version>1</version>" not in one
    every = client.ask("GET", f"{client.server}/formList?formID=visit&listAllVersions=true&verbose=true").text
    assert "<version>1</version>" in every and "<descriptionText>" in every
    assert "<xform>" not in client.ask("GET", f"{client.server}/formList?formID=none").text


def test_a_closed_form_is_not_listed_but_what_was_begun_in_it_is_taken(city: City, phone: Phone) -> None:
    form_switch(actor=KEEPER, response_id=city.response_id, code="visit", open=False, now=START)
    client = phone()
    assert client.form_list() == []
    assert client.submit(submission_xml())[0] == 201


# -- who may -----------------------------------------------------------------------------------------


def test_a_key_that_is_unknown_or_revoked_opens_nothing(city: City, phone: Phone) -> None:
    client = phone()
    assert client.form_list()
    key_revoke(actor=ISSUER, key_id=FieldKey.objects.get().id, now=START)
    access.forget()  # seconds have passed
    for server in (client.server, f"{SITE}/or/{'x' * 43}"):
        answer = client.ask("GET", f"{server}/formList")
        assert answer.status_code == 403
        assert "填报密钥无效" in client.message(answer)


def test_somebody_who_may_not_fill_in_forms_is_refused(phone: Phone) -> None:
    client = phone("hana")
    answer = client.ask("GET", f"{client.server}/formList")
    assert answer.status_code == 403
    assert answer.headers["X-OpenRosa-Version"] == "1.0"
    assert post(client, submission_xml()).status_code == 403
    assert not Submission.objects.exists()


def test_name_and_password_do_too(phone: Phone, password: str) -> None:
    basic = base64.b64encode(f"alice:{password}".encode()).decode()
    client = Collect(phone().request, f"{SITE}/or", {"Authorization": f"Basic {basic}"})
    assert [entry["formID"] for entry in client.form_list()] == ["visit"]
    assert client.submit(submission_xml())[0] == 201


@pytest.mark.parametrize(
    ("authorization", "status"),
    [("", 401), ("Basic !!", 401), ("Bearer wg_x", 401), ("Basic " + base64.b64encode(b"alice:wrong").decode(), 403)],
)
def test_without_the_right_password_nothing_is_told(
    phone: Phone, password: str, authorization: str, status: int
) -> None:
    client = Collect(phone().request, f"{SITE}/or", {"Authorization": authorization} if authorization else {})
    answer = client.ask("GET", f"{client.server}/formList")
    assert answer.status_code == status
    assert client.message(answer)
    assert ("WWW-Authenticate" in answer.headers) is (status == 401)


def test_a_key_for_one_area_sends_from_there(city: City, phone: Phone) -> None:
    client = phone("dan", "441302001003")
    assert client.submit(submission_xml())[0] == 201
    assert Submission.objects.get().area_id == city.area("441302001003")


def test_an_answer_names_the_area_where_the_person_may(city: City, phone: Phone) -> None:
    client = phone("dan")
    inside = "<area>441302001005</area><place_kind>shop</place_kind><places>1</places>"
    outside = "<area>441323001001</area><place_kind>shop</place_kind><places>1</places>"
    assert client.submit(submission_xml(answers=inside))[0] == 201
    assert client.submit(submission_xml(answers=outside))[0] == 201
    assert {row.area_id for row in Submission.objects.all()} == {city.area("441302001005"), city.area("441302001")}


# -- sending -----------------------------------------------------------------------------------------


def test_a_submission_is_on_record_as_it_was_sent(city: City, phone: Phone) -> None:
    xml = submission_xml(instance="uuid:one")
    assert phone().submit(xml) == (201, "填报已收到。")
    row = Submission.objects.get()
    assert (row.instance_id, row.state, row.person_id) == ("uuid:one", "received", city.people["alice"])
    [kept] = vault.carried(response_id=city.response_id, subject_ids=[row.id])[row.id]
    assert kept.value.encode() == xml
    [event] = Event.objects.filter(type="submission.received")
    assert event.data == {"form": "visit", "version": "1"}
    assert (event.subject_id, event.area_id) == (row.id, city.area("441302001001"))


def test_sent_again_it_is_the_same_one(phone: Phone) -> None:
    client, xml = phone(), submission_xml()
    assert [client.submit(xml)[0] for _ in range(3)] == [201, 201, 201]
    assert Submission.objects.count() == Event.objects.filter(type="submission.received").count() == 1


def test_the_same_id_with_another_content_is_a_conflict(phone: Phone) -> None:
    client = phone()
    client.submit(submission_xml(instance="uuid:one"))
    other = submission_xml(instance="uuid:one", answers="<place_kind>shop</place_kind><places>9</places>")
    status, message = client.submit(other)
    assert (status, "内容与本次不同" in message) == (409, True)
    assert answers(Submission.objects.get().id)["places"] == 3


def test_pictures_come_with_the_form(city: City, phone: Phone) -> None:
    first, second = photo("red"), photo("blue")
    assert phone().submit(submission_xml(answers=PICTURES), {"1.jpg": first, "2.jpg": second})[0] == 201
    told = answers(Submission.objects.get().id)
    ids = [one["picture"] for one in told["pictures"]]
    assert len(set(ids)) == 2 and all(ids)
    assert [one["about"] for one in told["pictures"]] == ["门口", "店内"]
    assert Evidence.objects.count() == 2


def test_pieces_are_one_submission_that_counts_once_it_is_whole(phone: Phone) -> None:
    client, xml = phone(), submission_xml(answers=PICTURES)
    assert post(client, xml, {"1.jpg": photo("red")}, incomplete=True).status_code == 202
    assert Submission.objects.get().state == "incomplete"
    assert not Event.objects.filter(type="submission.received").exists()
    assert post(client, xml, {"2.jpg": photo("blue")}).status_code == 201
    assert Submission.objects.get().state == "received"
    assert Event.objects.filter(type="submission.received").count() == 1
    assert not SubmissionFile.objects.filter(evidence=None).exists()


def test_a_resent_piece_changes_nothing_and_pieces_may_come_in_any_order(phone: Phone) -> None:
    client, xml = phone(), submission_xml(answers=PICTURES)
    for name, colour in (("2.jpg", "blue"), ("2.jpg", "blue"), ("1.jpg", "red"), ("1.jpg", "red")):
        assert post(client, xml, {name: photo(colour)}, incomplete=True).status_code in (201, 202)
    assert Submission.objects.get().state == "received"
    assert Evidence.objects.count() == 2
    assert Event.objects.filter(type="submission.received").count() == 1


def test_a_submission_without_its_pictures_is_taken_and_they_are_added_later(phone: Phone) -> None:
    client, xml = phone(), submission_xml(answers=PICTURES)
    assert post(client, xml).status_code == 201
    assert [one["picture"] for one in answers(Submission.objects.get().id)["pictures"]] == [None, None]
    assert post(client, xml, {"1.jpg": photo()}).status_code == 201
    assert [bool(one["picture"]) for one in answers(Submission.objects.get().id)["pictures"]] == [True, False]


def test_many_at_once_each_hear_their_own_answer(together: Any, key_of: Callable[..., str]) -> None:
    good, bad = key_of("alice"), key_of("hana")
    sendings = []
    for number in range(12):
        for key in (good, bad):
            content_type, body = multipart(submission_xml(instance=f"uuid:{number}"))
            sendings.append(
                ("POST", f"/or/{key}/submission", {"content": body, "headers": {"Content-Type": content_type}})
            )
    statuses = [answer.status_code for answer in together(sendings)]
    assert statuses == [201, 403] * 12
    assert Submission.objects.count() == 12


def test_the_same_one_at_once_is_taken_once(together: Any, key_of: Callable[..., str]) -> None:
    content_type, body = multipart(submission_xml(answers=PICTURES), {"1.jpg": photo(), "2.jpg": photo("blue")})
    sending = (
        "POST",
        f"/or/{key_of('alice')}/submission",
        {"content": body, "headers": {"Content-Type": content_type}},
    )
    assert {answer.status_code for answer in together([sending] * 8)} == {201}
    assert Submission.objects.count() == Event.objects.filter(type="submission.received").count() == 1
    assert Evidence.objects.count() == 2


def test_a_second_edit_of_the_same_one_is_refused(phone: Phone) -> None:
    client = phone()
    client.submit(submission_xml(instance="uuid:a"))
    assert client.submit(submission_xml(instance="uuid:b", deprecated="uuid:a"))[0] == 201
    assert client.submit(submission_xml(instance="uuid:c", deprecated="uuid:a"))[0] == 409
    assert client.submit(submission_xml(instance="uuid:c", deprecated="uuid:b"))[0] == 201


def test_a_version_that_was_replaced_is_still_taken(city: City, phone: Phone) -> None:
    more = [*SURVEY, ("text", "more", "其他", "More")]
    form_publish(
        actor=KEEPER,
        response_id=city.response_id,
        file_name="v2.xlsx",
        content=xlsform(more, named("visit", version="2")),
        now=START + timedelta(hours=1),
    )
    assert phone().submit(submission_xml(version="1"))[0] == 201
    assert phone().submit(submission_xml(version="2", instance=f"uuid:{uuid4()}"))[0] == 201
