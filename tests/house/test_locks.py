"""The locks: every package with its hash, no address of anybody's mirror, nothing that pyproject asks for missing."""

from __future__ import annotations

import json
import re
import tomllib
from typing import Any

import pytest

from tests.house.checks import ROOT

LOCKS = {name: (ROOT / "requirements" / f"{name}.txt").read_text() for name in ("run", "test", "pdf")}
ADDRESS = re.compile(r"\w+://|file:|(^|\s)(--index-url|--extra-index-url|--find-links|-i|-f)\b|(^|\s)/", re.MULTILINE)
REQUIREMENT = re.compile(
    r"^([A-Za-z0-9][\w.-]*(?:\[[^]]*\])?)==[^\s;]+([^\n]*\\\n(?:    --hash=\S+(?: \\)?\n)*)?", re.MULTILINE
)


def normal(name: str) -> str:
    """A package's name as registries compare it, without extras and versions."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\[~=<>!; ]", name)[0]).lower()


def locked(text: str) -> dict[str, int]:
    """The number of hashes of each package in a lock; of one locked twice, for older and newer Pythons, the smaller."""
    found: dict[str, int] = {}
    for match in REQUIREMENT.finditer(text):
        hashes = (match[2] or "").count("--hash=sha256:")
        found[normal(match[1])] = min(hashes, found.get(normal(match[1]), hashes))
    return found


def mirrored(packages: dict[str, Any]) -> list[str]:
    """The entries of a package-lock that name an address, or come without a hash."""
    return [name for name, entry in packages.items() if name and ("resolved" in entry or "integrity" not in entry)]


@pytest.mark.parametrize("name", LOCKS)
def test_every_package_has_a_hash_and_no_address(name: str) -> None:
    text = LOCKS[name]
    packages = locked(text)
    assert len(packages) == len({*re.findall(r"^[\w.\[\]-]+==", text, re.MULTILINE)}) > 0
    assert [package for package, hashes in packages.items() if not hashes] == []
    assert ADDRESS.search(text) is None


def test_what_pyproject_asks_for_is_locked() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = {*project["project"]["dependencies"], *project["dependency-groups"]["build"]}
    assert {normal(line) for line in wanted} <= locked(LOCKS["run"]).keys()
    assert {normal(line) for line in project["dependency-groups"]["test"]} <= locked(LOCKS["test"]).keys()
    assert {normal(line) for line in project["project"]["optional-dependencies"]["pdf"]} <= locked(LOCKS["pdf"]).keys()


@pytest.mark.parametrize("name", ["test", "pdf"])
def test_tests_and_extras_run_on_what_runs(name: str) -> None:
    versions = [
        dict(re.findall(r"^([\w.-]+)(?:\[[^]]*\])?==(\S+)", LOCKS[lock], re.MULTILINE)) for lock in ("run", name)
    ]
    assert versions[0].items() <= versions[1].items()


def test_the_front_end_is_locked_without_addresses() -> None:
    lock = json.loads((ROOT / "frontend" / "package-lock.json").read_text())
    package = json.loads((ROOT / "frontend" / "package.json").read_text())
    assert mirrored(lock["packages"]) == []
    for kind in ("dependencies", "devDependencies"):
        assert lock["packages"][""].get(kind, {}) == package.get(kind, {})


@pytest.mark.parametrize(
    "line",
    [
        "--index-url https://mirror.example/simple",
        "-f wheels",
        "a @ file:wheels/a.whl",
        "    # via -c /home/me/run.txt",
    ],
)
def test_an_address_is_found(line: str) -> None:
    assert ADDRESS.search(f"a==1\n{line}\n")


def test_a_missing_hash_is_found() -> None:
    assert locked("a==1 \\\n    --hash=sha256:00\nb==2\n") == {"a": 1, "b": 0}
    assert mirrored({"": {}, "node_modules/a": {"integrity": "sha512-0"}}) == []
    assert mirrored({"node_modules/a": {"integrity": "sha512-0", "resolved": "https://mirror.example/a.tgz"}})
    assert mirrored({"node_modules/a": {}})
