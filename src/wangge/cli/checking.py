"""journal verify, figures rebuild, doctor: what is held against what."""

from __future__ import annotations

import click

from wangge.cli.asking import operator, response
from wangge.cli.wording import language, say
from wangge.ground.journal.seal import Verdict, verify
from wangge.ground.kernel import clock
from wangge.picture.figures.services import figures_rebuild
from wangge.upkeep.doctor import examine

SHOWN = 20


@click.group(help=say("日志：核验", "The journal: verify"))
def journal() -> None:
    """The journal."""


@journal.command("verify", help=say("逐条核验日志与封存链", "Hold every event against the seal"))
def verify_() -> None:
    """Ends with 1 where the journal and its chain disagree."""
    found = verify()
    for line in verdict_lines(found):
        click.echo(line)
    if not found.ok:
        raise SystemExit(1)


def verdict_lines(found: Verdict) -> list[str]:
    """The verdict in words."""
    lines = [
        say(
            f"共 {found.events} 条记录，{found.blocks} 个封存块，尚未封存 {found.unsealed} 条。",
            f"{found.events} events, {found.blocks} sealed blocks, {found.unsealed} events not sealed yet.",
        )
    ]
    for zh, en, numbers in (
        ("被改动的记录", "altered events", found.altered),
        ("被删除的记录", "removed events", found.removed),
        ("被插入的记录", "inserted events", found.inserted),
        ("断裂的封存块", "broken blocks", found.broken_blocks),
    ):
        if numbers:
            listed = ", ".join(map(str, numbers[:SHOWN])) + (" …" if len(numbers) > SHOWN else "")
            lines.append(say(f"{zh} {len(numbers)} 个：{listed}", f"{len(numbers)} {en}: {listed}"))
    if found.ok:
        lines.append(say("日志完整，未被改动。", "The journal is whole and unaltered."))
    else:
        lines.append(say("日志与封存链不符。", "The journal does not agree with its chain."))
    return [*lines, say(f"链首 {found.head}", f"head of the chain {found.head}")]


@click.group(help=say("指标：重算", "Figures: rebuild"))
def figures() -> None:
    """Figures."""


@figures.command(help=say("按日志重算一个响应的全部指标", "Make all figures of a response again from the journal"))
@click.option("--response", "code", default=None, help=say("响应编号，默认进行中的", "code of the response"))
def rebuild(code: str | None) -> None:
    """Whoever looks meanwhile sees the figures as they were."""
    read = figures_rebuild(actor=operator("pack.load"), response_id=response(code).id, now=clock.now())
    click.echo(say(f"已按 {read} 条记录重算。", f"Made again from {read} events."))


@click.command(help=say("体检：说明有什么问题、怎么办", "Say what is wrong with this installation, and what to do"))
def doctor() -> None:
    """Ends with 1 where anything is wrong."""
    findings = examine(clock.now())
    for finding in findings:
        click.echo(finding.line(language()))
    wrong = sum(not finding.ok for finding in findings)
    click.echo(say(f"{len(findings)} 项，{wrong} 项有问题。", f"{len(findings)} checks, {wrong} wrong."))
    if wrong:
        raise SystemExit(1)
