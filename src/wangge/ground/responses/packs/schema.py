"""What a plan pack holds, as frozen models.

A pack is read from YAML by `loading.load_pack` and kept in the database as JSON (`Pack.as_json`,
`Pack.from_json`). Every field is explained in docs/reference/pack.md. Chinese stands in `name`,
English in `name_en`. Codes are lower-case words joined by underscores.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import date, time
from typing import Annotated, Any, Literal, Self

from pydantic import Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from wangge.ground.responses.packs.checkpoints import CheckpointsDef
from wangge.ground.responses.packs.pieces import (
    AS_TABLE,
    Allowance,
    AreaCode,
    Code,
    Entry,
    Flag,
    Named,
    Text,
    Value,
    Verb,
    Whole,
)
from wangge.ground.responses.packs.rosters import RostersDef
from wangge.ground.responses.packs.venues import VenuesDef

STAGES = ("push", "triage", "coordinate", "verify")
# A matter stands in `reported` before the first stage and in `closed` after the last.
STATES = ("reported", *STAGES, "closed")


class AgencyKind(Named):
    """A kind of agency 单位类别 that leads or joins: police 公安, health 卫健, …"""


class RoleDef(Named):
    """A role 角色 and the verbs (`room.verb`) that it grants in the area of a post.

    `stands` says how a post of the role meets a new matter: it is the area's "responsible" post, a
    "desk" that stands in for it and takes escalations, or neither.
    """

    verbs: tuple[Verb, ...]
    stands: Literal["", "responsible", "desk"] = ""


class Clocks(Entry):
    """The allowance of each of the four stages 四个一时限."""

    push: Allowance
    triage: Allowance
    coordinate: Allowance
    verify: Allowance

    def of(self, stage: str) -> Allowance:
        """The allowance of one of `STAGES`; KeyError for any other word."""
        return {"push": self.push, "triage": self.triage, "coordinate": self.coordinate, "verify": self.verify}[stage]


class KeywordRule(Entry):
    """A rule that suggests a kind at triage: any of `words` in the text, with the reason shown to the desk.

    A word with … in it, 路…挖, stands for its pieces near each other in one clause.
    """

    code: Code
    words: tuple[Text, ...] = Field(min_length=1)
    reason: Text


class MatterField(Named):
    """A structured field of a kind's form.

    `personal` says which kind of personal data it holds, and so how it is masked and searched for; such
    a field goes to the vault, never to the journal. Empty for what is not personal. `reads` says what
    of a message that somebody pastes is filled in here; a name, a phone and the like are where they are personal.
    """

    type: Literal["int", "text", "choice", "date", "temperature"]
    personal: Literal["", "name", "phone", "document", "address", "text"] = ""
    reads: Literal["", "people", "origin", "venue", "day", "plate"] = ""
    required: Flag = False
    choices: tuple[Named, ...] = ()

    @property
    def read_as(self) -> str:
        """What of a message is filled in here; "" for what nobody reads out of one."""
        if self.type == "temperature":
            return "temperature"
        return self.reads or (self.personal if self.personal != "text" else "")


class MatterKind(Named):
    """A kind of matter 事项类别: who leads, how fast, when it is a case and when it is done."""

    severity: Whole = Field(ge=1, le=4)
    lead: Code
    joint: tuple[Code, ...] = ()
    open_when: Text
    close_when: Text
    clocks: Clocks
    ladder: Literal["towns", "stations"]
    sees: tuple[Code, ...] = Field(min_length=1)
    verify_by: Text
    keywords: tuple[KeywordRule, ...] = ()
    outcomes: tuple[Named, ...] = Field(min_length=1)
    fields: tuple[MatterField, ...] = ()
    handover: Flag = False

    def outcome(self, code: str) -> Named | None:
        """The outcome allowed at closing under this code, if there is one."""
        return next((outcome for outcome in self.outcomes if outcome.code == code), None)


class Quantity(Named):
    """A number that a log entry carries, with its unit."""

    unit: Text


class LogKind(Named):
    """A kind of duty-log entry 台账: counted, not handled. The first quantity is the main one."""

    unit: Text
    task: Code
    place_kinds: tuple[Named, ...] = Field(min_length=1)
    quantities: tuple[Quantity, ...] = Field(min_length=1)

    @property
    def main(self) -> Quantity:
        return self.quantities[0]


class Source(Entry):
    """The events a figure counts: one type, narrowed by data keys, each worth `sign` times its own sign."""

    event: Annotated[str, StringConstraints(pattern=r"^[a-z_]+\.[a-z_]+$")]
    where: dict[Code, tuple[Value, ...]] = {}
    sign: Literal[1, -1] = 1
    quantity: Code | None = None


class FigureDef(Named):
    """A figure 统计指标: a count or sum over journal events, a ratio of two figures, or the size of a catalogue."""

    unit: Text
    measure: Literal["count", "sum", "ratio", "catalogue"]
    group: Code
    of: tuple[Source, ...] = ()
    numerator: Code | None = None
    denominator: Code | None = None
    catalogue: Literal["tasks", "services"] | None = None
    area: AreaCode | None = None
    precision: Whole = Field(default=0, ge=0, le=4)


class TaskDef(Named):
    """One task of the guideline 驻村警力任务, with the matter kinds that do it and the figures that count it.

    It is due anew every `every_days`.
    """

    summary: Text
    every_days: Whole = Field(default=1, ge=1, le=365)
    kinds: tuple[Code, ...] = ()
    figures: tuple[Code, ...] = Field(min_length=1)


class ServiceDef(Named):
    """One service without leaving the village 便民业务, with the papers it needs and where it is done."""

    agency: Code
    papers: tuple[Text, ...] = ()
    channels: tuple[Text, ...] = Field(min_length=1)


class SurgePlan(Entry):
    """What the surge switch 战时状态 does to clocks: allowances are multiplied by `factor`, or by that of the kind."""

    factor: float = Field(gt=0, le=10)
    kinds: dict[Code, Annotated[float, Field(gt=0, le=10)]] = {}

    def factor_for(self, kind: str) -> float:
        """The multiplier for the clocks of a kind of matter."""
        return self.kinds.get(kind, self.factor)


class WorkingHours(Entry):
    """One stretch of office hours 工作时间, local time, from `start` to before `end`."""

    start: time
    end: time


class CalendarPlan(Entry):
    """The content of calendar.yaml: office hours, and the days that differ from the usual week."""

    note: Text
    working_hours: tuple[WorkingHours, ...] = Field(min_length=1)
    days: dict[date, Flag] = {}


class BulletinSection(Named):
    """One table of the bulletin: its figures in their order."""

    figures: tuple[Code, ...] = Field(min_length=1)


class BulletinChart(Named):
    """One chart of the bulletin: figures day by day, which share an axis and so should share a unit."""

    figures: tuple[Code, ...] = Field(min_length=1, max_length=6)


class BulletinText(Entry):
    """The bulletin 战报: title and prose with gaps (see `gaps`), and the tables below.

    `by_area` names the figures that are compared between the areas directly below; `charts` those drawn day by day;
    `wall` those that a wall screen 大屏 shows, today's beside yesterday's. `issuer` is who signs it 落款, with gaps as
    the title has them; left out, it is the authority that declared the response.
    """

    title: Text
    title_en: Text
    issuer: str = Field(default="", max_length=120)
    prose: Text
    prose_en: Text
    sections: Annotated[dict[Code, BulletinSection], *AS_TABLE]
    by_area: tuple[Code, ...] = ()
    charts: Annotated[dict[Code, BulletinChart], *AS_TABLE] = {}
    wall: tuple[Code, ...] = ()


class Protocol(Entry):
    """One version of the epidemiological rules 防控方案, in force from `since` until the next."""

    version: Text
    title: Text
    source: Text
    since: date
    observation_days: Whole = Field(ge=1, le=60)
    temperature_per_day: Whole = Field(ge=0, le=24)
    fever_celsius: float = Field(ge=35, le=42)
    report_within_hours: Whole = Field(ge=1, le=72)
    check_until: tuple[time, ...] = ()

    @model_validator(mode="after")
    def _check_until_each(self) -> Self:
        if self.check_until and len(self.check_until) != self.temperature_per_day:
            raise PydanticCustomError("check_until", "expected as many times as there are checks a day")
        return self


class ObservedRole(Entry):
    """How somebody of a role is observed: the kind of matter that a record opens, and where they stay.

    `exposure`, `origin` and `onset` name the fields of that kind which tell the last exposure, where somebody comes
    from, and since when they are ill.
    """

    kind: Code
    setting: Literal["home", "facility", "hospital"]
    exposure: Code | None = None
    origin: Code | None = None
    onset: Code | None = None


class ObservationDef(Entry):
    """Medical observation 医学观察: roles, symptoms, and the kinds of matters that what is found becomes.

    `unfounded` are the outcomes of a matter by which nobody has to be kept on record.
    """

    roles: dict[Literal["arrival", "close_contact", "secondary_contact", "suspected", "confirmed"], ObservedRole] = (
        Field(min_length=1)
    )
    symptoms: Annotated[dict[Code, Named], *AS_TABLE]
    missed: Code
    found: Code
    refused: Code
    left_behind: Code
    unfounded: tuple[Code, ...] = ()
    measure_bases: tuple[Text, ...] = Field(min_length=1)
    measure_days: Whole = Field(ge=1, le=60)
    objection: Text
    certificate: Text


class FormServes(Entry):
    """What a form is for: the handler that makes a record of what is sent, and what that record is of.

    `handler` is "inspection" or "visit" of venues, "lodging" and "readiness" reports, or "log", an entry of the duty
    log of the kind `log_kind`, at the kind of place `place_kind` where no question asks for it, or "matter", a report
    of the kind `kind` where no question `matter_kind` names another.
    """

    handler: Literal["log", "matter", "inspection", "visit", "lodging", "readiness"]
    venue_kinds: tuple[Code, ...] = ()
    task: Code | None = None
    kind: Code | None = None
    log_kind: Code | None = None
    place_kind: Code | None = None


class FormDef(Named):
    """A form 表单 that people fill in: an XLSForm in the pack's folder `forms`, and what it serves."""

    file: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*\.xlsx$")]
    serves: FormServes


