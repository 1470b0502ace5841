"""A pack while it is being read: what could be taken of it, the names it uses, and all its errors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel, TypeAdapter, ValidationError

from wangge.ground.kernel.problems import PackError
from wangge.ground.responses.packs.checkpoints import CheckpointsDef
from wangge.ground.responses.packs.pieces import Named
from wangge.ground.responses.packs.reading import Document, Loc, read_document
from wangge.ground.responses.packs.rosters import RostersDef
from wangge.ground.responses.packs.schema import (
    AgencyKind,
    BulletinText,
    CalendarPlan,
    DemoPlan,
    FigureDef,
    FormDef,
    Heading,
    LogKind,
    MatterKind,
    ObservationDef,
    Protocol,
    RoleDef,
    ServiceDef,
    SurgePlan,
    TaskDef,
)
from wangge.ground.responses.packs.venues import VenuesDef
from wangge.ground.responses.packs.wording import wording


class Table(NamedTuple):
    """Where a table of the pack stands: its file, the key it stands under, and the model of its entries."""

    file: str
    under: Loc
    model: type[Named]
    may_be_empty: bool = False
    optional: bool = False


class Part(NamedTuple):
    """A file that is one thing rather than a table of things."""

    file: str
    model: Any
    optional: bool = False


TABLES: dict[str, Table] = {
    "agencies": Table("agencies.yaml", (), AgencyKind),
    "roles": Table("roles.yaml", (), RoleDef),
    "kinds": Table("kinds.yaml", (), MatterKind),
    "log_kinds": Table("log_kinds.yaml", (), LogKind),
    "tasks": Table("tasks.yaml", (), TaskDef),
    "services": Table("services.yaml", (), ServiceDef, may_be_empty=True),
    "figure_groups": Table("figures.yaml", ("groups",), Named),
    "figures": Table("figures.yaml", ("figures",), FigureDef),
    "forms": Table("forms.yaml", (), FormDef, may_be_empty=True, optional=True),
}
PARTS: dict[str, Part] = {
    "heading": Part("pack.yaml", Heading),
    "bulletin": Part("bulletin.yaml", BulletinText),
    "protocols": Part("protocols.yaml", tuple[Protocol, ...]),
    "surge": Part("surge.yaml", SurgePlan),
    "calendar": Part("calendar.yaml", CalendarPlan),
    "observation": Part("observation.yaml", ObservationDef, optional=True),
    "venues": Part("venues.yaml", VenuesDef, optional=True),
    "rosters": Part("rosters.yaml", RostersDef, optional=True),
    "checkpoints": Part("checkpoints.yaml", CheckpointsDef, optional=True),
    "demo": Part("demo.yaml", DemoPlan, optional=True),
}
# Tables that stand inside a part: their entries take the key as their code too.
TABLES_IN_PARTS = {
    "bulletin": (("sections",), ("charts",)),
    "observation": (("symptoms",),),
    "venues": (("standard",), ("kinds",), ("items",), ("rounds",), ("readiness", "items")),
    "rosters": (("shifts",), ("patterns",), ("skills",), ("fixed",)),
    "checkpoints": (("kinds",), ("shifts",)),
}
# figures.yaml is the one file that holds two tables.
FILE_SECTIONS = {"figures.yaml": {"groups", "figures"}}


@dataclass
class Draft:
    """The entries that are sound (`entries`, `parts`), and every code that is written (`names`), sound or not."""

    folder: Path
    documents: dict[str, Document] = field(default_factory=dict)
    entries: dict[str, dict[str, Any]] = field(default_factory=dict)
    names: dict[str, frozenset[str]] = field(default_factory=dict)
    parts: dict[str, Any] = field(default_factory=dict)

    def wrong(self, section: str, loc: Loc, zh: str, en: str) -> None:
        """Note an error at a place inside a table or a part."""
        table = TABLES.get(section)
        if table is not None:
            self.documents[table.file].add((*table.under, *loc), zh, en)
        else:
            self.documents[PARTS[section].file].add(loc, zh, en)

    @property
    def errors(self) -> list[PackError]:
        """All errors, by file and line."""
        found = [error for document in self.documents.values() for error in document.errors]
        return sorted(found, key=lambda error: (error.file, error.line, error.field))


def read_draft(folder: Path) -> Draft:
    """Read every file of a pack; what is wrong stands in the draft's errors."""
    draft = Draft(folder)
    files = [part.file for part in PARTS.values()] + [table.file for table in TABLES.values()]
    for file in dict.fromkeys(files):
        if not (_optional(file) and not (folder / file).exists()):
            draft.documents[file] = read_document(folder / file, file)
    for path in sorted((*folder.glob("*.yaml"), *folder.glob("*.yml"))):
        if path.name not in draft.documents:
            stranger = draft.documents[path.name] = Document(path.name)
            stranger.add((), "预案包没有这个文件，请核对文件名", "a pack has no such file; check its name")
    for section, table in TABLES.items():
        _read_table(draft, section, table)
    for section, part in PARTS.items():
        _read_part(draft, section, part)
    return draft


