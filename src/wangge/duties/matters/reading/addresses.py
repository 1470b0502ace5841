"""The address inside a village: 老屋组12号, 3栋502房, 惠民路88号."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from wangge.duties.matters.reading.numbers import HAN
from wangge.duties.matters.reading.spans import Field, Found, Taken

NUMBER = rf"(?:[A-Za-z]?\d{{1,5}}|[A-Z]|[{HAN}]{{1,4}})"
UNIT = rf"{NUMBER}(?:-\d{{1,4}})?(?:号院|号楼|号铺|号|栋|幢|座|单元|楼|层|室|房|组|队|巷|弄|期|区)"
NAMED = r"[\u4e00-\u9fff]{1,8}?(?:小区|花园|花苑|公寓|大厦|大道|[东西南北中]路|路|街|巷|里|围|屋|坊|组|队|苑|城)"
ADDRESS = re.compile(rf"[\s,、]?((?:{NAMED})?(?:{UNIT})+(?:\s?{UNIT})*)(?!人|楼下|名|个|元|块|点|日|天)")
ANYWHERE = re.compile(rf"(?:住址|地址|家住|住在|现住|租住|位于)[:\s]?([\u4e00-\u9fffA-Za-z0-9\-]{{2,30}}?(?:{UNIT})+)")
AREAS = frozenset({Field.VILLAGE, Field.TOWN, Field.REGION})


def addresses(text: str, places: Iterable[tuple[int, int]], taken: Taken) -> Iterator[Found]:
    """What follows a place, or a word for living somewhere, and has the number of a house or a group."""
    areas = Taken(text, (one for one in taken if one.field in AREAS))
    seen = Taken(text, (one for one in taken if one.field not in AREAS))
    matches = [found for _, end in places if (found := ADDRESS.match(text, end))]
    for match in (*matches, *ANYWHERE.finditer(text)):
        start, end = match.span(1)
        start = areas.clear_from(start, end)
        address = Found(Field.ADDRESS, start, end, text[start:end].strip())
        if start < end and seen.take(address):
            yield address
