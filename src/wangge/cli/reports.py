"""report: one report from the command line."""

from __future__ import annotations

from datetime import datetime

import click

from wangge.cli.asking import INSTANT, area, operator, response
from wangge.cli.wording import say
from wangge.duties.matters.rules import ReportDraft
from wangge.duties.matters.services.intake import SOURCE_CODES, matter_receive
from wangge.ground.kernel import clock
from wangge.ground.kernel.clock import local


@click.command(help=say("上报一件事项", "File one report"))
@click.option("--area", "code", required=True, help=say("村（居）或网格编码", "code of the village or grid"))
@click.option("--kind", required=True, help=say("事项类别", "kind of matter"))
@click.option("--text", required=True, help=say("情况", "what happened"))
@click.option(
    "--source", default="desk", show_default=True, type=click.Choice(sorted(SOURCE_CODES)), help=say("来源", "source")
)
@click.option("--name", default="", help=say("上报人姓名", "reporter's name"))
@click.option("--phone", default="", help=say("上报人电话", "reporter's phone"))
@click.option("--address", default="", help=say("地址", "address"))
@click.option(
    "--observed", type=INSTANT, default=None, help=say("发现时间，默认现在", "when it was seen; now by default")
)
@click.option("--response", "response_code", default=None, help=say("响应编号，默认进行中的", "code of the response"))
@click.option("--exercise", is_flag=True, help=say("演练", "a rehearsal"))
def report(
    code: str,
    kind: str,
    text: str,
    source: str,
    name: str,
    phone: str,
    address: str,
    observed: datetime | None,
    response_code: str | None,
    exercise: bool,
) -> None:
    """Print the number that the report was taken under."""
    now = clock.now()
    draft = ReportDraft(
        kind=kind,
        area_id=area(code).id,
        source=source,
        text=text,
        observed_at=observed,
        reporter_name=name,
        reporter_phone=phone,
        address=address,
        exercise=exercise,
    )
    actor = operator("matter.report", "exercise.run")
    taken = matter_receive(actor=actor, response_id=response(response_code).id, draft=draft, now=now)
    click.echo(
        say(
            f"已受理 {taken.number}，推送时限 {local(taken.due_at):%m-%d %H:%M}。",
            f"Taken as {taken.number}; to be acknowledged by {local(taken.due_at):%m-%d %H:%M}.",
        )
    )
