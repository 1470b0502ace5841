"""The rules of the four firsts 四个一, as functions of their arguments. No database, no clock."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from types import MappingProxyType
from typing import Any, NamedTuple
from uuid import UUID

from wangge.ground.kernel.fields import invalid
from wangge.ground.kernel.problems import Problem
from wangge.ground.kernel.text import UNSEEN
from wangge.ground.responses.packs.schema import MatterField, MatterKind

STAGES = ("push", "triage", "coordinate", "verify")
OPEN_STAGES = (*STAGES, "close")

# action -> the stages it may be done in. What follows is the service's business.
ALLOWED: Mapping[str, frozenset[str]] = {
    "acknowledge": frozenset({"push"}),
    "triage": frozenset({"triage"}),
    "dismiss": frozenset({"triage"}),
    "accept": frozenset({"coordinate"}),
    "hand_back": frozenset({"coordinate"}),
    "work": frozenset({"coordinate"}),
    "verify": frozenset({"verify"}),
    "close": frozenset({"close"}),
    "reopen": frozenset({"closed"}),
    "ask_hold": frozenset(STAGES),
    "decide_hold": frozenset(STAGES),
    "resume": frozenset(STAGES),
    "park": frozenset(STAGES),
    "merge": frozenset(OPEN_STAGES),
}
NEXT_ACTION: Mapping[str, str] = {
    "push": "acknowledge",
    "triage": "triage",
    "coordinate": "accept",
    "verify": "verify",
    "close": "close",
    "closed": "",
}
# Actions by which somebody takes part in handling, and may not verify the result.
HANDLING = frozenset({"arrived", "worked"})
CLOCK_TOLERANCE = timedelta(minutes=2)
EARLIEST_YEAR, LATEST_YEAR = 1900, 2200
TEXT_LIMIT = 10_000


class ReportDraft(NamedTuple):
    """A report 上报 on its way in. `observed_at` None means just now; `fields` are the kind's own."""

    kind: str
    area_id: UUID
    source: str
    text: str = ""
    observed_at: datetime | None = None
    reporter_id: UUID | None = None
    reporter_name: str = ""
    reporter_phone: str = ""
    address: str = ""
    lon: float | None = None
    lat: float | None = None
    fields: Mapping[str, Any] = MappingProxyType({})
    exercise: bool = False


def may_do(action: str, stage: str) -> bool:
    """Whether an action belongs to the stage a matter is in."""
    return stage in ALLOWED[action]


def next_action(stage: str, *, pause: str, lead_accepted: bool, all_accepted: bool, lead_worked: bool) -> str:
    """The one thing to be done next: an action, "await_joint" for agencies still to accept, or "" when closed."""
    if pause:
        return "resume"
    if stage == "coordinate" and lead_accepted:
        return "work" if not lead_worked else ("await_joint" if not all_accepted else "work")
    return NEXT_ACTION[stage]


def coordinated(involvements: Sequence[tuple[str, bool, bool]]) -> bool:
    """Whether lead and every joint agency accepted and the lead's work is reported: (role, accepted, worked)."""
    leads = [row for row in involvements if row[0] == "lead"]
    return (
        len(leads) == 1
        and all(accepted for _, accepted, _ in involvements)
        and all(worked for role, _, worked in involvements if role == "lead")
    )


def clock_is_wrong(observed_at: datetime, received_at: datetime) -> bool:
    """A phone that saw something after we heard of it has a wrong clock, beyond two minutes' grace."""
    return observed_at > received_at + CLOCK_TOLERANCE


def case_number(code: str, day: date, running: int) -> str:
    """The number people read to each other: area code, date, running number."""
    return f"{code}-{_day_in_number(day)}-{running:04d}"


@lru_cache(maxsize=8)
def _day_in_number(day: date) -> str:
    return f"{day:%Y%m%d}"


def ladder_level(level: int, base_level: int, top: int) -> int:
    """Which rung an escalation goes to: one above where it stands, never below its base, never above the top."""
    return min(max(level, base_level) + 1, top)


def check_draft(draft: ReportDraft, kind: MatterKind | None, sources: Collection[str]) -> Problem | None:
    """What is wrong with a report, the first thing found, or None. Nothing is repaired silently."""
    if kind is None:
        return invalid("kind", f"没有“{draft.kind}”这一事项类别。", f"There is no kind of matter “{draft.kind}”.")
    if draft.source not in sources:
        return invalid("source", f"来源“{draft.source}”不在允许之列。", f"Unknown source “{draft.source}”.")
    if draft.observed_at is not None and draft.observed_at.tzinfo is None:
        return invalid("observed_at", "时间须带时区。", "The time needs a zone.")
    if draft.observed_at is not None and not EARLIEST_YEAR <= draft.observed_at.year <= LATEST_YEAR:
        return invalid("observed_at", "时间不合常理。", "The time makes no sense.")
    for name in ("text", "reporter_name", "reporter_phone", "address"):
        value = getattr(draft, name)
        if len(value) > TEXT_LIMIT:
            return invalid(name, f"不能超过 {TEXT_LIMIT} 个字符。", f"No more than {TEXT_LIMIT} characters.")
        if unseen := UNSEEN.search(value):
            at = unseen.start() + 1
            zh = f"第 {at} 个字符是看不见的控制字符，请删除后重试。"
            return invalid(name, zh, f"Character {at} is a control character that nobody sees; take it out.")
    if not draft.text.strip() and not draft.fields:
        return invalid("text", "请写明情况。", "Say what happened.")
    return check_place(draft) or check_fields(draft.fields, kind.fields)


def check_place(draft: ReportDraft) -> Problem | None:
    """Both coordinates or none, WGS84 degrees."""
    if draft.lon is None and draft.lat is None:
        return None
    if draft.lon is None or draft.lat is None or not (-180 <= draft.lon <= 180 and -90 <= draft.lat <= 90):
        return invalid("lon", "经纬度不完整或超出范围。", "Longitude and latitude are incomplete or out of range.")
    return None


def check_fields(values: Mapping[str, Any], wanted: Sequence[MatterField]) -> Problem | None:
    """The kind's own fields: none unknown, none of a wrong type, none required missing."""
    known = {item.code: item for item in wanted}
    for code, value in values.items():
        if code not in known:
            return invalid(code, "此类事项没有这一项。", "This kind of matter has no such field.")
        problem = check_value(known[code], value)
        if problem:
            return problem
    for item in wanted:
        if item.required and values.get(item.code) in (None, ""):
            return invalid(item.code, f"请填写{item.name}。", f"{item.name_en} is needed.")
    return None


def check_value(item: MatterField, value: Any) -> Problem | None:
    """One value against its field's type."""
    good = True
    if item.type == "int":
        good = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 10_000_000
    elif item.type == "temperature":
        good = isinstance(value, int | float) and not isinstance(value, bool) and 30 <= value <= 45
    elif item.type == "choice":
        good = isinstance(value, str) and value in {choice.code for choice in item.choices}
    elif item.type == "date":
        good = isinstance(value, str) and _is_date(value)
    else:
        good = isinstance(value, str) and len(value) <= TEXT_LIMIT and not UNSEEN.search(value)
    return None if good else invalid(item.code, f"{item.name}填写有误。", f"{item.name_en} is not valid.")


def _is_date(value: str) -> bool:
    try:
        date.fromisoformat(value)
    except ValueError:
        return False
    return True
