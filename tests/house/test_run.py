"""`./run` on a fresh checkout: what it says when something is missing, and how little it does the second time.

Each test has a checkout of its own. Where an installation would take minutes, .venv holds small programs
that note how they were called; everything else is the real thing.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.house.checks import ROOT

COMMANDS = ("demo", "test", "check", "build", "wangge", "lock")
OLD = "import sys; sys.version_info = (3, 9, 18, 'final', 0)"
NO_VENV = "import sys; sys.modules['ensurepip'] = None"
# No registry answers on the discard port, and no file of this machine stands in for it.
UNREACHABLE = {
    "PIP_CONFIG_FILE": os.devnull,
    "PIP_FIND_LINKS": "",
    "PIP_NO_CACHE_DIR": "1",
    "PIP_RETRIES": "0",
    "PIP_INDEX_URL": "http://127.0.0.1:9/simple",
}
NOTE = '#!/bin/sh\necho "$(basename "$0") $*" >> "{calls}"\n'
NPM = NOTE + (
    'if [ "$1" = ci ]; then mkdir -p node_modules; fi\n'
    'if [ "$2" = build ]; then touch ../src/wangge/static/built/desk.js ../src/wangge/static/built/desk.css; fi\n'
)


class Checkout:
    """A copy of the files that ./run reads, and the ways to call it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.calls = folder / "calls.txt"
        for name in ("run", "pyproject.toml"):
            shutil.copy2(ROOT / name, folder / name)
        shutil.copytree(ROOT / "requirements", folder / "requirements")
        shutil.copytree(ROOT / "frontend", folder / "frontend", ignore=shutil.ignore_patterns("node_modules"))

    def run(self, *args: str, before: str = "", **env: str) -> subprocess.CompletedProcess[str]:
        """Call ./run, after a line of Python that changes the Python it meets."""
        program = f"import runpy, sys; sys.argv.pop(0); {before or 'pass'}; runpy.run_path('run', run_name='__main__')"
        command = [sys.executable, "-c", program, "run", *args]
        given = {key: value for key, value in os.environ.items() if key != "WANGGE_DATA"}
        return subprocess.run(command, cwd=self.folder, env={**given, **env}, capture_output=True, text=True)

    def pretend(self, name: str, text: str = NOTE) -> None:
        """Put a small program into .venv that notes how it was called."""
        path = self.folder / ".venv" / "bin" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text.replace("{calls}", str(self.calls)))
        path.chmod(0o755)

    def called(self) -> list[str]:
        """What was called since the last time this was asked, two words of each."""
        lines = self.calls.read_text().splitlines() if self.calls.exists() else []
        self.calls.unlink(missing_ok=True)
        return [" ".join(line.split()[:2]) for line in lines]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    return Checkout(tmp_path)


@pytest.fixture
def installed(checkout: Checkout) -> Checkout:
    """A checkout in which everything has been installed once."""
    checkout.pretend("python")
    checkout.pretend("npm", NPM)
    answer = checkout.run("build")
    assert answer.returncode == 0, answer.stderr
    assert checkout.called() == ["python -m", "python -m", "python -m", "npm ci", "npm run"]
    return checkout


def sentences(answer: subprocess.CompletedProcess[str]) -> tuple[str, str]:
    """The two sentences of a failure, and that there is nothing else: no traceback."""
    assert answer.returncode == 1
    zh, en = answer.stderr.strip().splitlines()
    return zh, en


def test_alone_it_lists_what_it_can_do(checkout: Checkout) -> None:
    answer = checkout.run()
    assert answer.returncode == 0
    for command in COMMANDS:
        assert f"./run {command} " in answer.stdout
    assert not (checkout.folder / ".venv").exists()


def test_it_is_executable() -> None:
    answer = subprocess.run([ROOT / "run", "--help"], capture_output=True, text=True)
    assert (answer.returncode, answer.stderr) == (0, "")


def test_an_unknown_command_is_refused_with_the_list(checkout: Checkout) -> None:
    answer = checkout.run("dmeo")
    assert answer.returncode == 2
    assert "dmeo" in answer.stderr
    assert "./run demo" in answer.stderr


def test_a_command_without_arguments_refuses_some(checkout: Checkout) -> None:
    assert "--fast" in sentences(checkout.run("build", "--fast"))[1]


