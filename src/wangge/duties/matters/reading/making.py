"""Makes the reader's dictionaries from the areas of an installation, or from the folder of a pack."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from uuid import UUID

from wangge.duties.matters.reading.dictionaries import Dictionaries, dictionaries_of
from wangge.duties.matters.reading.gazetteer import Place
from wangge.ground.areas.management import MANAGEMENT_HEADINGS, Managing, read_management
from wangge.ground.areas.queries import names_before
from wangge.ground.areas.rules import LIST_HEADINGS, Wanted, read_list
from wangge.ground.areas.tables import read_table
from wangge.ground.areas.tree import AreaTree, tree
from wangge.ground.kernel.problems import AreaFileUnreadable
from wangge.ground.responses.packs.schema import Pack
from wangge.ground.responses.queries import pack_by_id

LEVELS = frozenset({"province", "city", "county", "district", "town", "village"})


def dictionaries_installed(pack_id: UUID) -> Dictionaries:
    """The dictionaries of the installed areas and a loaded pack; made again when the areas have changed."""
    return _made(tree(), pack_id)


@lru_cache(maxsize=2)
def _made(areas: AreaTree, pack_id: UUID) -> Dictionaries:
    return dictionaries_of(places_of(areas, names_before()), pack_by_id(pack_id))


def places_of(areas: AreaTree, before: Mapping[UUID, Iterable[str]]) -> list[Place]:
    """The areas that a message can name: those that stand, grids and stations left out.

    A name that an area went by `before` is still one of its names, unless a neighbour goes by it now.
    """
    nodes = [node for node in map(areas.get, areas) if node.level in LEVELS and not node.ended]
    now = {(node.parent_id, node.name) for node in nodes}
    return [
        Place(
            node.code,
            node.level,
            node.name,
            frozenset(areas.get(upper).code for upper in areas.superiors(node.id) if upper != node.id),
            tuple(sorted(name for name in before.get(node.id, ()) if (node.parent_id, name) not in now)),
        )
        for node in nodes
    ]


def dictionaries_in(folder: Path, pack: Pack) -> Dictionaries:
    """The dictionaries of a pack and the areas in its folder, without any installation. Raises AreaFileUnreadable."""
    return dictionaries_of(places_in(folder / "areas"), pack)


def places_in(folder: Path) -> list[Place]:
    """The areas of villages.csv, city.csv and management.csv; lines that cannot be taken are passed over."""
    named = {line["code"]: line["name"] for line in read_table(_bytes(folder / "city.csv"), ("code", "name"))[0]}
    city = max(named, key=len, default="")
    wanted, _ = read_list(read_table(_bytes(folder / "villages.csv"), LIST_HEADINGS)[0], named, city)
    managing = _managing(folder / "management.csv", wanted)
    listed = [Place(one.code, one.level, one.name, _above(one.code, managing)) for one in wanted]
    districts = (one for one in managing if one.level == "district")
    return listed + [Place(one.code, one.level, one.name, frozenset({one.parent_code})) for one in districts]


def _managing(path: Path, wanted: list[Wanted]) -> list[Managing]:
    if not path.exists():
        return []
    return read_management(read_table(_bytes(path), MANAGEMENT_HEADINGS)[0], {one.code: one.level for one in wanted})[0]


def _above(code: str, managing: list[Managing]) -> frozenset[str]:
    """The codes of everything above an area: its own code cut shorter, and the districts over any of them."""
    chain = {code[:length] for length in (2, 4, 6, 9, 12) if length < len(code)}
    districts = {one.code for one in managing if one.level == "district" and not chain.isdisjoint(one.member_codes)}
    own = {one.code for one in managing if one.level == "district" and code in one.member_codes}
    return frozenset(chain | districts | own)


def _bytes(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise AreaFileUnreadable(why_zh=f"打不开 {path.name}", why_en=f"{path.name} cannot be opened") from error
