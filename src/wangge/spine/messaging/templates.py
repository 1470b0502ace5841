"""What messages say: a number and what is asked, never a name, a phone or an address."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from wangge.spine.messaging.channels.contract import Attachment

CATALOGUE: dict[str, Wording] = {}


@dataclass(frozen=True)
class Wording:
    """A message in both languages, with gaps filled from a delivery's params; where it leads, and what goes with it.

    A message of a matter leads to the matter, one with a `link` of its own to that, any other to the first page.
    `attached` makes what a channel may carry, from the same params, and `secret` what stands for {secret} in the
    link: it is made as the message goes, so that no row holds it.
    """

    code: str
    zh: str
    en: str
    link: str = ""
    attached: Callable[[dict[str, Any]], list[Attachment]] | None = None
    secret: Callable[[dict[str, Any]], str] | None = None

    def path(self, params: dict[str, Any]) -> str:
        """The address the message leads to, without the name of the site."""
        if self.link:
            secret = {"secret": self.secret(params)} if self.secret else {}
            return self.link.format(**params, **secret)
        return f"/matters/{params['number']}" if "number" in params else "/"

    def text(self, params: dict[str, Any], *, exercise: bool, language: str = "zh") -> str:
        """The sentence; a rehearsal says so first."""
        if language.startswith("en"):
            return ("[EXERCISE] " if exercise else "") + self.en.format(**params)
        return ("【演练】" if exercise else "") + self.zh.format(**params)


def wording(
    code: str,
    zh: str,
    en: str,
    *,
    link: str = "",
    attached: Callable[[dict[str, Any]], list[Attachment]] | None = None,
    secret: Callable[[dict[str, Any]], str] | None = None,
) -> str:
    """Declare a message and return its code."""
    if code in CATALOGUE:
        raise ValueError(f"message {code} is declared twice")
    CATALOGUE[code] = Wording(code, zh, en, link, attached, secret)
    return code
