"""What venues, visits and orders must be: pure."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from wangge.ground.kernel.fields import check_phone, check_place, check_words, invalid
from wangge.ground.kernel.problems import InputInvalid
from wangge.ground.responses.packs.schema import LogKind
from wangge.ground.responses.packs.venues import RoundDef, VenueKind, VenuesDef

NAME_LIMIT, ADDRESS_LIMIT, NOTE_LIMIT, WORDS_LIMIT = 80, 120, 2000, 200
MOST = 10_000_000
MOST_PHOTOS = 9
MOST_PHOTO_BYTES = 60 * 1024 * 1024
ALIKE = 0.7
CLOCK_TOLERANCE = timedelta(minutes=2)
YEAR = timedelta(days=366)
ANSWERS = ("ok", "failed", "na")
STRICTNESS = {"open": 0, "limited": 1, "closed": 2}
STATE_OF = {"close": "closed", "limit": "limited"}
# What a name is compared without: signs, and how a firm is constituted.
SIGNS = re.compile(r"[\W_]+")
FIRM = re.compile(r"(有限责任公司|股份有限公司|有限公司|分公司|公司|总店|分店)$")


# -- the register ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class VenueDraft:
    """A venue on its way into the register. Operator and contact go to the vault; a place is WGS84 degrees."""

    kind: str
    area_id: UUID
    name: str
    address: str = ""
    lon: float | None = None
    lat: float | None = None
    size: int | None = None
    operator: str = ""
    contact_name: str = ""
    contact_phone: str = ""


def check_venue(draft: VenueDraft, kinds: Mapping[str, VenueKind]) -> InputInvalid | None:
    """What is wrong with a venue, the first thing found, or None."""
    if draft.kind not in kinds:
        return invalid("kind", "请选择场所类别。", "Choose a kind of venue.")
    if problem := check_place(draft.lon, draft.lat):
        return problem
    if draft.size is not None and not 0 <= draft.size <= MOST:
        return invalid("size", f"规模应为 0 至 {MOST} 的整数。", f"A whole number, 0 to {MOST}.")
    return (
        check_phone(draft.contact_phone, "contact_phone")
        or check_words(draft.name, "name", NAME_LIMIT, needed=True)
        or check_words(draft.address, "address", ADDRESS_LIMIT)
        or check_words(draft.operator, "operator", NAME_LIMIT)
        or check_words(draft.contact_name, "contact_name", NAME_LIMIT)
    )


def number_of(area_code: str, running: int) -> str:
    """The number of a venue that people use: V, area code, running number."""
    return f"V{area_code}-{running:04d}"


def name_key(name: str) -> str:
    """A name as it is compared: no signs, no case, no form of firm."""
    folded = SIGNS.sub("", unicodedata.normalize("NFKC", name)).lower()
    return FIRM.sub("", folded)[:NAME_LIMIT] or folded[:NAME_LIMIT]


def alike(one: str, other: str) -> bool:
    """Whether two names as they are compared may be one venue's: equal, or most pairs of characters in common."""
    if one == other:
        return True
    pairs, others = _pairs(one), _pairs(other)
    common = sum((pairs & others).values())
    return common > 0 and 2 * common / (pairs.total() + others.total()) >= ALIKE


def _pairs(text: str) -> Counter[str]:
    return Counter(text[place : place + 2] for place in range(len(text) - 1))


# -- visits --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class VisitDraft:
    """A visit on its way in. `observed_at` None means just now; no `rounds` means all that come to such a venue.

    `answers` by item; `quantities` by the codes of the kind of log entry, whose main one is 1 where nothing is said.
    `agencies` are the kinds of agencies that were there beside those of the rounds. `aware` is said by somebody who
    was warned that the venue had been visited a short time ago.
    """

    venue_id: UUID
    observed_at: datetime | None = None
    rounds: tuple[str, ...] = ()
    answers: Mapping[str, str] = field(default_factory=dict)
    open_found: bool = False
    quantities: Mapping[str, int] = field(default_factory=dict)
    agencies: tuple[str, ...] = ()
    evidence: tuple[UUID, ...] = ()
    note: str = ""
    exercise: bool = False
    aware: bool = True


def check_visit(draft: VisitDraft, kind: str, plan: VenuesDef, log: LogKind, now: datetime) -> InputInvalid | None:
    """What is wrong with a visit to a venue of a kind, the first thing found, or None."""
    open_to = {one.code for one in plan.rounds_of(kind)}
    if stray := next((code for code in draft.rounds if code not in open_to), None):
        return invalid("rounds", f"此类场所没有“{stray}”这项巡查。", f"No round “{stray}” comes to such a venue.")
    for item, answer in draft.answers.items():
        if item not in plan.items:
            return invalid(item, "没有这个检查项目。", "There is no such item.")
        if answer not in ANSWERS:
            return invalid(item, "请选择“符合”“不符合”或“不适用”。", "Choose in order, not in order or none.")
    return (
        check_quantities(draft.quantities, log)
        or check_time(draft.observed_at, now)
        or check_words(draft.note, "note", NOTE_LIMIT)
    )


def check_photos(sizes: Sequence[int]) -> InputInvalid | None:
    """Not more photos than somebody looks at, nor more bytes than one request should carry."""
    if len(sizes) > MOST_PHOTOS:
        return invalid("photos", f"最多 {MOST_PHOTOS} 张照片。", f"No more than {MOST_PHOTOS} photos.")
    if sum(sizes) > MOST_PHOTO_BYTES:
        most = MOST_PHOTO_BYTES // 1024 // 1024
        return invalid("photos", f"照片合计不能超过 {most} MB。", f"No more than {most} MB of photos.")
    return None


