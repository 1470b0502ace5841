"""Who covers whom, as the rollups were added up, and bringing them to areas that have changed since."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from uuid import UUID

from wangge.ground.areas.tree import look_again, tree, version
from wangge.ground.journal.readers import Position
from wangge.ground.kernel.bulk import insert_rows
from wangge.picture.figures.models import Climb, RollupState
from wangge.picture.figures.rules import grains_of
from wangge.picture.figures.summing import add_events, chosen_areas

AREAS_AT_ONCE = 50
Uppers = frozenset[tuple[UUID, str, bool]]  # area, its finest grain, whether it keeps months


def follow_areas(position: Position) -> None:
    """Bring the rollups of all events up to a position to the areas as they stand now.

    Of an area that has moved, or is new, every event is taken away by the old covers and added by
    the new ones; what has not moved is not touched.
    """
    look_again()
    tree()
    seen = version()
    state = RollupState.objects.filter(id=1).values_list("areas_version", flat=True).first()
    if state == seen:
        return
    standing, wanted = _standing(), _wanted()
    changed = sorted(area for area in standing.keys() | wanted.keys() if standing.get(area) != wanted.get(area))
    if state is None:
        _write(changed, wanted)
    else:
        for start in range(0, len(changed), AREAS_AT_ONCE):
            _move(changed[start : start + AREAS_AT_ONCE], wanted, position)
    RollupState.objects.update_or_create(id=1, defaults={"areas_version": seen})


def _standing() -> dict[UUID, Uppers]:
    """By area what its events were added to."""
    rows = Climb.objects.values_list("area_id", "ancestor_id", "grain", "monthly")
    return _by_area(rows.iterator(chunk_size=5000))


def _wanted() -> dict[UUID, Uppers]:
    """By area what its events are to be added to, by the areas as they stand."""
    areas = tree()
    kept = {area_id: grains_of(areas.get(area_id).level) for area_id in areas}
    pairs = ((area, upper) for area in areas for upper in areas.superiors(area))
    return _by_area((area, upper, kept[upper][-1], "month" in kept[upper]) for area, upper in pairs)


def _by_area(rows: Iterable[tuple[UUID, UUID, str, bool]]) -> dict[UUID, Uppers]:
    found: dict[UUID, set[tuple[UUID, str, bool]]] = defaultdict(set)
    for area, upper, grain, monthly in rows:
        found[area].add((upper, grain, monthly))
    return {area: frozenset(uppers) for area, uppers in found.items()}


def _move(areas: list[UUID], wanted: dict[UUID, Uppers], position: Position) -> None:
    events = chosen_areas(areas, position)
    add_events(events, sign=-1)
    Climb.objects.filter(area_id__in=areas).delete()
    _write(areas, wanted)
    add_events(events)


def _write(areas: list[UUID], wanted: dict[UUID, Uppers]) -> None:
    rows = [(area, *upper) for area in areas for upper in sorted(wanted.get(area, ()))]
    insert_rows(Climb, ("area_id", "ancestor_id", "grain", "monthly"), rows)
