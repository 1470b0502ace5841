"""Signed webhook: a JSON body with an HMAC-SHA256 over time and body, so that a receiver can trust it.

Headers: Wangge-Delivery (the id; a repeat carries the same), Wangge-Timestamp (seconds), and
Wangge-Signature = hex HMAC-SHA256 of "timestamp.body" under the installation's webhook key. Any
2xx counts as sent; 408, 425, 429 and 5xx are tried again; every other answer is final.
"""

from __future__ import annotations

import hmac
import time
from functools import lru_cache

import httpx
import orjson
from django.conf import settings

from wangge.ground.accounts.queries import Recipient
from wangge.spine.messaging.channels.contract import Answer, Channel, Message
from wangge.spine.messaging.channels.robot import robot_of

TRY_AGAIN = {408, 425, 429}
TIMEOUT = 10


@lru_cache(maxsize=1)
def _client() -> httpx.Client:
    # Made once, because reading the trusted certificates takes longer than a call. No connection is kept: one
    # that its other end has closed meanwhile would cost an attempt.
    return httpx.Client(follow_redirects=False, limits=httpx.Limits(max_keepalive_connections=0))


def signature(key: str, timestamp: str, body: bytes) -> str:
    """The hex digest that proves who sent a body, and when."""
    return hmac.new(key.encode(), timestamp.encode() + b"." + body, "sha256").hexdigest()


def _send(person: Recipient, message: Message) -> Answer:
    body = orjson.dumps(
        {
            "delivery": str(message.delivery_id),
            "template": message.template,
            "text": message.text,
            "link": f"{settings.SITE_URL}{message.link}",
            "exercise": message.exercise,
        }
    )
    timestamp = str(int(time.time()))
    headers = {
        "Content-Type": "application/json",
        "Wangge-Delivery": str(message.delivery_id),
        "Wangge-Timestamp": timestamp,
        "Wangge-Signature": signature(settings.WEBHOOK_KEY, timestamp, body),
    }
    try:
        # Only the status counts; the answer's body is not read, however long it is or slow to come.
        with _client().stream("POST", person.webhook_url, content=body, headers=headers, timeout=TIMEOUT) as answer:
            pass
    except (httpx.InvalidURL, httpx.UnsupportedProtocol):
        return Answer("final", "address cannot be called")
    except httpx.HTTPError as error:
        return Answer("retry", type(error).__name__)
    if answer.is_success:
        return Answer("sent")
    again = answer.status_code in TRY_AGAIN or answer.status_code >= 500
    return Answer("retry" if again else "final", f"HTTP {answer.status_code}")


CHANNEL = Channel("webhook", lambda person: bool(person.webhook_url) and robot_of(person.webhook_url) is None, _send)
