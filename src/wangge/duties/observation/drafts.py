"""A person as somebody reports them 建档信息: what is told, looked at field by field. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from wangge.ground.kernel.fields import invalid
from wangge.ground.kernel.identity import document_read, phone_read
from wangge.ground.kernel.problems import InputInvalid
from wangge.ground.kernel.text import UNSEEN

LONGEST = {"name": 60, "address": 200, "origin": 60, "note": 2000}
LABELS = {
    "name": ("姓名", "The name"),
    "address": ("住址", "The address"),
    "origin": ("来源地", "Where from"),
    "note": ("备注", "The note"),
    "arrived_on": ("到达日期", "The day of arrival"),
    "last_exposure_on": ("末次接触日期", "The last exposure"),
    "onset_on": ("发病日期", "The onset"),
}
DOCUMENT_FORMS = {
    "id_card": (
        "身份证号码不对：应为 18 位且末位校验码相符（旧证 15 位），请核对有无抄错。",
        "This is no resident's number: 18 characters with a check digit that fits, or 15 of an old card.",
    ),
    "residence_permit": (
        "居住证号码不对：应为 18 位、以 81、82 或 83 开头，且末位校验码相符。",
        "This is no residence permit's number: 18 characters from 81, 82 or 83 on, with a check digit that fits.",
    ),
    "hk_mo_permit": (
        "港澳通行证号码不对：应为 H 或 M 加 8 位数字。",
        "This is no permit's number: H or M and eight digits.",
    ),
    "tw_permit": ("台湾通行证号码不对：应为 8 位数字。", "This is no permit's number: eight digits."),
    "passport": (
        "护照号码不对：应为 6 至 12 位字母和数字。",
        "This is no passport's number: 6 to 12 letters and digits.",
    ),
}
MOST_PHONES, MOST_LEGS = 2, 20
LONG_AGO = timedelta(days=400)
TRANSPORTS = ("train", "coach", "plane", "car", "ship", "other")


@dataclass(frozen=True)
class LegDraft:
    """One leg of a journey; `vehicle` is the number of the train or flight, and the seat."""

    on: date
    transport: str = "other"
    departed_from: str = ""
    arrived_at: str = ""
    vehicle: str = ""


@dataclass(frozen=True)
class RecordDraft:
    """A person to be put on record 建档. `household_of` is the record of somebody who lives in the same home."""

    role: str
    area_id: UUID
    name: str = ""
    document: str = ""
    document_kind: str = "none"
    phones: tuple[str, ...] = ()
    address: str = ""
    origin: str = ""
    arrived_on: date | None = None
    last_exposure_on: date | None = None
    onset_on: date | None = None
    household_of: UUID | None = None
    legs: tuple[LegDraft, ...] = ()
    note: str = ""
    exercise: bool = False


def read_draft(draft: RecordDraft, roles: Collection[str], today: date) -> RecordDraft | InputInvalid:
    """The draft with numbers in their one form, or what is wrong with it, the first thing found."""
    if draft.role not in roles:
        return invalid("role", f"预案没有“{draft.role}”这一人员类别。", f"The pack has no role “{draft.role}”.")
    problem = next(_problems(draft, today), None)
    if problem is not None:
        return problem
    phones = tuple(dict.fromkeys(phone_read(text) or "" for text in draft.phones if text.strip()))
    return replace(
        draft,
        name=draft.name.strip(),
        document=document_read(draft.document_kind, draft.document) or "",
        phones=phones,
        address=draft.address.strip(),
        origin=draft.origin.strip(),
        note=draft.note.strip(),
    )


def _problems(draft: RecordDraft, today: date) -> Iterator[InputInvalid]:
    if not (draft.name.strip() or draft.document.strip() or any(text.strip() for text in draft.phones)):
        yield invalid(
            "name",
            "姓名、证件号码、联系电话至少填写一项。",
            "Give a name, a document's number or a telephone, at least one of them.",
        )
    for field in LONGEST:
        yield from check_text(field, getattr(draft, field))
    yield from check_document(draft.document_kind, draft.document)
    yield from check_phones(draft.phones)
    for field in ("arrived_on", "last_exposure_on", "onset_on"):
        yield from check_day(field, getattr(draft, field), today)
    yield from _check_legs(draft.legs, today)


def check_text(field: str, value: str) -> Iterator[InputInvalid]:
    """What is wrong with words: too many, or characters that nobody sees."""
    zh, en = LABELS[field]
    if len(value) > LONGEST[field]:
        yield invalid(
            field, f"{zh}不能超过 {LONGEST[field]} 个字。", f"{en} is longer than {LONGEST[field]} characters."
        )
    if UNSEEN.search(value):
        yield invalid(field, f"{zh}含有不可见的控制字符，请删除后重试。", f"{en} contains control characters.")


def check_document(kind: str, number: str) -> Iterator[InputInvalid]:
    """What is wrong with a document: no such kind, no number, or one that no such document has."""
    if kind != "none" and kind not in DOCUMENT_FORMS:
        yield invalid("document_kind", "没有这种证件类型。", "There is no such kind of document.")
    elif kind == "none" and number.strip():
        yield invalid(
            "document_kind", "填写了证件号码，请选择证件类型。", "Say which kind of document this number is of."
        )
    elif kind != "none" and not number.strip():
        yield invalid(
            "document",
            "请填写证件号码；没有证件的，证件类型选“无证件或未知”。",
            "Give the number, or choose “none or unknown” as the kind of document.",
        )
    elif kind != "none" and document_read(kind, number) is None:
        yield invalid("document", *DOCUMENT_FORMS[kind])


def check_phones(phones: tuple[str, ...]) -> Iterator[InputInvalid]:
    """What is wrong with telephone numbers: too many, or one that nobody has."""
    given = [text for text in phones if text.strip()]
    if len(given) > MOST_PHONES:
        yield invalid("phones", f"最多填写 {MOST_PHONES} 个电话。", f"At most {MOST_PHONES} telephone numbers.")
    for text in given:
        if phone_read(text) is None:
            yield invalid(
                "phones",
                f"“{text.strip()[:20]}”不是有效的电话号码。手机 11 位，座机带区号，境外号码以 + 开头。",
                f"“{text.strip()[:20]}” is no telephone number; numbers from abroad begin with +.",
            )


def check_day(field: str, day: date | None, today: date) -> Iterator[InputInvalid]:
    """What is wrong with a day: it has not come yet, or is long past."""
    if day is not None and not today - LONG_AGO <= day <= today:
        zh, en = LABELS[field]
        yield invalid(field, f"{zh}应在今天以前、一年以内。", f"{en} lies within the past year, not ahead.")


def _check_legs(legs: tuple[LegDraft, ...], today: date) -> Iterator[InputInvalid]:
    if len(legs) > MOST_LEGS:
        yield invalid("legs", f"行程最多 {MOST_LEGS} 段。", f"At most {MOST_LEGS} legs of a journey.")
    for leg in legs:
        if leg.transport not in TRANSPORTS:
            yield invalid("legs", "请选择交通方式。", "Choose the means of transport.")
        if not today - LONG_AGO <= leg.on <= today + timedelta(days=1):
            yield invalid("legs", "行程日期应在一年以内。", "The day of a leg lies within the past year.")
        if max(len(leg.departed_from), len(leg.arrived_at), len(leg.vehicle)) > 60:
            yield invalid("legs", "行程每一栏不能超过 60 个字。", "A field of a leg has at most 60 characters.")
        if UNSEEN.search(leg.departed_from + leg.arrived_at + leg.vehicle):
            yield invalid("legs", "行程含有不可见的控制字符。", "A leg contains control characters.")
