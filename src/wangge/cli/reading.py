"""read: what a message says, as the form that the desk would fill in."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import click
from django.conf import settings
from django.db import DatabaseError

from wangge.cli.asking import INSTANT, pack_folder
from wangge.cli.failing import NO_TABLE
from wangge.cli.wording import language, say
from wangge.duties.matters.reading.dictionaries import Dictionaries
from wangge.duties.matters.reading.making import dictionaries_in, dictionaries_installed
from wangge.duties.matters.reading.reader import Reading, read
from wangge.ground.areas.tree import tree
from wangge.ground.kernel import clock
from wangge.ground.kernel.clock import parse_instant
from wangge.ground.kernel.problems import InputInvalid, Problem, ReaderWithoutCity
from wangge.ground.responses.packs.loading import load_pack
from wangge.ground.responses.queries import responses_open

LABELS = {
    "kind": ("类别", "Kind"),
    "village_code": ("村（居）", "Village"),
    "town_code": ("镇（街）", "Town"),
    "village_candidates": ("村（居）待选", "Villages to choose from"),
    "origin": ("来自何地", "From"),
    "occurred_on": ("发生日期", "Happened on"),
    "people_count": ("人数", "People"),
    "phones": ("电话", "Phones"),
    "document_numbers": ("证件号码", "Documents"),
    "invalid_document_numbers": ("有误的证件号码", "Documents that cannot be right"),
    "plates": ("车牌", "Plates"),
    "temperatures": ("体温", "Temperatures"),
    "venue": ("场所", "Venue"),
    "names": ("姓名", "Names"),
}


@click.command(
    "read",
    help=say(
        "读出标准输入的一条消息：类别、村居、时间、人数、电话等",
        "Read a message on standard input: kind, village, time, people, phones and more",
    ),
)
@click.option(
    "--received-at",
    type=INSTANT,
    default=None,
    help=say("收到时间，“昨天”等由此推算；默认现在", "when it came in; 昨天 counts from there; now by default"),
)
@click.option("--json", "as_data", is_flag=True, help=say("输出 JSON", "print JSON"))
@click.option(
    "--lines",
    is_flag=True,
    help=say(
        "每行一条消息（JSON，含 text，可含 received_at；或纯文本），每行输出一个 JSON",
        "a message a line, as JSON with text and perhaps received_at, or as plain text; a line of JSON for each",
    ),
)
@click.option(
    "--pack",
    "folder",
    default=None,
    help=say("不用已安装的区划和响应，改用此预案包", "use this pack and its areas, not those installed"),
)
def read_message(received_at: datetime | None, as_data: bool, lines: bool, folder: str | None) -> None:
    """Nothing is stored. Without an installed city the pack that comes with the program is used, and said so."""
    dictionaries = _dictionaries(folder)
    received = received_at or clock.now()
    source = sys.stdin.buffer
    if lines:
        bad = 0
        for number, line in enumerate(source, start=1):
            answer, wrong = _line(number, line, received, dictionaries)
            bad += wrong
            if answer:
                click.echo(json.dumps(answer, ensure_ascii=False))
        if bad:
            raise SystemExit(1)
        return
    reading = read(_text(source.read()), received, dictionaries)
    if as_data:
        click.echo(json.dumps(reading.as_json(), ensure_ascii=False, indent=1))
    else:
        click.echo("\n".join(_shown(reading, dictionaries)) or say("没有读出什么。", "Nothing could be read."))


def _dictionaries(folder: str | None) -> Dictionaries:
    """Of the pack asked for, else of what is installed, else of the one pack that is there."""
    if folder:
        return dictionaries_in(pack_folder(folder), load_pack(pack_folder(folder)))
    installed = _installed()
    if installed:
        return installed
    packs = sorted(path.parent for path in Path(settings.PACK_FOLDER).glob("*/pack.yaml"))
    if len(packs) != 1:
        raise ReaderWithoutCity()
    note = say(
        f"尚未安装区划或启动响应，按预案包 {packs[0].name} 读取。",
        f"No areas are installed or no response is open; reading by the pack {packs[0].name}.",
    )
    click.echo(note, err=True)
    return dictionaries_in(packs[0], load_pack(packs[0]))


def _installed() -> Dictionaries | None:
    """Of the installed areas and the running response; None where there is no such thing yet."""
    try:
        running = responses_open()
        return dictionaries_installed(running[0].pack_id) if running and len(tree()) else None
    except DatabaseError as error:
        if any(mark in str(error) for mark in NO_TABLE):
            return None
        raise


def _text(data: bytes) -> str:
    """What was typed or pasted: UTF-8, and a character that is none never stops the rest."""
    return data.decode("utf-8-sig", errors="replace")


def _line(
    number: int, line: bytes, received: datetime, dictionaries: Dictionaries
) -> tuple[dict[str, object] | None, bool]:
    """The answer to one line, and whether the line is wrong; nothing to a blank one."""
    text = _text(line).strip("\r\n")
    if not text.strip():
        return None, False
    try:
        said, at = _message(text)
        return read(said, at or received, dictionaries).as_json(), False
    except Problem as problem:
        return {"line": number, "problem": problem.as_json(language())}, True


def _message(text: str) -> tuple[str, datetime | None]:
    """The words of a line and when they came in; a line that is no JSON is the words itself. Raises InputInvalid."""
    try:
        given = json.loads(text)
    except ValueError:
        return text, None
    if isinstance(given, str):
        return given, None
    if not isinstance(given, dict):
        return text, None
    said, at = given.get("text"), given.get("received_at")
    if not isinstance(said, str):
        raise InputInvalid(field="text", why_zh="须为文字。", why_en="It must be a text.")
    try:
        return said, parse_instant(at) if at is not None else None
    except (TypeError, ValueError):
        raise InputInvalid(
            field="received_at",
            why_zh="不是时间，应如 2020-02-05T20:00。",
            why_en="It is no time such as 2020-02-05T20:00.",
        ) from None


def _shown(reading: Reading, dictionaries: Dictionaries) -> Iterator[str]:
    """What was read, a field a line; kinds and areas with their names."""
    known = dictionaries.gazetteer.places
    for key, value in reading.as_json().items():
        values = value if isinstance(value, list) else [value]
        kept = [one for one in values if one is not None]
        if key == "kind":
            kinds = [dictionaries.kinds.kinds[str(code)] for code in kept]
            kept = [say(kind.name, kind.name_en) for kind in kinds]
        elif key in {"village_code", "town_code", "village_candidates"}:
            kept = [f"{' '.join(dictionaries.gazetteer.path(str(code)))} {code}" for code in kept if code in known]
        if kept:
            zh, en = LABELS[key]
            yield say(f"{zh}：", f"{en}: ") + say("；", "; ").join(map(str, kept))
