"""Photos of a visit: kept once and sealed, told of by their hash, shown without the place where they were taken."""

from __future__ import annotations

import io
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from tests.conftest import City
from tests.ground.responses.test_evidence import photo
from wangge.duties.venues.models import Venue, Visit
from wangge.duties.venues.rules import VisitDraft
from wangge.duties.venues.services.photos import Photo, visit_record_shown
from wangge.ground.kernel.problems import EvidenceRefused, InputInvalid, NotPermitted, VisitedLately
from wangge.ground.responses import evidence, vault
from wangge.ground.responses.models import Evidence


@pytest.fixture
def folder(tmp_path: Path, settings: Any) -> Path:
    settings.EVIDENCE_FOLDER = tmp_path
    return tmp_path


@pytest.fixture
def shown(city: City, now: datetime, register: Callable[..., Venue], folder: Path) -> Callable[..., Visit]:
    """Record a visit to a café with photos."""
    cafe = register()

    def recorded(*contents: bytes, who: str = "alice", **more: Any) -> Visit:
        return visit_record_shown(
            actor=city.actor(who),
            response_id=city.response_id,
            draft=VisitDraft(cafe.id, **more),
            photos=[Photo("现场.jpg", one) for one in contents],
            now=now,
        )

    return recorded


def test_a_photo_is_kept_once_told_of_by_its_hash_and_shown_without_its_place(
    shown: Callable[..., Visit], city: City, folder: Path, told: Callable[[str], list[Any]]
) -> None:
    first = shown(photo("red"), photo("blue"), photo("red"))
    second = shown(photo("blue"))
    assert len(first.evidence) == 2 and second.evidence == first.evidence[1:]
    assert Evidence.objects.count() == len(list(folder.glob("*/*"))) == len(told("evidence.kept")) == 2
    kept = Evidence.objects.get(id=first.evidence[0])
    [event] = [one for one in told("evidence.kept") if one.subject_id == kept.id]
    assert event.data == {"sha256": kept.sha256, "size": kept.size, "media_type": "image/jpeg"}
    held = vault.carried(response_id=city.response_id, subject_ids=[kept.id])[kept.id]
    assert "114.41" in next(one.value for one in held if one.field == "location")
    kind, content = evidence.thumbnail(actor=city.actor("alice"), area_id=first.area_id, evidence_id=kept.id)
    with Image.open(io.BytesIO(content)) as picture:
        assert kind == "image/jpeg" and max(picture.size) <= 320 and not picture.getexif()


def test_what_is_no_picture_too_many_or_somebody_elses_leaves_nothing_behind(
    shown: Callable[..., Visit], folder: Path
) -> None:
    for problem, contents, more in (
        (EvidenceRefused, [photo(), b"#!/bin/sh"], {}),
        (EvidenceRefused, [photo(), b"%PDF-1.4"], {}),
        (EvidenceRefused, [b""], {}),
        (InputInvalid, [photo(size=(9, 9))] * 10, {}),
        (InputInvalid, [photo()], {"answers": {"shut": "perhaps"}}),
        (NotPermitted, [photo()], {"who": "olga"}),
    ):
        with pytest.raises(problem):
            shown(*contents, **more)
    assert not Visit.objects.exists() and not Evidence.objects.exists()
    assert list(folder.glob("*/*")) == []
    before = shown(photo("red"))
    with pytest.raises(VisitedLately):
        shown(photo("red"), photo("blue"), aware=False)
    # What an earlier visit shows stays.
    assert [one.name for one in folder.glob("*/*")] == before.evidence
