"""The command `wangge`: what an installation can be told to do from a terminal.

Every failure is one sentence, in Chinese or, under an English locale, in English: 2 for what was asked
wrongly or cannot be done, 1 for a check that found something, 3 for a mistake of the program itself.
"""

from __future__ import annotations

import os
import sys
from importlib import import_module

import click
import django
from django.apps import apps

from wangge.cli.failing import told
from wangge.cli.wording import say

# Name -> where it stands. A command's module is read when it is asked for, after Django is set up.
COMMANDS = {
    "serve": "running:serve",
    "web": "running:web",
    "engine": "running:engine",
    "migrate": "installing:migrate",
    "areas": "areas:areas",
    "pack": "packs:pack",
    "response": "packs:response",
    "bulletin": "bulletins:bulletin",
    "report": "reports:report",
    "roster": "rosters:roster",
    "roster-search": "roster_search:search",
    "read": "reading:read_message",
    "forms": "forming:forms",
    "user": "users:user",
    "journal": "checking:journal",
    "figures": "checking:figures",
    "backup": "installing:backup",
    "restore": "installing:restore",
    "doctor": "checking:doctor",
    "demo": "demonstrating:demo",
}


class Commands(click.Group):
    """The commands of the table, each read when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            return None
        if not apps.ready:
            os.environ.setdefault("DJANGO_SETTINGS_MODULE", "wangge.settings")
            django.setup()
        module, _, attribute = COMMANDS[name].partition(":")
        command: click.Command = getattr(import_module(f"wangge.cli.{module}"), attribute)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0]
        if name not in COMMANDS and not name.startswith("-"):
            ctx.fail(say(f"没有命令 {name}。", f"there is no command {name}."))
        return super().resolve_command(ctx, args)


@click.group(
    cls=Commands,
    help=say(
        "网格：第一时间推送、分流、协调、核查。\n\n数据目录由 WANGGE_DATA 指定，默认为当前目录下的 var/。",
        "Wangge: pushed, triaged, coordinated and verified at the first moment.\n\n"
        "WANGGE_DATA names the data folder; by default var/ in the current folder.",
    ),
)
def wangge() -> None:
    """The group that all commands stand in."""


def main(args: list[str] | None = None) -> None:
    """Run one command and end the process with its code."""
    try:
        code = wangge.main(args, prog_name="wangge", standalone_mode=False)
        sys.stdout.flush()
    except BrokenPipeError:
        # Whoever was reading has gone; what is left to say is said to nobody.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    except BaseException as error:
        if isinstance(error, SystemExit) or os.environ.get("WANGGE_DEBUG"):
            raise
        sentence, code = told(error)
        click.echo(sentence, err=True)
    sys.exit(code if isinstance(code, int) else 0)
