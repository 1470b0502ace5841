"""Loading the areas of a city from the `areas` folder of a plan pack."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from wangge.ground.areas.changes import EDITION_HEADINGS, read_editions
from wangge.ground.areas.drawing import outlines_draw
from wangge.ground.areas.importer import ChangesPreview, preview, preview_changes, preview_management
from wangge.ground.areas.management import ManagementPreview
from wangge.ground.areas.models import Level
from wangge.ground.areas.permission import Actor
from wangge.ground.areas.recoding import code_changes_apply
from wangge.ground.areas.rules import Preview
from wangge.ground.areas.services import areas_import, grids_create_many, management_import
from wangge.ground.areas.tables import read_table
from wangge.ground.areas.tree import tree
from wangge.ground.kernel.problems import AreaFileUnreadable

Progress = Callable[[str, int, int], None]
STEPS = 4


@dataclass(frozen=True)
class Loaded:
    """What loading a folder did. `grids` and `outlines` are counts of those made."""

    areas: Preview
    management: ManagementPreview | None
    grids: int
    outlines: int


def load_areas(folder: Path, *, actor: Actor, now: datetime, progress: Progress | None = None) -> Loaded:
    """Load villages, districts and stations, grids and outlines of one city. Loading again changes nothing.

    The folder holds villages.csv, city.csv (code, name of province and city) and editions.csv with
    the edition named in edition.txt; management.csv, grids.csv, counties.geojson and
    town_points.csv where there are any. `progress(what, done, of)` is told of every step.
    Raises AreaFileUnreadable.
    """
    tell = progress or (lambda what, done, of: None)
    names = {line["code"]: line["name"] for line in read_table(_read(folder / "city.csv"), ("code", "name"))[0]}
    tell("villages", 0, STEPS)
    found = preview(_read(folder / "villages.csv"), names=names)
    areas = areas_import(actor=actor, preview=found, edition=edition_of(folder), now=now)
    tell("management", 1, STEPS)
    management = None
    if (folder / "management.csv").exists():
        listed = preview_management(_read(folder / "management.csv"))
        management = management_import(actor=actor, preview=listed, now=now)
    tell("grids", 2, STEPS)
    grids = load_grids(folder, actor=actor, now=now)
    tell("outlines", 3, STEPS)
    outlines = load_outlines(folder, actor=actor, now=now) if grids or areas.changes else 0
    tell("outlines", STEPS, STEPS)
    return Loaded(areas, management, grids, outlines)


def edition_of(folder: Path) -> date:
    """The day of the edition that villages.csv is of."""
    named = _read(folder / "edition.txt").decode().strip()
    days = read_editions(read_table(_read(folder / "editions.csv"), EDITION_HEADINGS)[0])
    if named not in days:
        raise AreaFileUnreadable(why_zh=f"版本“{named}”没有对应日期", why_en=f"the edition “{named}” has no day")
    return days[named]


def load_grids(folder: Path, *, actor: Actor, now: datetime) -> int:
    """Lay out grids by kind of village (grids.csv) in every village that has none yet. Returns how many."""
    if not (folder / "grids.csv").exists():
        return 0
    lines = read_table(_read(folder / "grids.csv"), ("village_kind", "grids"))[0]
    try:
        per_kind = {line["village_kind"]: int(line["grids"]) for line in lines}
    except ValueError as error:
        raise AreaFileUnreadable(why_zh="网格数不是数字", why_en="a number of grids is no number") from error
    snapshot = tree()
    villages = [node for node in snapshot.at_level(Level.VILLAGE) if not snapshot.children(node.id)]
    counts = {node.id: per_kind[node.kind] for node in villages if per_kind.get(node.kind)}
    return len(grids_create_many(actor=actor, counts=counts, now=now)) if counts else 0


def load_outlines(folder: Path, *, actor: Actor, now: datetime) -> int:
    """Draw the outlines that the folder's counties.geojson and town_points.csv allow. Returns how many."""
    if not (folder / "counties.geojson").exists():
        return 0
    points = folder / "town_points.csv"
    return outlines_draw(
        actor=actor,
        counties=_read(folder / "counties.geojson"),
        town_points=_read(points) if points.exists() else b"",
        now=now,
    )


def apply_code_changes(folder: Path, *, actor: Actor, now: datetime) -> ChangesPreview:
    """Apply the folder's code_changes.csv, with the days of editions.csv. Applying again changes nothing."""
    found = preview_changes(_read(folder / "code_changes.csv"), _read(folder / "editions.csv"))
    return code_changes_apply(actor=actor, preview=found, now=now)


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise AreaFileUnreadable(why_zh=f"打不开 {path.name}", why_en=f"{path.name} cannot be opened") from error
