"""migrate, backup, restore: the installation as a whole."""

from __future__ import annotations

from pathlib import Path

import click
from django.core.management import call_command

from wangge.cli.wording import say
from wangge.ground.journal.partitions import partitions_ensure
from wangge.ground.kernel import clock
from wangge.upkeep.backup import backup_write
from wangge.upkeep.restore import backup_restore

FILE = click.argument("file", type=click.Path(path_type=Path, dir_okay=False))


@click.command(help=say("建立或更新数据库的表", "Create or update the tables of the database"))
def migrate() -> None:
    """Bring the tables up to date; done twice, it changes nothing."""
    call_command("migrate", verbosity=0)
    partitions_ensure(now=clock.now())
    click.echo(say("数据库已是最新。", "The database is up to date."))


@click.command(help=say("把全部数据备份到一个文件（不含密钥）", "Back up everything but the keys into one file"))
@FILE
def backup(file: Path) -> None:
    """One archive that any installation can be restored from."""
    manifest = backup_write(file, now=clock.now())
    rows = sum(part.rows for part in manifest.parts)
    click.echo(
        say(
            f"已备份 {rows} 行到 {file}。密钥目录不在其中，请另行保管：没有密钥，备份里的个人信息无法读出。",
            f"{rows} rows are in {file}. The key folder is not; keep it elsewhere: without it nobody can read the "
            "personal data in the backup.",
        )
    )


@click.command(help=say("把备份恢复到一个空的安装", "Restore a backup into an empty installation"))
@FILE
def restore(file: Path) -> None:
    """Everything or nothing, into either database."""
    manifest = backup_restore(file)
    rows = sum(part.rows for part in manifest.parts)
    click.echo(
        say(
            f"已恢复 {rows} 行。请把密钥文件放回密钥目录，再运行 wangge doctor 和 wangge journal verify。",
            f"{rows} rows are restored. Put the key files back, then run wangge doctor and wangge journal verify.",
        )
    )
