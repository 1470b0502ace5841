"""A phone before a real server: chunked bodies, a body that breaks off, and the same answers as anywhere."""

from __future__ import annotations

import http.client
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from django.conf import settings

from tests.doors.desk.site import ROOT, Site
from tests.doors.field.collect import ASK, Collect, multipart, submission_xml
from tests.doors.field.test_openrosa import PICTURES
from tests.ground.responses.test_evidence import photo

pytestmark = pytest.mark.skipif(
    "postgresql" in settings.DATABASES["default"]["ENGINE"], reason="the site of these tests runs on SQLite"
)
PREPARE = """
import django; django.setup()
from pathlib import Path
from tests.spine.forms.sheets import xlsform
from wangge.ground.accounts.queries import people
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import system_actor
from wangge.ground.responses.queries import response_current
from wangge.spine.forms.services.keys import key_issue
from wangge.spine.forms.services.publishing import form_publish
upon = {"actor": system_actor("test", "form.publish", "form.issue_key"), "response_id": response_current().id,
        "now": clock.now()}
form_publish(**upon, file_name="visit.xlsx", content=xlsform())
print(key_issue(**upon, person_id=people().get(username="alice").id, area_id=None, name="手机")[1])
"""
COUNT = """
import django; django.setup()
from wangge.spine.forms.models import Submission
print(Submission.objects.count())
"""


def said(site: Site, script: str) -> str:
    """What a script says on the installation of the site."""
    done = subprocess.run(
        [sys.executable, "-c", script], env=site.environment, cwd=ROOT, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture(scope="module")
def server(site: Site) -> str:
    """The address of a phone's key on the running site."""
    return f"{site.address}/or/{said(site, PREPARE)}"


@pytest.fixture
def phone(server: str) -> Iterator[Collect]:
    with httpx.Client(timeout=60) as client:
        yield Collect(lambda method, url, **more: client.request(method, url, **more), server)


def test_the_whole_conversation(phone: Collect) -> None:
    [entry] = phone.form_list()
    form, _ = phone.download(entry)
    assert b"jr:preload" in form
    status, message = phone.submit(submission_xml(answers=PICTURES), {"1.jpg": photo(), "2.jpg": photo("blue")})
    assert (status, message) == (201, "填报已收到。")


def test_a_chunked_body(server: str, site: Site) -> None:
    content_type, body = multipart(submission_xml(answers=PICTURES), {"1.jpg": photo(), "2.jpg": photo("blue")})

    def pieces() -> Iterator[bytes]:
        for start in range(0, len(body), 1000):
            yield body[start : start + 1000]

    connection = http.client.HTTPConnection("127.0.0.1", site.port, timeout=60)
    headers = {**ASK, "Content-Type": content_type, "Transfer-Encoding": "chunked"}
    connection.request("POST", f"{server}/submission", body=pieces(), headers=headers, encode_chunked=True)
    answer: Any = connection.getresponse()
    assert answer.status == 201
    assert answer.headers["X-OpenRosa-Version"] == "1.0"
    assert len(answer.headers.get_all("Date")) == 1
    connection.close()


def test_a_line_that_breaks_off_leaves_nothing_and_sending_again_is_taken(server: str, site: Site) -> None:
    before = int(said(site, COUNT))
    xml = submission_xml(instance="uuid:broken-off")
    content_type, body = multipart(xml)
    path = server.removeprefix(site.address)
    head = f"POST {path}/submission HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: {content_type}"
    with socket.create_connection(("127.0.0.1", site.port), 30) as line:
        line.sendall(f"{head}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body[: len(body) // 2])
    assert int(said(site, COUNT)) == before
    for _ in range(2):
        answer = httpx.post(f"{server}/submission", headers={"Content-Type": content_type}, content=body, timeout=60)
        assert answer.status_code == 201
    assert int(said(site, COUNT)) == before + 1
