"""The floors: foreign keys point downward, and the import contracts notice what breaks them."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from django.apps import apps

from tests.house import checks

BREAKS = {
    "A floor imports only floors below it": (
        "ground/areas/upward.py",
        "from wangge.duties import matters\n",
    ),
    "Rooms of duties never import each other": (
        "duties/dutylog/sideways.py",
        "from wangge.duties.matters import apps\n",
    ),
    "The ground stands in order": (
        "ground/kernel/upward.py",
        "from wangge.ground.journal import events\n",
    ),
    "The spine stands in order": (
        "spine/clocks/upward.py",
        "from wangge.spine.messaging import apps\n",
    ),
    "Inside a room, writes stand on reads, reads on models, all on rules": (
        "ground/journal/rules.py",
        "from wangge.ground.journal import models\n",
    ),
    "Rules and the kernel are pure": (
        "duties/dutylog/rules.py",
        "from django.utils import timezone\n",
    ),
}


def relations() -> list[tuple[str, str, str]]:
    """Every foreign key, one-to-one and many-to-many of our models: (module, field, module pointed at)."""
    found = []
    for model in apps.get_models(include_auto_created=True):
        if model.__module__.startswith("wangge."):
            for field in model._meta.get_fields():
                if field.is_relation and not field.auto_created and field.related_model is not None:
                    target = field.related_model
                    assert not isinstance(target, str), f"{model.__name__}.{field.name} points at nothing"
                    found.append((model.__module__, f"{model.__name__}.{field.name}", target.__module__))
    return found


def test_foreign_keys_point_downward() -> None:
    found = relations()
    assert ("wangge.ground.areas.models", "Area.parent", "wangge.ground.areas.models") in found
    assert [relation for relation in found if not checks.points_downward(relation[0], relation[2])] == []


@pytest.mark.parametrize(
    ("source", "target", "allowed"),
    [
        ("wangge.duties.matters.models", "wangge.ground.areas.models", True),
        ("wangge.duties.matters.models", "wangge.duties.matters.models", True),
        ("wangge.ground.accounts.models", "django.contrib.auth.models", True),
        ("wangge.ground.accounts.models", "wangge.ground.areas.models", True),
        ("wangge.ground.areas.models", "wangge.ground.accounts.models", False),
        ("wangge.spine.clocks.models", "wangge.duties.matters.models", False),
        ("wangge.duties.dutylog.models", "wangge.duties.matters.models", False),
        ("wangge.ground.areas.models", "wangge.flows", False),
    ],
)
def test_which_way_a_foreign_key_may_point(source: str, target: str, allowed: bool) -> None:
    assert checks.points_downward(source, target) is allowed


def lint(source: Path) -> subprocess.CompletedProcess[str]:
    """Run the contracts over a copy of the source."""
    command = [Path(sys.executable).parent / "lint-imports", "--no-cache", "--config", checks.ROOT / "pyproject.toml"]
    env = {**os.environ, "PYTHONPATH": str(source), "COLUMNS": "200"}
    return subprocess.run(command, cwd=source, env=env, capture_output=True, text=True)


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A copy of the source, to break."""
    ignore = shutil.ignore_patterns("__pycache__", "static")
    shutil.copytree(checks.SOURCE / "wangge", tmp_path / "wangge", ignore=ignore)
    return tmp_path


def test_the_contracts_hold() -> None:
    answer = lint(checks.SOURCE)
    assert answer.returncode == 0, answer.stdout
    for contract in BREAKS:
        assert f"{contract} KEPT" in answer.stdout


@pytest.mark.parametrize("contract", BREAKS)
def test_a_contract_notices_what_breaks_it(contract: str, source: Path) -> None:
    path, text = BREAKS[contract]
    (source / "wangge" / path).write_text(text)
    answer = lint(source)
    assert answer.returncode != 0
    assert f"{contract} BROKEN" in answer.stdout
