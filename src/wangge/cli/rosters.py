"""roster: make the roster of a unit, look for a better one, publish it."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

import click

from wangge.cli.asking import area, operator, response
from wangge.cli.wording import say
from wangge.duties.rosters.queries.showing import roster_by_id
from wangge.duties.rosters.services.making import roster_make, roster_publish
from wangge.ground.areas.tree import tree
from wangge.ground.kernel import clock

DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.group(help=say("排班", "Duty rosters"))
def roster() -> None:
    """What an operator does with rosters."""


@roster.command(help=say("编制某单位的值班表草稿", "Make the draft of a unit's roster"))
@click.option("--area", "code", required=True, help=say("单位的区划编码", "code of the unit"))
@click.option("--from", "since", type=DAY, required=True, help=say("起始日", "the first day"))
@click.option("--days", default=14, help=say("天数，默认 14", "how many days; 14 by default"))
@click.option("--pattern", default="two", help=say("班制，默认 two", "how the day is divided; two by default"))
@click.option("--response", "response_code", default=None, help=say("响应编号，默认进行中的", "code of the response"))
def make(code: str, since: datetime, days: int, pattern: str, response_code: str | None) -> None:
    """Make and fill a draft."""
    made = roster_make(
        actor=operator("roster.manage"),
        response_id=response(response_code).id,
        unit_id=area(code).id,
        since=since.date(),
        days=days,
        pattern=pattern,
        now=clock.now(),
    )
    click.echo(say(f"已编制值班表 {made.id}。", f"Made the roster {made.id}."))


@roster.command(help=say("发布值班表", "Publish a roster"))
@click.argument("roster_id", type=click.UUID)
def publish(roster_id: UUID) -> None:
    """Put a roster into force."""
    found = roster_by_id(roster_id)
    roster_publish(actor=operator("roster.publish"), roster_id=found.id, version=found.version, now=clock.now())
    name = tree().get(found.area_id).name
    click.echo(say(f"{name}的值班表已发布。", f"The roster of {name} is in force."))
