"""How many matters of each kind end with each outcome, so that every figure over them comes out. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from random import Random

from wangge.demo.spreading import spread, spread_within
from wangge.ground.kernel.problems import DemoTotalsInvalid

Cell = tuple[str, str]
Cells = frozenset[Cell]


def closings(expected: Mapping[Cell, float], targets: Mapping[str, tuple[Cells, int]], rng: Random) -> dict[Cell, int]:
    """A number for each cell (kind, outcome): near what is expected, and exactly what the targets ask.

    `targets` by figure: the cells it counts and the sum they must have. Figures may lie inside each
    other (refusals inside incidents), and one may cross the others (cases handed over). Raises
    DemoTotalsInvalid where they contradict each other.
    """
    nested, crossing = _sorted_out(targets)
    buckets = _buckets(expected, nested)
    result: dict[Cell, int] = {}
    if crossing is None:
        for cells, size in buckets:
            result |= _filled(cells, size, expected, rng)
        return result
    _, counted, wanted = crossing
    inside = _crossed(buckets, counted, wanted, expected, rng, crossing[0])
    for (cells, size), part in zip(buckets, inside, strict=True):
        result |= _filled(cells & counted, part, expected, rng)
        rest = cells - counted
        result |= _filled(rest, None if size is None else size - part, expected, rng)
    return result


def _sorted_out(
    targets: Mapping[str, tuple[Cells, int]],
) -> tuple[dict[str, tuple[Cells, int]], tuple[str, Cells, int] | None]:
    """The figures that lie inside or beside each other, and the one that crosses them."""

    def cross(one: Cells, other: Cells) -> bool:
        return bool(one & other) and not one <= other and not other <= one

    def conflicts(name: str) -> int:
        return sum(cross(targets[name][0], other) for other, _ in targets.values())

    nested: dict[str, tuple[Cells, int]] = {}
    left: list[str] = []
    # A figure over one outcome of many kinds crosses those over many outcomes of one kind.
    for name in sorted(targets, key=lambda name: (conflicts(name), len({kind for kind, _ in targets[name][0]}), name)):
        if any(cross(targets[name][0], cells) for cells, _ in nested.values()):
            left.append(name)
        else:
            nested[name] = targets[name]
    if len(left) > 1:
        raise _contradiction(left)
    return nested, (left[0], *targets[left[0]]) if left else None


def _buckets(expected: Mapping[Cell, float], nested: Mapping[str, tuple[Cells, int]]) -> list[tuple[Cells, int | None]]:
    """The cells parted so that each part has one exact size, or None where nothing is asked of it."""
    signatures: dict[frozenset[str], set[Cell]] = {}
    for cell in expected:
        holding = frozenset(name for name, (cells, _) in nested.items() if cell in cells)
        signatures.setdefault(holding, set()).add(cell)
    buckets: list[tuple[Cells, int | None]] = []
    for name, (cells, wanted) in nested.items():
        inner = {other for other, (their, _) in nested.items() if other != name and _inside(their, cells, other, name)}
        outermost = [other for other in inner if not any(o != other and nested[other][0] < nested[o][0] for o in inner)]
        own = wanted - sum(nested[other][1] for other in outermost)
        mine = cells - frozenset().union(*(nested[other][0] for other in inner))
        if own < 0 or (own > 0 and not mine):
            raise _contradiction([name, *outermost])
        if mine:
            buckets.append((mine, own))
    free = signatures.get(frozenset(), set())
    buckets.extend((frozenset({cell}), None) for cell in sorted(free))
    return buckets


def _inside(their: Cells, cells: Cells, other: str, name: str) -> bool:
    return their < cells or (their == cells and other < name)


def _crossed(
    buckets: list[tuple[Cells, int | None]],
    counted: Cells,
    wanted: int,
    expected: Mapping[Cell, float],
    rng: Random,
    name: str,
) -> list[int]:
    """How much of each bucket the crossing figure takes: what it must, then what fits, then what is free."""
    least, most, weight = [], [], []
    for cells, size in buckets:
        inside, outside = cells & counted, cells - counted
        least.append(size or 0 if inside and not outside and size is not None else 0)
        most.append(0 if not inside else wanted if size is None else size)
        share = sum(expected[cell] for cell in inside) / max(sum(expected[cell] for cell in cells), 1e-9)
        weight.append(share * (sum(expected[cell] for cell in inside) if size is None else size))
    left = wanted - sum(least)
    if left < 0 or wanted > sum(most):
        raise _contradiction([name])
    room = [upper - lower for upper, lower in zip(most, least, strict=True)]
    liked = [min(part, cap) for part, cap in zip(spread(left, weight, rng), room, strict=True)]
    over = left - sum(liked)
    more = spread_within(over, [cap - part for cap, part in zip(room, liked, strict=True)], rng)
    return [sum(parts) for parts in zip(least, liked, more, strict=True)]


def _filled(cells: Cells, size: int | None, expected: Mapping[Cell, float], rng: Random) -> dict[Cell, int]:
    ordered = sorted(cells)
    if not ordered:
        return {}
    if size is None:
        # What nobody asked for comes near what is expected; a fraction is one more or not.
        return {cell: int(expected[cell] + rng.random()) for cell in ordered}
    return dict(zip(ordered, spread(size, [expected[cell] for cell in ordered], rng), strict=True))


def _contradiction(names: Iterable[str]) -> DemoTotalsInvalid:
    listed = "、".join(names)
    return DemoTotalsInvalid(
        why_zh=f"这些指标的总数互相矛盾：{listed}", why_en=f"these totals contradict each other: {listed}"
    )
