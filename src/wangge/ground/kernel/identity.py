"""Numbers that belong to somebody, as they are printed and dialled: documents 证件 and telephones, in one form."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date

import phonenumbers
from phonenumbers import PhoneNumberFormat
from stdnum.cn import ric

OLD_LENGTH, LENGTH = 15, 18
SEPARATORS = re.compile(r"[\s·.‐-―－-]")
# Residents of Hong Kong, Macau and Taiwan have 81, 82 or 83 for a place in theirs.
RESIDENCE = re.compile(r"8[123]0000\d{11}[\dX]")
# The card has a letter and eight digits; on the older one two more say how often it was issued.
HK_MO_PERMIT = re.compile(r"[HM]\d{8}(?:\d{2})?")
TW_PERMIT = re.compile(r"\d{8}|\d{10}[A-Z]?")
MOBILE = re.compile(r"(?:\+?86)?(1[3-57-9]\d{9})", re.ASCII)
PASSPORT = re.compile(r"(?=(?:.*\d){4})[A-Z0-9]{6,12}")


def resident_number_is_right(number: str) -> bool:
    """Whether a resident's number (GB 11643) has the right length, a day of birth that exists and its check digit.

    The place is not looked up: codes of counties change, numbers stay.
    """
    if len(number) == OLD_LENGTH and number.isascii() and number.isdigit():
        return _is_day(f"19{number[6:12]}")
    if len(number) != LENGTH or not (number.isascii() and number[:-1].isdigit()):
        return False
    return _is_day(number[6:14]) and number[-1] == ric.calc_check_digit(number)


def _is_day(digits: str) -> bool:
    try:
        return bool(date(int(digits[:4]), int(digits[4:6]), int(digits[6:8])))
    except ValueError:
        return False


def _resident(number: str) -> str | None:
    if not resident_number_is_right(number):
        return None
    if len(number) == LENGTH:
        return number
    # The old number and the new one are one person's, and are to be found as one.
    longer = f"{number[:6]}19{number[6:]}"
    return longer + ric.calc_check_digit(f"{longer}0")


def _of(shape: re.Pattern[str]) -> Callable[[str], str | None]:
    return lambda number: number if shape.fullmatch(number) else None


FORMS: Mapping[str, Callable[[str], str | None]] = {
    "id_card": _resident,
    "residence_permit": lambda number: _resident(number) if RESIDENCE.fullmatch(number) else None,
    "hk_mo_permit": _of(HK_MO_PERMIT),
    "tw_permit": _of(TW_PERMIT),
    "passport": _of(PASSPORT),
}


def document_read(kind: str, text: str) -> str | None:
    """The number of a document of a kind in its one form; None where no such document has that number."""
    number = SEPARATORS.sub("", text.translate(_FOLDED)).upper()
    return FORMS[kind](number) if kind in FORMS else None


def document_guessed(text: str) -> tuple[str, str] | None:
    """The kind of a document and its number, where the number alone says what it is."""
    for kind in ("residence_permit", "id_card", "hk_mo_permit"):
        number = document_read(kind, text)
        if number is not None:
            return kind, number
    return None


_FOLDED = {**{ord("０") + digit: str(digit) for digit in range(10)}, ord("Ｘ"): "X", ord("ｘ"): "X"}


def phone_read(text: str) -> str | None:
    """A telephone number in its one form, +852… where it is of another country; None for one that nobody has."""
    folded = text.translate(_FOLDED)
    if (mobile := MOBILE.fullmatch(SEPARATORS.sub("", folded))) is not None:
        return mobile[1]  # most are; lists of thousands need not ask the whole numbering plan
    try:
        number = phonenumbers.parse(folded, "CN")
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number) or number.extension:
        return None
    if number.country_code != 86:
        return phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return re.sub(r"\D", "", phonenumbers.format_number(number, PhoneNumberFormat.NATIONAL))
