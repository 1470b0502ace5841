"""From an exception to one sentence and an exit code."""

from __future__ import annotations

import click
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError

from wangge.cli.wording import language, say
from wangge.ground.kernel.problems import Problem

ASKED_WRONGLY = 2
OUR_MISTAKE = 3
INTERRUPTED = 130
NO_TABLE = ("no such table", "does not exist", "no such column")


def told(error: BaseException) -> tuple[str, int]:
    """What to say about a failure, and the code to end with."""
    if isinstance(error, Problem):
        return error.sentence(language()), ASKED_WRONGLY
    if isinstance(error, click.Abort | KeyboardInterrupt):
        return say("已中断。", "Interrupted."), INTERRUPTED
    if isinstance(error, click.ClickException):
        return _asked(error), ASKED_WRONGLY
    if isinstance(error, DatabaseError):
        return _database(error), ASKED_WRONGLY
    if isinstance(error, OSError):
        where, why = error.filename or "", error.strerror or str(error)
        return say(f"无法读写 {where}:{why}。", f"{where} cannot be read or written: {why}."), ASKED_WRONGLY
    if isinstance(error, ImproperlyConfigured | ValueError) and "DATABASE_URL" in str(error):
        return say(
            "DATABASE_URL 须以 postgresql:// 开头。", "DATABASE_URL must begin with postgresql://."
        ), ASKED_WRONGLY
    if isinstance(error, ImproperlyConfigured):
        why = _first_line(error)
        return say(f"环境变量设置有误：{why}。", f"A setting of the environment is wrong: {why}."), ASKED_WRONGLY
    what = f"{type(error).__name__}: {_first_line(error)}"
    return say(
        f"程序内部出错（{what}）。设 WANGGE_DEBUG=1 再运行一次可看详情。",
        f"The program made a mistake ({what}). Run it again with WANGGE_DEBUG=1 to see where.",
    ), OUR_MISTAKE


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [""])[0]


def _database(error: DatabaseError) -> str:
    why = _first_line(error)
    if any(mark in why for mark in NO_TABLE):
        return say(
            "数据库还没有建表或表结构已旧，请先运行 wangge migrate。",
            "The database has no tables yet, or old ones: run wangge migrate first.",
        )
    return say(f"数据库不可用：{why}。", f"The database cannot be used: {why}.")


def _asked(error: click.ClickException) -> str:
    """What click found wrong with the command line, in one sentence."""
    command = error.ctx.command_path if isinstance(error, click.UsageError) and error.ctx else "wangge"
    more = say(f"用法见 {command} --help。", f"See {command} --help.")
    if isinstance(error, click.NoSuchOption):
        return say(f"没有选项 {error.option_name}。", f"There is no option {error.option_name}.") + more
    if isinstance(error, click.MissingParameter):
        name = _name(error)
        return say(f"缺少 {name}。", f"{name} is missing.") + more
    if isinstance(error, click.BadParameter):
        name = _name(error)
        return say(f"{name} 的值不能用：{error.message}", f"{name} cannot be taken: {error.message}") + more
    if isinstance(error, click.UsageError):
        return say(f"命令写法不对：{error.message}", f"The command is not right: {error.message}") + more
    return error.format_message()


def _name(error: click.BadParameter) -> str:
    if error.param is not None:
        return (
            error.param.opts[0]
            if error.param.param_type_name == "option"
            else error.param.make_metavar(error.ctx or click.Context(click.Command("wangge")))
        )
    return str(error.param_hint or "")
