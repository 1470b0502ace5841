"""Lists that forms choose from and that differ from one person to another, as files of a form's manifest.

A form that names one of these files gets it made for whoever asks: the places of their areas above all.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterable, Sequence
from uuid import UUID

from wangge.duties.venues.queries.register import venues_in
from wangge.ground.areas.permission import may
from wangge.ground.areas.tree import tree
from wangge.ground.kernel.permission import Actor


def as_csv(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> bytes:
    """A table as clients read it: UTF-8, a head, one choice a line."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(heads)
    writer.writerows(rows)
    return out.getvalue().encode()


def areas_list(actor: Actor, response_id: UUID) -> bytes:
    """areas.csv: the villages and communities in which the actor may fill in forms, `name` their code."""
    areas = tree()
    tops = [area_id for area_id in actor.area_ids if may(actor, "form.submit", area_id)]
    places = dict.fromkeys(place for top in tops for place in (top, *areas.descendants(top)))
    nodes = [node for place in places if (node := areas.get(place)).level == "village" and not node.ended]
    return as_csv(("name", "label"), ((node.code, areas.path_name(node.id)) for node in nodes))


def venues_list(actor: Actor, response_id: UUID) -> bytes:
    """venues.csv: the venues of the actor's areas, `name` their number, with area and kind to narrow them by."""
    tops = [area_id for area_id in actor.area_ids if may(actor, "venue.view", area_id)]
    rows = venues_in(tops, response_id=response_id) if tops else []
    return as_csv(("name", "label", "area", "kind"), ((one.number, one.name, one.area_code, one.kind) for one in rows))


LISTS: dict[str, Callable[[Actor, UUID], bytes]] = {"areas.csv": areas_list, "venues.csv": venues_list}
