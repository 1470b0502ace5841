"""demo: fourteen days of Huizhou, replayed once and then worked in."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click
from django.core.management import call_command
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from wangge import serving
from wangge.cli.asking import operator, pack_folder
from wangge.cli.wording import language, say
from wangge.demo.founding import found
from wangge.demo.keeping import Kept, clear_interrupted, keep, kept, refuse_real_installation, resume_clock, set_clock
from wangge.demo.scenario import Scenario, read_scenario
from wangge.demo.totals import Totals, read_totals
from wangge.ground.areas.tree import tree
from wangge.ground.kernel import clock
from wangge.ground.kernel.problems import DemoRefused
from wangge.ground.responses.packs.loading import load_pack
from wangge.ground.responses.packs.schema import Pack
from wangge.ground.responses.queries import response_by_code
from wangge.picture.bulletins.printing import as_text
from wangge.picture.bulletins.services import bulletin_draft

DEFAULT_SEED = 2020
PHASES = {
    "tables": ("建表", "tables"),
    "areas": ("载入区划", "areas"),
    "people": ("单位和人员", "agencies and people"),
    "replay": ("回放十四天", "fourteen days"),
}


@click.command(help=say("回放十四天并打开演示", "Replay the fortnight and open the demonstration"))
@click.option("--seed", type=int, default=None, help=say("随机种子，默认 2020", "seed of the replay; 2020 by default"))
@click.option(
    "--totals",
    "file",
    type=click.Path(path_type=Path),
    default=None,
    help=say("各项总数的 JSON 文件，缺的按预案包", "JSON file of totals; what it lacks is the pack's"),
)
@click.option("--pack", "folder", default="huizhou-2020", show_default=True, help=say("预案包", "plan pack"))
@click.option("--host", default="127.0.0.1", show_default=True, help=say("监听地址", "address to listen on"))
@click.option("--port", default=8000, show_default=True, type=click.IntRange(1, 65535), help=say("端口", "port"))
@click.option("--no-serve", is_flag=True, help=say("回放完即退出", "end when the replay is done"))
def demo(seed: int | None, file: Path | None, folder: str, host: str, port: int, no_serve: bool) -> None:
    """The first time everything is replayed; after that what was entered is kept."""
    if not no_serve:
        serving.port_check(host, port)
    path = pack_folder(folder)
    pack = load_pack(path)
    scenario = read_scenario(path)
    totals = read_totals(file, pack)
    state = kept()
    if state is not None and state.ready:
        _same_asked(state, seed, dict(totals.values) if file else None)
        call_command("migrate", verbosity=0)  # an update may have come since
        resume_clock(state, scenario.end)
        click.echo(say("演示数据已在，接着上次继续。", "The demonstration is there and goes on from where it was."))
    else:
        state = _replayed(pack, path, scenario, totals, DEFAULT_SEED if seed is None else seed, state)
        _print_bulletin(state, scenario.end)
    _print_logins(state)
    if not no_serve:
        click.echo(say(f"打开 http://{host}:{port}/（按 Ctrl-C 结束）", f"Open http://{host}:{port}/ (Ctrl-C ends it)"))
        serving.serve(host=host, port=port)


def _same_asked(state: Kept, seed: int | None, totals: dict[str, int] | None) -> None:
    """Raise DemoRefused where another replay is asked for than the one that is there."""
    if (seed is not None and seed != state.seed) or (totals is not None and totals != state.totals):
        raise DemoRefused(
            why_zh=f"数据目录里已有种子为 {state.seed} 的演示；换种子或总数请用 WANGGE_DATA 另指一个空目录",
            why_en=f"this folder holds the replay of seed {state.seed}; for another seed or other totals name an empty "
            "folder by WANGGE_DATA",
        )


def _replayed(pack: Pack, path: Path, scenario: Scenario, totals: Totals, seed: int, state: Kept | None) -> Kept:
    """Replay into an empty installation; what a replay that was cut off left is taken away first."""
    if state is not None:
        clear_interrupted()
        click.echo(
            say("上次回放中断，已清除，重新开始。", "The last replay was cut off; it is cleared and begun again.")
        )
    refuse_real_installation()
    for code in totals.left_out:
        name = pack.figures[code].name_en if language() == "en" else pack.figures[code].name
        click.echo(say(f"“{name}”由记录得出，不按文件指定。", f"“{name}” follows from the records and is not set."))
    begun = Kept(ready=False, pack=pack.code, seed=seed, totals=dict(totals.values))
    keep(begun)
    with Progress(
        TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:3.0f}%"), TimeElapsedColumn()
    ) as bars:
        founded = found(pack=pack, folder=path, scenario=scenario, totals=totals, seed=seed, progress=_Bars(bars).tell)
    set_clock(scenario.end)
    done = Kept(ready=True, pack=pack.code, seed=seed, totals=dict(totals.values), founded=founded)
    keep(done)
    return done


class _Bars:
    """One bar for each phase, made when the phase begins."""

    def __init__(self, bars: Progress) -> None:
        self.bars = bars
        self.tasks: dict[str, TaskID] = {}

    def tell(self, what: str, done: int, of: int) -> None:
        """Move the bar of a phase; the ones before it are full."""
        if what not in self.tasks:
            for task in self.tasks.values():
                self.bars.update(task, completed=1, total=1)
            self.tasks[what] = self.bars.add_task(say(*PHASES[what]), total=of)
        self.bars.update(self.tasks[what], completed=done, total=of)


def _print_bulletin(state: Kept, end: datetime) -> None:
    """The reference bulletin of that evening."""
    assert state.founded is not None
    content = bulletin_draft(
        actor=operator("figure.view"),
        response_id=response_by_code(state.founded.response_code).id,
        area_id=tree().root().id,
        cutoff=end,
        now=clock.now(),
    )
    click.echo(as_text(content, english=language() == "en"))


def _print_logins(state: Kept) -> None:
    """One account for each role, all with one password, and a token for programs."""
    assert state.founded is not None
    click.echo()
    click.echo(
        say(
            f"演示账号（人物均为虚构），口令都是 {state.founded.password}",
            f"Accounts of the demonstration (nobody is real); the password of all is {state.founded.password}",
        )
    )
    for login in state.founded.logins:
        click.echo(f"  {login.username:<20}{login.title}")
    click.echo(say(f"接口令牌 {state.founded.token}", f"API token {state.founded.token}"))
