"""Changing keys and checking a destruction from the command line."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.cli.test_commands import run, sentence
from tests.conftest import City
from tests.picture.endings.test_endings import ended, own_keys, receive
from wangge.ground.journal.models import Seal
from wangge.ground.kernel import clock
from wangge.ground.responses.models import VaultField
from wangge.ground.responses.rotation import GRACE, rotation_running
from wangge.picture.endings.models import Ending

__all__ = ["own_keys"]
ROTATE = ("response", "rotate", "test-2020")
VERIFY = ("response", "verify-destruction", "test-2020")


def test_keys_are_changed_in_two_runs(city: City, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    receive(city, now)
    first = run(*ROTATE)
    assert first.exception is None, first.exception
    assert "已重新加密 4 项" in first.output and "--go-on" in first.output
    assert set(VaultField.objects.values_list("key_version", flat=True)) == {2}
    assert "密钥正在更换" in sentence(run(*ROTATE))
    early = run(*ROTATE, "--go-on")
    assert early.exception is None and rotation_running(city.response_id) is not None
    later = clock.now() + GRACE + timedelta(minutes=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    last = run(*ROTATE, "--go-on")
    assert last.exception is None and "旧密钥已销毁" in last.output
    assert rotation_running(city.response_id) is None
    assert "nowhere" in sentence(run("response", "rotate", "nowhere"))


def key_back(city: City, folder: Path, kept: bytes) -> None:
    (folder / f"{city.response_id}.json").write_bytes(kept)


def basis_altered(city: City, folder: Path, kept: bytes) -> None:
    Ending.objects.update(basis="另一个依据")


def counts_altered(city: City, folder: Path, kept: bytes) -> None:
    """The sum stays, so only the digest tells."""
    ending = Ending.objects.get()
    ending.counts["reports"] += 1
    ending.save()


def chain_broken(city: City, folder: Path, kept: bytes) -> None:
    Seal.objects.filter(number=1).update(chain=b"0" * 32)


@pytest.mark.django_db(transaction=True)
def test_a_destruction_is_checked_and_each_way_it_fails_is_named(
    city: City, now: datetime, settle: Callable[[datetime], None], own_keys: Path
) -> None:
    kept = (own_keys / f"{city.response_id}.json").read_bytes()
    assert "找不到销毁记录" in sentence(run(*VERIFY))
    _, due = ended(city, now)
    settle(due)
    good = run(*VERIFY)
    assert good.exception is None and good.output.count("✓") == 5 and "✗" not in good.output
    ways: list[tuple[Callable[..., Any], str]] = [
        (key_back, "密钥又出现在"),
        (basis_altered, "日志中的销毁与记录不一致"),
        (counts_altered, "日志中的销毁与记录不一致"),
        (chain_broken, "不完整或被改动过"),
    ]
    whole = Ending.objects.get()
    for way, told in ways:
        way(city, own_keys, kept)
        bad = run(*VERIFY)
        assert isinstance(bad.exception, SystemExit) and bad.exception.code == 1
        assert [line for line in bad.output.splitlines() if line.startswith("✗") and told in line], bad.output
        (own_keys / f"{city.response_id}.json").unlink(missing_ok=True)
        whole.save()