def test_an_old_python_is_named(checkout: Checkout) -> None:
    answer = checkout.run("demo", before=OLD, PATH="/nowhere")
    assert "Python 3.11" in sentences(answer)[0]
    assert "3.9" in sentences(answer)[1]


def test_an_old_python_hands_over_to_a_newer_one(checkout: Checkout) -> None:
    newer = checkout.folder / "newer"
    newer.mkdir()
    (newer / "python3.14").write_text("#!/bin/sh\nexit 127\n")  # a shim with nothing behind it
    (newer / "python3.14").chmod(0o755)
    (newer / "python3.11").symlink_to(sys.executable)
    answer = checkout.run("--help", before=OLD, PATH=str(newer))
    assert answer.returncode == 0, answer.stderr
    assert "./run demo" in answer.stdout


def test_a_python_without_venv_is_told_what_to_install(checkout: Checkout) -> None:
    zh, en = sentences(checkout.run("demo", before=NO_VENV))
    assert "python3-venv" in zh
    assert "python3-venv" in en
    assert not (checkout.folder / ".venv").exists()


def test_an_unwritable_data_folder_is_named_before_anything_is_installed(checkout: Checkout) -> None:
    (checkout.folder / "taken").write_text("")
    zh, en = sentences(checkout.run("demo", WANGGE_DATA=str(checkout.folder / "taken" / "data")))
    assert "无法写入" in zh
    assert str(checkout.folder / "taken" / "data") in en
    assert not (checkout.folder / ".venv").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes into read-only folders")
def test_a_read_only_checkout_is_named(checkout: Checkout) -> None:
    checkout.folder.chmod(0o555)
    try:
        assert str(checkout.folder) in sentences(checkout.run("build"))[1]
    finally:
        checkout.folder.chmod(0o755)


def test_a_venv_that_cannot_be_made_is_explained(checkout: Checkout) -> None:
    (checkout.folder / ".venv").write_text("")
    assert ".venv" in sentences(checkout.run("build"))[1]


def test_a_moved_checkout_gets_a_new_venv_and_no_registry_is_one_sentence(installed: Checkout) -> None:
    stamp = installed.folder / ".venv" / "wangge-run.json"
    stamp.write_text(json.dumps({**json.loads(stamp.read_text()), "place": "/elsewhere"}))
    zh, en = sentences(installed.run("build", **UNREACHABLE))
    assert "PyPI" in zh
    assert "cannot be reached" in en
    assert str(installed.folder / ".venv" / "log" / "pip.log") in en
    assert (installed.folder / ".venv" / "pyvenv.cfg").exists()
    assert installed.called() == []


def test_a_second_call_does_nothing(installed: Checkout) -> None:
    answer = installed.run("build")
    assert (answer.returncode, answer.stdout, installed.called()) == (0, "", [])


