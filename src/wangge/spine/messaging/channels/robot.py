"""Robots of group chats 群机器人: WeCom 企业微信, DingTalk 钉钉 and Feishu 飞书, told apart by the host of the address.

They answer 200 whatever happens; only the body says whether the group has got the message. A message counts as sent
when the code in the body is 0; too many at once and a busy service are tried again; every other code is final, and the
reason is kept.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson
from django.conf import settings

from wangge.ground.accounts.queries import Recipient
from wangge.spine.messaging.channels.contract import Answer, Channel, Message

TIMEOUT = 10


@dataclass(frozen=True)
class Robot:
    """One service: how a text is sent, where the answer keeps its code, and which codes pass by themselves."""

    body: Callable[[str], dict[str, Any]]
    codes: tuple[str, ...]
    again: frozenset[int]


def _text(text: str) -> dict[str, Any]:
    return {"msgtype": "text", "text": {"content": text}}


ROBOTS: dict[str, Robot] = {
    "qyapi.weixin.qq.com": Robot(_text, ("errcode",), frozenset({-1, 45009, 45033})),
    "oapi.dingtalk.com": Robot(_text, ("errcode",), frozenset({-1, 130101, 410100})),
    "open.feishu.cn": Robot(
        lambda text: {"msg_type": "text", "content": {"text": text}}, ("code", "StatusCode"), frozenset({11232, 1000})
    ),
}


def robot_of(address: str) -> Robot | None:
    """The service that an address belongs to; None for any other webhook."""
    try:
        return ROBOTS.get((urlsplit(address).hostname or "").lower())
    except ValueError:
        return None


@lru_cache(maxsize=1)
def _client() -> httpx.Client:
    return httpx.Client(follow_redirects=False, limits=httpx.Limits(max_keepalive_connections=0))


def _send(person: Recipient, message: Message) -> Answer:
    robot = robot_of(person.webhook_url)
    if robot is None:
        return Answer("final", "no robot's address")
    body = orjson.dumps(robot.body(f"{message.text}\n{settings.SITE_URL}{message.link}"))
    try:
        answer = _client().post(
            person.webhook_url, content=body, headers={"Content-Type": "application/json"}, timeout=TIMEOUT
        )
    except (httpx.InvalidURL, httpx.UnsupportedProtocol):
        return Answer("final", "address cannot be called")
    except httpx.HTTPError as error:
        return Answer("retry", type(error).__name__)
    if not answer.is_success:
        again = answer.status_code in {408, 425, 429} or answer.status_code >= 500
        return Answer("retry" if again else "final", f"HTTP {answer.status_code}")
    return _judged(robot, answer.content)


def _judged(robot: Robot, body: bytes) -> Answer:
    """What the body says; one that says nothing is tried again, because nobody knows."""
    try:
        said = orjson.loads(body)
        code = next(said[name] for name in robot.codes if name in said)
    except (orjson.JSONDecodeError, StopIteration, TypeError):
        return Answer("retry", "the answer says nothing")
    if code == 0:
        return Answer("sent")
    return Answer("retry" if code in robot.again else "final", f"code {code}")


CHANNEL = Channel("robot", lambda person: robot_of(person.webhook_url) is not None, _send)
