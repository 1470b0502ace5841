"""In-app 站内消息: the row is the message, shown on the desk as soon as it is sent."""

from __future__ import annotations

from wangge.ground.accounts.queries import Recipient
from wangge.spine.messaging.channels.contract import Answer, Channel, Message


def _send(person: Recipient, message: Message) -> Answer:
    return Answer("sent")


CHANNEL = Channel("inapp", lambda person: not person.is_program, _send)
