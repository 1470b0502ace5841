"""bulletin: the bulletin of an area up to a minute, as text, JSON or Word."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path

import click

from wangge.cli.asking import INSTANT, area, operator, response
from wangge.cli.wording import language, say
from wangge.ground.kernel import clock
from wangge.picture.bulletins.printing import as_json, as_text
from wangge.picture.bulletins.services import bulletin_draft
from wangge.picture.bulletins.word import as_docx


@click.command(help=say("某区域截至某时的战报", "The bulletin of an area up to an instant"))
@click.option("--area", "code", required=True, help=say("区划编码", "code of the area"))
@click.option("--at", type=INSTANT, default=None, help=say("截止时间，默认现在", "the cut-off; now by default"))
@click.option("--response", "response_code", default=None, help=say("响应编号，默认进行中的", "code of the response"))
@click.option("--json", "as_data", is_flag=True, help=say("输出每项指标的 JSON", "print every figure as JSON"))
@click.option(
    "--docx", type=click.Path(path_type=Path, dir_okay=False), default=None, help=say("存为 Word", "save as Word")
)
def bulletin(code: str, at: datetime | None, response_code: str | None, as_data: bool, docx: Path | None) -> None:
    """Nothing is stored; issuing is for the desk."""
    now = clock.now()
    content = bulletin_draft(
        actor=operator("figure.view"),
        response_id=response(response_code).id,
        area_id=area(code).id,
        cutoff=at or now.replace(second=0, microsecond=0),
        now=now,
        parts=True,
    )
    if docx is not None:
        docx.write_bytes(as_docx(content))
        click.echo(say(f"已存为 {docx}。", f"Saved as {docx}."))
    if as_data:
        heading = {"response": content.response, "area": content.area_code, "scope": content.scope}
        printed = {**heading, "start": content.start, "cutoff": content.cutoff, "figures": as_json(content)}
        click.echo(json.dumps(printed, ensure_ascii=False, indent=1))
    elif docx is None:
        click.echo(as_text(content, english=language() == "en"))
