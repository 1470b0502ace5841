"""The process that looks for a better roster; a module of its own, because the solver takes long to load."""

from __future__ import annotations

from uuid import UUID

import click

from wangge.cli.wording import say
from wangge.duties.rosters.solving import run_search
from wangge.ground.kernel import clock


@click.command(help=say("执行一次优化，由引擎启动", "Run a search; the engine starts this"))
@click.argument("search_id", type=click.UUID)
def search(search_id: UUID) -> None:
    """Run a search that has been claimed."""
    run_search(search_id, clock.now)
