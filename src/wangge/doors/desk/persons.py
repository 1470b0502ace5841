"""A form sent from the page of a record: by whom, on which record, saying what."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.http import QueryDict

from wangge.doors.desk.requests import instant, reference, whole_number
from wangge.duties.observation.queries.cards import individual_by_number
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import InputInvalid, NotFound

if TYPE_CHECKING:
    from wangge.duties.observation.models import Individual


@dataclass(frozen=True)
class Call:
    """One form; what every service asks for is put together here."""

    actor: Actor
    individual: Individual
    form: QueryDict
    now: datetime

    def text(self, name: str) -> str:
        return self.form.get(name, "")

    def chosen(self, name: str) -> UUID | None:
        return reference(self.text(name), name) if self.text(name) else None

    def at(self, name: str) -> datetime:
        """An instant that has to be given; what is missing is out of order with everything, and said so."""
        return instant(self.text(name), name) or self.now - timedelta(days=36500)

    def other(self, name: str) -> UUID:
        """The record that a form names by its number."""
        number = self.text(name).strip() or self.text(f"{name}_number").strip()
        if not number:
            raise InputInvalid(field=name, why_zh="请填写档案编号。", why_en="Give the number of a record.")
        try:
            return individual_by_number(number, actor=self.actor).id
        except NotFound:
            raise InputInvalid(field=name, why_zh="没有这个编号的档案。", why_en="There is no such record.") from None

    @property
    def version(self) -> int:
        return whole_number(self.text("version"), "version")

    @property
    def upon(self) -> dict[str, Any]:
        return {"actor": self.actor, "now": self.now}

    @property
    def person(self) -> dict[str, Any]:
        return self.upon | {"individual_id": self.individual.id}

    @property
    def seen(self) -> dict[str, Any]:
        return self.upon | {"version": self.version}
