"""The installation that tests run against: a data folder, a database, and a browser if there is one.

pytest loads this before Django reads its settings (`-p tests.installation` in pyproject.toml; a conftest
would come too late), so that no test ever touches a real data folder. Each process of a parallel run
has a folder of its own, and with `--postgres` a PostgreSQL of its own: readers of the journal stay below the
oldest transaction of the whole server, so on a shared one they would wait for the tests of other processes.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.postgres import running_postgres

DATA = Path(tempfile.mkdtemp(prefix="wangge-tests-"))
os.environ["WANGGE_DATA"] = str(DATA)

SERVER = ExitStack()
DATABASE = {"db", "transactional_db"}

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_INSTALL = "apt-get install chromium fonts-noto-cjk"


def chromium() -> str | None:
    """The path of the system's Chromium, or None."""
    return next((path for path in map(shutil.which, CHROMIUM_NAMES) if path), None)


def asks_database(item: pytest.Item) -> bool:
    """Whether a test says something of the database of the settings, and not the same whatever that is."""
    if item.get_closest_marker("once"):
        return False
    return bool(item.get_closest_marker("django_db")) or not DATABASE.isdisjoint(getattr(item, "fixturenames", ()))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--postgres", action="store_true", help="test on a PostgreSQL that is started for it")


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> None:
    """Start the PostgreSQL of this process, unless its workers do the testing."""
    asked = early_config.known_args_namespace
    works = "PYTEST_XDIST_WORKER" in os.environ or not getattr(asked, "numprocesses", None)
    if asked.postgres and works:
        os.environ["DATABASE_URL"] = SERVER.enter_context(running_postgres())


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave to the run on SQLite what asks no database; skip browser tests where there is no browser, and say so."""
    if "DATABASE_URL" in os.environ:
        once = [item for item in items if not asks_database(item)]
        config.hook.pytest_deselected(items=once)
        items[:] = [item for item in items if asks_database(item)]
    if chromium():
        return
    skip = pytest.mark.skip(reason=f"no Chromium here; install it with: {CHROMIUM_INSTALL}")
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(skip)


def pytest_unconfigure() -> None:
    SERVER.close()
    shutil.rmtree(DATA, ignore_errors=True)
