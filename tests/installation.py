"""The installation that tests run against: a data folder of their own, and a browser if there is one.

pytest loads this before Django reads its settings (`-p tests.installation` in pyproject.toml; a conftest
would come too late), so that no test ever touches a real data folder. Each process of a parallel run
has a folder of its own.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

DATA = Path(tempfile.mkdtemp(prefix="wangge-tests-"))
os.environ["WANGGE_DATA"] = str(DATA)

CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
CHROMIUM_INSTALL = "apt-get install chromium fonts-noto-cjk"


def chromium() -> str | None:
    """The path of the system's Chromium, or None."""
    return next((path for path in map(shutil.which, CHROMIUM_NAMES) if path), None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Skip browser tests where there is no browser, and say how to get one."""
    if chromium():
        return
    skip = pytest.mark.skip(reason=f"no Chromium here; install it with: {CHROMIUM_INSTALL}")
    for item in items:
        if item.get_closest_marker("browser"):
            item.add_marker(skip)


def pytest_unconfigure() -> None:
    shutil.rmtree(DATA, ignore_errors=True)
