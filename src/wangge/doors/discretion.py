"""What a line of the log must not say: the secret in the address of a link that somebody was given."""

from __future__ import annotations

import logging
import re

# Checks by link, day counts by link, duties for a calendar, forms for phones.
LINK = re.compile(r"(/(?:c|l|d|or)/)[^/\s?]+")


class Discreet(logging.Filter):
    """Takes secrets out of addresses before a line is written; Django names the address of every refused request."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Change the line, and let it pass."""
        if isinstance(record.args, tuple):
            record.args = tuple(LINK.sub(r"\1…", one) if isinstance(one, str) else one for one in record.args)
        return True
