"""serve, web, engine: the processes of an installation."""

from __future__ import annotations

import click

from wangge import engine as engine_process
from wangge import serving
from wangge.cli.wording import say
from wangge.upkeep.tables import tables_check

HOST = click.option("--host", default="127.0.0.1", show_default=True, help=say("监听地址", "address to listen on"))
PORT = click.option(
    "--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help=say("端口", "port to listen on")
)
WORKERS = click.option(
    "--workers", default=None, type=click.IntRange(1, 64), help=say("网页进程数", "number of web workers")
)


@click.command(help=say("启动网页和引擎（一台机器）", "Run web workers and one engine, on one machine"))
@HOST
@PORT
@WORKERS
def serve(host: str, port: int, workers: int | None) -> None:
    """Web workers and an engine under this process."""
    _ready(host, port)
    click.echo(say(f"网格:http://{host}:{port}/", f"Wangge: http://{host}:{port}/"))
    serving.serve(host=host, port=port, workers=workers)


@click.command(help=say("只启动网页进程", "Run web workers only"))
@HOST
@PORT
@WORKERS
def web(host: str, port: int, workers: int | None) -> None:
    """Web workers alone."""
    _ready(host, port)
    serving.web(host=host, port=port, workers=workers)


@click.command(help=say("只启动引擎", "Run one engine only"))
def engine() -> None:
    """One engine alone."""
    tables_check()
    engine_process.main()


def _ready(host: str, port: int) -> None:
    """Say at once what would keep pages from being served. Raises PortTaken, TablesOutdated."""
    serving.port_check(host, port)
    tables_check()
