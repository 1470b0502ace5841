"""What an engine does by the hour: partitions made ahead, accounts out of use, what is over or never came to be."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta

from django.contrib.sessions.backends.db import SessionStore
from django.db import DatabaseError, InterfaceError, close_old_connections

from wangge.duties.checkpoints.services.screening import PART as ROWS
from wangge.duties.checkpoints.services.screening import screenings_forget
from wangge.ground.accounts.forgetting import PART, calls_forget
from wangge.ground.accounts.leaving import people_leave_due
from wangge.ground.journal.partitions import partitions_ensure
from wangge.ground.kernel.permission import Actor
from wangge.ground.responses import evidence

log = logging.getLogger(__name__)
# A file lies on disk before the row that names it is committed, for seconds. A week leaves time to notice that a
# database was put back that is older than its files.
ORPHANED = timedelta(days=7)


class Housekeeping:
    """The hour's work in small parts, one after each of the engine's rounds, so that nothing waits long for it."""

    def __init__(self, actor: Actor) -> None:
        self.actor = actor
        self.hour: datetime | None = None
        self.left: list[Callable[[datetime], bool]] = []
        self._hourly = (self._partitions, self._leaving, self._sessions, self._answers, self._screenings, self._orphans)
        self.searched: date | None = None
        self.search: Iterator[int] = iter(())

    def step(self, now: datetime) -> int:
        """Do one part where an hour has begun and not all is done; 1 where there was something to do."""
        hour = now.replace(minute=0, second=0, microsecond=0)
        if hour != self.hour:
            self.hour, self.left = hour, [*self._hourly]
        if not self.left:
            return 0
        try:
            done = self.left[0](now)
        except (DatabaseError, InterfaceError) as error:
            why = str(error).strip().partition("\n")[0]
            log.warning("engine: housekeeping is put off for an hour: %s", why)
            close_old_connections()
            self.left.clear()
            return 0
        if done:
            del self.left[0]
        return 1

    def _partitions(self, now: datetime) -> bool:
        partitions_ensure(now=now)
        return True

    def _leaving(self, now: datetime) -> bool:
        return not people_leave_due(actor=self.actor, now=now)

    def _sessions(self, now: datetime) -> bool:
        """Sign-in sessions that are over; they run by the machine's own time, a demonstration's too."""
        SessionStore.clear_expired()
        return True

    def _answers(self, now: datetime) -> bool:
        return calls_forget(actor=self.actor, now=now) < PART

    def _orphans(self, now: datetime) -> bool:
        """Sealed files that nothing names; the folder is gone through once a day, a few hundred files at a time."""
        if self.searched != now.date():
            self.searched, self.search = now.date(), evidence.orphans_forgotten(now - ORPHANED)
        gone = next(self.search, None)
        if gone:
            log.info("engine: %d sealed files that belonged to nothing are taken away", gone)
        return gone is None

    def _screenings(self, now: datetime) -> bool:
        """Rows of checkpoints that can no longer be sent again; their totals stay."""
        return screenings_forget(actor=self.actor, now=now) < ROWS
