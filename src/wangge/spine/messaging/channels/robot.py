"""Robots of group chats 群机器人: WeCom 企业微信, DingTalk 钉钉 and Feishu 飞书, told apart by the host of the address.

They answer 200 whatever happens; only the body says whether the group has got the message. A message counts as sent
when the code in the body is 0; a busy service is asked again, after too many at once only when the block of ten minutes
is over; every other code is final, and the reason is kept in words.

A robot of DingTalk or Feishu that asks for a signature 加签, 签名校验 has its secret behind a `#` in its address,
`https://oapi.dingtalk.com/robot/send?access_token=TOKEN#SECRET`: kept where the address with its token is kept, shown
nowhere that it is not, and never sent. WeCom knows no signature.
"""

from __future__ import annotations

import base64
import hmac
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import httpx
import orjson
from django.conf import settings

from wangge.ground.accounts.queries import Recipient
from wangge.spine.messaging.channels.contract import Answer, Channel, Message

TIMEOUT = 10


# Who sends more than 20 a minute is shut out by DingTalk for ten minutes.
BLOCKED_FOR = timedelta(minutes=11)
Signed = tuple[dict[str, str], dict[str, str]]


def _unsigned(secret: str, now: float) -> Signed:
    return {}, {}


def _signed_for_dingtalk(secret: str, now: float) -> Signed:
    timestamp = str(int(now * 1000))
    return {"timestamp": timestamp, "sign": _digest(secret, f"{timestamp}\n{secret}")}, {}


def _signed_for_feishu(secret: str, now: float) -> Signed:
    # Here what is signed is the key, and the message is empty.
    timestamp = str(int(now))
    return {}, {"timestamp": timestamp, "sign": _digest(f"{timestamp}\n{secret}", "")}


def _digest(key: str, text: str) -> str:
    return base64.b64encode(hmac.digest(key.encode(), text.encode(), "sha256")).decode()


@dataclass(frozen=True)
class Robot:
    """One service: how a text is sent and signed, where the answer keeps its code, and which codes pass by themselves.

    `sign` gives what goes into the query and into the body. `blocked` are the codes for too many at once.
    """

    body: Callable[[str], dict[str, Any]]
    sign: Callable[[str, float], Signed]
    codes: tuple[str, ...]
    again: frozenset[int]
    blocked: frozenset[int]


def _text(text: str) -> dict[str, Any]:
    return {"msgtype": "text", "text": {"content": text}}


def _text_for_feishu(text: str) -> dict[str, Any]:
    return {"msg_type": "text", "content": {"text": text}}


ROBOTS: dict[str, Robot] = {
    "qyapi.weixin.qq.com": Robot(_text, _unsigned, ("errcode",), frozenset({-1, 45033}), frozenset({45009})),
    "oapi.dingtalk.com": Robot(_text, _signed_for_dingtalk, ("errcode",), frozenset({-1, 410100}), frozenset({130101})),
    "open.feishu.cn": Robot(
        _text_for_feishu, _signed_for_feishu, ("code", "StatusCode"), frozenset({1000}), frozenset({11232})
    ),
}
# What the services mean by their codes. The text they send along is not kept: it may quote what was sent.
WORDS = {
    40035: "the message is not as the service wants it",
    45009: "too many messages at once",
    93000: "there is no robot at this address",
    300001: "there is no robot at this address",
    130101: "too many messages at once",
    11232: "too many messages at once",
    9499: "the message is not as the service wants it",
    19001: "there is no robot at this address",
    19021: "the signature is wrong or the clock is an hour off; look at the secret behind # in the address",
    19022: "the robot does not take messages from this machine's address",
    19024: "the robot takes only messages with its keyword",
}
# DingTalk has one code for all its safety settings; which of them, only the text says.
UNSAFE = 310000
SAFETY = {
    "sign": "the signature is wrong; look at the secret behind # in the address",
    "timestamp": "the clock is an hour off",
    "keyword": WORDS[19024],
    "ip": WORDS[19022],
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
    try:
        url = httpx.URL(person.webhook_url)
        secret = url.fragment
        query, proof = robot.sign(secret, time.time()) if secret else ({}, {})
        body = orjson.dumps({**proof, **robot.body(f"{message.text}\n{settings.SITE_URL}{message.link}")})
        answer = _client().post(
            url.copy_with(fragment=None).copy_merge_params(query),
            content=body,
            headers={"Content-Type": "application/json"},
            timeout=TIMEOUT,
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
    words = _words(code, str(said.get("errmsg", "")))
    if code in robot.blocked:
        return Answer("retry", words, wait=BLOCKED_FOR)
    return Answer("retry" if code in robot.again else "final", words)


def _words(code: object, told: str) -> str:
    known = WORDS.get(code) if isinstance(code, int) else None
    if code == UNSAFE:
        known = next((words for part, words in SAFETY.items() if part in told.lower()), "its safety settings refuse it")
    return f"code {code}: {known}" if known else f"code {code}"


CHANNEL = Channel("robot", lambda person: robot_of(person.webhook_url) is not None, _send)