class DemoPlan(Entry):
    """What the demonstration replays: the totals of a published report, by figure."""

    source: Text
    totals: dict[Code, Annotated[int, Field(strict=True, ge=0)]]


class Heading(Entry):
    """What the pack is: the content of pack.yaml."""

    code: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]*$", max_length=40)]
    name: Text
    version: Text
    city_name: Text
    province_name: Text
    disease: Text
    source: Text
    ending_days: Whole = Field(default=30, ge=7, le=3650)


class Pack(Heading):
    """A whole plan pack, checked. `content_hash` tells two contents apart, whatever the order of files."""

    agencies: Annotated[dict[Code, AgencyKind], *AS_TABLE]
    roles: Annotated[dict[Code, RoleDef], *AS_TABLE]
    kinds: Annotated[dict[Code, MatterKind], *AS_TABLE]
    log_kinds: Annotated[dict[Code, LogKind], *AS_TABLE]
    tasks: Annotated[dict[Code, TaskDef], *AS_TABLE]
    services: Annotated[dict[Code, ServiceDef], *AS_TABLE]
    figure_groups: Annotated[dict[Code, Named], *AS_TABLE]
    figures: Annotated[dict[Code, FigureDef], *AS_TABLE]
    bulletin: BulletinText
    protocols: tuple[Protocol, ...] = Field(min_length=1)
    surge: SurgePlan
    calendar: dict[date, Flag]
    calendar_note: Text
    working_hours: tuple[WorkingHours, ...] = Field(min_length=1)
    observation: ObservationDef | None = None
    forms: Annotated[dict[Code, FormDef], *AS_TABLE] = {}
    venues: VenuesDef | None = None
    rosters: RostersDef | None = None
    checkpoints: CheckpointsDef | None = None
    demo: DemoPlan | None = None

    def as_json(self) -> dict[str, Any]:
        """The compiled content, for a JSON column; `from_json` reads it back to an equal pack."""
        return self.model_dump(mode="json")

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> Self:
        """The pack that `as_json` wrote; pydantic.ValidationError when the content was altered into no pack."""
        return cls.model_validate(content)

    @property
    def content_hash(self) -> str:
        """SHA-256 of the compiled content in hexadecimal."""
        text = json.dumps(self.as_json(), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    def protocol_on(self, day: date) -> Protocol | None:
        """The protocol in force on a day, or None before the first."""
        past = [protocol for protocol in self.protocols if protocol.since <= day]
        return max(past, key=lambda protocol: protocol.since, default=None)
