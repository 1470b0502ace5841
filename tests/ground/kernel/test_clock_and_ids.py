"""One clock for an installation, and ids that follow time."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from wangge.ground.kernel import clock
from wangge.ground.kernel.ids import new_id


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("WANGGE_DATA", str(tmp_path / "data"))
    clock.offset.cache_clear()
    yield
    clock.offset.cache_clear()


def test_without_a_demo_the_clock_is_the_wall_clock() -> None:
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_a_demo_lives_in_its_own_time_and_keeps_it_over_a_restart() -> None:
    clock.set_offset(-86400 * 365)
    assert abs(clock.now() - (datetime.now(UTC) - timedelta(days=365))) < timedelta(seconds=5)
    clock.offset.cache_clear()  # what a process started later sees
    assert clock.offset() == timedelta(days=-365)


def test_a_process_that_starts_while_the_clock_is_moved_reads_the_old_time_or_the_new(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock.set_offset(60)
    written: list[str] = []
    original = Path.write_text

    def look_in_the_middle(self: Path, text: str, *args: object, **more: object) -> int:
        original(self, "")  # opened and emptied, not yet written
        written.append((clock.data_folder() / "clock.json").read_text())
        return original(self, text)

    monkeypatch.setattr(Path, "write_text", look_in_the_middle)
    clock.set_offset(120)
    assert [json.loads(text) for text in written] == [{"offset_seconds": 60}]
    assert clock.offset() == timedelta(seconds=120)


def test_an_instant_without_a_zone_is_local_time() -> None:
    assert clock.parse_instant("2020-02-05T20:00") == datetime(2020, 2, 5, 12, tzinfo=UTC)
    assert clock.parse_instant("2020-02-05T20:00+00:00") == datetime(2020, 2, 5, 20, tzinfo=UTC)
    assert clock.parse_instant("2020-02-05T20:00:00Z") == datetime(2020, 2, 5, 20, tzinfo=UTC)
    assert clock.local(datetime(2020, 2, 5, 20, tzinfo=UTC)).isoformat() == "2020-02-06T04:00:00+08:00"
    for text in ("", "yesterday", "2020-02-30"):
        with pytest.raises(ValueError):
            clock.parse_instant(text)


def test_ids_follow_the_order_of_their_making() -> None:
    ids = [new_id() for _ in range(20_000)]
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)
    assert {(one.version, one.variant) for one in ids} == {(7, "specified in RFC 4122")}
