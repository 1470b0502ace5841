"""The few pieces of Markdown that the pages are made of."""

from __future__ import annotations

import inspect
from collections.abc import Iterable, Sequence


def cell(value: object) -> str:
    """A value inside a table: on one line, with its bars escaped."""
    return " ".join(str(value).split()).replace("|", "\\|")


def table(heading: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table; an empty one is left out, heading and all."""
    lines = ["| " + " | ".join(cell(value) for value in row) + " |" for row in rows]
    if not lines:
        return ""
    return "\n".join(["| " + " | ".join(heading) + " |", "|" + "---|" * len(heading), *lines]) + "\n"


def code(*values: object) -> str:
    """Values set as code, separated by commas."""
    return ", ".join(f"`{value}`" for value in values)


def paragraph(thing: object) -> str:
    """The docstring of a thing, unwrapped: a blank line ends a paragraph."""
    text = inspect.getdoc(thing) or ""
    return "\n\n".join(" ".join(part.split()) for part in text.split("\n\n"))


def first_sentence(thing: object) -> str:
    """The first line of a docstring, without what follows."""
    return (inspect.getdoc(thing) or "").partition("\n")[0]


def page(*parts: str) -> str:
    """Parts with a blank line between them; empty ones are left out."""
    return "\n\n".join(part.strip("\n") for part in parts if part.strip())
