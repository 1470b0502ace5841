"""The pages of what the code declares once: event types, problems, messages."""

from __future__ import annotations

import importlib
import pkgutil
import re
import string
import sys
from collections.abc import Iterator
from pathlib import Path

import wangge
from docs.pages.markdown import cell, code, first_sentence, page, paragraph, table
from wangge import flows
from wangge.ground.journal.events import CATALOGUE as EVENT_TYPES
from wangge.ground.journal.events import EventType
from wangge.ground.kernel import problems
from wangge.ground.kernel.problems import Problem
from wangge.spine.messaging.channels import CHANNELS
from wangge.spine.messaging.templates import CATALOGUE as WORDINGS

HEADING = re.compile(r"^# -- (.+?) -+$", re.MULTILINE)


def event_modules() -> Iterator[str]:
    """The name of every module that declares event types, imported."""
    for found in pkgutil.walk_packages(wangge.__path__, "wangge."):
        if found.name.endswith(".events") and found.name != "wangge.ground.journal.events":
            importlib.import_module(found.name)
            yield found.name


def event_types() -> dict[str, list[EventType]]:
    """Every event type, by the module that declares it."""
    found: dict[str, list[EventType]] = {}
    for module in event_modules():
        constants = {value for value in vars(sys.modules[module]).values() if isinstance(value, str)}
        types = [kind for name, kind in EVENT_TYPES.items() if name in constants]
        if types:
            found[module] = types
    return found


def events_page() -> str:
    """docs/reference/events.md"""
    parts = [
        "# Event types 事件",
        "Everything that happens is written once to the journal, in the transaction of the change it tells of. An "
        "event carries its type, when it was recorded (`at`) and when it happened (`observed_at`), who did it, "
        "where, what it is about (`subject`), the response, whether it was an exercise, and the data keys below. "
        "Keys that are not declared are refused, so that no name, phone or address can slip in: the journal holds "
        "references, codes and counts only.",
        "“Then” is what the engine does with it; the table of all follow-ups is `src/wangge/flows/`.",
    ]
    for module, types in event_types().items():
        room = module.removeprefix("wangge.").removesuffix(".events").replace(".", "/")
        rows = [(code(kind.name), kind.zh, _keys(kind), _follows(kind.name)) for kind in types]
        parts += [f"## {room}", table(("type", "中文", "data", "then"), rows)]
    return page(*parts)


def _keys(kind: EventType) -> str:
    keys = code(*sorted(kind.keys))
    return ", ".join(part for part in (keys, "and whole numbers by codes of the pack" if kind.counts else "") if part)


def _follows(name: str) -> str:
    return " ".join(first_sentence(follow) for follow in flows.FLOWS.get(name, []))


def problem_groups() -> dict[str, list[type[Problem]]]:
    """Every problem by the heading it stands under in its module; those of modules without headings last."""
    groups: dict[str, list[type[Problem]]] = {}
    for problem in sorted(Problem.catalogue.values(), key=lambda one: not one.__module__.startswith(problems.__name__)):
        text = Path(sys.modules[problem.__module__].__file__ or "").read_text(encoding="utf-8")
        place = text.find(f"class {problem.__name__}(Problem)")
        above = [found[1] for found in HEADING.finditer(text) if found.start() < place]
        groups.setdefault(above[-1] if above else "others", []).append(problem)
    return groups


def problems_page() -> str:
    """docs/reference/problems.md"""
    parts = [
        "# Problems 问题代码",
        "Every error that a person or a client can meet has a stable code, a sentence in Chinese and in English, "
        "details that fill its gaps, and an HTTP status. The API answers them as `application/problem+json` (RFC "
        "9457); pages say the sentence; commands print it and end with a code other than 0. A code is never used "
        "for something else.",
        "```json\n"
        '{"type": "urn:wangge:problem:area-unknown", "title": "There is no such area: {area}.", "status": 404,\n'
        ' "detail": "There is no such area: 4499.", "code": "area-unknown", "details": {"area": "4499"}}\n'
        "```",
    ]
    for heading, group in problem_groups().items():
        rows = [(code(one.code), one.status, one.zh, one.en, code(*_gaps(one))) for one in group]
        parts += [
            f"## {heading[0].upper()}{heading[1:]}",
            table(("code", "status", "中文", "English", "details"), rows),
        ]
        notes = [f"* `{one.code}`: {cell(one.__doc__)}" for one in group if one.__doc__]
        parts.append("\n".join(notes))
    return page(*parts)


def _gaps(problem: type[Problem]) -> list[str]:
    fields = (name for text in (problem.zh, problem.en) for _, name, _, _ in string.Formatter().parse(text) if name)
    return list(dict.fromkeys(fields))


def messages_page() -> str:
    """docs/reference/messages.md"""
    list(event_modules())
    wordings = sorted(WORDINGS.values(), key=lambda one: one.code)
    return page(
        "# Messages 消息",
        "What the system tells people. A message carries a number and what is asked, never a name, a phone or an "
        "address; a rehearsal says 【演练】 or [EXERCISE] first.",
        table(("message", "中文", "English"), [(code(one.code), one.zh, one.en) for one in wordings]),
        "## Channels",
        "One row is kept for each recipient and channel, committed before anything is sent: `pending` → `sending` "
        "→ `sent` → `read`, or `failed` with its reason. An attempt that may succeed later is tried again after "
        "1, 2, 4, 8 and 16 minutes; after six attempts the row is `failed`.",
        *(_channel(name) for name in CHANNELS),
    )


def _channel(name: str) -> str:
    return f"### {name}\n\n{paragraph(sys.modules[CHANNELS[name].send.__module__])}"
