"""The reference page explains every field of every file, and the check can fail."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from wangge.ground.responses.packs import checkpoints, schema, venues
from wangge.ground.responses.packs.draft import PARTS, TABLES
from wangge.ground.responses.packs.gaps import CONTEXT

PAGE = (Path(__file__).parents[2] / "docs" / "reference" / "pack.md").read_text(encoding="utf-8")
MODELS = {
    name: model
    for name, model in (vars(schema) | vars(venues) | vars(checkpoints)).items()
    if isinstance(model, type) and issubclass(model, schema.Entry) and model is not schema.Entry
}


def unexplained(page: str, name: str, fields: set[str]) -> set[str]:
    """The fields of a model with no row of their own under the model's heading."""
    section = re.search(rf"^### {name}\b.*?(?=^##|\Z)", page, re.DOTALL | re.MULTILINE)
    rows = set(re.findall(r"^\| `([a-z_]+)` \| \S", section[0], re.MULTILINE)) if section else set()
    return fields - rows


@pytest.mark.parametrize("name", MODELS)
def test_every_field_has_its_row(name: str) -> None:
    fields = set(MODELS[name].model_fields)
    if name == "Pack":  # the page says: the fields of Heading, and these
        fields -= set(schema.Heading.model_fields)
    assert unexplained(PAGE, name, fields) == set()


@pytest.mark.parametrize("name", MODELS)
def test_no_row_explains_a_field_that_is_gone(name: str) -> None:
    section = re.search(rf"^### {name}\b.*?(?=^##|\Z)", PAGE, re.DOTALL | re.MULTILINE)
    assert section is not None
    rows = set(re.findall(r"^\| `([a-z_]+)` \| \S", section[0], re.MULTILINE))
    assert rows <= set(MODELS[name].model_fields)


def test_every_file_and_every_gap_is_named() -> None:
    files = {part.file for part in PARTS.values()} | {table.file for table in TABLES.values()}
    assert [file for file in files if f"| `{file}` |" not in PAGE] == []
    assert [gap for gap in CONTEXT if f"`{{{gap}}}`" not in PAGE] == []


def test_the_check_finds_a_field_without_a_row() -> None:
    page = PAGE.replace("| `severity` |", "| severity |")
    assert unexplained(page, "MatterKind", {"severity", "lead"}) == {"severity"}
    assert unexplained(page, "NoSuchModel", {"severity"}) == {"severity"}
