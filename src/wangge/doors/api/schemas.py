"""What the API takes and gives, field by field. Instants are ISO 8601 with a zone, ids UUIDs, areas codes."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

Words = Field(default="", max_length=10_000)


class Input(BaseModel):
    """The body of a write: nothing unknown in it is passed over."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


class Versioned(Input):
    """An action on what the caller saw: `version` is the one in the answer that was looked at."""

    version: int = Field(ge=1, le=2**31 - 1)


class TriageIn(Versioned):
    """Triage 分流: kind, severity and agencies by kind; what is left out is as the policy says."""

    kind: str | None = Field(default=None, max_length=40)
    severity: int | None = Field(default=None, ge=1, le=4)
    lead: str | None = Field(default=None, max_length=40)
    joint: list[str] | None = Field(default=None, max_length=20)
    rule: str = Field(default="", max_length=60)
    text: str = Words


class DismissIn(Versioned):
    """Not taken up 不予受理."""

    reason: str = Field(max_length=40)
    text: str = Words


class AcceptIn(Input):
    """An agency accepts 接单."""

    agency_id: UUID


class WorkIn(Input):
    """Work on the ground 现场处置."""

    agency_id: UUID
    what: Literal["arrived", "worked"]
    text: str = Words


class HandBackIn(Versioned):
    """Handed back 退回."""

    agency_id: UUID
    reason: str = Field(max_length=40)
    text: str = Words


class VerifyIn(Versioned):
    """Verified 核查, on the spot or by call-back."""

    passed: bool
    method: Literal["spot", "call"]
    text: str = Words


class CloseIn(Versioned):
    """Closed 结案: the outcome, and how the reporter was told."""

    outcome: str = Field(max_length=40)
    told: Literal["system", "call", "visit", "anonymous"]
    text: str = Words


class ReopenIn(Versioned):
    """Reopened 重新打开."""

    text: str = Words


class HoldIn(Versioned):
    """A hold asked for 申请挂起."""

    reason: str = Field(max_length=40)
    text: str = Words
    until: AwareDatetime


class HoldDecisionIn(Versioned):
    """A hold approved or refused 审批挂起."""

    approve: bool


class ParkIn(Versioned):
    """Parked 挂账; the owner is the caller unless named."""

    reason: str = Field(max_length=40)
    text: str = Words
    owner_id: UUID | None = None
    review_at: AwareDatetime


class MergeIn(Versioned):
    """Merged 并案 into the matter with this number."""

    into: str = Field(max_length=32)


class MatterOut(BaseModel):
    """A matter 事项 as lists show it."""

    number: str
    kind: str
    severity: int
    area: str
    area_name: str
    stage: str
    pause: str
    ending: str
    outcome: str
    lead_id: UUID | None
    level: int
    exercise: bool
    received_at: datetime
    due_at: datetime | None
    closed_at: datetime | None
    version: int
    merged_into: str = Field(default="", description="the number of the matter it went into")


class MattersOut(BaseModel):
    """A page of matters; `next` goes into `cursor` for the following one, empty at the end."""

    matters: list[MatterOut]
    next: str


class ReportOut(BaseModel):
    """A report of a matter; `private` holds its personal fields, masked, where the caller may see them."""

    report_id: UUID
    source: str
    observed_at: datetime
    received_at: datetime
    clock_wrong: bool
    lon: float | None
    lat: float | None
    fields: dict[str, Any]
    private: dict[str, str]


class InvolvementOut(BaseModel):
    """An agency that leads or joins 牵头、协同, and how far it has come."""

    agency_id: UUID
    agency: str
    kind: str
    role: str
    asked_at: datetime
    accepted_at: datetime | None
    arrived_at: datetime | None
    worked_at: datetime | None
    ended_at: datetime | None


class ActionOut(BaseModel):
    """What somebody did; `text` is masked and empty where the caller may not see it."""

    what: str
    by: str
    at: datetime
    method: str
    text: str


class MatterWholeOut(MatterOut):
    """A matter with all that hangs on it."""

    next_action: str
    reports: list[ReportOut]
    involvements: list[InvolvementOut]
    actions: list[ActionOut]
    hold_until: datetime | None


class EventOut(BaseModel):
    """One thing that happened; `data` holds references, codes and counts."""

    type: str
    label: str
    at: datetime
    observed_at: datetime | None
    by: str
    data: dict[str, Any]


class TimelineOut(BaseModel):
    """Everything that happened to a matter, the oldest first."""

    number: str
    events: list[EventOut]


class EntryIn(Input):
    """An entry of the duty log 台账; `quantities` by the codes of its kind."""

    kind: str = Field(max_length=40)
    area: str = Field(max_length=20)
    place_kind: str = Field(max_length=40)
    quantities: dict[str, int] = {}
    observed_at: AwareDatetime | None = None
    note: str = Field(default="", max_length=2_000)
    exercise: bool = False
    response: str = Field(default="", max_length=40)


class EntryLine(EntryIn):
    """A line of a batch: an entry and its idempotency key."""

    key: str = Field(default="", max_length=80)


class EntryOut(BaseModel):
    """An entry that was taken."""

    entry_id: UUID
    received_at: datetime


class AreaOut(BaseModel):
    """An area 区划."""

    code: str
    name: str
    path: str
    level: str
    tree: str
    ended: bool
    parent: str


class AreasOut(BaseModel):
    """Areas found, shallow ones first."""

    areas: list[AreaOut]


class FigureOut(BaseModel):
    """A figure 统计指标: cumulative `total` and `new`; a ratio is a share in per cent, null of nothing."""

    code: str
    name: str
    name_en: str
    unit: str
    group: str
    total: float | None
    new: float | None
    numerator: int | None
    denominator: int | None


class FiguresOut(BaseModel):
    """The figures of an area up to a cut-off."""

    area: str
    until: datetime
    since: datetime | None
    figures: list[FigureOut]


class BulletinOut(BaseModel):
    """An issued bulletin 战报."""

    bulletin_id: UUID
    area: str
    serial: int
    cutoff: datetime
    issued_at: datetime


class BulletinsOut(BaseModel):
    """A page of bulletins, the latest cut-off first; `next` goes into `cursor`."""

    bulletins: list[BulletinOut]
    next: str


class BulletinWholeOut(BulletinOut):
    """An issued bulletin, word for word."""

    content: dict[str, Any]


class MeOut(BaseModel):
    """Who the token stands for, and what its posts allow where."""

    name: str
    posts: list[PostOut]
    today: date


class PostOut(BaseModel):
    """A post held now; without an area it holds everywhere."""

    role: str
    area: str
    agency_id: UUID | None
    verbs: list[str]


class ProblemOut(BaseModel):
    """A problem after RFC 9457; `code` is stable, `detail` is a sentence for a person."""

    type: str
    title: str
    status: int
    detail: str
    code: str
    details: dict[str, Any]
