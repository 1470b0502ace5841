"""A pack that a test may spoil: the small one, copied."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.packs.samples import EVENT_TYPES, TINY
from wangge.ground.kernel.problems import PackError, PackInvalid
from wangge.ground.responses.packs.loading import load_pack


@pytest.fixture
def pack_folder(tmp_path: Path) -> Path:
    folder = tmp_path / "measles-tiny"
    shutil.copytree(TINY, folder)
    return folder


Spoil = Callable[[str, str, str], list[PackError]]


@pytest.fixture
def spoil(pack_folder: Path) -> Spoil:
    """Replace a piece of one file and return the errors that loading then names."""

    def change(file: str, old: str, new: str) -> list[PackError]:
        path = pack_folder / file
        text = path.read_text(encoding="utf-8")
        assert old in text, f"{old!r} does not stand in {file}"
        path.write_text(text.replace(old, new, 1), encoding="utf-8")
        with pytest.raises(PackInvalid) as caught:
            load_pack(pack_folder, event_types=EVENT_TYPES)
        return caught.value.errors

    return change