def check_quantities(quantities: Mapping[str, int], log: LogKind) -> InputInvalid | None:
    """Whole numbers from 0 up, none unknown."""
    known = {item.code: item for item in log.quantities}
    for code, value in quantities.items():
        if code not in known:
            return invalid(str(code), f"{log.name}没有这个数量。", "This kind of visit has no such quantity.")
        if type(value) is not int or not 0 <= value <= MOST:
            return invalid(code, f"{known[code].name}应为 0 至 {MOST} 的整数。", f"A whole number, 0 to {MOST}.")
    return None


def check_time(observed_at: datetime | None, now: datetime) -> InputInvalid | None:
    """An instant with its zone that has passed."""
    if observed_at is None:
        return None
    if observed_at.tzinfo is None:
        return invalid("observed_at", "时间须带时区。", "The time needs a zone.")
    if observed_at.year < 1900:
        return invalid("observed_at", "时间不合常理。", "The time makes no sense.")
    if observed_at > now + CLOCK_TOLERANCE:
        return invalid("observed_at", "时间晚于现在，请核对时钟。", "This lies in the future; check the clock.")
    return None


def items_of(rounds: Iterable[RoundDef]) -> list[str]:
    """What several rounds ask, each item once, in the order of the rounds."""
    return list(dict.fromkeys(item for one in rounds for item in one.items))


def failed_items(answers: Mapping[str, str]) -> list[str]:
    """The items that were not as they should be."""
    return [item for item, answer in answers.items() if answer == "failed"]


def still_failed(before: Sequence[str], answers: Mapping[str, str]) -> list[str]:
    """What has to be looked at again after a visit: what failed now, and what failed before and was not looked at."""
    now = failed_items(answers)
    return [*now, *(item for item in before if item not in answers and item not in now)]


def recheck_of(rounds: Sequence[RoundDef], failed: Collection[str]) -> RoundDef | None:
    """The round whose allowance the re-inspection has: the first that asks a failed item."""
    return next((one for one in rounds if set(one.items) & set(failed)), rounds[0] if rounds and failed else None)


def next_due(made_on: date, every_days: int) -> date:
    """The day on which a round comes again."""
    return made_on + timedelta(days=every_days)


def check_instant(at: datetime, field_name: str, now: datetime) -> InputInvalid | None:
    """An instant with its zone within a year of now."""
    if at.tzinfo is None:
        return invalid(field_name, "时间须带时区。", "The time needs a zone.")
    if abs(at - now) > YEAR:
        return invalid(field_name, "时间不合常理。", "The time makes no sense.")
    return None


# -- orders --------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stage:
    """A stage of a lifting: kinds and areas, empty for all, and from when."""

    kinds: frozenset[str]
    areas: frozenset[UUID]
    at: datetime


@dataclass(frozen=True)
class InForce:
    """An order as it bears on venues."""

    order_id: UUID
    effect: str
    kinds: frozenset[str]
    areas: frozenset[UUID]
    starts_at: datetime
    lifts: tuple[Stage, ...] = ()


def bears_on(order: InForce, kind: str, upper: Collection[UUID], now: datetime) -> bool:
    """Whether an order holds for a venue of a kind that lies in these areas."""
    if now < order.starts_at or kind not in order.kinds or not order.areas.intersection(upper):
        return False
    return not any(
        lift.at <= now
        and (not lift.kinds or kind in lift.kinds)
        and (not lift.areas or bool(lift.areas.intersection(upper)))
        for lift in order.lifts
    )


def state_under(
    orders: Iterable[InForce], kind: str, upper: Collection[UUID], now: datetime
) -> tuple[str, UUID | None]:
    """The state of a venue under the orders there are, and the strictest of them."""
    state, order_id = "open", None
    for order in orders:
        wanted = STATE_OF[order.effect]
        if STRICTNESS[wanted] > STRICTNESS[state] and bears_on(order, kind, upper, now):
            state, order_id = wanted, order.order_id
    return state, order_id


def next_change(order: InForce, now: datetime) -> datetime | None:
    """The next instant at which something about an order comes into force, None where nothing will."""
    return min((at for at in (order.starts_at, *(lift.at for lift in order.lifts)) if at > now), default=None)


# -- lodging -------------------------------------------------------------------------------------------


def check_counts(guests: int, registered: int, uploaded: int) -> InputInvalid | None:
    """Counts of a day: registered are among the guests, uploaded among the registered."""
    for name, value in (("guests", guests), ("registered", registered), ("uploaded", uploaded)):
        if type(value) is not int or not 0 <= value <= MOST:
            return invalid(name, f"应为 0 至 {MOST} 的整数。", f"A whole number, 0 to {MOST}.")
    if registered > guests:
        return invalid("registered", "登记人数不能多于在住人数。", "No more can be registered than are in house.")
    if uploaded > registered:
        return invalid("uploaded", "上传人数不能多于登记人数。", "No more can be uploaded than are registered.")
    return None


# -- lodging -------------------------------------------------------------------------------------------


def share(part: int, whole: int) -> float | None:
    """A share in per cent to one decimal; None of nothing, never 100 while something is missing."""
    if not whole:
        return None
    found = round(part * 100 / whole, 1)
    return 99.9 if found == 100 and part != whole else found
