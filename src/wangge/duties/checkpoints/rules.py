"""What checkpoints, screenings and plates must be: pure."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import blake2b
from typing import NamedTuple
from uuid import UUID

from wangge.ground.kernel.clock import local
from wangge.ground.kernel.fields import check_phone, check_place, check_words, invalid
from wangge.ground.kernel.problems import InputInvalid
from wangge.ground.responses.packs.checkpoints import CheckpointsDef, CheckpointShift

NAME_LIMIT, WORDS_LIMIT, NOTE_LIMIT = 80, 200, 2000
MOST_LANES = 30
MOST_VEHICLES, MOST_PEOPLE, MOST_QUEUE = 10_000, 100_000, 100_000
SEATS = 100  # so many people one vehicle may carry
# A row may be sent again for so long; what was seen earlier is not taken, so that nothing can count twice.
KEPT = timedelta(days=7)
FORGOTTEN = KEPT + timedelta(days=1)
CLOCK_TOLERANCE = timedelta(minutes=2)
COLDEST, HOTTEST = 34.0, 43.0
PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
# GA 36: letters without I and O; a new-energy plate has one character more, D or F among them.
PLATE = re.compile(rf"([{PROVINCES}])[A-HJ-NP-Z](?:[A-HJ-NP-Z0-9]{{4}}[A-HJ-NP-Z0-9挂学警港澳领])")
ENERGY = re.compile(rf"([{PROVINCES}])[A-HJ-NP-Z](?:[A-HJK][A-HJ-NP-Z0-9][0-9]{{4}}|[0-9]{{5}}[A-HJK])")
BETWEEN = re.compile(r"[\s·.•\-－—]")
WIDE = {ord("０") + digit: str(digit) for digit in range(10)} | {ord("Ａ") + step: chr(65 + step) for step in range(26)}


class Plate(NamedTuple):
    """All that is kept of a plate: its province, and whether it is a new-energy vehicle's."""

    province: str
    energy: bool


def plate_read(text: str) -> Plate | None:
    """What is kept of a plate, None where no vehicle has that plate."""
    folded = BETWEEN.sub("", text.translate(WIDE)).upper()
    if found := PLATE.fullmatch(folded):
        return Plate(found[1], False)
    if found := ENERGY.fullmatch(folded):
        return Plate(found[1], True)
    return None


# -- the register ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CheckpointDraft:
    """A checkpoint on its way into the register. The contact goes to the vault; a place is WGS84 degrees."""

    kind: str
    area_id: UUID
    name: str
    road: str
    direction: str = ""
    lanes: int = 1
    lon: float | None = None
    lat: float | None = None
    agencies: tuple[str, ...] = ()
    posts: tuple[UUID, ...] = ()
    opens_at: time | None = None
    closes_at: time | None = None
    equipment: str = ""
    desk_phone: str = ""
    opened_on: date | None = None
    contact_name: str = ""
    contact_phone: str = ""
    exercise: bool = False


def check_checkpoint(draft: CheckpointDraft, plan: CheckpointsDef, agencies: Collection[str]) -> InputInvalid | None:
    """What is wrong with a checkpoint, the first thing found, or None."""
    if draft.kind not in plan.kinds:
        return invalid("kind", "请选择检疫点类别。", "Choose a kind of checkpoint.")
    if type(draft.lanes) is not int or not 1 <= draft.lanes <= MOST_LANES:
        return invalid("lanes", f"车道数应为 1 至 {MOST_LANES}。", f"1 to {MOST_LANES} lanes.")
    if stray := next((code for code in draft.agencies if code not in agencies), None):
        return invalid("agencies", f"没有“{stray}”这类单位。", f"There is no agency “{stray}”.")
    if (draft.opens_at is None) != (draft.closes_at is None):
        return invalid("opens_at", "开始和结束时间须同时填写；全天值守的都留空。", "Give both times, or none.")
    return check_place(draft.lon, draft.lat) or _check_all_words(draft)


def _check_all_words(draft: CheckpointDraft) -> InputInvalid | None:
    return (
        check_phone(draft.desk_phone, "desk_phone")
        or check_phone(draft.contact_phone, "contact_phone")
        or check_words(draft.name, "name", NAME_LIMIT, needed=True)
        or check_words(draft.road, "road", NAME_LIMIT, needed=True)
        or check_words(draft.direction, "direction", 40)
        or check_words(draft.equipment, "equipment", WORDS_LIMIT)
        or check_words(draft.contact_name, "contact_name", NAME_LIMIT)
        or check_words(draft.desk_phone, "desk_phone", 30)
        or check_words(draft.contact_phone, "contact_phone", 30)
    )


def number_of(area_code: str, running: int) -> str:
    """The number of a checkpoint that people use: K, area code, running number."""
    return f"K{area_code}-{running:03d}"


