"""Holding a documented command line against the commands that exist."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

import click

from docs.pages import commands
from tests.docs.pages import ROOT

# Programs that a documented line may start besides ours; each is of the system or of .venv.
OTHERS = {"apt", "curl", "git", "cd", "cp", "createdb", "createuser", "export", "pip"}


def wrong(line: str) -> str:
    """What is wrong with a documented line, or nothing."""
    words = shlex.split(line, comments=True)
    while words and "=" in words[0] and words[0].partition("=")[0].isupper():
        words.pop(0)  # a variable set for this call
    if words[:1] == ["sudo"]:
        words = words[3:] if words[1:2] == ["-u"] else words[1:]
    if not words:
        return ""
    if words[0] == "./run":
        return _wrong_run(words[1:])
    if Path(words[0]).name == "wangge":
        return wrong_call(words[1:])
    if Path(words[0]).name in {"python", "python3"}:
        return _wrong_python(words[1:])
    return "" if Path(words[0]).name in OTHERS else f"{words[0]} is not a program that the docs may start"


def _wrong_run(words: list[str]) -> str:
    known = commands.run_script(ROOT).COMMANDS
    if not words:
        return ""
    if words[0] not in known:
        return f"./run has no command {words[0]}"
    return wrong_call(words[1:]) if words[0] == "wangge" else wrong_call(words) if words[0] == "demo" else ""


def _wrong_python(words: list[str]) -> str:
    if words[:1] == ["-m"]:
        name = words[1]
        if name.startswith(("benchmarks", "wangge")):
            file = ROOT / ("src" if name.startswith("wangge") else ".") / (name.replace(".", "/") + ".py")
            return "" if file.exists() else f"there is no module {name}"
        return "" if name in sys.modules or name in {"pytest", "http.server"} else f"there is no module {name}"
    return "" if words and (ROOT / words[0]).exists() else f"there is no script {' '.join(words[:1])}"


def wrong_call(words: list[str]) -> str:
    """What is wrong with the words after `wangge`: an unknown command or option, an argument too few or too many."""
    command: click.Command = commands.wangge()
    name = "wangge"
    while isinstance(command, click.Group):
        if not words or words[0].startswith("-"):
            return "" if not words or words[0] in {"--help", "--version"} else f"{name} has no option {words[0]}"
        word, *words = words
        known = commands.below(command)
        if word not in known:
            return f"{name} has no command {word}"
        command, name = known[word], f"{name} {word}"
    return _wrong_arguments(command, name, words)


def _wrong_arguments(command: click.Command, name: str, words: list[str]) -> str:
    options = {
        spelled: option
        for option in command.params
        if isinstance(option, click.Option)
        for spelled in (*option.opts, *option.secondary_opts)
    }
    given, values, rest = set(), 0, list(words)
    while rest:
        word = rest.pop(0)
        if not word.startswith("-"):
            values += 1
            continue
        spelled, equals, _ = word.partition("=")
        if spelled == "--help":
            return ""
        if spelled not in options:
            return f"{name} has no option {spelled}"
        given.add(options[spelled].name)
        if not options[spelled].is_flag and not equals and (not rest or rest.pop(0) is None):
            return f"{spelled} of {name} needs a value"
    arguments = [one for one in command.params if isinstance(one, click.Argument)]
    least = sum(one.required for one in arguments)
    most = None if any(one.nargs < 0 for one in arguments) else len(arguments)
    if values < least or (most is not None and values > most):
        return f"{name} takes {least} arguments, not {values}"
    missing = [one.opts[0] for one in options.values() if one.required and one.name not in given]
    return f"{name} needs {', '.join(missing)}" if missing else ""
