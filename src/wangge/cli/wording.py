"""Chinese by default, English under an English locale."""

from __future__ import annotations

import os


def language() -> str:
    """The language of the terminal: "en" where the locale says so, else "zh"."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(name):
            return "en" if os.environ[name].lower().startswith("en") else "zh"
    return "zh"


def say(zh: str, en: str) -> str:
    """The sentence in the language of the terminal."""
    return en if language() == "en" else zh
