"""A short paper before it is set: what a duty writes, whoever prints it as a page or as a Word file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Paper:
    """A notice, a certificate, a record: title, number, paragraphs each with what leads it in, who signs, when."""

    title: str
    number: str
    paragraphs: Sequence[tuple[str, str]]
    authority: str
    at: datetime
