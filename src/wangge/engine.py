"""The engine: reads the journal for what must follow, moves clocks, sends messages, seals.

A list of small modules, each with one `..._all(now)`; any number of engines may run anywhere, and
every step still happens exactly once. `tick` does everything that is due and says how much that was.
"""

from __future__ import annotations

import logging
import signal
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

from django.db import DatabaseError, InterfaceError, OperationalError, close_old_connections, connection, transaction

from wangge.duties.drills.services import drills_due
from wangge.duties.observation.services.alarms import observation_due
from wangge.duties.observation.services.measures import measures_due
from wangge.duties.rosters.services.searching import searches_due
from wangge.duties.venues.services.lodging import lodging_due
from wangge.duties.venues.services.orders import orders_due
from wangge.flows import CLOCK_STEPS, FLOWS, PAUSE_ENDS, Follow
from wangge.ground.accounts.duty import duties_late
from wangge.ground.journal import stuck
from wangge.ground.journal.readers import Event, Reader, advance
from wangge.ground.journal.seal import SEAL_READER
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import system_actor
from wangge.ground.responses.rotation import rotations_due
from wangge.picture.bulletins.scheduling import bulletins_due
from wangge.picture.endings.services import endings_due
from wangge.picture.figures.rollups import FIGURES_READER
from wangge.spine.clocks import services as clocks
from wangge.spine.messaging.services import send_due
from wangge.upkeep.engines import SignOfLife
from wangge.upkeep.housekeeping import Housekeeping

log = logging.getLogger(__name__)
ENGINE = system_actor(
    "engine",
    "matter.escalate",
    "referral.escalate",
    "person.measure",
    "delivery.send",
    "account.expire",
    "call.forget",
    "bulletin.issue",
    "figure.view",
    "person.check",
    "venue.visit",
    "venue.order",
    "lodging.report",
    "roster.search",
    "drill.call",
    "duty.watch",
    "screening.forget",
    "key.rotate",
    "response.destroy",
)
# A round costs nearly as much for one event as for ten: after one with fewer than these the next ones gather.
MANY = 100
PAUSE_SECONDS = 0.1
CLOCK_SLIP = timedelta(seconds=2)


def _follow(happened: list[Event], now: datetime) -> None:
    """Do what follows from a reading: by type, in the order of the table; what fails is kept and tried again."""
    by_type: dict[str, list[Event]] = {}
    for event in happened:
        if event.type in FLOWS:
            by_type.setdefault(event.type, []).append(event)
    for type_, events in by_type.items():
        for follow in FLOWS[type_]:
            if not _done(follow, events, now):
                for event in events:
                    if not _done(follow, [event], now):
                        stuck.keep("flows", follow.__name__, event, now)


def _done(follow: Follow, events: list[Event], now: datetime) -> bool:
    try:
        with transaction.atomic():
            follow(events, now)
    except DatabaseError:
        if not connection.is_usable():
            raise
        log.exception("follow-up %s failed on a database error", follow.__name__)
        return False
    except Exception:
        log.exception("follow-up %s failed", follow.__name__)
        return False
    return True


def retry_stuck_all(now: datetime) -> int:
    """Try again what could not follow."""
    tried = 0
    for item in stuck.due("flows", now):
        follow = next((one for one in FLOWS.get(item.event.type, []) if one.__name__ == item.follow), None)
        stuck.tried(item, done=follow is None or _done(follow, [item.event], now), now=now)
        tried += 1
    return tried


FLOWS_READER = Reader("flows", _follow, batch=500)


def clocks_all(now: datetime) -> int:
    """Take the clock steps that are due, each in a transaction of its own; one that fails keeps no other waiting."""
    taken = 0
    for due in clocks.due(now, 200):
        with _alone("clock step", due.what, due.subject_id):
            taken += CLOCK_STEPS[due.what.partition(".")[0]](ENGINE, due, now)
    return taken


def pauses_all(now: datetime) -> int:
    """End the pauses whose time has come."""
    ended = 0
    for subject_id, what in clocks.pauses_over(now, 200):
        with _alone("end of a pause", what, subject_id):
            ended += PAUSE_ENDS[what.partition(".")[0]](ENGINE, subject_id, now)
    return ended


@contextmanager
def _alone(deed: str, what: str, subject_id: UUID) -> Iterator[None]:
    """Let one failing item be logged and passed over; a database that cannot be used stops them all."""
    try:
        yield
    except (OperationalError, InterfaceError):
        raise
    except Exception:
        log.exception("engine: %s %s of %s failed", deed, what, subject_id)


def messages_all(now: datetime) -> int:
    """Send the messages that are due."""
    return send_due(actor=ENGINE, now=now)


MODULES: list[tuple[str, Callable[[datetime], int]]] = [
    ("flows", lambda now: advance(FLOWS_READER, now=now)),
    ("messages", messages_all),
    ("clocks", clocks_all),
    ("pauses", pauses_all),
    ("observation", lambda now: observation_due(actor=ENGINE, now=now)),
    ("measures", lambda now: measures_due(actor=ENGINE, now=now)),
    ("orders", lambda now: orders_due(actor=ENGINE, now=now)),
    ("searches", lambda now: searches_due(actor=ENGINE, now=now)),
    ("drills", lambda now: drills_due(actor=ENGINE, now=now)),
    ("late", lambda now: duties_late(actor=ENGINE, now=now)),
    ("lodging", lambda now: lodging_due(actor=ENGINE, now=now)),
    ("figures", lambda now: advance(FIGURES_READER, now=now)),
    ("seal", lambda now: advance(SEAL_READER, now=now)),
    ("bulletins", lambda now: bulletins_due(actor=ENGINE, now=now)),
    ("endings", lambda now: endings_due(actor=ENGINE, now=now)),
    ("rotations", lambda now: rotations_due(actor=ENGINE, now=now)),
    ("stuck", retry_stuck_all),
]


def tick(now: datetime, modules: Iterable[tuple[str, Callable[[datetime], int]]] = MODULES) -> int:
    """Run every module once; one that fails is logged and does not keep the others from running."""
    done = 0
    for name, run in modules:
        try:
            done += run(now)
        except (OperationalError, InterfaceError) as error:
            # A locked file, a full disk, a lost connection: said in one line, and the rest would only wait as
            # long for the same; the next tick tries again.
            log.warning("engine: %s waits for the database: %s", name, str(error).strip().partition("\n")[0])
            close_old_connections()
            return done
        except Exception:
            log.exception("engine: %s failed", name)
    return done


def settle(now: datetime, rounds: int = 1000) -> None:
    """Tick at one instant until nothing is left to do, for tests and the replay."""
    for _ in range(rounds):
        if not tick(now):
            return
    raise RuntimeError("the engine does not come to rest")


def run(stop: threading.Event) -> None:
    """Run until asked to stop."""
    last: datetime | None = None
    housekeeping, life = Housekeeping(ENGINE), SignOfLife()
    while not stop.is_set():
        now = clock.now()
        if last is not None and now < last - CLOCK_SLIP:
            log.warning(
                "engine: the system clock was set back by %d s; deadlines are stored instants, nothing is done twice, "
                "clocks simply fall due when their instant comes again. Check the time service (NTP).",
                (last - now).total_seconds(),
            )
        last = now
        done = tick(now) + housekeeping.step(now)
        life.show(now)
        if done < MANY:
            stop.wait(PAUSE_SECONDS)
    if last is not None:
        life.end(last)


def main() -> None:
    """The engine as a process: ends cleanly on SIGTERM and SIGINT."""
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    log.info("engine started")
    run(stop)
    log.info("engine stopped")
