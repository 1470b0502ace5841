"""What every part of a plan pack is written with: codes, texts, tables, and times that something may take."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StringConstraints,
    model_serializer,
    model_validator,
)
from pydantic_core import PydanticCustomError

Code = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*$", max_length=40)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
Verb = Annotated[str, StringConstraints(pattern=r"^[a-z_]+\.[a-z_]+$")]
AreaCode = Annotated[str, StringConstraints(pattern=r"^([0-9]{2}|[0-9]{4}|[0-9]{6}|[0-9]{9}|[0-9]{12}|[0-9]{15})$")]
Whole = Annotated[int, Field(strict=True)]
Flag = Annotated[bool, Field(strict=True)]
Value = Annotated[str | int | bool, Field(union_mode="smart")]


def keyed(value: Any) -> Any:
    """A list of entries as a mapping by their code, the order kept; anything else is left to pydantic."""
    if not isinstance(value, list | tuple):
        return value
    table = {(item["code"] if isinstance(item, Mapping) else item.code): item for item in value}
    if len(table) != len(value):
        raise PydanticCustomError("duplicate_code", "a code stands twice in the table")
    return table


# A table is a mapping in memory and a list in JSON, because PostgreSQL's jsonb does not keep the order of keys.
AS_TABLE = (BeforeValidator(keyed), PlainSerializer(lambda table: list(table.values())))


class Entry(BaseModel):
    """Anything a pack holds: frozen, and an unknown field is an error."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Named(Entry):
    """Something with a code and a name in both languages."""

    code: Code
    name: Text
    name_en: Text


Unit = Literal["minutes", "hours", "days", "working_hours", "working_days"]
UNIT_WORDS: dict[str, Unit] = {
    "min": "minutes",
    "h": "hours",
    "day": "days",
    "days": "days",
    "working hour": "working_hours",
    "working hours": "working_hours",
    "working day": "working_days",
    "working days": "working_days",
}
ALLOWANCE = re.compile(r"^([1-9][0-9]{0,4}) (min|h|days?|working hours?|working days?)$")


class Allowance(Entry):
    """The time a stage may take 时限, written in YAML and JSON as "10 min", "2 h", "3 working days"."""

    amount: int = Field(ge=1, le=99_999, strict=True)
    unit: Unit

    @model_validator(mode="before")
    @classmethod
    def _read_text(cls, value: Any) -> Any:
        if not isinstance(value, str):
            return value
        match = ALLOWANCE.match(value.strip())
        if match is None:
            raise PydanticCustomError("allowance", "expected a time such as 10 min, 2 h, 1 day or 3 working days")
        return {"amount": int(match[1]), "unit": UNIT_WORDS[match[2]]}

    @model_serializer
    def _write_text(self) -> str:
        return str(self)

    def __str__(self) -> str:
        """The form in which packs write it; `load_pack` reads it back to the same value."""
        if self.unit in ("minutes", "hours"):
            return f"{self.amount} {'min' if self.unit == 'minutes' else 'h'}"
        words = self.unit.replace("_", " ")
        return f"{self.amount} {words[:-1] if self.amount == 1 else words}"
