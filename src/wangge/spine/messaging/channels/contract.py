"""What a channel is: whom it reaches, and an honest answer to every attempt."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal
from uuid import UUID

from wangge.ground.accounts.queries import Recipient


@dataclass(frozen=True)
class Attachment:
    """A file that goes with a message: its name, its bytes and their media type."""

    name: str
    content: bytes
    mime: str


@dataclass(frozen=True)
class Message:
    """What a channel sends: the delivery's id (so that a receiver can drop repeats), text and link, and files."""

    delivery_id: UUID
    template: str
    title: str
    text: str
    link: str
    exercise: bool
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True)
class Answer:
    """How an attempt ended: sent, to be tried again, or never to succeed; with the reason.

    `wait` is how long the receiver wants to be left alone before it is tried again.
    """

    outcome: Literal["sent", "retry", "final"]
    reason: str = ""
    wait: timedelta = timedelta(0)


@dataclass(frozen=True)
class Channel:
    """One way to reach people: whom it can reach, the attempt, and whether it carries files."""

    name: str
    reaches: Callable[[Recipient], bool]
    send: Callable[[Recipient, Message], Answer]
    carries: bool = False
