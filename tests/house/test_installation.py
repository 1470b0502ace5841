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
from tests.postgres import main, running_postgres

BROWSER_TEST = "import pytest\n\n@pytest.mark.browser\ndef test_page(): pass\n"


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


def test_a_command_beside_postgres_gets_its_address_and_keeps_its_exit_code() -> None:
    program = "import os, sys; sys.exit(7 if os.environ['DATABASE_URL'].startswith('postgresql://') else 1)"
    assert main([sys.executable, "-c", program]) == 7
