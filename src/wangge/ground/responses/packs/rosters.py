"""What a pack says of rosters 排班: shifts, which posts they fill, skills, the rules and the days that count double."""

from __future__ import annotations

from datetime import date, time
from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from wangge.ground.responses.packs.pieces import AS_TABLE, Code, Entry, Flag, Named, Text, Whole


class ShiftDef(Named):
    """A shift 班次, by the day on which it begins; `short` is what a table shows, such as 白, 夜."""

    short: Text
    start: time
    hours: Whole = Field(ge=1, le=24)
    night: Flag = False


class PatternDef(Named):
    """A way of dividing the day 班制, such as 两班 or 三班: its shifts, which follow each other."""

    shifts: tuple[Code, ...] = Field(min_length=1)


class NeedDef(Entry):
    """Who is needed at the posts of a role in each shift of a pattern.

    Whoever holds a post of the role may serve at any of them, and so may holders of the roles in `also`. `night` says
    whether night shifts are filled too. Rank 1 goes first. Where several agencies are needed at one
    post there is one need for each.
    """

    role: Code
    also: tuple[Code, ...] = ()
    number: Whole = Field(default=1, ge=1, le=20)
    rank: Whole = Field(default=1, ge=1, le=5)
    night: Flag = True
    agency: Code | None = None
    skills: tuple[Code, ...] = ()


class RosterRules(Entry):
    """The rules that no roster breaks, and the time a week that two of one household should have in common.

    `days_in_row` is how many days somebody may work one after the other before their supervisor is warned,
    `late_minutes` how long after the start somebody may come before the supervisor hears that they have not.
    """

    rest_hours: Whole = Field(default=11, ge=0, le=48)
    week_hours: Whole = Field(default=60, ge=1, le=168)
    week_nights: Whole = Field(default=3, ge=0, le=7)
    travel_kmh: Whole = Field(default=40, ge=1, le=200)
    shared_hours: Whole = Field(default=24, ge=0, le=168)
    shared_from: time = time(8)
    shared_until: time = time(20)
    days_in_row: Whole = Field(default=6, ge=1, le=31)
    late_minutes: Whole = Field(default=15, ge=1, le=240)


class Festival(Entry):
    """Days that count as a holiday on duty, such as the Spring Festival; `until` is the last of them."""

    name: Text
    name_en: Text
    since: date
    until: date

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        if self.until < self.since:
            raise PydanticCustomError("festival", "expected the last day not before the first")
        return self


class RostersDef(Entry):
    """The content of rosters.yaml."""

    shifts: Annotated[dict[Code, ShiftDef], *AS_TABLE] = Field(min_length=1)
    patterns: Annotated[dict[Code, PatternDef], *AS_TABLE] = Field(min_length=1)
    skills: Annotated[dict[Code, Named], *AS_TABLE] = {}
    fixed: Annotated[dict[Code, Named], *AS_TABLE] = {}
    needs: tuple[NeedDef, ...] = Field(min_length=1)
    rules: RosterRules = RosterRules()
    festivals: tuple[Festival, ...] = ()
