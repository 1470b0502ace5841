"""Telephones, documents and number plates."""

from __future__ import annotations

import re
from collections.abc import Iterator

from wangge.duties.matters.reading.sounds import alike
from wangge.duties.matters.reading.spans import Doubt, Field, Found, Taken
from wangge.ground.kernel.identity import phone_read, resident_number_is_right

# -- documents -------------------------------------------------------------------------------------

# A resident's number 公民身份号码 (GB 11643): 6 digits of place, 8 of birth, 3 of order, 1 to check.
RESIDENT = re.compile(r"(?<![\dA-Za-z])\d(?:[ -]?\d){16}[ -]?[\dXx](?![\dA-Za-z])")
SHAPE = re.compile(r"[1-8]\d{5}(?:18|19|20)\d{2}")
NAMED = re.compile(r"(?:身份证|证件|身份号码)(?:号码|号)?\s*(?:是|为)?[:\s]*((?:\d[ -]?){14,20}[\dXx])(?![\dA-Za-z])")
TRAVEL = re.compile(
    r"(?:护照|通行证|回乡证|台胞证)(?:号码|号)?\s*(?:是|为)?[:\s]*([A-Za-z]{1,2}\d{7,10})(?![\dA-Za-z])"
)
# The words that say what a number is.
LABELS = frozenset({"身份证", "证件", "身份号码"})


def documents(text: str) -> Iterator[Found]:
    """Numbers of documents; a resident's number that cannot be right carries a doubt."""
    seen = Taken(text)
    for match in (*RESIDENT.finditer(text), *NAMED.finditer(text), *TRAVEL.finditer(text)):
        group = match.re.groups
        start, end = match.span(group)
        number = re.sub(r"[ -]", "", match[group]).upper()
        if match.re is RESIDENT and not SHAPE.match(number):
            continue
        right = match.re is TRAVEL or resident_number_is_right(number)
        found = Found(Field.DOCUMENT, start, end, number, Doubt.NONE if right else Doubt.WRONG_NUMBER)
        if seen.take(found):
            yield found


# -- telephones ------------------------------------------------------------------------------------

MOBILE = re.compile(r"(?<![\dA-Za-z])(?:\+?86[ -]?)?(1[3-9](?:[ -]?\d){9})(?![ -]?\d)")
LANDLINE = re.compile(r"(?<![\dA-Za-z])(?:\+?86[ -]?)?\(?(0\d{2,3})\)?[ -]?([2-9](?:[ -]?\d){6,7})(?![ -]?\d)")
SERVICE = re.compile(r"(?<![\dA-Za-z])[48]00[ -]?\d{3}[ -]?\d{4}(?!\d)")
FOREIGN = re.compile(r"\+(?!86)\d(?:[ -]?\d){7,13}(?!\d)")
LOCAL = re.compile(r"(?:电话|座机|固话|致电|来电|拨打|联系)(?:号码|号)?[是为:\s]{0,3}([2-8]\d{6,7})(?!\d)")
SPOKEN = re.compile(r"[幺一][三四五六七八九](?:[ ,、]?[零幺一二三四五六七八九]){9}(?![零幺一二三四五六七八九])")
SPOKEN_DIGITS = str.maketrans("零幺一二三四五六七八九", "01123456789", " ,、")


def phones(text: str, taken: Taken) -> Iterator[Found]:
    """Telephone numbers: mobiles as eleven digits, landlines with their code, 0752-2233445."""
    for match in MOBILE.finditer(text):
        if taken.free(*match.span()):
            yield Found(Field.PHONE, *match.span(), re.sub(r"\D", "", match[1]))
    for match in LANDLINE.finditer(text):
        number = f"{match[1]}-" + re.sub(r"\D", "", match[2])
        if taken.free(*match.span()) and phone_read(number):
            yield Found(Field.PHONE, *match.span(), number)
    for match in (*SERVICE.finditer(text), *FOREIGN.finditer(text)):
        if taken.free(*match.span()) and phone_read(match[0]):
            yield Found(Field.PHONE, *match.span(), re.sub(r"[ -]", "", match[0]))
    for match in LOCAL.finditer(text):
        if taken.free(*match.span(1)):
            yield Found(Field.PHONE, *match.span(1), match[1])
    for match in SPOKEN.finditer(text):
        yield Found(Field.PHONE, *match.span(), match[0].translate(SPOKEN_DIGITS))


# -- plates ----------------------------------------------------------------------------------------

PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
# GA 36: the province, the office, five or (new energy 新能源) six places without I and O.
LETTER = "A-HJ-NP-Za-hj-np-z"
REST = rf"[ ·.\-]{{0,2}}[{LETTER}][ ·.\-]{{0,2}}(?:[{LETTER}0-9]{{5,6}}|[{LETTER}0-9]{{4}}[学警港澳挂])(?![A-Za-z0-9])"
PLATE = re.compile(rf"([{PROVINCES}])({REST})")
SAID = re.compile(rf"(?:车牌|车号|牌照|牌号)(?:号码|号)?[是为:\s]{{0,3}}([\u4e00-\u9fff])({REST})")
ENOUGH_DIGITS = 2


def plates(text: str, taken: Taken) -> Iterator[Found]:
    """Number plates, 粤L12345; after 车牌 also one whose province was only heard right."""
    for match in PLATE.finditer(text):
        if taken.free(*match.span()) and _numbered(match[2]):
            yield Found(Field.PLATE, *match.span(), _plate(match[1], match[2]))
    for match in SAID.finditer(text):
        heard = [province for province in PROVINCES if alike(province, match[1])]
        if match[1] not in PROVINCES and len(heard) == 1 and _numbered(match[2]):
            yield Found(Field.PLATE, match.start(1), match.end(), _plate(heard[0], match[2]), Doubt.BY_SOUND)


def _numbered(rest: str) -> bool:
    return sum(char.isdigit() for char in rest) >= ENOUGH_DIGITS


def _plate(province: str, rest: str) -> str:
    return province + re.sub(r"[ ·.\-]", "", rest).upper()
