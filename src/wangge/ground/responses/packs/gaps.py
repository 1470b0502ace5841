"""Gaps in the prose of a bulletin: `{cutoff}`, `{figure}`, `{figure.new}`, `{figure.total}`.

`{figure}` alone is the cumulative value, as `{figure.total}`. There is no way to write a brace that
opens no gap, so that a slip of the pen is an error and never stands in a bulletin.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

CONTEXT = frozenset({"city", "scope", "start", "cutoff"})
VIEWS = ("new", "total")
GAP = re.compile(r"\{([a-z][a-z0-9_]*)(?:\.(new|total))?\}")


def gaps(template: str) -> list[tuple[str, str | None]]:
    """The gaps of a template in their order: (name, "new", "total" or None)."""
    return [(match[1], match[2]) for match in GAP.finditer(template)]


def stray_brace(template: str) -> str | None:
    """The piece of text round the first brace that belongs to no gap, or None."""
    rest = GAP.sub("", template)
    at = next((index for index, letter in enumerate(rest) if letter in "{}"), None)
    return None if at is None else rest[max(0, at - 5) : at + 15]


def fill(template: str, values: Mapping[str, str]) -> str:
    """The template with its gaps filled from `values` ("cutoff", "leaflets.new", "leaflets.total").

    KeyError where a value is missing: a bulletin with a hole is not issued.
    """

    def value(match: re.Match[str]) -> str:
        name, view = match[1], match[2]
        return values[name] if name in CONTEXT else values[f"{name}.{view or 'total'}"]

    return GAP.sub(value, template)
