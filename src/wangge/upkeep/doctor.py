"""The doctor: what is wrong with an installation, in words, and what to do about each thing."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from datetime import datetime, timedelta
from importlib.metadata import version
from pathlib import Path

import chinese_calendar
from django.conf import settings
from django.db import DatabaseError, connection

from wangge.ground.areas.tree import tree
from wangge.ground.journal.partitions import partitions_missing
from wangge.ground.journal.readers import events_after, position_of
from wangge.ground.journal.stuck import stuck_count
from wangge.ground.kernel import clock
from wangge.ground.kernel.problems import AreaUnknown, PackInvalid, PackOutdated
from wangge.ground.responses import evidence
from wangge.ground.responses.packs.loading import load_pack
from wangge.ground.responses.queries import pack_of, responses_open
from wangge.picture.figures.rollups import FIGURES_READER
from wangge.spine.clocks.queries import any_due
from wangge.spine.messaging.queries import failed_count, overdue_count
from wangge.upkeep.engines import engines
from wangge.upkeep.findings import Finding, well, wrong
from wangge.upkeep.housekeeping import ORPHANED
from wangge.upkeep.key_doctor import endings, keys, rotations
from wangge.upkeep.references import dangling
from wangge.upkeep.tables import tables_missing

LAGGING = timedelta(minutes=2)
LAGGING_MINUTES = int(LAGGING.total_seconds() // 60)
START_ZH = "；请启动 wangge engine 或 wangge serve"
START_EN = "; start wangge engine or wangge serve"
STUCK_SENDING = timedelta(minutes=15)
STUCK_MINUTES = int(STUCK_SENDING.total_seconds() // 60)
LEAST_FREE = 512 * 1024 * 1024


def examine(now: datetime) -> list[Finding]:
    """Look at everything. What can only be looked at with a sound database is left out without one."""
    found = [*_files(now), *_programs(now), *_clock(now)]
    database = list(_database(now))
    found += database
    if all(finding.ok for finding in database):
        for look in (
            _engines,
            _readers,
            _clocks_due,
            _follow_ups,
            _messages,
            _numbers,
            _partitions,
            _references,
            keys,
            rotations,
            endings,
            _evidence,
            _packs,
            _areas,
        ):
            found += look(now)
    return found


def _database(now: datetime) -> Iterator[Finding]:
    try:
        missing = tables_missing()
    except DatabaseError as error:
        why = (str(error).strip().splitlines() or [""])[0]
        yield wrong(
            f"数据库连不上：{why}。请检查 DATABASE_URL 或数据目录。",
            f"The database cannot be reached: {why}. Check DATABASE_URL or the data folder.",
        )
        return
    if missing:
        yield wrong(
            f"数据库缺 {missing} 步结构更新，请运行 wangge migrate。",
            f"{missing} migrations are missing: run wangge migrate.",
        )
    else:
        yield well(
            f"数据库可用（{connection.vendor}），结构最新。",
            f"The database answers ({connection.vendor}); tables are up to date.",
        )


def _files(now: datetime) -> Iterator[Finding]:
    data = Path(settings.DATA)
    if not os.access(data, os.W_OK):
        yield wrong(
            f"数据目录 {data} 不可写，请改权限。", f"The data folder {data} cannot be written: change its rights."
        )
    free = shutil.disk_usage(data).free
    megabytes = free // (1024 * 1024)
    if free < LEAST_FREE:
        yield wrong(
            f"数据目录只剩 {megabytes} MB，请清理磁盘。", f"Only {megabytes} MB are left in the data folder: make room."
        )
    else:
        yield well(f"数据目录可写，剩余 {megabytes} MB。", f"The data folder can be written; {megabytes} MB are free.")
    built = Path(settings.BASE) / "static" / "built"
    if not built.is_dir() or not any(path.stat().st_size for path in built.iterdir()):
        yield wrong("前端文件还没有构建，请运行 ./run build。", "The front end is not built: run ./run build.")
    else:
        yield well("前端文件已构建。", "The front end is built.")


def _programs(now: datetime) -> Iterator[Finding]:
    argon = version("argon2-cffi")
    yield well(f"口令加密 Argon2 {argon} 可用。", f"Argon2 {argon} is there for passwords.")
    try:
        chinese_calendar.is_workday(clock.local(now).date())
    except NotImplementedError:
        year = clock.local(now).year
        yield wrong(
            f"工作日历不认识 {year} 年，按周一至周五计；请更新 chinesecalendar 或在本地日历表补录调休。",
            f"The working calendar does not know {year} and counts Monday to Friday: update chinesecalendar, or enter "
            "the days that differ in the local calendar.",
        )
    else:
        yield well("工作日历认识今年。", "The working calendar knows this year.")


def _clock(now: datetime) -> Iterator[Finding]:
    if clock.offset():
        yield well(
            f"这是演示：系统时间为 {clock.local(now):%Y-%m-%d %H:%M}。",
            f"This is a demonstration; its time is {clock.local(now):%Y-%m-%d %H:%M}.",
        )
    else:
        yield well("系统时间为实际时间。", "The clock is the real one.")


def _engines(now: datetime) -> Iterator[Finding]:
    found = engines(now)
    for life in found.silent:
        when, rescue = f"{clock.local(life.seen_at):%Y-%m-%d %H:%M:%S}", "" if found.alive else START_ZH
        yield wrong(
            f"{life.host} 上的引擎（进程 {life.pid}）自 {when} 起没有动静，也没有正常停止：已死或卡住{rescue}。",
            f"The engine on {life.host} (process {life.pid}) has given no sign since {when} and was not asked to end: "
            f"it is dead or hangs{'' if found.alive else START_EN}.",
        )
    if found.alive:
        where = sorted({life.host for life in found.alive})
        yield well(
            f"有 {len(found.alive)} 个引擎在运行（{'、'.join(where)}）。",
            f"{len(found.alive)} engines are at work ({', '.join(where)}).",
        )
    elif not found.silent:
        last = f"{clock.local(found.ended[0].seen_at):%Y-%m-%d %H:%M:%S}" if found.ended else ""
        yield well(
            f"现在没有引擎在运行（{f'最后一个于 {last} 正常停止' if last else '尚未启动过'}）；推送、升级要等它启动。",
            f"No engine is at work now ({f'the last ended as asked at {last}' if last else 'none has run yet'}); "
            "nothing is pushed or escalated until one is.",
        )


def _clocks_due(now: datetime) -> Iterator[Finding]:
    if any_due(now - LAGGING):
        yield wrong(
            f"有时限已到 {LAGGING_MINUTES} 分钟以上而无人处理，催办和升级已停；请启动 wangge engine 或 wangge serve。",
            f"Clocks have been due for more than {LAGGING_MINUTES} minutes and nobody has taken their steps: start "
            "wangge engine or wangge serve.",
        )
    else:
        yield well("到期的时限都已处理。", "No clock waits for its step.")


def _readers(now: datetime) -> Iterator[Finding]:
    for name, zh in (("flows", "后续处理"), (FIGURES_READER.name, "统计"), ("seal", "封存")):
        waiting = events_after(position_of(name), 1)
        lag = now - waiting[0].at if waiting else timedelta()
        if lag > LAGGING:
            minutes = int(lag.total_seconds() // 60)
            how_zh = f"{lag.days} 天" if lag.days else f"{minutes} 分钟"
            how_en = f"{lag.days} days" if lag.days else f"{minutes} minutes"
            yield wrong(
                f"{zh}落后 {how_zh}，引擎可能没有运行；请启动 wangge engine 或 wangge serve。",
                f"The reader “{name}” is {how_en} behind; no engine may be running: start wangge engine or "
                "wangge serve.",
            )
        else:
            yield well(f"{zh}没有积压。", f"The reader “{name}” is up to date.")


def _follow_ups(now: datetime) -> Iterator[Finding]:
    stuck = stuck_count()
    if stuck:
        yield wrong(
            f"有 {stuck} 项后续处理失败，引擎会再试；原因见引擎日志。",
            f"{stuck} follow-ups have failed and are tried again; the engine's log says why.",
        )
    else:
        yield well("没有失败的后续处理。", "No follow-up has failed.")


def _messages(now: datetime) -> Iterator[Finding]:
    failed, stuck = failed_count(), overdue_count(now - STUCK_SENDING)
    if failed:
        yield wrong(
            f"有 {failed} 条消息发送失败，请检查邮件和网络回调的设置。",
            f"{failed} messages have failed for good: check the settings of mail and webhooks.",
        )
    if stuck:
        yield wrong(
            f"有 {stuck} 条消息该发而未发已超过 {STUCK_MINUTES} 分钟，请确认引擎在运行。",
            f"{stuck} messages should have gone out more than {STUCK_MINUTES} minutes ago: see that an engine runs.",
        )
    if not failed and not stuck:
        yield well("没有失败或停滞的消息。", "No message has failed or is stuck.")


def _numbers(now: datetime) -> Iterator[Finding]:
    """Events with numbers of transactions that this cluster has not given yet would be read late or never."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT coalesce(max(tx), 0), pg_snapshot_xmax(pg_current_snapshot())::text::bigint FROM journal_event"
        )
        newest, current = cursor.fetchone()
    if newest >= current:
        yield wrong(
            f"日志的事务号（{newest}）高于本数据库现在的（{current}）：数据是用数据库自带工具搬来的，新记录会读不到；"
            "请在原库用 wangge backup 备份，再用 wangge restore 恢复。",
            f"The journal's transaction numbers ({newest}) are ahead of this database ({current}): it was moved by the "
            "database's own tools, and readers would pass events by. Back the old one up with wangge backup, and "
            "restore that.",
        )
    else:
        yield well("日志的事务号与数据库相符。", "The journal's transaction numbers fit this database.")


