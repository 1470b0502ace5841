"""The rules of medical observation 医学观察, as functions of their arguments. No database, no clock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache

# What a role may become: an answer of a clinic or a finding of the health department, never by itself.
BECOMES: Mapping[str, frozenset[str]] = {
    "arrival": frozenset({"close_contact", "secondary_contact", "suspected", "confirmed"}),
    "close_contact": frozenset({"arrival", "secondary_contact", "suspected", "confirmed"}),
    "secondary_contact": frozenset({"arrival", "close_contact", "suspected", "confirmed"}),
    "suspected": frozenset({"confirmed", "close_contact", "arrival"}),
    "confirmed": frozenset(),
}
# The stages of a referral and what each may become.
REFERRAL_NEXT: Mapping[str, frozenset[str]] = {
    "asked": frozenset({"accepted", "declined", "cancelled"}),
    "accepted": frozenset({"on_way", "arrived", "cancelled"}),
    "on_way": frozenset({"arrived", "cancelled"}),
    "arrived": frozenset({"examined", "answered"}),
    "examined": frozenset({"answered"}),
    "answered": frozenset(),
    "declined": frozenset(),
    "cancelled": frozenset(),
}
LOWEST_TENTHS, HIGHEST_TENTHS = 340, 430

WARNED_BEFORE = timedelta(days=1)
# A clinic goes on seeing whom it has answered on for so long, to correct and to look up.
CLINIC_SEES_AFTER = timedelta(hours=72)


def ends_on(exposure_on: date, observation_days: int) -> date:
    """The last day of observation: so many days after the last exposure; the person is free the day after."""
    return exposure_on + timedelta(days=observation_days)


def slots_of(check_until: Sequence[time], per_day: int) -> list[str]:
    """By when each of a day's checks has to be in, as "HH:MM" local time: the pack's own, or evenly up to 20:00."""
    if check_until:
        return [at.strftime("%H:%M") for at in sorted(check_until)]
    return [f"{20 * (number + 1) // per_day:02}:00" for number in range(per_day)]


@lru_cache(maxsize=4096)  # few days and few times of day, asked for every person of a board
def due_at(day: date, slot: str, zone: tzinfo) -> datetime:
    """The instant by which a day's check has to be in, in UTC."""
    return datetime.combine(day, time.fromisoformat(slot), zone).astimezone(UTC)


def slot_open(now: datetime, slots: Sequence[str], zone: tzinfo) -> tuple[date, int]:
    """The day and number of the check that something measured at `now` counts for: the first not yet due today.

    After the last of the day it counts for the last one, late.
    """
    local = now.astimezone(zone)
    clock = local.strftime("%H:%M")
    return local.date(), next((number for number, until in enumerate(slots) if clock <= until), len(slots) - 1)


def next_due(after: datetime, slots: Sequence[str], last_day: date, zone: tzinfo) -> tuple[date, int, datetime] | None:
    """The first check due strictly after an instant: its day, number and instant; None once the last day is over."""
    day = after.astimezone(zone).date()
    while day <= last_day:
        for number, slot in enumerate(slots):
            if (at := due_at(day, slot, zone)) > after:
                return day, number, at
        day += timedelta(days=1)
    return None


def counts_for(
    observed_at: datetime, day: date | None, slot: int | None, slots: Sequence[str], zone: tzinfo
) -> tuple[date, int]:
    """The day and number of the check that is meant: the one named, or the one open when it was measured.

    Raises ValueError for one that no day has.
    """
    open_day, open_slot = slot_open(observed_at, slots, zone)
    day, slot = (open_day if day is None else day), (open_slot if slot is None else slot)
    if not 0 <= slot < len(slots):
        raise ValueError(slot)
    return day, slot


def seen_until(attend_at: datetime, due: datetime, following: datetime | None, never: datetime) -> datetime:
    """From when on somebody has to be seen to, once the check due at an instant is made.

    What was owed until then is settled by it: whoever was heard of later need not be looked for because of an
    earlier check. A check entered for a time before what is still owed changes nothing.
    """
    return (following or never) if attend_at <= due else attend_at


def is_fever(temperature_tenths: int | None, fever_tenths: int) -> bool:
    """Whether a temperature is one that the protocol calls a fever."""
    return temperature_tenths is not None and temperature_tenths >= fever_tenths


def tenths(celsius: str | float) -> int:
    """A temperature as tenths of a degree Celsius. Raises ValueError for what no thermometer shows."""
    value = round(float(celsius) * 10)
    if not LOWEST_TENTHS <= value <= HIGHEST_TENTHS:
        raise ValueError(celsius)
    return value


def record_number(area_code: str, day: date, running: int) -> str:
    """The number of a record that people use: R, area code, date, running number."""
    return f"R{area_code}-{day:%Y%m%d}-{running:04}"


def measure_steps(started_at: datetime, review_at: datetime, ends_at: datetime) -> list[tuple[datetime, str]]:
    """What the engine does about a compulsory measure and when: "ending" a warning, "review", "expired".

    Warned a day before the end, or at half of one that lasts less than two days.
    """
    warned = max(ends_at - WARNED_BEFORE, started_at + (ends_at - started_at) / 2)
    steps = [(warned, "ending"), (ends_at, "expired")]
    if review_at < ends_at:
        steps.append((review_at, "review"))
    return sorted(steps)


def measure_due(
    steps: Sequence[tuple[datetime, str]], next_at: datetime, now: datetime
) -> tuple[list[str], datetime | None]:
    """The steps due from `next_at` to `now`, and when the next one is; once it is over only the end is told."""
    due = [what for at, what in steps if next_at <= at <= now]
    if "expired" in due:
        return ["expired"], None
    return due, min((at for at, _ in steps if at > now), default=None)


def role_ruled_out(*, exposed: bool, arrived: bool) -> str:
    """What a suspected case is again once ruled out: a contact, an arrival, or "" where it was only suspected."""
    return "close_contact" if exposed else "arrival" if arrived else ""


def quartiles(counts: Mapping[int, int]) -> tuple[float, float, float] | None:
    """The quartiles of whole numbers, given how often each occurs: (lower, median, upper); None where there are none.

    By linear interpolation between the order statistics at (n - 1) / 4, (n - 1) / 2 and 3 (n - 1) / 4, counted from 0:
    the definition of Excel's QUARTILE.INC and of NumPy's default.
    """
    values, total = sorted(counts), sum(counts.values())
    if not total:
        return None

    def ranked(rank: int) -> int:
        seen = 0
        for value in values:
            seen += counts[value]
            if rank < seen:
                return value
        return values[-1]

    def at(quarter: int) -> float:
        whole, part = divmod(quarter * (total - 1), 4)
        low = ranked(whole)
        return low + (ranked(min(whole + 1, total - 1)) - low) * part / 4

    return at(1), at(2), at(3)


def percent(part: int, whole: int) -> float | None:
    """A share in percent with one decimal; None of nothing."""
    return round(100 * part / whole, 1) if whole else None
