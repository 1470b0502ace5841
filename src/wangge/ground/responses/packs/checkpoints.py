"""What a pack says of checkpoints 检疫点: their kinds, shifts, whom they stop, and the dated list of outbreak areas."""

from __future__ import annotations

from datetime import date, time
from typing import Annotated

from pydantic import Field

from wangge.ground.responses.packs.pieces import AS_TABLE, Code, Entry, Named, Text, Whole


class CheckpointKind(Named):
    """A kind of checkpoint 检疫点类别."""


class CheckpointShift(Named):
    """A shift 班次: it lasts from its time of day until the next one begins."""

    starts: time


class OutbreakArea(Entry):
    """An area whose travellers are asked for 疫情发生地, from a day to a day (the last one included)."""

    name: Text
    since: date
    until: date | None = None


class CheckpointsDef(Entry):
    """The content of checkpoints.yaml.

    `home` is the character of the province's plates, `provinces` those that come by most, offered first. `fever` and
    `origin` are the kinds of matter that a passenger becomes who is stopped. A checkpoint that shows no sign of life
    for `silent_minutes` while it is open is pointed out.
    """

    kinds: Annotated[dict[Code, CheckpointKind], *AS_TABLE]
    shifts: Annotated[dict[Code, CheckpointShift], *AS_TABLE] = Field(min_length=1)
    home: Text = Field(max_length=1)
    provinces: tuple[Text, ...] = ()
    fever: Code
    origin: Code
    silent_minutes: Whole = Field(default=30, ge=5, le=1440)
    outbreak_areas: tuple[OutbreakArea, ...] = ()

    def origins_on(self, day: date) -> list[str]:
        """The outbreak areas on the list of a day."""
        return [one.name for one in self.outbreak_areas if one.since <= day and (one.until is None or day <= one.until)]
