"""What an earlier version kept in the database is read by this one, or said to be unreadable in a sentence.

The files in `stored` are contents as the first version wrote them. They are never written again: a change of the
schema that they do not survive needs the stored contents of every installation brought up to it.
"""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from click.testing import CliRunner

from tests.conftest import City
from tests.packs.samples import TINY
from wangge.cli import wangge as commands
from wangge.duties.matters import policies
from wangge.duties.matters.models import Policy
from wangge.ground.kernel.problems import PackOutdated, PolicyOutdated
from wangge.ground.responses import queries
from wangge.ground.responses.models import PackVersion, Response
from wangge.ground.responses.packs.schema import MatterKind, Pack
from wangge.upkeep.doctor import examine

STORED = Path(__file__).parent / "stored"


def stored(name: str) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((STORED / name).read_text(encoding="utf-8"))
    return content


def kept(content: dict[str, Any], now: datetime) -> UUID:
    return PackVersion.objects.create(
        code="measles-tiny", name="x", version="1", content_hash="0" * 64, content=content, loaded_at=now
    ).id


def test_a_pack_kept_by_the_first_version_is_read_whole(db: None, now: datetime) -> None:
    pack = queries.pack_by_id(kept(stored("pack.json"), now))
    content = stored("pack.json")
    for table in ("agencies", "roles", "kinds", "log_kinds", "tasks", "services", "figures"):
        assert list(getattr(pack, table)) == [entry["code"] for entry in content[table]]
    assert pack.surge.factor == content["surge"]["factor"]


def test_a_policy_kept_by_the_first_version_is_read_whole() -> None:
    kind, content = MatterKind.model_validate(stored("kind.json")), stored("kind.json")
    assert {stage: str(kind.clocks.of(stage)) for stage in content["clocks"]} == content["clocks"]
    assert [outcome.code for outcome in kind.outcomes] == [outcome["code"] for outcome in content["outcomes"]]


@pytest.mark.parametrize("change", [{"severty": 2}, {"severity": None}])
def test_a_policy_that_cannot_be_read_is_said_to_be_so(db: None, change: dict[str, Any]) -> None:
    content = {"pack": str(UUID(int=1)), "kind": stored("kind.json") | change, "factor": 1.0}
    Policy.objects.create(hash="f" * 64, content=content)
    with pytest.raises(PolicyOutdated) as refused:
        policies.snapshot_by_hash("f" * 64)
    assert next(iter(change)) in refused.value.sentence("zh")


def test_a_pack_that_cannot_be_read_says_to_load_it_again_and_the_doctor_too(city: City, now: datetime) -> None:
    later = {key: value for key, value in stored("pack.json").items() if key != "surge"} | {"surges": []}
    pack_id = kept(later, now)
    Response.objects.filter(id=city.response_id).update(pack_id=pack_id)
    with pytest.raises(PackOutdated) as refused:
        queries.pack_of(city.response)
    said = refused.value.sentence("zh")
    assert "surge" in said and "wangge pack load measles-tiny --for" in said
    assert any(not found.ok and "wangge pack load measles-tiny" in found.zh for found in examine(now))
    again = CliRunner().invoke(
        commands, ["pack", "load", str(TINY), "--for", city.response.code], standalone_mode=False
    )
    assert again.exception is None, again.exception
    assert isinstance(queries.pack_of(city.response), Pack)