def _optional(file: str) -> bool:
    parts = {part.file for part in PARTS.values() if part.optional}
    return file in parts | {table.file for table in TABLES.values() if table.optional}


def _read_table(draft: Draft, section: str, table: Table) -> None:
    document = draft.documents.get(table.file)
    if document is None:  # an optional one that the pack has not
        draft.names[section], draft.entries[section] = frozenset(), {}
        return
    raw = document.data
    if table.under and isinstance(raw, dict):
        for key in raw.keys() - FILE_SECTIONS[table.file]:
            document.add((key,), "没有这一项，请核对拼写", "there is no such field; check its spelling")
        if table.under[0] not in raw:
            document.add(table.under, "缺少此项", "this field is missing")
        raw = raw.get(table.under[0], {})
    if not isinstance(raw, dict):
        if raw is not None or not document.errors:
            document.add(table.under, "应为键值表", "expected a mapping")
        raw = {}
    elif not raw and not table.may_be_empty:
        document.add(table.under, "至少要有 1 项", "needs at least 1")
    draft.names[section] = frozenset(str(key) for key in raw)
    draft.entries[section] = {}
    for code, entry in raw.items():
        value = _with_code(document, (*table.under, code), entry)
        checked = _validated(document, (*table.under, code), table.model, value)
        if checked is not None:
            draft.entries[section][code] = checked


def _with_code(document: Document, loc: Loc, entry: Any) -> Any:
    """The key of an entry is its code; a second one inside could contradict it."""
    if not isinstance(entry, dict):
        return entry
    if "code" in entry:
        document.add((*loc, "code"), "键就是代码，不要另写 code", "the key is the code; do not write it again")
    return {**entry, "code": loc[-1]}


def _read_part(draft: Draft, section: str, part: Part) -> None:
    document = draft.documents.get(part.file)
    if document is None or (document.data is None and document.errors):
        return
    data = document.data
    if section in TABLES_IN_PARTS and isinstance(data, dict):
        for place in TABLES_IN_PARTS[section]:
            data = _with_codes(document, data, place, ())
    checked = _validated(document, (), part.model, data)
    if checked is not None:
        draft.parts[section] = checked


def _with_codes(document: Document, data: Any, place: Loc, come: Loc) -> Any:
    """The part with the codes put into the entries of the table at a place inside it."""
    if not isinstance(data, dict):
        return data
    if not place:
        return {key: _with_code(document, (*come, key), value) for key, value in data.items()}
    here, *further = place
    if here not in data:
        return data
    return {**data, here: _with_codes(document, data[here], tuple(further), (*come, here))}


def _validated(document: Document, loc: Loc, model: Any, value: Any) -> Any:
    """The value as its model, or None with the errors noted."""
    try:
        if isinstance(model, type) and issubclass(model, BaseModel):
            return model.model_validate(value)
        return TypeAdapter(model).validate_python(value)
    except ValidationError as error:
        for found in error.errors(include_url=False):
            _note(document, loc, found)
    return None


def _note(document: Document, loc: Loc, found: Mapping[str, Any]) -> None:
    full = (*loc, *found["loc"])
    # Beyond what stands in the file pydantic names its own inner steps, of no use to a reader; only
    # a missing field is named although it does not stand there.
    place = full if found["type"] == "missing" else document.known(full)
    document.add(place, *wording(found))
