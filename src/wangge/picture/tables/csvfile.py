"""Tables as CSV, piece by piece: UTF-8 with a mark by which Excel knows it, and text is never a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

from wangge.ground.kernel.clock import local
from wangge.picture.tables.workbook import FORMULA_STARTS, Column

CSV_MIME = "text/csv; charset=utf-8"
ROWS_AT_ONCE = 500
STARTS = frozenset(FORMULA_STARTS)


def csv_pieces(columns: Sequence[Column], rows: Iterable[Sequence[Any]]) -> Iterator[bytes]:
    """The file in pieces; rows are asked for as the pieces are."""
    out = io.StringIO(newline="")
    write = csv.writer(out).writerow
    write([column.heading for column in columns])
    yield b"\xef\xbb\xbf"
    for number, row in enumerate(rows, 1):
        # Most cells are words that need nothing, and a call for each would cost as much as writing them.
        write(
            [value if not value or (type(value) is str and value[0] not in STARTS) else _plain(value) for value in row]
        )
        if number % ROWS_AT_ONCE == 0:
            yield _taken(out)
    yield _taken(out)


def _taken(out: io.StringIO) -> bytes:
    piece = out.getvalue().encode()
    out.seek(0)
    out.truncate()
    return piece


def _plain(value: Any) -> Any:
    if type(value) is str:
        return f"'{value}" if value.startswith(FORMULA_STARTS) else value
    if type(value) is datetime:
        return local(value).isoformat(" ", "minutes")[:16]
    return value
