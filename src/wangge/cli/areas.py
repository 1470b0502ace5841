"""areas: lists of areas checked, imported and brought forward."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from pathlib import Path

import click

from wangge.cli.asking import operator
from wangge.cli.wording import language, say
from wangge.ground.areas.importer import preview
from wangge.ground.areas.loading import apply_code_changes, load_areas
from wangge.ground.areas.rules import Preview
from wangge.ground.areas.services import areas_import
from wangge.ground.areas.tables import LineError
from wangge.ground.kernel import clock
from wangge.ground.kernel.problems import InputInvalid

MANAGER = operator("area.manage")
PATH = click.argument("path", type=click.Path(path_type=Path))
CITY = click.option(
    "--name",
    "names",
    multiple=True,
    metavar="CODE=NAME",
    help=say("省、市的编码和名称，如 44=广东省", "code and name of province and city, such as 44=广东省"),
)


@click.group(help=say("区划：检查、导入、编码变更", "Areas: check, import, code changes"))
def areas() -> None:
    """Lists of areas."""


def names_of(pairs: Sequence[str]) -> dict[str, str]:
    """The names given as CODE=NAME."""
    parted = [pair.partition("=") for pair in pairs]
    for code, equals, name in parted:
        if not (code.isdigit() and equals and name):
            raise InputInvalid(field="--name", why_zh="应如 44=广东省。", why_en="It is written like 44=广东省.")
    return {code: name for code, _, name in parted}


@areas.command(help=say("只看一份清单会带来什么变化，不改数据", "Say what a list would change, and change nothing"))
@PATH
@CITY
def check(path: Path, names: tuple[str, ...]) -> None:
    """Ends with 1 where a line cannot be taken."""
    found = preview(path.read_bytes(), names=names_of(names))
    tell(found)
    if found.errors:
        raise SystemExit(1)


@areas.command(
    "import", help=say("导入一份清单，或预案包的 areas 目录", "Import a list, or the areas folder of a pack")
)
@PATH
@CITY
@click.option(
    "--edition",
    type=click.DateTime(["%Y-%m-%d"]),
    help=say("清单的截止日期（导入单个文件时必填）", "the day the list speaks of; needed for a single file"),
)
def import_(path: Path, names: tuple[str, ...], edition: datetime | None) -> None:
    """The good lines, all of them or none; bad ones are named."""
    if path.is_dir():
        loaded = load_areas(path, actor=MANAGER, now=clock.now())
        tell(loaded.areas)
        if loaded.management:
            errors(loaded.management.errors)
        click.echo(
            say(f"网格 {loaded.grids}，轮廓 {loaded.outlines}。", f"{loaded.grids} grids, {loaded.outlines} outlines.")
        )
        return
    if edition is None:
        raise InputInvalid(
            field="--edition",
            why_zh="导入单个文件须注明清单的日期。",
            why_en="A single file needs the day it speaks of.",
        )
    found = preview(path.read_bytes(), names=names_of(names))
    day = date(edition.year, edition.month, edition.day)
    tell(areas_import(actor=MANAGER, preview=found, edition=day, now=clock.now()))


@areas.command(
    help=say("按预案包 areas 目录中的编码变更表更新区划", "Apply the code changes in the areas folder of a pack")
)
@PATH
def changes(path: Path) -> None:
    """Old records stay where they were; done twice, it changes nothing."""
    found = apply_code_changes(path, actor=MANAGER, now=clock.now())
    click.echo(say(f"编码变更 {found.changes} 处。", f"{found.changes} changes of codes."))
    errors(found.errors)


def tell(found: Preview) -> None:
    """What a list does, and the lines it cannot give."""
    click.echo(
        say(
            f"新增 {len(found.adds)}，更名 {len(found.renames)}，改码 {len(found.moves)}，撤销 {len(found.ends)}，"
            f"不变 {found.unchanged}，错误 {len(found.errors)}。",
            f"{len(found.adds)} new, {len(found.renames)} renamed, {len(found.moves)} recoded, "
            f"{len(found.ends)} ended, {found.unchanged} unchanged, {len(found.errors)} errors.",
        )
    )
    errors(found.errors)


def errors(found: Sequence[LineError]) -> None:
    """Each bad line with its number and reason."""
    for error in found:
        line = say(f"第 {error.line} 行：", f"line {error.line}: ")
        click.echo(line + (error.en if language() == "en" else error.zh), err=True)