def is_open(opens_at: time | None, closes_at: time | None, now: datetime) -> bool:
    """Whether a checkpoint with these opening times is open; without any it always is, and they may cross midnight."""
    if opens_at is None or closes_at is None:
        return True
    here = local(now).time()
    return opens_at <= here < closes_at if opens_at < closes_at else here >= opens_at or here < closes_at


def shift_at(shifts: Iterable[CheckpointShift], now: datetime) -> str:
    """The shift at an instant: the last that has begun today, before the first the last of yesterday."""
    ordered = sorted(shifts, key=lambda shift: shift.starts)
    here = local(now).time()
    begun = [shift.code for shift in ordered if shift.starts <= here]
    return begun[-1] if begun else ordered[-1].code


# -- screening ---------------------------------------------------------------------------------------


class Row(NamedTuple):
    """A vehicle that was screened, or the sum of `vehicles` of them, on its way in; `lane` 0 where it is not said.

    `key` is the sender's own. `temperature` is the highest that was measured, said only where one is high; `origin` an
    area on the dated list. `private` is what is known of who was stopped, and the plate: it goes to the vault.
    """

    checkpoint_id: UUID
    key: str
    at: datetime
    lane: int = 0
    province: str = ""
    energy: bool = False
    vehicles: int = 1
    people: int = 1
    fevers: int = 0
    temperature: float | None = None
    origin: str = ""
    private: Mapping[str, str] | None = None


def row_id(row: Row) -> UUID:
    """The id of a row: the same for the same key at the same checkpoint."""
    return UUID(bytes=blake2b(row.checkpoint_id.bytes + row.key.encode(), digest_size=16).digest())


def check_row(row: Row, lanes: int, now: datetime) -> InputInvalid | None:
    """What is wrong with a row, the first thing found, or None."""
    if not 0 < len(row.key) <= 80:
        return invalid(
            "key", "每行须有自己的编号（不超过 80 个字符）。", "Every row needs a key of up to 80 characters."
        )
    if not 0 <= row.lane <= lanes:
        return invalid("lane", f"此检疫点只有 {lanes} 条车道。", f"This checkpoint has {lanes} lanes.")
    if row.province and row.province not in PROVINCES:
        return invalid("province", "没有这个省份简称。", "No province has this character.")
    return _check_when(row.at, now) or _check_numbers(row)


def _check_when(at: datetime, now: datetime) -> InputInvalid | None:
    if at.tzinfo is None:
        return invalid("at", "时间须带时区。", "The time needs a zone.")
    if at > now + CLOCK_TOLERANCE:
        return invalid("at", "时间晚于现在，请核对时钟。", "This lies in the future; check the clock.")
    if at < now - KEPT:
        days = KEPT.days
        return invalid("at", f"已过 {days} 天，不能再补报。", f"Older than {days} days; it is not taken any more.")
    return None


def _check_numbers(row: Row) -> InputInvalid | None:
    if not 1 <= row.vehicles <= MOST_VEHICLES:
        return invalid("vehicles", f"车辆数应为 1 至 {MOST_VEHICLES}。", f"1 to {MOST_VEHICLES} vehicles.")
    most = SEATS if row.vehicles == 1 else MOST_PEOPLE
    if not 1 <= row.people <= most:
        return invalid("people", f"人数应为 1 至 {most}。", f"1 to {most} people.")
    if not 0 <= row.fevers <= row.people:
        return invalid("fevers", "发热人数不能多于总人数。", "No more can have a fever than there are people.")
    if row.temperature is not None and not COLDEST <= row.temperature <= HOTTEST:
        return invalid("temperature", f"体温应在 {COLDEST:g} 至 {HOTTEST:g} ℃ 之间。", f"{COLDEST:g} to {HOTTEST:g} ℃.")
    return None


def check_origin(row: Row, plan: CheckpointsDef) -> InputInvalid | None:
    """An origin stands on the list of outbreak areas of its day."""
    listed = plan.origins_on(local(row.at).date())
    if row.origin in listed:
        return None
    names = "、".join(listed)
    return invalid(
        "origin", f"当日名单没有此地（名单：{names or '无'}）。", f"Not on the list of the day: {names or 'none'}."
    )


def alert_of(row: Row, fever_from: float) -> str:
    """What stops somebody: "fever" at the limit in force, else "origin", else ""."""
    if row.temperature is not None and row.temperature >= fever_from:
        return "fever"
    return "origin" if row.origin else ""


def hour_of(at: datetime) -> int:
    """The hour of an instant as a number; the city's zone is whole hours from UTC."""
    return int(at.timestamp()) // 3600


def start_of(hour: int) -> datetime:
    """When an hour began that `hour_of` names."""
    return datetime.fromtimestamp(hour * 3600, UTC)


def starts_of(hour: int) -> dict[str, datetime]:
    """The hour, day and month that an hour belongs to, by the city's clock."""
    start = start_of(hour)
    day = local(start).replace(hour=0)
    return {"hour": start, "day": day.astimezone(UTC), "month": day.replace(day=1).astimezone(UTC)}
