"""The rate limit: a token bucket for each sender, in the memory of each worker."""

from __future__ import annotations

import math
from collections.abc import Hashable

MOST_SENDERS = 20_000


class Buckets:
    """So many calls a second on the long run, so many at once after a rest."""

    def __init__(self, rate: float, burst: float) -> None:
        self.rate = rate
        self.burst = burst
        self._left: dict[Hashable, tuple[float, float]] = {}

    def take(self, sender: Hashable, at: float) -> int:
        """Take one call out of a sender's bucket at a monotonic instant; 0, or the whole seconds to wait."""
        left, since = self._left.get(sender, (self.burst, at))
        left = min(self.burst, left + (at - since) * self.rate)
        if left < 1:
            self._left[sender] = (left, at)
            return max(1, math.ceil((1 - left) / self.rate))
        if len(self._left) >= MOST_SENDERS:
            self._left.clear()
        self._left[sender] = (left - 1, at)
        return 0

    def wait(self, sender: Hashable, at: float) -> int:
        """The whole seconds until a sender may call again, 0 for now; nothing is taken."""
        left, since = self._left.get(sender, (self.burst, at))
        left = min(self.burst, left + (at - since) * self.rate)
        return 0 if left >= 1 else max(1, math.ceil((1 - left) / self.rate))

    def forget(self) -> None:
        """Fill every bucket."""
        self._left.clear()
