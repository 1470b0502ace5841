"""Which engines live: each says so every few seconds, and whoever asks can tell a dead one from one at rest."""

from __future__ import annotations

import logging
import os
import socket
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import DatabaseError, InterfaceError, close_old_connections
from django.db.models import Q

from wangge.ground.kernel import clock
from wangge.upkeep.models import EngineLife

log = logging.getLogger(__name__)
SAID_EVERY = timedelta(seconds=10)
# A round with slow mail servers may take half a minute; an engine silent for longer than this is dead or hangs.
SILENT_FOR = timedelta(minutes=1)
KEPT = timedelta(days=7)


def machine_time(now: datetime) -> datetime:
    """The machine's own time at an instant of the installation; they differ only in a demonstration."""
    return now - clock.offset()


class SignOfLife:
    """What one engine process says of itself. A database that is away is no reason for an engine to stop."""

    def __init__(self) -> None:
        self.life: EngineLife | None = None

    def show(self, now: datetime) -> None:
        """Say that a round has come to its end; written every few seconds."""
        at = machine_time(now)
        if self.life is not None and timedelta() <= at - self.life.seen_at < SAID_EVERY:
            return
        try:
            if self.life is None:
                _clear(at)
                self.life = EngineLife.objects.create(
                    host=socket.gethostname()[:255], pid=os.getpid(), began_at=at, seen_at=at
                )
            elif not EngineLife.objects.filter(id=self.life.id).update(seen_at=at):
                self.life.save(force_insert=True)
            self.life.seen_at = at
        except (DatabaseError, InterfaceError) as error:
            log.warning("engine: its sign of life could not be written: %s", str(error).strip().partition("\n")[0])
            close_old_connections()

    def end(self, now: datetime) -> None:
        """Say that the engine ends because it was asked to."""
        if self.life is None:
            return
        at = machine_time(now)
        try:
            EngineLife.objects.filter(id=self.life.id).update(seen_at=at, ended_at=at)
        except (DatabaseError, InterfaceError) as error:
            log.warning("engine: its end could not be written: %s", str(error).strip().partition("\n")[0])


def _clear(at: datetime) -> None:
    """Take away engines long gone, and the silent or ended ones of this machine, whose place this one takes."""
    silent = Q(host=socket.gethostname()[:255]) & (Q(seen_at__lt=at - SILENT_FOR) | Q(ended_at__isnull=False))
    EngineLife.objects.filter(Q(seen_at__lt=at - KEPT) | silent).delete()


@dataclass(frozen=True)
class Engines:
    """The engines by what became of them, the one last seen first."""

    alive: list[EngineLife]
    silent: list[EngineLife]
    ended: list[EngineLife]


def engines(now: datetime) -> Engines:
    """The engines known: at work, silent without having been asked to end, and ended as asked."""
    at = machine_time(now)
    known = list(EngineLife.objects.order_by("-seen_at"))
    running = [life for life in known if life.ended_at is None]
    return Engines(
        alive=[life for life in running if at - life.seen_at <= SILENT_FOR],
        silent=[life for life in running if at - life.seen_at > SILENT_FOR],
        ended=[life for life in known if life.ended_at is not None],
    )
