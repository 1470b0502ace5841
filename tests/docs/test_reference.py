"""The reference says what the code says at this moment, and nothing of the code is missing in it."""

from __future__ import annotations

import os
import re
import subprocess
import sys

import pytest

from docs.pages import catalogues, commands, endpoints, settings
from tests.docs.pages import ROOT
from wangge.ground.kernel.problems import Problem
from wangge.spine.messaging.channels import CHANNELS
from wangge.spine.messaging.templates import CATALOGUE as WORDINGS

REFERENCE = ROOT / "docs" / "reference"


def text_of(name: str) -> str:
    return (REFERENCE / f"{name}.md").read_text(encoding="utf-8")


def test_the_generated_pages_are_up_to_date() -> None:
    run = subprocess.run(
        [sys.executable, "docs/generate.py", "--check"], cwd=ROOT, capture_output=True, text=True, env={**os.environ}
    )
    assert run.returncode == 0, run.stdout + run.stderr


def absent(page: str, names: set[str]) -> list[str]:
    """The names that do not stand on the page, each as code or in a heading of its own."""
    return sorted(
        name for name in names if f"`{name}`" not in page and not re.search(rf"^#+ {re.escape(name)}$", page, re.M)
    )


def test_every_command_stands_there() -> None:
    page = text_of("commands")
    ours = {f"./run {name}" for name in commands.run_script(ROOT).COMMANDS}
    assert absent(page, ours | {name for name, _ in commands.commands(commands.wangge())}) == []


def test_every_option_stands_under_its_command() -> None:
    page = text_of("commands")
    for name, command in commands.commands(commands.wangge()):
        section = re.search(rf"^### {re.escape(name)}$.*?(?=^###|\Z)", page, re.DOTALL | re.MULTILINE)
        assert section is not None, name
        options = {spelled for one in command.params for spelled in one.opts if spelled.startswith("--")}
        assert [option for option in options if not re.search(rf"`{option}[` ]", section[0])] == [], name


def test_every_command_says_what_it_does() -> None:
    silent = [name for name, command in commands.commands(commands.wangge()) if not (command.help or "").strip()]
    assert silent == []


def test_every_setting_stands_there() -> None:
    found = settings.settings_read(ROOT)
    assert "WANGGE_DATA" in found and "DATABASE_URL" in found
    assert absent(text_of("settings"), set(found)) == []


def test_every_event_type_stands_there() -> None:
    names = {kind.name for types in catalogues.event_types().values() for kind in types}
    assert {"matter.received", "duty.logged", "person.added"} <= names
    assert names == set(catalogues.EVENT_TYPES)
    assert absent(text_of("events"), names) == []


def test_every_problem_stands_there() -> None:
    assert absent(text_of("problems"), set(Problem.catalogue)) == []


def test_every_message_and_channel_stands_there() -> None:
    assert absent(text_of("messages"), set(WORDINGS) | set(CHANNELS)) == []


def test_every_endpoint_and_page_of_the_desk_stands_there() -> None:
    names = {f"{method} {path}" for method, path, _ in endpoints.operations(endpoints.document())}
    assert len(names) > 3
    assert absent(text_of("endpoints"), names | {address for address, _ in endpoints.desk_addresses()}) == []


def test_every_endpoint_says_what_it_does() -> None:
    silent = [
        f"{method} {path}"
        for method, path, item in endpoints.operations(endpoints.document())
        if not (item.get("description") or item.get("summary"))
    ]
    assert silent == []


# -- the checks can fail -----------------------------------------------------------------------------


def test_a_name_that_is_missing_is_found() -> None:
    assert absent("| `one` |\n## two\n", {"one", "two", "three"}) == ["three"]


READS = """
import os
a = os.environ.get("PLAIN", "default")
b = os.environ["SUBSCRIPT"]
c = env_bool("SWITCH", True)
d = Path(os.environ.get("FALLBACK") or "there")
os.environ["WRITTEN"] = "no setting"
os.environ.setdefault("GIVEN", "no setting")
"""


def test_every_way_of_reading_a_setting_is_seen() -> None:
    found = {name for name, _ in settings.readings(READS)}
    assert found == {"PLAIN", "SUBSCRIPT", "SWITCH", "FALLBACK"}


def test_a_setting_without_words_is_refused() -> None:
    found = settings.settings_read(ROOT)
    with pytest.raises(SystemExit, match="NEW_ONE"):
        settings.page_of({**found, "NEW_ONE": []})
    with pytest.raises(SystemExit, match="WANGGE_DATA"):
        settings.page_of({name: defaults for name, defaults in found.items() if name != "WANGGE_DATA"})
