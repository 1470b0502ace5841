"""The reader's dictionaries, made once from the pack of the repository, and readings by them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from django.conf import settings

from tests.conftest import huizhou_pack
from wangge.duties.matters.reading.dictionaries import Dictionaries
from wangge.duties.matters.reading.making import dictionaries_in
from wangge.duties.matters.reading.reader import Reading, read

EVENING = datetime.fromisoformat("2020-02-05T20:00:00+08:00")


@pytest.fixture(scope="session")
def dictionaries() -> Dictionaries:
    """Of the pack of Huizhou and all the areas in its folder."""
    return dictionaries_in(Path(settings.PACK_FOLDER) / "huizhou-2020", huizhou_pack())


@pytest.fixture
def reading(dictionaries: Dictionaries) -> Callable[..., Reading]:
    """Read a message that came in on the evening of 5 February 2020."""

    def read_message(text: str, at: datetime = EVENING) -> Reading:
        return read(text, at, dictionaries)

    return read_message