def test_of_two_calls_at_once_one_installs_and_one_waits(checkout: Checkout) -> None:
    checkout.pretend("python", NOTE + "sleep 0.2\n")
    checkout.pretend("npm", NPM)
    command = [sys.executable, "run", "build"]
    calls = [subprocess.Popen(command, cwd=checkout.folder, stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [call.wait() for call in calls] == [0, 0]
    assert checkout.called() == ["python -m", "python -m", "python -m", "npm ci", "npm run"]


def test_a_new_lock_is_installed(installed: Checkout) -> None:
    with (installed.folder / "requirements" / "run.txt").open("a") as lock:
        lock.write("# another day\n")
    assert installed.run("build").returncode == 0
    assert installed.called() == ["python -m", "python -m", "python -m"]


def test_a_changed_page_is_built_without_fetching_packages(installed: Checkout) -> None:
    (installed.folder / "frontend" / "src" / "another.ts").write_text("export {};\n")
    assert installed.run("build").returncode == 0
    assert installed.called() == ["npm run"]


def test_a_lost_page_is_built_again(installed: Checkout) -> None:
    (installed.folder / "src" / "wangge" / "static" / "built" / "desk.js").unlink()
    assert installed.run("build").returncode == 0
    assert installed.called() == ["npm run"]


def test_a_build_that_makes_no_page_is_noticed(installed: Checkout) -> None:
    (installed.folder / "src" / "wangge" / "static" / "built" / "desk.css").unlink()
    installed.pretend("npm")
    assert "desk.css" in sentences(installed.run("build"))[1]


@pytest.mark.parametrize(
    ("output", "says"),
    [("npm error code ECONNREFUSED", "cannot be reached"), ("npm error code EINTEGRITY", "exit code 3")],
)
def test_a_failing_npm_is_one_sentence_and_its_output_is_kept(installed: Checkout, output: str, says: str) -> None:
    with (installed.folder / "frontend" / "package-lock.json").open("a") as lock:
        lock.write("\n")
    installed.pretend("npm", f"#!/bin/sh\necho {output}\nexit 3\n")
    answer = installed.run("build")
    assert says in sentences(answer)[1]
    log = installed.folder / ".venv" / "log" / "npm.log"
    assert str(log) in answer.stderr
    assert log.read_text() == f"{output}\n"


def test_translations_are_compiled_when_newer(installed: Checkout) -> None:
    source = installed.folder / "src" / "wangge" / "locale" / "en" / "LC_MESSAGES" / "django.po"
    source.parent.mkdir(parents=True)
    source.write_text('msgid "值班台"\nmsgstr "Duty desk"\n')
    installed.pretend("pybabel", NOTE + 'touch "$5"\n')
    assert installed.run("build").returncode == 0
    assert installed.called() == ["pybabel compile"]
    assert installed.run("build").returncode == 0
    assert installed.called() == []


def test_wangge_gets_its_arguments_and_the_data_folder(installed: Checkout) -> None:
    installed.pretend("wangge", '#!/bin/sh\necho "$WANGGE_DATA: $*"\nexit 7\n')
    answer = installed.run("wangge", "bulletin", "--json")
    assert answer.returncode == 7
    assert answer.stdout.strip() == f"{installed.folder / 'var'}: bulletin --json"
    assert installed.run("demo", "--seed", "7").stdout.strip() == f"{installed.folder / 'var'}: demo --seed 7"


TESTED = '#!/bin/sh\necho "${DATABASE_URL:-none} $*" >> "{calls}"\necho "=== 3 passed in 1.00s ==="\n'


def databases_tested(installed: Checkout, *args: str, **env: str) -> list[str]:
    """Call ./run test, and answer which databases and commands it tested with."""
    installed.run("test", **env)
    installed.called()
    installed.pretend("python", TESTED)
    answer = installed.run("test", *args, **env)
    assert answer.returncode == 0, answer.stderr
    summary = (installed.folder / "test-results" / "summary.txt").read_text()
    assert answer.stdout.endswith(summary)
    assert [line.split(None, 1)[1] for line in summary.splitlines()] == ["3 passed in 1.00s"] * len(
        summary.splitlines()
    )
    return installed.calls.read_text().splitlines()


def test_tests_run_on_both_databases_and_take_arguments(installed: Checkout) -> None:
    sqlite, postgres = databases_tested(installed, "-n", "0", "tests/ground", DATABASE_URL="")
    assert sqlite == "none -m pytest -n 0 tests/ground"
    assert postgres == "none -m pytest --postgres -n 0 tests/ground"


def test_tests_are_spread_over_processes_unless_the_server_is_a_given_one(installed: Checkout) -> None:
    sqlite, postgres = databases_tested(installed, DATABASE_URL="postgresql://given/db")
    assert sqlite.startswith("none -m pytest -n ")
    assert postgres == "postgresql://given/db -m pytest"


def test_tests_use_the_postgres_they_are_given(installed: Checkout) -> None:
    sqlite, postgres = databases_tested(installed, "-n0", DATABASE_URL="postgresql://given/db")
    assert sqlite == "none -m pytest -n0"
    assert postgres == "postgresql://given/db -m pytest -n0"


def test_tests_run_on_one_database_if_asked(installed: Checkout) -> None:
    assert databases_tested(installed, "-n0", "--sqlite", DATABASE_URL="postgresql://given/db") == [
        "none -m pytest -n0"
    ]


def test_tests_fail_when_one_database_fails(installed: Checkout) -> None:
    installed.run("test")
    installed.pretend("python", '#!/bin/sh\n[ -z "$DATABASE_URL" ]\n')
    assert installed.run("test", DATABASE_URL="postgresql://given/db").returncode == 1
    assert installed.run("test", "--sqlite", DATABASE_URL="postgresql://given/db").returncode == 0
