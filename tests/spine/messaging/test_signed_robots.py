"""Robots that ask for a signature, against a server on this machine that verifies it and answers as the services do."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit
from uuid import UUID

import pytest

from tests.conftest import START
from tests.spine.messaging.conftest import send, state_of
from tests.spine.messaging.servers import running
from wangge.spine.messaging.channels import robot
from wangge.spine.messaging.models import Delivery

SECRET = "SEC/of the+group=1"
IN_ADDRESS = quote(SECRET, safe="")
AN_HOUR = 3600


def dingtalk(path: str, body: dict[str, Any]) -> dict[str, Any]:
    """What DingTalk answers to a call of a robot with 加签."""
    query = parse_qs(urlsplit(path).query, strict_parsing=True)
    if query["access_token"] != ["t"]:
        return {"errcode": 300001, "errmsg": "token is not exist"}
    [timestamp], [sign] = query.get("timestamp", ["0"]), query.get("sign", [""])
    if abs(time.time() * 1000 - int(timestamp)) > AN_HOUR * 1000:
        return {"errcode": 310000, "errmsg": "invalid timestamp"}
    digest = hmac.new(SECRET.encode(), f"{timestamp}\n{SECRET}".encode(), hashlib.sha256).digest()
    if base64.b64decode(sign) != digest:
        return {"errcode": 310000, "errmsg": "sign not match"}
    return {"errcode": 0, "errmsg": "ok"} if body["msgtype"] == "text" else {"errcode": 40035, "errmsg": "bad"}


def feishu(path: str, body: dict[str, Any]) -> dict[str, Any]:
    """What Feishu answers to a call of a robot with 签名校验."""
    timestamp, sign = body.get("timestamp", "0"), body.get("sign", "")
    wanted = hmac.new(f"{timestamp}\n{SECRET}".encode(), b"", hashlib.sha256).digest()
    if abs(time.time() - int(timestamp)) > AN_HOUR or base64.b64decode(sign) != wanted:
        said = "sign match fail or timestamp is not within one hour from current time"
        return {"code": 19021, "data": {}, "msg": said}
    if not isinstance(timestamp, str) or body["msg_type"] != "text" or "text" not in body["content"]:
        return {"code": 9499, "data": {}, "msg": "Bad Request"}
    return {"StatusCode": 0, "StatusMessage": "success", "code": 0, "data": {}, "msg": "success"}


class Session(BaseHTTPRequestHandler):
    """One call: 200 whatever the body says, and what `says` holds before anything else."""

    server: Group

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.calls.append((self.path, body))
        said = self.server.says.pop(0) if self.server.says else self.server.service(self.path, body)
        content = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:
        """Nothing is printed."""


class Group(ThreadingHTTPServer):
    """A group's robot at one of the services."""

    daemon_threads = True

    def __init__(self, service: Callable[[str, dict[str, Any]], dict[str, Any]]) -> None:
        super().__init__(("127.0.0.1", 0), Session)
        self.service = service
        self.says: list[dict[str, Any]] = []
        self.calls: list[tuple[str, dict[str, Any]]] = []

    def address(self, secret: str) -> str:
        path = "/robot/send?access_token=t" if self.service is dingtalk else "/open-apis/bot/v2/hook/t"
        return f"http://127.0.0.1:{self.server_port}{path}" + (f"#{secret}" if secret else "")


HOSTS = {dingtalk: "oapi.dingtalk.com", feishu: "open.feishu.cn"}


@pytest.fixture(params=[dingtalk, feishu])
def group(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Group]:
    """The service's own rules, at an address of this machine."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setitem(robot.ROBOTS, "127.0.0.1", robot.ROBOTS[HOSTS[request.param]])
    robot._client.cache_clear()
    with running(Group(request.param)) as server:
        yield server
    robot._client().close()
    robot._client.cache_clear()


@pytest.fixture
def told(group: Group, person: Callable[..., UUID], tell: Callable[..., list[Delivery]]) -> Callable[[str], Delivery]:
    """A message promised to the group by its robot with this secret."""
    return lambda secret: tell(person(webhook_url=group.address(secret), is_program=True))[0]


def test_a_signed_message_arrives_and_its_secret_stays_here(
    group: Group, told: Callable[[str], Delivery], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    row = told(IN_ADDRESS)
    assert send() == 1
    assert state_of(row) == ("sent", 1, "")
    assert SECRET not in f"{group.calls}{caplog.text}" and IN_ADDRESS not in f"{group.calls}{caplog.text}"


@pytest.mark.parametrize("secret", ["", "another"])
def test_a_wrong_signature_is_final_with_the_reason(group: Group, told: Callable[[str], Delivery], secret: str) -> None:
    row = told(secret)
    send()
    state, attempts, reason = state_of(row)
    assert (state, attempts) == ("failed", 1)
    assert "310000" in reason or "19021" in reason
    assert "clock" in reason if not secret and group.service is dingtalk else "signature" in reason
    assert "another" not in reason
    assert send(60) == 0


def test_who_sent_too_much_is_silent_until_the_block_is_over(group: Group, told: Callable[[str], Delivery]) -> None:
    slow_down = {dingtalk: {"errcode": 130101, "errmsg": "send too fast"}, feishu: {"code": 11232, "msg": "too many"}}
    group.says = [slow_down[group.service]]
    row = told(IN_ADDRESS)
    send()
    state, _, reason = state_of(row)
    assert (state, reason.split(": ")[1]) == ("pending", "too many messages at once")
    assert row.next_try_at is not None and row.next_try_at - START > timedelta(minutes=10)
    assert send(10) == 0
    assert send(11) == 1
    assert state_of(row)[0] == "sent"


@pytest.mark.parametrize(
    ("group", "said", "words"),
    [
        (dingtalk, {"errcode": 310000, "errmsg": "keywords not in content"}, "keyword"),
        (dingtalk, {"errcode": 310000, "errmsg": "ip 10.1.2.3 not in whitelist"}, "machine's address"),
        (dingtalk, {"errcode": 310000, "errmsg": "?"}, "safety settings"),
        (feishu, {"code": 19024, "msg": "Key Words Not Found"}, "keyword"),
        (feishu, {"code": 9499, "msg": "Bad Request"}, "not as the service wants it"),
        (feishu, {"code": 77, "msg": "?"}, "code 77"),
    ],
    indirect=["group"],
)
def test_what_a_service_refuses_is_said_in_words(
    group: Group, told: Callable[[str], Delivery], said: dict[str, Any], words: str
) -> None:
    group.says = [said]
    row = told(IN_ADDRESS)
    send()
    state, _, reason = state_of(row)
    assert state == "failed" and words in reason and "10.1.2.3" not in reason
