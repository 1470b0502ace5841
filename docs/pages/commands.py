"""The page of commands: what ./run and wangge say of themselves."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType

import click

from docs.pages.markdown import code, page, paragraph, table
from wangge import cli

Named = tuple[str, click.Command]


def run_script(root: Path) -> ModuleType:
    """The script ./run as a module."""
    spec = importlib.util.spec_from_loader("wangge_run", SourceFileLoader("wangge_run", str(root / "run")))
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def wangge() -> click.Group:
    """The command `wangge` with everything below it."""
    return cli.wangge


def below(group: click.Group) -> dict[str, click.Command]:
    """The commands of a group by name, in its own order; each is read, also where the group reads them late."""
    context = click.Context(group)
    found = {name: group.get_command(context, name) for name in group.list_commands(context)}
    return {name: command for name, command in found.items() if command is not None}


def commands(group: click.Group, name: str = "wangge") -> Iterator[Named]:
    """Every command below a group with its full name, groups before what they hold."""
    for word, command in below(group).items():
        yield f"{name} {word}", command
        if isinstance(command, click.Group):
            yield from commands(command, f"{name} {word}")


def page_text(root: Path) -> str:
    """docs/reference/commands.md"""
    script = run_script(root)
    return page(
        "# Commands 命令",
        "`./run` is for a checkout: it installs, builds, tests and starts, and needs nothing but Python. `wangge` "
        "is the program itself; from a checkout it is called as `./run wangge …`.",
        "## ./run",
        table(
            ("command", "what it does"),
            [(code(f"./run {name}"), item.__doc__) for name, item in script.COMMANDS.items()],
        ),
        "## wangge",
        *(_command(name, command) for name, command in commands(wangge())),
    )


def _command(name: str, command: click.Command) -> str:
    said = " ".join((command.help or "").split()).rstrip(".")
    if isinstance(command, click.Group):
        return page(f"### {name}", f"{said}.")
    usage = " ".join([name, *command.collect_usage_pieces(click.Context(command, info_name=name))])
    rows = [_parameter(one) for one in command.params if isinstance(one, click.Option)]
    more = paragraph(command.callback)
    more = "" if more.rstrip(".") == said else more
    return page(
        f"### {name}",
        f"```text\n{usage}\n```",
        f"{said}. {more}".strip(),
        table(("option", "default", "meaning"), rows),
    )


def _parameter(option: click.Option) -> tuple[str, str, str]:
    takes = "" if option.is_flag or option.count else option.make_metavar(click.Context(click.Command("wangge")))
    takes = {"INTEGER RANGE": "INTEGER", "[%Y-%m-%d]": "DATE"}.get(takes, takes)
    names = code(*(f"{one} {takes}".strip() for one in option.opts), *option.secondary_opts)
    shown = isinstance(option.default, str | int | float) and option.default not in (False, "")
    needed = "required" if option.required else ""
    return names, code(option.default) if shown else needed, option.help or ""
