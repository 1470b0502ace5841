"""Processes that die: a child is forked, does real work on the test database, and is killed on the way."""

from __future__ import annotations

import os
import signal
import traceback
from collections.abc import Callable
from typing import Any

from django.db import connection, connections

READS = ("SELECT", "PRAGMA", "SAVEPOINT", "RELEASE", "ROLLBACK")


class Deadly:
    """Kills its own process with SIGKILL at the n-th commit, before it or right after it."""

    def __init__(self, nth: int, after: bool) -> None:
        self.left, self.after = nth, after

    def install(self) -> None:
        commit = connection._commit

        def deadly_commit() -> Any:
            return self._around(commit)

        connection._commit = deadly_commit  # type: ignore[method-assign]
        connection.execute_wrappers.append(self._statement)

    def _statement(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        # A writing statement outside a transaction is a commit of its own.
        if connection.in_atomic_block or str(sql).lstrip().upper().startswith(READS):
            return execute(sql, params, many, context)
        return self._around(lambda: execute(sql, params, many, context))

    def _around(self, commit: Callable[[], Any]) -> Any:
        self.left -= 1
        if self.left == 0 and not self.after:
            os.kill(os.getpid(), signal.SIGKILL)
        result = commit()
        if self.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return result


def write_line(to: int, line: str) -> None:
    os.write(to, line.encode() + b"\n")


def in_child(work: Callable[[Callable[[str], None]], None], deadly: Deadly | None = None) -> tuple[bool, list[str]]:
    """Run work in a forked process; whether it was killed, and the lines it reported before that.

    `work` gets a function that reports a line, as a server answers its client: what was reported
    has been acknowledged and must not be lost.
    """
    connections.close_all()
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            os.close(reading)
            if deadly:
                deadly.install()
            work(lambda line: write_line(writing, line))
            code = 0
        except BaseException:
            traceback.print_exc()
        finally:
            os._exit(code)
    os.close(writing)
    with os.fdopen(reading) as lines:
        said = lines.read().split("\n")[:-1]
    _, status = os.waitpid(pid, 0)
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    assert killed or os.waitstatus_to_exitcode(status) == 0, "the child failed, see its traceback"
    return killed, said
