"""Loads a plan pack from its folder, or says everything that is wrong with it."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from wangge.ground.kernel.problems import PackInvalid
from wangge.ground.responses.packs.checks import EventTypes, check_draft
from wangge.ground.responses.packs.draft import TABLES, Draft, read_draft
from wangge.ground.responses.packs.schema import Pack


def load_pack(folder: Path, *, event_types: EventTypes | None = None, verbs: Collection[str] | None = None) -> Pack:
    """The checked pack in a folder.

    `event_types` are the types known to the code with the data keys each may carry (None as the
    keys: any), `verbs` the verbs that services ask for; None leaves either unchecked. Raises
    PackInvalid with every error found in all files, each with file, line and field.
    """
    draft = read_draft(folder)
    check_draft(draft, event_types=event_types, verbs=verbs)
    errors = draft.errors
    if errors:
        raise PackInvalid(pack=folder.name, errors=errors)
    return _assembled(draft)


def _assembled(draft: Draft) -> Pack:
    heading, calendar = draft.parts["heading"], draft.parts["calendar"]
    return Pack(
        **{name: getattr(heading, name) for name in type(heading).model_fields},
        **{section: draft.entries[section] for section in TABLES},
        bulletin=draft.parts["bulletin"],
        protocols=draft.parts["protocols"],
        surge=draft.parts["surge"],
        calendar=calendar.days,
        calendar_note=calendar.note,
        working_hours=calendar.working_hours,
        observation=draft.parts.get("observation"),
        venues=draft.parts.get("venues"),
        rosters=draft.parts.get("rosters"),
        checkpoints=draft.parts.get("checkpoints"),
        demo=draft.parts.get("demo"),
    )
