"""What messages say: a number and what is asked, never a name, a phone or an address."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

CATALOGUE: dict[str, Wording] = {}


@dataclass(frozen=True)
class Wording:
    """A message in both languages, with gaps filled from a delivery's params."""

    code: str
    zh: str
    en: str

    def text(self, params: dict[str, Any], *, exercise: bool, language: str = "zh") -> str:
        """The sentence; a rehearsal says so first."""
        if language.startswith("en"):
            return ("[EXERCISE] " if exercise else "") + self.en.format(**params)
        return ("【演练】" if exercise else "") + self.zh.format(**params)


def wording(code: str, zh: str, en: str) -> str:
    """Declare a message and return its code."""
    if code in CATALOGUE:
        raise ValueError(f"message {code} is declared twice")
    CATALOGUE[code] = Wording(code, zh, en)
    return code
