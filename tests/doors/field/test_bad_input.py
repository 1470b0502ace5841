"""What strangers, broken phones and bad lines send: the right status in an envelope, nothing lost or doubled."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.db import connection

from tests.doors.field.collect import Collect, multipart, submission_xml
from tests.ground.responses.test_evidence import photo
from wangge.asgi import application
from wangge.doors.field import arriving
from wangge.doors.field.door import close_field
from wangge.doors.field.multipart import parts
from wangge.ground.kernel.problems import SubmissionUnreadable
from wangge.spine.forms.models import Submission

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("published")]
Phone = Callable[..., Collect]
GOOD = submission_xml(instance="uuid:good")
BOMB = b"<!DOCTYPE d [<!ENTITY a 'aaaaaaaaaa'>%s]>" % b"".join(
    b"<!ENTITY %c '%s'>" % (98 + n, b"&%c;" % (97 + n) * 10) for n in range(9)
)
OUTSIDE = b'<!DOCTYPE d [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
BODY = b"<data id='visit' version='1'><note>%s</note><meta><instanceID>uuid:x</instanceID></meta></data>"


def post(phone: Collect, body: bytes, content_type: str = "multipart/form-data; boundary=b") -> Any:
    return phone.ask("POST", f"{phone.server}/submission", headers={"Content-Type": content_type}, content=body)


def refused(phone: Collect, status: int, body: bytes, content_type: str = "multipart/form-data; boundary=b") -> str:
    answer = post(phone, body, content_type)
    assert answer.status_code == status, answer.content
    assert answer.headers["X-OpenRosa-Version"] == "1.0"
    assert not Submission.objects.exists()
    assert [path for path in Path(settings.EVIDENCE_FOLDER).rglob("*") if path.is_file()] == []
    return phone.message(answer)


@pytest.mark.parametrize(
    "xml",
    [
        b"",
        b"not xml",
        b"<data",
        b"<data id='visit' version='1'>" + b"<a>" * 500_000,
        BOMB + BODY % b"&j;",
        OUTSIDE + BODY % b"&x;",
        b'<!DOCTYPE data SYSTEM "http://127.0.0.1:9/x.dtd">' + BODY % b"1",
        BODY % b"\xff\xfe",
        (BODY % b"1").decode().encode("utf-16"),
        BODY.replace(b"<instanceID>uuid:x</instanceID>", b"") % b"1",
        BODY.replace(b"uuid:x", b"u" * 500) % b"1",
        BODY.replace(b"id='visit'", b"") % b"1",
        b"<a>" * 60 + b"</a>" * 60,
    ],
    ids=range(13),
)
def test_xml_that_is_none_or_means_harm(phone: Phone, xml: bytes) -> None:
    content_type, body = multipart(xml)
    assert refused(phone(), 400, body, content_type)


@pytest.mark.parametrize(("form", "version"), [("nowhere", "1"), ("visit", "99"), ("visit", "")])
def test_a_form_or_version_that_nobody_published(phone: Phone, form: str, version: str) -> None:
    content_type, body = multipart(submission_xml(form, version))
    refused(phone(), 404, body, content_type)


@pytest.mark.parametrize("content_type", ["", "text/xml", "application/x-www-form-urlencoded", "multipart/form-data"])
def test_another_media_type(phone: Phone, content_type: str) -> None:
    refused(phone(), 415, GOOD, content_type)


def cut(body: bytes, share: float) -> bytes:
    return body[: int(len(body) * share)]


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--b--\r\n",
        b"nothing of a boundary",
        cut(multipart(GOOD, boundary="b")[1], 0.5),
        multipart(GOOD, boundary="b")[1].removesuffix(b"--b--\r\n"),
        multipart(GOOD, boundary="b")[1].replace(b"\r\n\r\n", b"\r\n"),
        multipart(GOOD, boundary="b")[1].replace(b'name="xml_submission_file"; ', b""),
        multipart(GOOD, boundary="b")[1].replace(b"--b\r\n", b"--b garbage\r\n"),
        multipart(GOOD, boundary="b")[1].replace(b"text/xml", b"text/xml\r\nContent-Transfer-Encoding: base64"),
        multipart(None, {"1.jpg": b"\xff\xd8\xff"}, boundary="b")[1],
        multipart(GOOD, {f"{n}.jpg": b"\xff\xd8\xff" for n in range(300)}, boundary="b")[1],
        multipart(GOOD, boundary="b")[1].removesuffix(b"--b--\r\n") + multipart(GOOD, boundary="b")[1],
    ],
    ids=range(12),
)
def test_a_body_that_is_broken(phone: Phone, body: bytes) -> None:
    refused(phone(), 400, body)


def test_a_cut_body_never_yields_a_part_that_is_cut() -> None:
    whole = multipart(GOOD, {"1.jpg": photo(size=(20, 20))}, boundary="b")[1]
    for length in range(0, len(whole) - 4, 7):
        with pytest.raises(SubmissionUnreadable):
            parts(whole[:length], b"b")


@pytest.mark.parametrize("content", [b"MZ\x90\x00\x03", b"\x7fELF", b"PK\x03\x04", b"\x00\x00"])
def test_a_file_of_another_kind_than_its_name_says(phone: Phone, content: bytes) -> None:
    xml = submission_xml(answers="<pictures><picture>1.jpg</picture></pictures>")
    content_type, body = multipart(xml, {"1.jpg": content})
    refused(phone(), 415, body, content_type)


@pytest.mark.parametrize("name", ["../../etc/passwd", "..\\..\\x.jpg", "/root/.ssh/key", "a" * 150 + ".jpg"])
def test_names_that_lead_elsewhere_lead_nowhere(phone: Phone, name: str) -> None:
    xml = submission_xml(answers=f"<pictures><picture>{name}</picture></pictures>")
    content_type, body = multipart(xml, {name: photo()})
    assert post(phone(), body, content_type).status_code == 201
    files = [path for path in Path(settings.EVIDENCE_FOLDER).rglob("*") if path.is_file()]
    assert len(files) == 1
    assert name[-10:] not in str(files[0])


def test_a_file_that_no_answer_names_is_not_kept(phone: Phone) -> None:
    content_type, body = multipart(GOOD, {"1.jpg": photo()})
    assert post(phone(), body, content_type).status_code == 201
    assert [path for path in Path(settings.EVIDENCE_FOLDER).rglob("*") if path.is_file()] == []


def test_the_same_name_twice_in_one_body(phone: Phone) -> None:
    content_type, body = multipart(GOOD, {"1.jpg": photo()})
    twice = body.replace(b'xml_submission_file"; filename="form.xml', b"1.jpg", 1)
    refused(phone(), 400, twice, content_type)


def test_a_body_of_a_hundred_megabytes_hears_that_it_is_too_large(phone: Phone) -> None:
    content_type, body = multipart(GOOD, {"1.jpg": b"\xff\xd8\xff" + b"0" * 100_000_000})
    assert "64 MB" in refused(phone(), 413, body, content_type)


def test_xml_that_is_too_large(phone: Phone) -> None:
    content_type, body = multipart(submission_xml(answers=f"<note>{'长' * 2_000_000}</note>"))
    refused(phone(), 413, body, content_type)


def test_a_body_on_disk_is_read_as_one_in_memory(phone: Phone, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(arriving, "IN_MEMORY", 100)
    xml = submission_xml(answers="<pictures><picture>1.jpg</picture></pictures>")
    content_type, body = multipart(xml, {"1.jpg": photo()})
    assert post(phone(), body, content_type).status_code == 201


def test_a_sender_that_hangs_up_has_sent_nothing(key_of: Any) -> None:
    content_type, body = multipart(GOOD)
    scope = {
        "type": "http", "method": "POST", "path": f"/or/{key_of('alice')}/submission", "query_string": b"",
        "headers": [(b"host", b"testserver"), (b"content-type", content_type.encode())], "client": ("127.0.0.1", 1),
    }  # fmt: skip
    told: list[Any] = []

    async def run() -> None:
        messages = [{"type": "http.request", "body": body, "more_body": True}, {"type": "http.disconnect"}]

        async def receive() -> Any:
            return messages.pop(0)

        async def send(message: Any) -> None:
            told.append(message)

        await application(scope, receive, send)
        await close_field()

    asyncio.run(run())
    connection.close()
    assert told == []
    assert not Submission.objects.exists()


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("PUT", "submission", 405), ("GET", "submission", 405), ("POST", "formList", 405), ("DELETE", "forms/x", 405),
        ("GET", "nowhere", 404), ("GET", "forms/x/form.xml", 404),
        ("GET", "forms/00000000-0000-0000-0000-000000000001/form.xml", 404), ("GET", "", 404),
    ],
)  # fmt: skip
def test_other_methods_and_addresses(phone: Phone, method: str, path: str, status: int) -> None:
    client = phone()
    answer = client.ask(method, f"{client.server}/{path}")
    assert answer.status_code == status
    assert client.message(answer)


def test_what_is_asked_for_beside_a_form_stays_closed(phone: Phone, published: Any) -> None:
    client = phone()
    for name in ("..%2f..%2fsettings.py", "%2e%2e", "secret.key", "venues.csv"):
        assert client.ask("GET", f"{client.server}/forms/{published.id}/media/{name}").status_code == 404
