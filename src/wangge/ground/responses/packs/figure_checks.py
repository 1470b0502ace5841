"""Checks on figures: the shape each measure needs, and that sources count what is recorded."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from wangge.ground.responses.packs.draft import Draft
from wangge.ground.responses.packs.reading import Loc
from wangge.ground.responses.packs.schema import STATES, FigureDef, Source

# Event types known to the code, with the data keys each may carry (None: any).
EventTypes = Mapping[str, Collection[str] | None]

# Which fields a measure needs; the others must be absent.
SHAPES: dict[str, frozenset[str]] = {
    "count": frozenset({"of"}),
    "sum": frozenset({"of"}),
    "ratio": frozenset({"numerator", "denominator"}),
    "catalogue": frozenset({"catalogue"}),
}
SHAPED = ("of", "numerator", "denominator", "catalogue")


def check_figures(draft: Draft, event_types: EventTypes | None) -> None:
    """Add the errors of every figure to the draft."""
    for code, figure in draft.entries["figures"].items():
        if figure.group not in draft.names["figure_groups"]:
            zh, en = f"没有名为“{figure.group}”的分组", f"there is no group “{figure.group}”"
            draft.wrong("figures", (code, "group"), zh, en)
        _check_shape(draft, code, figure)
        _check_ratio(draft, code, figure)
        for index, source in enumerate(figure.of):
            _check_source(draft, (code, "of", index), figure, source, event_types)
        _check_counters(draft, code, figure)


def _check_shape(draft: Draft, code: str, figure: FigureDef) -> None:
    for name in SHAPED:
        given, needed = bool(getattr(figure, name)), name in SHAPES[figure.measure]
        if needed and not given:
            draft.wrong("figures", (code, name), f"{figure.measure} 须写此项", f"a {figure.measure} needs this field")
        if given and not needed:
            draft.wrong("figures", (code, name), f"{figure.measure} 不写此项", f"a {figure.measure} has no such field")
    if figure.area is not None and figure.measure in ("ratio", "catalogue"):
        draft.wrong("figures", (code, "area"), f"{figure.measure} 不写此项", f"a {figure.measure} has no such field")


def _check_ratio(draft: Draft, code: str, figure: FigureDef) -> None:
    for name in ("numerator", "denominator"):
        part = getattr(figure, name)
        if part is None:
            continue
        if part not in draft.names["figures"]:
            draft.wrong("figures", (code, name), f"没有名为“{part}”的指标", f"there is no figure “{part}”")
        other = draft.entries["figures"].get(part)
        if other is not None and other.measure not in ("count", "sum"):
            zh, en = "比率的分子分母须为 count 或 sum 指标", "a ratio divides figures that are a count or a sum"
            draft.wrong("figures", (code, name), zh, en)


def _check_source(draft: Draft, loc: Loc, figure: FigureDef, source: Source, event_types: EventTypes | None) -> None:
    if event_types is not None and source.event not in event_types:
        zh, en = f"系统没有“{source.event}”这种事件", f"there is no event type “{source.event}”"
        draft.wrong("figures", (*loc, "event"), zh, en)
        return
    keys = None if event_types is None else event_types[source.event]
    for key, values in source.where.items():
        if keys is not None and key not in keys:
            zh, en = f"{source.event} 不带“{key}”", f"{source.event} carries no “{key}”"
            draft.wrong("figures", (*loc, "where", key), zh, en)
        if not values:
            draft.wrong("figures", (*loc, "where", key), "至少要有 1 项", "needs at least 1")
    if (source.quantity is not None) != (figure.measure == "sum"):
        zh, en = "sum 须写 quantity,count 不写", "a sum needs a quantity and a count has none"
        draft.wrong("figures", (*loc, "quantity"), zh, en)
    if source.event.startswith("duty."):
        _check_duty_source(draft, loc, source)
    elif source.event.startswith("matter."):
        _check_matter_source(draft, loc, source)
        if source.quantity is not None and keys is not None and source.quantity not in keys:
            zh, en = f"{source.event} 不带“{source.quantity}”", f"{source.event} carries no “{source.quantity}”"
            draft.wrong("figures", (*loc, "quantity"), zh, en)


def _chosen(draft: Draft, loc: Loc, source: Source, table: str) -> list[Any]:
    """The kinds a source is narrowed to (all when it is not), unknown ones noted as errors."""
    kinds = source.where.get("kind")
    if kinds is None:
        return list(draft.entries[table].values())
    for index, kind in enumerate(kinds):
        if kind not in draft.names[table]:
            zh, en = f"没有名为“{kind}”的类别", f"there is no kind “{kind}”"
            draft.wrong("figures", (*loc, "where", "kind", index), zh, en)
    return [draft.entries[table][str(kind)] for kind in kinds if str(kind) in draft.entries[table]]


def _listed(draft: Draft, loc: Loc, source: Source, key: str, allowed: Collection[object]) -> None:
    """Note an error for each value of a data key that can never occur there."""
    for index, value in enumerate(source.where.get(key, ())):
        # True equals 1 in Python, but a severity is not a yes or no.
        if not any(value == one and type(value) is type(one) for one in allowed):
            zh, en = f"“{value}”不会出现在 {key} 中", f"“{value}” never occurs as {key}"
            draft.wrong("figures", (*loc, "where", key, index), zh, en)


def _check_duty_source(draft: Draft, loc: Loc, source: Source) -> None:
    kinds = _chosen(draft, loc, source, "log_kinds")
    if not kinds:
        return
    _listed(draft, loc, source, "place_kind", {place.code for kind in kinds for place in kind.place_kinds})
    lacking = [kind.code for kind in kinds if source.quantity not in {quantity.code for quantity in kind.quantities}]
    if source.quantity is not None and lacking:
        names = "、".join(lacking)
        zh, en = f"台账 {names} 没有数量“{source.quantity}”", f"{names} has no quantity “{source.quantity}”"
        draft.wrong("figures", (*loc, "quantity"), zh, en)


def _check_matter_source(draft: Draft, loc: Loc, source: Source) -> None:
    kinds = _chosen(draft, loc, source, "kinds")
    _listed(draft, loc, source, "stage", STATES)
    _listed(draft, loc, source, "in_time", (True, False))
    _listed(draft, loc, source, "severity", (1, 2, 3, 4))
    _listed(draft, loc, source, "agency", draft.names["agencies"])
    if kinds:
        _listed(draft, loc, source, "outcome", {outcome.code for kind in kinds for outcome in kind.outcomes})


def _check_counters(draft: Draft, code: str, figure: FigureDef) -> None:
    """A figure over the duty log must also read the counter-entries, or a correction would not lower it."""
    logged = {"duty.logged": "duty.countered", "duty.countered": "duty.logged"}
    for index, source in enumerate(figure.of):
        twin = logged.get(source.event)
        if twin is not None and source.model_copy(update={"event": twin}) not in figure.of:
            zh = f"缺少条件相同的 {twin}，冲正无法计入"
            en = f"needs the same source over {twin}, or corrections do not count"
            draft.wrong("figures", (code, "of", index), zh, en)
