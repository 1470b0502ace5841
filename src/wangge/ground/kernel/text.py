"""What may stand in text that people type: pure."""

from __future__ import annotations

import re

# Control characters that nobody sees; a line break and a tab are none of them.
UNSEEN = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
