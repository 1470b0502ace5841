"""The page of settings: every variable of the environment that the code reads, found in the code itself."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from docs.pages.explained import SETTINGS
from docs.pages.markdown import code, page, table

# What belongs to the operating system is not a setting of ours.
NOT_OURS = {"PATH"}
READERS = {"env_bool", "env_list", "env_networks", "getenv", "tile_address"}


class Read(NamedTuple):
    """One reading of a variable: its name, and the default as it stands in the code ("" where there is none)."""

    name: str
    default: str


def readings(source: str) -> Iterator[Read]:
    """Every variable that a module reads: os.environ.get, os.environ[…], or a reader of settings.py."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Call) and node.args and _reads(node.func) and (name := _text(node.args[0])):
            yield Read(name, ast.unparse(node.args[1]) if len(node.args) > 1 else "")
        elif isinstance(node, ast.Subscript) and isinstance(node.ctx, ast.Load) and _is_environ(node.value):
            if name := _text(node.slice):
                yield Read(name, "")
        elif isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or) and isinstance(node.values[0], ast.Call):
            call = node.values[0]
            if _reads(call.func) and (name := _text(call.args[0])):
                yield Read(name, ast.unparse(node.values[1]))


def _is_environ(node: ast.expr) -> bool:
    return ast.unparse(node) in {"os.environ", "environ"}


def _reads(function: ast.expr) -> bool:
    if isinstance(function, ast.Attribute) and function.attr == "get":
        return _is_environ(function.value)
    return ast.unparse(function).removeprefix("os.") in READERS


def _text(node: ast.expr) -> str:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else ""


def settings_read(root: Path) -> dict[str, list[str]]:
    """The settings the project reads, each with the defaults that stand in the code."""
    found: dict[str, list[str]] = {}
    for path in [root / "run", *sorted((root / "src").rglob("*.py"))]:
        for name, default in readings(path.read_text(encoding="utf-8")):
            if name in NOT_OURS:
                continue
            defaults = found.setdefault(name, [])
            if default and default not in defaults:
                defaults.append(default)
    return found


def page_of(found: dict[str, list[str]]) -> str:
    """The page for these settings. A setting without its words, or words without their setting, is an error."""
    explained = {name for group in SETTINGS.values() for name in group}
    if explained != found.keys():
        raise SystemExit(f"docs/pages/explained.py and the code disagree about {sorted(explained ^ found.keys())}")
    parts = [
        "# Settings 环境变量",
        "An installation is set up by variables of its environment. All have a default that suits one desk on one "
        "machine; a city sets `DATABASE_URL`, `WANGGE_HOSTS`, `WANGGE_SITE_URL` and `WANGGE_HTTPS` at least "
        "([how](../howto/city-on-postgresql.md)). Web workers, engine and commands of one installation need the same "
        "settings. On/off settings take `1`, `true`, `yes` or `on`; lists are separated by commas.",
    ]
    for heading, names in SETTINGS.items():
        rows = [(code(name), code(*found[name]) if found[name] else "", meaning) for name, meaning in names.items()]
        parts += [f"## {heading}", table(("variable", "default in the code", "meaning"), rows)]
    return page(*parts)


def page_text(root: Path) -> str:
    """docs/reference/settings.md"""
    return page_of(settings_read(root))
