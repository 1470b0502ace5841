"""Sealed files: kept once, opened by those who may, gone with the keys, without what a camera adds."""

from __future__ import annotations

import io
import os
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import transaction
from PIL import Image

from tests.conftest import City
from wangge.ground.journal.models import Event
from wangge.ground.kernel.permission import system_actor
from wangge.ground.kernel.problems import DataDestroyed, EvidenceDamaged, EvidenceRefused, NotPermitted
from wangge.ground.responses import evidence, vault
from wangge.ground.responses.keys import keys_destroy
from wangge.ground.responses.models import Evidence
from wangge.upkeep.housekeeping import Housekeeping

VILLAGE = "441302001001"


def photo(colour: str = "red", size: tuple[int, int] = (2000, 1000), place: bool = True) -> bytes:
    """A picture as a phone takes it, with the place and the phone in its EXIF."""
    exif = Image.Exif()
    exif[0x010F] = "PhoneMaker"
    if place:
        exif[0x8825] = {1: "N", 2: (23.0, 5.0, 24.0), 3: "E", 4: (114.0, 24.0, 36.0)}
    out = io.BytesIO()
    Image.new("RGB", size, colour).save(out, "JPEG", exif=exif)
    return out.getvalue()


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(settings, "EVIDENCE_FOLDER", tmp_path / "evidence")
    return tmp_path / "evidence"


def kept(city: City, now: datetime, content: bytes, name: str = "a.jpg") -> Any:
    file = evidence.seal_file(response_id=city.response_id, content=content, name=name)
    with transaction.atomic():
        [one] = evidence.keep_files([(file, evidence.Sender(city.actor("alice"), city.area(VILLAGE)))], now=now)
    evidence.unneeded([file], [one])
    return one


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def opened(city: City, evidence_id: Any, who: str = "alice") -> tuple[str, bytes]:
    return evidence.open_bytes(actor=city.actor(who), area_id=city.area(VILLAGE), evidence_id=evidence_id)


def test_a_picture_is_sealed_and_its_hash_in_the_journal(city: City, now: datetime, folder: Path) -> None:
    content = photo()
    one = kept(city, now, content, "王小明的照片.jpg")
    [path] = files(folder)
    assert content[100:300] not in path.read_bytes()
    [event] = Event.objects.filter(type="evidence.kept")
    row = Evidence.objects.get()
    assert event.data == {"sha256": row.sha256, "size": len(content), "media_type": "image/jpeg"}
    assert evidence.opened_whole(one) == content
    assert "王小明" not in str(event.data) + row.media_type + path.name
    names = {
        secret.field: secret.value for secret in vault.carried(response_id=city.response_id, subject_ids=[one])[one]
    }
    assert names["file_name"] == "王小明的照片.jpg"
    assert names["location"] == "114.410000,23.090000"


def test_what_is_shown_holds_neither_place_nor_phone(city: City, now: datetime) -> None:
    kind, shown = opened(city, kept(city, now, photo()))
    with Image.open(io.BytesIO(shown)) as picture:
        assert (kind, dict(picture.getexif()), picture.size) == ("image/jpeg", {}, (1600, 800))
    assert b"PhoneMaker" not in shown


def test_a_small_picture_for_lists(city: City, now: datetime) -> None:
    one = kept(city, now, photo())
    _, small = evidence.thumbnail(actor=city.actor("alice"), area_id=city.area(VILLAGE), evidence_id=one)
    with Image.open(io.BytesIO(small)) as picture:
        assert picture.size == (320, 160)


def test_the_same_content_lies_there_once(city: City, now: datetime, folder: Path) -> None:
    first, second = kept(city, now, photo()), kept(city, now, photo(), "again.jpg")
    assert first == second
    assert len(files(folder)) == Evidence.objects.count() == Event.objects.filter(type="evidence.kept").count() == 1


def test_outsiders_are_refused(city: City, now: datetime) -> None:
    one = kept(city, now, photo())
    for who in ("olga", "adam"):
        with pytest.raises(NotPermitted):
            opened(city, one, who)


@pytest.mark.parametrize("content", [b"", b"\x00\x01\x02", b"MZ\x90\x00 program", b"PK\x03\x04 archive"])
def test_what_is_no_evidence_is_refused_whatever_its_name(
    city: City, now: datetime, folder: Path, content: bytes
) -> None:
    with pytest.raises(EvidenceRefused):
        kept(city, now, content, "photo.jpg")
    assert not files(folder)


def test_a_file_that_is_too_large_is_refused(city: City, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evidence, "MOST_BYTES", 1000)
    with pytest.raises(EvidenceRefused):
        kept(city, now, photo())


def test_a_file_that_was_changed_is_not_shown(city: City, now: datetime, folder: Path) -> None:
    one = kept(city, now, photo())
    [path] = files(folder)
    path.write_bytes(path.read_bytes()[:-1] + b"x")
    with pytest.raises(EvidenceDamaged):
        opened(city, one)
    path.unlink()
    with pytest.raises(EvidenceDamaged):
        opened(city, one)
    assert list(evidence.files_missing()) == [one]


def test_a_picture_that_is_none_inside_is_kept_but_not_drawn(city: City, now: datetime) -> None:
    one = kept(city, now, b"\xff\xd8\xff broken")
    with pytest.raises(EvidenceDamaged):
        opened(city, one)
    assert evidence.opened_whole(one) == b"\xff\xd8\xff broken"


def test_what_a_failed_transaction_leaves_goes_after_a_week_and_nothing_else(
    city: City, now: datetime, folder: Path
) -> None:
    fine = kept(city, now, photo("blue"))
    young = evidence.seal_file(response_id=city.response_id, content=photo())
    old = evidence.seal_file(response_id=city.response_id, content=photo())
    foreign = evidence.seal_file(response_id=uuid4(), content=photo())
    torn = folder / str(city.response_id) / f".{uuid4()}"  # killed while it was written
    torn.write_bytes(b"x")
    for path in (torn, *(evidence.path_of(one.response_id, one.id) for one in (old, foreign))):
        os.utime(path, (aged := (now - timedelta(days=8)).timestamp(), aged))
    os.utime(evidence.path_of(city.response_id, fine), (aged, aged))
    os.utime(evidence.path_of(city.response_id, young.id), ((now - timedelta(days=6)).timestamp(),) * 2)
    assert {path.name for path in evidence.files_orphaned(now - timedelta(days=7))} == {
        str(old.id), str(foreign.id), torn.name,
    }  # fmt: skip
    keeping = Housekeeping(system_actor("engine", "account.expire", "call.forget", "screening.forget"))
    while keeping.step(now):
        pass
    assert {path.name for path in files(folder)} == {str(fine), str(young.id), str(foreign.id)}


def test_the_end_of_the_keys_is_the_end_of_the_file(
    city: City, now: datetime, monkeypatch: Any, tmp_path: Path
) -> None:
    one = kept(city, now, photo())
    spare = {path: path.read_bytes() for path in Path(settings.KEY_FOLDER).glob(f"{city.response_id}*")}
    keys_destroy(city.response_id, record="0" * 64, at=now)
    try:
        with pytest.raises(DataDestroyed):
            opened(city, one)
    finally:
        for path in Path(settings.KEY_FOLDER).glob(f"{city.response_id}*"):
            path.unlink()
        for path, content in spare.items():
            path.write_bytes(content)
            path.chmod(0o600)
