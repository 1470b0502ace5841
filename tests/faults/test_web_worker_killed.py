"""Web workers die under load: what was acknowledged is there, and what is sent again is not doubled."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import psutil
import pytest
from django.conf import settings
from django.db import connection

from tests.conftest import OPERATOR
from wangge.duties.matters.models import Matter
from wangge.ground.accounts import services as accounts
from wangge.ground.accounts.models import AnsweredCall
from wangge.ground.journal.readers import Event

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]
SENDERS, EACH, KILLS = 6, 60, 5


@pytest.fixture
def installation(city, tmp_path):
    """The environment of a server process on this very test database."""
    env = {**os.environ, "DJANGO_SETTINGS_MODULE": "wangge.settings", "WANGGE_KEYS": str(settings.KEY_FOLDER)}
    if connection.vendor == "sqlite":
        env["WANGGE_DATA"] = str(tmp_path)
        (tmp_path / "wangge.sqlite3").symlink_to(connection.settings_dict["NAME"])
    else:
        at = connection.settings_dict
        env["DATABASE_URL"] = f"postgresql://{at['USER']}:{at['PASSWORD']}@/{at['NAME']}?host={at['HOST']}"
    return env


@pytest.fixture
def token(city, now):
    person = accounts.person_add(actor=OPERATOR, username="hotline", display_name="热线", now=now, is_program=True)
    post = accounts.post_open(actor=OPERATOR, name="接入", role="intake_client", area_id=city.area("4413"), now=now)
    accounts.post_hold(actor=OPERATOR, post_id=post.id, person_id=person.id, now=now)
    return accounts.token_issue(actor=OPERATOR, person_id=person.id, name="test", now=now)


@contextmanager
def server(env):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "wangge.serving", "web", "127.0.0.1", str(port), "2"]
    process = subprocess.Popen(command, env=env, stdin=subprocess.PIPE)
    try:
        for _ in range(300):
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                break
            except OSError:
                time.sleep(0.1)
        yield port, process.pid
    finally:
        process.terminate()
        process.communicate(timeout=20)


def send_all(port, token, sender, answered):
    """Send reports one after another; whatever is not answered is sent again with the same key."""
    give_up_at = time.monotonic() + 60
    for number in range(EACH):
        body = json.dumps({"kind": "arrival", "area": "441302001001", "source": "system", "text": f"第{number}条"})
        headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "Idempotency-Key": f"{sender}-{number}",
        }
        while time.monotonic() < give_up_at:
            try:
                line = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
                line.request("POST", "/api/v1/reports", body.encode(), headers)
                answer = line.getresponse()
                content = json.loads(answer.read())
                line.close()
            except (OSError, http.client.HTTPException):
                time.sleep(0.05)
                continue
            assert answer.status in (201, 503), content
            if answer.status == 201:
                answered[sender, number] = content["number"]
                break
            time.sleep(0.05)


def test_workers_killed_under_load_lose_and_double_nothing(installation, token):
    answered: dict[tuple[int, int], str] = {}
    with server(installation) as (port, pid):
        threads = [threading.Thread(target=send_all, args=(port, token, one, answered)) for one in range(SENDERS)]
        for thread in threads:
            thread.start()
        for _ in range(KILLS):
            time.sleep(0.4)
            workers = [child for child in psutil.Process(pid).children(recursive=True) if child.is_running()]
            for worker in workers[:1]:
                os.kill(worker.pid, signal.SIGKILL)
        for thread in threads:
            thread.join(120)
    assert len(answered) == SENDERS * EACH
    assert len(set(answered.values())) == SENDERS * EACH
    assert set(Matter.objects.values_list("number", flat=True)) == set(answered.values())
    assert Event.objects.filter(type="matter.received").count() == SENDERS * EACH
    assert AnsweredCall.objects.count() == SENDERS * EACH
