"""An engine is killed while it destroys keys: another one finishes, once, and the record and the journal are right."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import City, settle_fully
from tests.faults.conftest import Deadly, in_child
from tests.kept import put_back
from tests.picture.endings.test_endings import command, ended, own_keys
from wangge import engine
from wangge.ground.areas import tree
from wangge.ground.journal import seal
from wangge.ground.journal.readers import Event
from wangge.ground.responses import keys, keystores
from wangge.picture.endings import services
from wangge.picture.endings.checking import destruction_verify
from wangge.picture.endings.models import Ending

__all__ = ["own_keys"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.faults]


def assert_destroyed_once(city: City, due: datetime) -> None:
    """What must hold after any death, once another engine has run; a third one finds nothing to do."""
    settle_fully(due + timedelta(minutes=11))
    kept = Ending.objects.get()
    settle_fully(due + timedelta(minutes=30))
    again = Ending.objects.get()
    assert kept.done_at is not None and (again.done_at, again.seal_head) == (kept.done_at, kept.seal_head)
    for event in ("ending.begun", "ending.keys_destroyed"):
        assert Event.objects.filter(type=event).count() == 1
    assert kept.counts["fields"] == {"address": 1, "name": 1, "phone": 1, "text": 1} and len(kept.fingerprints) == 1
    assert keys.keys_gone(city.response_id)
    found = destruction_verify(actor=command(city, "erin"), response_id=city.response_id)
    assert [check.ok for check in found] == [True] * 5, found
    verdict = seal.verify()
    assert verdict.ok and verdict.unsealed == 0


@pytest.mark.parametrize("after", [False, True], ids=["before-commit", "after-commit"])
def test_killed_at_every_commit_point(city: City, now: datetime, own_keys: Path, tmp_path: Path, after: bool) -> None:
    shutil.copytree(own_keys, tmp_path / "before")
    nth, killed, halfway = 0, True, 0
    while killed:
        nth += 1
        _, due = ended(city, now)
        settle_fully(due - timedelta(minutes=1))
        killed, _ = in_child(lambda say, due=due: engine.settle(due), Deadly(nth, after))  # type: ignore[misc]
        halfway += keys.keys_gone(city.response_id) and not Ending.objects.filter(done_at__isnull=False).exists()
        assert_destroyed_once(city, due)
        if killed:
            put_back()
            tree.forget()
            shutil.rmtree(own_keys)
            shutil.copytree(tmp_path / "before", own_keys)
            keys._ring.cache_clear()
    assert nth > 2, f"only {nth} commit points were met"
    assert halfway or after, "no process died between the keys and the database"


@pytest.mark.parametrize(
    ("room", "deed", "first"),
    [
        (services, "keys_destroy", False),  # the intent is written, the keys are there
        (keystores, "_overwrite", False),  # the trace stands, the key too
        (keystores, "_overwrite", True),  # the key is overwritten, its file still there
        (services, "keys_destroy", True),  # the keys are gone, the database does not know
    ],
)
def test_killed_between_the_steps_of_a_destruction(
    city: City, now: datetime, own_keys: Path, monkeypatch: pytest.MonkeyPatch, room: Any, deed: str, first: bool
) -> None:
    _, due = ended(city, now)
    done: Callable[..., Any] = getattr(room, deed)

    def deadly(*given: Any, **named: Any) -> None:
        if first:
            done(*given, **named)
        os.kill(os.getpid(), signal.SIGKILL)

    monkeypatch.setattr(room, deed, deadly)
    killed, _ = in_child(lambda say: engine.settle(due))
    monkeypatch.undo()
    assert killed and Ending.objects.get().begun_at is not None and Ending.objects.get().done_at is None
    assert_destroyed_once(city, due)
