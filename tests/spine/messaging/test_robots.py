"""Robots of group chats: what the group is told, and that a 200 counts only if its body says so."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import httpx
import orjson
import pytest

from wangge.ground.accounts.queries import Recipient
from wangge.ground.kernel.ids import new_id
from wangge.spine.messaging.channels import CHANNELS, robot
from wangge.spine.messaging.channels.contract import Answer, Message

ADDRESSES = {
    "wecom": "https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1",
    "dingtalk": "https://oapi.dingtalk.com/robot/send?access_token=1",
    "feishu": "https://open.feishu.cn/open-apis/bot/v2/hook/1",
}


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[dict[str, Any]]]:
    """The bodies that robots were sent; `answers` (on the list) is what they say."""
    bodies: list[dict[str, Any]] = []
    answers: list[Any] = []

    def answer(request: httpx.Request) -> httpx.Response:
        bodies.append(orjson.loads(request.content))
        said = answers.pop(0)
        if isinstance(said, Exception):
            raise said
        return said if isinstance(said, httpx.Response) else httpx.Response(200, json=said)

    client = httpx.Client(transport=httpx.MockTransport(answer))
    monkeypatch.setattr(robot, "_client", lambda: client)
    monkeypatch.setattr(robot, "answers", answers, raising=False)
    yield bodies
    client.close()


def call(service: str, says: Any) -> Answer:
    robot.answers.append(says)  # type: ignore[attr-defined]
    person = Recipient(new_id(), "zh-hans", "", ADDRESSES[service], True)
    message = Message(new_id(), "bulletin.issued", "第1期", "第1期战报已发布。", "/bulletin/issued/1", False)
    return CHANNELS["robot"].send(person, message)


@pytest.mark.parametrize(
    ("service", "text"),
    [
        ("wecom", lambda body: body["text"]["content"]),
        ("dingtalk", lambda body: body["text"]["content"]),
        ("feishu", lambda body: body["content"]["text"]),
    ],
)
def test_each_service_gets_the_text_and_the_link(
    sent: list[dict[str, Any]], service: str, text: Callable[[dict[str, Any]], str]
) -> None:
    assert call(service, {"errcode": 0, "code": 0}) == Answer("sent")
    assert text(sent[0]) == "第1期战报已发布。\nhttp://127.0.0.1:8000/bulletin/issued/1"


@pytest.mark.parametrize(
    ("service", "says", "outcome"),
    [
        ("wecom", {"errcode": 0, "errmsg": "ok"}, "sent"),
        ("wecom", {"errcode": 93000, "errmsg": "invalid webhook url"}, "final"),
        ("wecom", {"errcode": 45009}, "retry"),
        ("dingtalk", {"errcode": 310000, "errmsg": "keywords not in content"}, "final"),
        ("dingtalk", {"errcode": 130101}, "retry"),
        ("feishu", {"StatusCode": 0, "StatusMessage": "success"}, "sent"),
        ("feishu", {"code": 9499, "msg": "Bad Request"}, "final"),
        ("feishu", {"code": 11232}, "retry"),
        ("feishu", {}, "retry"),
        ("wecom", [], "retry"),
        ("wecom", httpx.Response(200, content=b"<html>"), "retry"),
        ("wecom", httpx.Response(502), "retry"),
        ("wecom", httpx.Response(404), "final"),
        ("wecom", httpx.ConnectTimeout("late"), "retry"),
    ],
)
def test_only_the_body_says_whether_the_group_has_it(
    sent: list[dict[str, Any]], service: str, says: Any, outcome: str
) -> None:
    assert call(service, says).outcome == outcome
    assert len(sent) == 1


@pytest.mark.parametrize(
    ("address", "channel"),
    [*((address, "robot") for address in ADDRESSES.values()), ("https://qyapi.weixin.qq.com.evil.cn/x", "webhook")],
)
def test_an_address_has_one_channel(address: str, channel: str) -> None:
    person = Recipient(new_id(), "zh-hans", "", address, True)
    assert [name for name in ("robot", "webhook") if CHANNELS[name].reaches(person)] == [channel]