def _partitions(now: datetime) -> Iterator[Finding]:
    if connection.vendor != "postgresql":
        return
    missing = partitions_missing(now=now, ahead=1)
    if missing:
        yield wrong(
            f"日志缺分区 {'、'.join(missing)}；引擎每天会建，请确认引擎在运行，或运行 wangge migrate。",
            f"The journal lacks the partitions {', '.join(missing)}: an engine makes them daily; start one, or run "
            "wangge migrate.",
        )
    else:
        yield well("日志分区已备到下月。", "The journal's partitions reach into next month.")


def _references(now: datetime) -> Iterator[Finding]:
    found = dangling()
    for name, count in found.items():
        yield wrong(
            f"{name} 有 {count} 行指向已不存在的记录，可能有人直接改过数据库；请从备份恢复。",
            f"{count} rows of {name} refer to what is not there: somebody may have changed the database by hand; "
            "restore a backup.",
        )
    if not found:
        yield well("上报所指的记录都在。", "All that reports refer to is there.")


def _evidence(now: datetime) -> Iterator[Finding]:
    """Sealed files that are named and not there, and those that nothing names."""
    missing = sum(1 for _ in evidence.files_missing())
    orphans = sum(1 for _ in evidence.files_orphaned(now - ORPHANED - timedelta(days=1)))
    if missing:
        yield wrong(
            f"附件目录 {settings.EVIDENCE_FOLDER} 缺 {missing} 个文件，请从备份恢复。",
            f"{missing} sealed files are missing in {settings.EVIDENCE_FOLDER}: restore them from a backup.",
        )
    if orphans:
        yield wrong(
            f"附件目录 {settings.EVIDENCE_FOLDER} 有 {orphans} 个无记录的文件。引擎每天清理超过七天的；仍在的，"
            "请确认引擎在运行、数据库不是旧的、目录不是别的安装的。",
            f"{orphans} files in {settings.EVIDENCE_FOLDER} belong to nothing. An engine takes away what is older than "
            "a week every day: see that one runs, that the database is not an old one and the folder not another's.",
        )
    if not missing and not orphans:
        yield well("附件文件齐全。", "All sealed files are there.")


def _packs(now: datetime) -> Iterator[Finding]:
    for response in responses_open():
        try:
            loaded = pack_of(response)
        except PackOutdated as error:
            yield wrong(error.sentence("zh"), error.sentence("en"))
            continue
        folder = Path(settings.PACK_FOLDER) / loaded.code
        if not folder.is_dir():
            continue
        try:
            same = load_pack(folder).content_hash == loaded.content_hash
        except PackInvalid as error:
            yield wrong(error.sentence("zh"), error.sentence("en"))
            continue
        if same:
            yield well(f"响应 {response.code} 用的是现有预案包。", f"{response.code} follows the pack as it stands.")
        else:
            command = f"wangge pack load {loaded.code} --for {response.code}"
            yield wrong(
                f"预案包 {loaded.code} 与已载入的不同；要启用请运行 {command}。",
                f"The pack {loaded.code} differs from the one loaded; to use it run {command}.",
            )


def _areas(now: datetime) -> Iterator[Finding]:
    try:
        yield well(f"区划根为{tree().root().name}。", f"The areas stand below {tree().root().name}.")
    except AreaUnknown:
        yield wrong("还没有导入区划，请运行 wangge areas import。", "There are no areas yet: run wangge areas import.")
