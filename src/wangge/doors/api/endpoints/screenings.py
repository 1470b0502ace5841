"""Screenings from a checkpoint's own system: NDJSON or CSV, each row once under its key; a bad row sinks no other.

A plate is checked and dropped: only its province and whether it is a new-energy vehicle's are kept, unless the row
stops somebody.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from django.http import HttpRequest, HttpResponse
from ninja import Router
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from wangge.doors.api.calls import actor_of_call
from wangge.doors.api.intake import NDJSON
from wangge.doors.api.problems import language_of, problem_json, problem_of_input
from wangge.duties.checkpoints import rules
from wangge.duties.checkpoints.queries.register import screened_by
from wangge.duties.checkpoints.rules import Row
from wangge.duties.checkpoints.services.screening import Taken, screenings_take
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import BodyTooLarge, InputInvalid, NotFound, Problem
from wangge.ground.responses.queries import response_current

router = Router(tags=["checkpoints"])
CSV = "text/csv"
MOST_ROWS = 200_000
PART = 5_000
# What a sheet may call its columns.
HEADINGS = {
    "编号": "key", "检疫点": "checkpoint", "时间": "at", "车道": "lane", "车牌": "plate", "省份": "province",
    "新能源": "new_energy", "车辆": "vehicles", "人数": "people", "发热": "fevers", "体温": "temperature",
    "来源": "origin",
}  # fmt: skip


class RowIn(BaseModel):
    """A vehicle that was screened, or the sum of several. An instant without a zone is local time.

    `key` is the sender's own number of the row: under it a row counts once. `temperature` is the highest measured,
    said only where one is high. `province` and `new_energy` are for systems that do not send plates.
    """

    model_config = ConfigDict(extra="forbid")

    key: str = Field(min_length=1, max_length=80)
    checkpoint: str = Field(max_length=32, description="the number of the checkpoint")
    at: datetime
    lane: int = Field(default=0, ge=0, le=rules.MOST_LANES, description="0 where it is not known")
    plate: str = Field(default="", max_length=20)
    province: str = Field(default="", max_length=1)
    new_energy: bool = False
    vehicles: int = Field(default=1, ge=1, le=rules.MOST_VEHICLES)
    people: int = Field(ge=1, le=rules.MOST_PEOPLE)
    fevers: int = Field(default=0, ge=0, le=rules.MOST_PEOPLE)
    temperature: float | None = None
    origin: str = Field(default="", max_length=40, description="an area on the list of the day")


class RefusedRow(BaseModel):
    """A row that was not taken, by its line in the file."""

    line: int
    problem: dict[str, Any]


class BatchOut(BaseModel):
    """What became of a batch: rows counted now, counted before, and refused, and how many have raised an alert."""

    taken: int
    repeated: int
    refused: int
    alerts: int
    problems: list[RefusedRow]


class _Line(NamedTuple):
    """A line that was read, or why it could not be."""

    number: int
    row: RowIn | Problem


def _extra() -> dict[str, Any]:
    line = RowIn.model_json_schema(ref_template="#/components/schemas/{model}")
    body = {NDJSON: {"schema": {"type": "string"}, "x-line": line}, CSV: {"schema": {"type": "string"}}}
    return {"requestBody": {"required": True, "content": body}}


@router.post(
    "/screenings/batch", response=BatchOut, summary="批量检疫登记 · a batch of screenings", openapi_extra=_extra()
)
def screening_batch(request: HttpRequest) -> HttpResponse | BatchOut:
    """Send up to 200,000 rows as NDJSON, or as CSV with a line of headings. The same file twice changes nothing."""
    actor = actor_of_call(request)
    content_type = (request.content_type or "").lower()
    lines = _csv_lines(request.body) if content_type == CSV else _json_lines(request.body)
    language = language_of(request.headers.get("Accept-Language", ""))
    out = BatchOut(taken=0, repeated=0, refused=0, alerts=0, problems=[])
    while part := list(islice(lines, PART)):
        for line, result in zip(part, _part_taken(actor, part), strict=True):
            if isinstance(result, Problem):
                out.refused += 1
                out.problems.append(RefusedRow(line=line.number, problem=problem_json(result, language)))
            elif result.repeated:
                out.repeated += 1
            else:
                out.taken += 1
                out.alerts += result.alert_id is not None
    return out


def _json_lines(body: bytes) -> Iterator[_Line]:
    lines = body.split(b"\n")
    _bounded(sum(1 for line in lines if line))
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                yield _Line(number, RowIn.model_validate_json(line))
            except ValidationError as error:
                yield _Line(number, problem_of_input(error))


def _csv_lines(body: bytes) -> Iterator[_Line]:
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = body.decode("gb18030", errors="replace")
    _bounded(text.count("\n"))
    rows = csv.reader(io.StringIO(text.replace("\0", ""), newline=""))
    names = [HEADINGS.get(name.strip(), name.strip()) for name in next(rows, [])]
    unknown = [name for name in names if name not in RowIn.model_fields]
    if unknown or "key" not in names:
        what = "、".join(unknown) or "key"
        raise InputInvalid(field="body", why_zh=f"表头有误：{what}。", why_en=f"The headings are wrong: {what}.")
    for cells in rows:
        if any(cells):
            yield _Line(rows.line_num, _csv_row(dict(zip(names, cells, strict=False))))


def _csv_row(said: Mapping[str, str]) -> RowIn | Problem:
    try:
        return RowIn.model_validate({name: value.strip() for name, value in said.items() if value.strip()})
    except ValidationError as error:
        return problem_of_input(error)


def _bounded(rows: int) -> None:
    if rows > MOST_ROWS:
        raise BodyTooLarge(limit=MOST_ROWS, unit_zh="行", unit_en="lines")


def _part_taken(actor: Actor, lines: list[_Line]) -> list[Taken | Problem]:
    """The results of a part in their order; a checkpoint where the actor may not screen is not found."""
    now, response_id = clock.now(), response_current().id
    numbers = {line.row.checkpoint.upper() for line in lines if isinstance(line.row, RowIn)}
    known = screened_by(actor, numbers, response_id=response_id)
    rows = [line.row if isinstance(line.row, Problem) else _row(line.row, known) for line in lines]
    return screenings_take(actor=actor, response_id=response_id, rows=rows, now=now, source="api")


def _row(said: RowIn, known: Mapping[str, Any]) -> Row | Problem:
    checkpoint_id = known.get(said.checkpoint.upper())
    if checkpoint_id is None:
        return NotFound(what=f"检疫点 {said.checkpoint}")
    plate = rules.plate_read(said.plate) if said.plate else rules.Plate(said.province, said.new_energy)
    if plate is None:
        return InputInvalid(field="plate", why_zh="车牌号有误。", why_en="No vehicle has this plate.")
    return Row(
        checkpoint_id, said.key, said.at if said.at.tzinfo else said.at.replace(tzinfo=clock.LOCAL), said.lane,
        plate.province, plate.energy, said.vehicles, said.people, said.fevers, said.temperature, said.origin,
        {"plate": said.plate} if said.plate else None,
    )  # fmt: skip
