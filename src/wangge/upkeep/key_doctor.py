"""What the doctor sees of keys: where they lie, whose are missing or should be gone, what was begun and not ended."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

from django.conf import settings

from wangge.ground.kernel import clock
from wangge.ground.kernel.problems import DataDestroyed, KeyServiceUnavailable, VaultLocked
from wangge.ground.responses.keys import key_ring
from wangge.ground.responses.keystores import key_store
from wangge.ground.responses.queries import responses_all
from wangge.ground.responses.rotation import rotations_unfinished
from wangge.picture.endings.queries import overdue_endings
from wangge.upkeep.findings import Finding, well, wrong

LATE = timedelta(minutes=30)


def keys(now: datetime) -> Iterator[Finding]:
    """Rights of the folder; responses without keys; keys without a response, or of one whose keys are destroyed."""
    yield from _rights()
    try:
        names = key_store().names()
    except KeyServiceUnavailable as problem:
        yield wrong(problem.sentence("zh"), problem.sentence("en"))
        return
    for response in responses_all():
        present = str(response.id) in names
        names.discard(str(response.id))
        if response.destroyed_at is None:
            yield _present(response.id, response.code)
        elif present:
            yield wrong(
                f"响应 {response.code} 的密钥已按记录销毁，却又出现在 {_place()}：请删除 {response.id}，并查清来由。",
                f"The keys of {response.code} were destroyed, yet they are back in {_place()}: remove {response.id} "
                "and find out who put them there.",
            )
    for name in sorted(names):
        yield wrong(
            f"{_place()} 里的密钥 {name} 不属于任何响应：确认不是其他安装的之后删除。",
            f"The key {name} in {_place()} belongs to no response: remove it once you know that no other installation "
            "needs it.",
        )


def _place() -> str:
    return settings.KEY_SERVICE or str(settings.KEY_FOLDER)


def _rights() -> Iterator[Finding]:
    folder = Path(settings.KEY_FOLDER)
    if settings.KEY_SERVICE or not folder.exists():
        return
    for path in [folder, *sorted(folder.iterdir())]:
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            yield wrong(
                f"密钥 {path} 他人可读，请运行 chmod go-rwx {path}。",
                f"Others can read the key {path}: run chmod go-rwx {path}.",
            )


def _present(response_id: UUID, code: str) -> Finding:
    try:
        key_ring(response_id)
    except (VaultLocked, DataDestroyed):
        return wrong(
            f"响应 {code} 的密钥不在 {_place()}，个人信息读不出；请放回 {response_id}。",
            f"The key of {code} is not in {_place()}, so its personal data cannot be read: put {response_id} back.",
        )
    return well(f"响应 {code} 的密钥可用。", f"The key of {code} is there.")


def rotations(now: datetime) -> Iterator[Finding]:
    """Rotations that do not come on."""
    for one in rotations_unfinished():
        far = f"{one.done}/{one.total}"
        if one.next_at < now - LATE:
            yield wrong(
                f"响应 {one.response.code} 的密钥更换停在 {far}：请启动引擎，或运行 wangge response rotate "
                f"{one.response.code} --go-on。",
                f"The rotation of {one.response.code} stands at {far}: start an engine, or run wangge response rotate "
                f"{one.response.code} --go-on.",
            )
        else:
            yield well(
                f"响应 {one.response.code} 正在更换密钥：{far}。", f"{one.response.code} is changing its keys: {far}."
            )


def endings(now: datetime) -> Iterator[Finding]:
    """Approved endings whose time has come and whose keys are still there."""
    for one in overdue_endings():
        due = f"{clock.local(one.due_at):%Y-%m-%d %H:%M}"
        if one.begun_at is not None or one.due_at < now - LATE:
            yield wrong(
                f"响应 {one.response.code} 应于 {due} 销毁密钥而未完成：请启动引擎；引擎日志会说明为什么等待。",
                f"The keys of {one.response.code} were to be destroyed at {due} and are not: start an engine; its log "
                "says what it waits for.",
            )
        else:
            yield well(
                f"响应 {one.response.code} 将于 {due} 销毁密钥。", f"The keys of {one.response.code} go at {due}."
            )
