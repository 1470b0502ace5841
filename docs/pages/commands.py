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
    return next(value for value in vars(cli).values() if isinstance(value, click.Group))


def commands(group: click.Group, name: str = "wangge") -> Iterator[Named]:
    """Every command below a group with its full name, groups before what they hold."""
    for word, command in group.commands.items():
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
    if isinstance(command, click.Group):
        return page(f"### {name}", paragraph(command.callback) or command.help or "")
    context = click.Context(command, info_name=name)
    usage = " ".join([name, *command.collect_usage_pieces(context)])
    rows = [_parameter(one) for one in command.params if isinstance(one, click.Option)]
    help_text = " ".join((command.help or "").split())
    return page(f"### {name}", f"```text\n{usage}\n```", help_text, table(("option", "default", "meaning"), rows))


def _parameter(option: click.Option) -> tuple[str, str, str]:
    names = code(*option.opts, *option.secondary_opts)
    kind = "" if option.is_flag or option.count else f" {option.make_metavar(click.Context(click.Command('x')))}"
    shown = option.default not in (None, False, ()) and isinstance(option.default, str | int | float)
    needed = "required" if option.required else ""
    return names + kind, code(option.default) if shown else needed, option.help or ""
