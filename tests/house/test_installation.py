"""What tests stand on: a data folder nobody else uses, a browser or a word about it, a PostgreSQL that goes away."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import psycopg
import pytest
from django.conf import settings

from tests import installation
from tests.house.checks import ROOT
from tests.postgres import running_postgres

BROWSER_TEST = "import pytest\n\n@pytest.mark.browser\ndef test_page(): pass\n"
# Each of the first two waits for the other, so that neither process does both. The third asks no database.
SERVER_TEST = """
import os, time
from pathlib import Path
import pytest

@pytest.fixture
def db():
    pass

@pytest.mark.parametrize("name", ["one", "two"])
def test_it(name, db):
    folder = Path(os.environ["SEEN"])
    (folder / f"{name}.seen").write_text(os.environ["DATABASE_URL"])
    while len(list(folder.glob("*.seen"))) < 2:
        time.sleep(0.05)

def test_the_same_on_every_database():
    pass
"""


def test_tests_have_a_data_folder_of_their_own() -> None:
    assert Path(os.environ["WANGGE_DATA"]).resolve() == settings.DATA == installation.DATA.resolve()
    assert not settings.DATA.is_relative_to(ROOT)


def test_browser_tests_say_what_to_install_where_there_is_no_browser(tmp_path: Path) -> None:
    (tmp_path / "test_page.py").write_text(BROWSER_TEST)
    plain = ["-p", "no:cacheprovider", "-p", "no:schemathesis", "-p", "no:hypothesispytest", "-p", "no:xdist"]
    command = [sys.executable, "-m", "pytest", "-c", ROOT / "pyproject.toml", "-rs", *plain, tmp_path]
    answer = subprocess.run(command, cwd=ROOT, env={**os.environ, "PATH": "/nowhere"}, capture_output=True, text=True)
    assert "1 skipped" in answer.stdout
    assert f"no Chromium here; install it with: {installation.CHROMIUM_INSTALL}" in answer.stdout


def test_a_browser_is_found_by_any_of_its_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert installation.chromium() is None
    browser = tmp_path / "google-chrome-stable"
    browser.write_text("#!/bin/sh\n")
    browser.chmod(0o755)
    assert installation.chromium() == str(browser)


def test_postgres_answers_and_goes_away() -> None:
    with running_postgres() as address:
        with psycopg.connect(address) as connection:
            row = connection.execute("SHOW server_version_num").fetchone()
        folder = Path(address.split("host=")[1])
    assert row is not None
    assert int(row[0]) >= 150000
    with pytest.raises(psycopg.OperationalError):
        psycopg.connect(f"{address}&connect_timeout=2")
    assert not (folder / "postmaster.pid").exists()


def test_tests_on_postgres_have_a_server_of_their_own(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(SERVER_TEST)
    plain = ["-p", "no:cacheprovider", "-p", "no:schemathesis", "-p", "no:hypothesispytest"]
    command = [sys.executable, "-m", "pytest", "-c", ROOT / "pyproject.toml", *plain, "--postgres", "-n", "2", tmp_path]
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_XDIST")}
    answer = subprocess.run(command, cwd=ROOT, env=env | {"SEEN": str(tmp_path)}, capture_output=True, text=True)
    assert "2 passed" in answer.stdout
    servers = {path.read_text() for path in tmp_path.glob("*.seen")}
    assert len(servers) == 2
    assert not any(Path(server.split("host=")[1]).exists() for server in servers)
