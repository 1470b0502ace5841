"""The form of a backup: a zip of JSON lines, one part for each table, the sealed files, and a manifest with digests.

Values are those of the ORM's fields, so that either database can write it and either can read it.
A part is streamed in both directions; memory does not grow with the installation.
"""

from __future__ import annotations

import base64
import dataclasses
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date, datetime, time
from typing import Any
from uuid import UUID

import orjson
from django.apps import apps
from django.db import models

from wangge.ground.kernel.problems import BackupUnreadable

FORMAT = 1
MANIFEST = "manifest.json"
ROOM = "wangge."
# Which engines ran belongs to the machines they ran on. Sign-in sessions are no table of the house and left out
# with the others: whoever comes to a restored installation signs in again.
LEFT_OUT = frozenset({"upkeep.EngineLife"})


@dataclass(frozen=True)
class Part:
    """One table in the archive: the model's label, the fields of a row in order, how many rows, their SHA-256."""

    model: str
    file: str
    fields: list[str]
    rows: int
    sha256: str


@dataclass(frozen=True)
class SealedPart:
    """One sealed file in the archive, as it lies on disk: its response, its evidence, the SHA-256 of its bytes."""

    response: str
    evidence: str
    sha256: str

    @property
    def file(self) -> str:
        return f"evidence/{self.response}/{self.evidence}"


@dataclass(frozen=True)
class Manifest:
    """What an archive holds, and from what it was made. `last_tx` is the journal's highest number of a transaction."""

    format: int
    version: str
    made_at: str
    database: str
    migrations: dict[str, str]
    last_tx: int
    keys_included: bool
    parts: list[Part]
    sealed: list[SealedPart] = dataclasses.field(default_factory=list)

    def as_json(self) -> bytes:
        return json.dumps(asdict(self), ensure_ascii=False, indent=1).encode()

    @classmethod
    def read(cls, text: bytes) -> Manifest:
        """The manifest of an archive. Raises BackupUnreadable."""
        try:
            content = json.loads(text)
            parts = [Part(**part) for part in content.pop("parts")]
            sealed = [SealedPart(**part) for part in content.pop("sealed", [])]
            return cls(**content, parts=parts, sealed=sealed)
        except (ValueError, TypeError, KeyError, AttributeError):
            raise BackupUnreadable(why_zh="清单已损坏", why_en="its manifest is damaged") from None


def tables() -> list[type[models.Model]]:
    """The models of the house that a backup holds, those that others point at first."""
    wanted = [
        model for model in apps.get_models() if model.__module__.startswith(ROOM) and model._meta.label not in LEFT_OUT
    ]
    ordered: list[type[models.Model]] = []

    def put(model: type[models.Model], above: frozenset[type[models.Model]] = frozenset()) -> None:
        if model in ordered or model in above:
            return
        for field in model._meta.concrete_fields:
            target = field.related_model
            if isinstance(target, type) and target in wanted and target is not model:
                put(target, above | {model})
        ordered.append(model)

    for model in wanted:
        put(model)
    return ordered


def fields_of(model: type[models.Model]) -> list[models.Field[Any, Any]]:
    """The stored fields of a model, in the order of its definition."""
    return list(model._meta.concrete_fields)


def to_line(values: tuple[Any, ...]) -> bytes:
    """One row as a line."""
    return orjson.dumps([_plain(value) for value in values], default=str) + b"\n"


def _plain(value: Any) -> Any:
    if isinstance(value, bytes | memoryview):
        return {"bytes": base64.b64encode(bytes(value)).decode()}
    if isinstance(value, dict | list):
        return {"json": value}
    if isinstance(value, datetime):
        return value.isoformat()
    return value


def from_line(line: bytes, fields: list[models.Field[Any, Any]]) -> list[Any]:
    """The values of a row, as the fields' own types. Raises BackupUnreadable."""
    try:
        values = orjson.loads(line)
        return [_value(value, field) for value, field in zip(values, fields, strict=True)]
    except (ValueError, TypeError, KeyError):
        raise BackupUnreadable(why_zh="有一行读不出", why_en="a row of it cannot be read") from None


def _value(value: Any, field: models.Field[Any, Any]) -> Any:
    if isinstance(value, dict):
        return base64.b64decode(value["bytes"]) if "bytes" in value else value["json"]
    if value is None or isinstance(field, models.JSONField):
        return value
    kind = (field.target_field if isinstance(field, models.ForeignKey) else field).get_internal_type()
    if kind == "UUIDField":
        return UUID(value)
    if kind == "DateTimeField":
        return datetime.fromisoformat(value)
    if kind == "DateField":
        return date.fromisoformat(value)
    if kind == "TimeField":
        return time.fromisoformat(value)
    return value


def column_names(model: type[models.Model]) -> list[str]:
    """The attribute names that hold a row's values: `person_id` for a foreign key `person`."""
    return [field.attname for field in fields_of(model)]


def in_batches(lines: Iterator[Any], size: int) -> Iterator[list[Any]]:
    """Lists of so many, the last one shorter."""
    batch: list[Any] = []
    for line in lines:
        batch.append(line)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
