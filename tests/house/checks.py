"""The house rules that no linter knows, as functions from source to what is wrong with it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src"

FLOORS = ("ground", "spine", "duties", "picture", "doors")
# The rooms of these floors stand in this order; rooms of the other floors stand side by side.
ORDERED_ROOMS = {
    "ground": ("kernel", "journal", "areas", "accounts", "responses"),
    "spine": ("clocks", "messaging", "forms"),
    "picture": ("figures", "bulletins", "endings"),
}
BANNED_NAMES = {"utils", "util", "helpers", "helper", "manager", "managers", "base", "misc", "common"}
SIGNAL_MODULES = {
    "django.dispatch",
    "django.db.models.signals",
    "django.core.signals",
    "django.db.backends.signals",
    "django.contrib.auth.signals",
    "django.test.signals",
}
LONG_MODULE = 400
TOO_LONG_MODULE = 600
LONG_FUNCTION = 40


@dataclass(frozen=True)
class Module:
    """One module of src: its dotted name, its text, and the text parsed."""

    name: str
    text: str
    tree: ast.Module

    @classmethod
    def parse(cls, name: str, text: str) -> Module:
        return cls(name, text, ast.parse(text))


def modules() -> Iterator[Module]:
    """Every module of src/wangge, migrations left out because Django writes them."""
    for path in sorted(SOURCE.rglob("*.py")):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        if "migrations" not in parts:
            name = ".".join(part for part in parts if part != "__init__")
            yield Module.parse(name, path.read_text(encoding="utf-8"))


def imported(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Each import as (line, dotted name); `from a.b import c` yields a.b and a.b.c, since c may be a module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.lineno, node.module
            yield from ((node.lineno, f"{node.module}.{alias.name}") for alias in node.names)


def relative_imports(module: Module) -> list[str]:
    """Imports with dots, which hide from a reader and from these checks where they lead."""
    nodes = (node for node in ast.walk(module.tree) if isinstance(node, ast.ImportFrom))
    return [f"{module.name}:{node.lineno}" for node in nodes if node.level]


def function_imports(module: Module) -> list[str]:
    """Imports inside a function, where a cycle hides."""
    found: set[str] = set()
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            lines = (inner.lineno for inner in ast.walk(node) if isinstance(inner, ast.Import | ast.ImportFrom))
            found.update(f"{module.name}:{line}" for line in lines)
    return sorted(found)


def signals(module: Module) -> list[str]:
    """Uses of Django's signals, by which things happen that nobody reads."""
    return sorted({f"{module.name}:{line}" for line, name in imported(module.tree) if name in SIGNAL_MODULES})


def banned_names(name: str) -> list[str]:
    """The parts of a module's name that say nothing about what is in it."""
    return [part for part in name.split(".") if part in BANNED_NAMES]


def room_of(name: str) -> tuple[str, str] | None:
    """The floor and room of a module, or None for what stands on no floor (settings, cli, flows …)."""
    parts = name.split(".")
    return (parts[1], parts[2]) if len(parts) > 2 and parts[1] in FLOORS else None


def named_types(tree: ast.AST) -> set[int]:
    """The lines of imports under `if TYPE_CHECKING:`, which name a type and can do nothing with it."""
    blocks = (node for node in ast.walk(tree) if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test))
    return {line for block in blocks for part in block.body for line, _ in imported(part)}


def foreign_models(module: Module) -> list[str]:
    """Uses of another room's models; its services and queries are the way in.

    A room's own models may name them, because a foreign key has to, and so may an annotation.
    """
    if module.name.split(".")[3:4] == ["models"]:
        return []
    types = named_types(module.tree)
    found = set()
    for line, name in imported(module.tree):
        parts = name.split(".")
        foreign = parts[0] == "wangge" and "models" in parts[3:4] and room_of(name) != room_of(module.name)
        if foreign and line not in types:
            found.add(f"{module.name}:{line} imports {'.'.join(parts[:4])}")
    return sorted(found)


def height(room: tuple[str, str]) -> tuple[int, int]:
    """How high a room stands; rooms side by side have the same height."""
    floor, name = room
    return FLOORS.index(floor), ORDERED_ROOMS[floor].index(name) if floor in ORDERED_ROOMS else 0


def points_downward(source: str, target: str) -> bool:
    """Whether a model's module may hold a foreign key to another's: the same room, a lower one, or a package's."""
    upper, lower = room_of(source), room_of(target)
    if lower is None:
        return not target.startswith("wangge.")
    return upper == lower or (upper is not None and height(upper) > height(lower))


def line_count(module: Module) -> int:
    return len(module.text.splitlines())


def long_functions(module: Module) -> list[str]:
    """Functions of more lines than a reader holds in mind, their docstring not counted."""
    found = []
    for node in ast.walk(module.tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            documented = ast.get_docstring(node) is not None
            start = node.body[0].end_lineno if documented else node.lineno - 1
            lines = (node.end_lineno or 0) - (start or 0)
            if lines > LONG_FUNCTION:
                found.append(f"{module.name}:{node.lineno} {node.name} has {lines} lines")
    return found
