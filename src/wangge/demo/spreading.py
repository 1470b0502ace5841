"""Spreading a total over places, days and hours so that the parts always add up to it. Pure, seeded."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from random import Random


def spread(total: int, weights: Sequence[float], rng: Random) -> list[int]:
    """Whole numbers in proportion to the weights that add up to `total`; what does not divide falls by chance."""
    if total == 0 or not weights:
        if total:
            raise ValueError("nothing to spread over")
        return [0] * len(weights)
    whole = sum(weights)
    if whole <= 0:
        weights, whole = [1.0] * len(weights), float(len(weights))
    parts = [int(total * weight / whole) for weight in weights]
    left = total - sum(parts)
    if left > 0:
        # Larger remainders are likelier to get one more; the draw keeps the smallest weights from always losing.
        order = sorted(
            range(len(parts)),
            key=lambda at: rng.random() ** (1 / max(total * weights[at] / whole - parts[at], 1e-9)),
            reverse=True,
        )
        for turn in range(left):
            parts[order[turn % len(order)]] += 1
    while left < 0:  # a rounding up of floats on very large totals
        at = max(range(len(parts)), key=parts.__getitem__)
        parts[at] -= 1
        left += 1
    return parts


def spread_within(total: int, most: Sequence[int], rng: Random) -> list[int]:
    """Like `spread`, in proportion to what each part can hold at most. Raises ValueError where all cannot hold it."""
    if total > sum(most):
        raise ValueError("more than all parts can hold")
    parts = [min(part, cap) for part, cap in zip(spread(total, [float(cap) for cap in most], rng), most, strict=True)]
    left = total - sum(parts)
    for at in rng.sample(range(len(parts)), len(parts)):
        more = min(most[at] - parts[at], left)
        parts[at] += more
        left -= more
    return parts


def pick(weights: Sequence[float], rng: Random) -> int:
    """The index of one part, likelier the heavier it is."""
    return rng.choices(range(len(weights)), weights)[0]


def instant_on(day: datetime, hours: Sequence[float], until: datetime, rng: Random) -> datetime:
    """A second of a day (its local midnight), in an hour drawn by weight, before `until`."""
    open_hours = [weight if day + timedelta(hours=hour) < until else 0.0 for hour, weight in enumerate(hours)]
    if not any(open_hours):
        raise ValueError("the day has no hour left")
    hour = pick(open_hours, rng)
    start = day + timedelta(hours=hour)
    seconds = min(3600, int((until - start).total_seconds()))
    return start + timedelta(seconds=rng.randrange(max(seconds, 1)))
