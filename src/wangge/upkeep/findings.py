"""What a look of the doctor finds: well or wrong, in both languages."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Finding:
    """One thing looked at: whether it is well, what was seen, and what to do where it is not."""

    ok: bool
    zh: str
    en: str

    def line(self, language: str) -> str:
        """One line for a terminal."""
        mark = "✓" if self.ok else "✗"
        return f"{mark} {self.en if language == 'en' else self.zh}"


Look = Callable[[datetime], Iterator[Finding]]


def well(zh: str, en: str) -> Finding:
    """Something that is as it should be."""
    return Finding(True, zh, en)


def wrong(zh: str, en: str) -> Finding:
    """Something that is not, with what to do."""
    return Finding(False, zh, en)
