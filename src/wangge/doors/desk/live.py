"""Live updates: one tailer of the journal for each web process, and a bounded queue for each open page.

The tailer is one of the journal's five readers, but keeps no cursor: each page says by
`Last-Event-ID` how far it has come, and is given what lies between. A page hears of an event only
where its reader may see what it is about, matters or people, in that area, or answers for the clinic
that somebody was sent to; it is told the type, the ids and the position, nothing else, and then
fetches the page again, with all the checks of a page. Only the pages of queues, which every change
touches, are told their new parts with it, drawn once for all who see the same. Every page is told how
many messages wait unread for its reader, when that has changed.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import UUID
from weakref import WeakValueDictionary

import orjson
from django.db import close_old_connections, connection

from wangge.doors.desk.queue_board import Board
from wangge.doors.desk.queue_parts import View, unread_drawn
from wangge.duties.observation.queries.clinic import own_clinics
from wangge.ground.areas.tree import tree
from wangge.ground.journal.readers import Position, events_after, head
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import Problem
from wangge.ground.responses.packs.schema import Pack
from wangge.ground.responses.queries import pack_of, response_current
from wangge.picture.endings.queries import LOOKERS
from wangge.spine.messaging.queries import unread_counts

if TYPE_CHECKING:
    from wangge.ground.journal.models import Event

log = logging.getLogger(__name__)
LOOK_SECONDS = 0.5
COUNT_SECONDS = 2
HEARTBEAT_SECONDS = 15
RECHECK_SECONDS = 60
WAITING = 64
MOST_PAGES = 1000
BATCH = 500
MOST_BATCHES = 20
# A page further behind than this is told to fetch itself anew instead of being told every step.
REPLAY = 1000
OF_MATTERS = ("matter.", "surge.")
OF_PEOPLE = ("check.", "plan.", "facility.", "referral.", "measure.", "contact.", "dependant.", "individual.")
OF_DRILLS = ("drill.",)
OF_RESPONSES = ("response.", "ending.")
# Under these names events say whom they are about beside their subject.
ABOUT = ("individual", "case", "exposed")
PARTS = b"event: parts\ndata: %s\n\n"
UNREAD = b"event: unread\ndata: %s\n\n"
HEARTBEAT = b": still here\n\n"
RESYNC = b"event: resync\ndata: {}\n\n"
Answer = TypeVar("Answer")


@dataclass(frozen=True)
class Reach:
    """Where somebody may see matters, people, endings and drills (None: everywhere), and their clinics."""

    matters: frozenset[UUID] | None = frozenset()
    people: frozenset[UUID] | None = frozenset()
    responses: frozenset[UUID] | None = frozenset()
    drills: frozenset[UUID] | None = frozenset()
    clinics: frozenset[str] = frozenset()


@dataclass(eq=False)
class Listener:
    """One open page: where its reader may look, the queue it shows, and what waits to be sent.

    A page that is `new` has not been told its queue since it began to listen; one that is `behind` missed
    something while it was loading. `unread` is the number of messages it was told last.
    """

    reach: Reach
    view: View | None = None
    reader: UUID | None = None
    spoken: str = ""
    unread: int | None = None
    new: bool = True
    behind: bool = False
    waiting: asyncio.Queue[bytes | None] = field(default_factory=lambda: asyncio.Queue(WAITING))

    def put(self, message: bytes) -> bool:
        """Whether the message could be queued; a page too slow for its queue is let go and resumes."""
        try:
            self.waiting.put_nowait(message)
        except asyncio.QueueFull:
            return False
        return True

    def end(self) -> None:
        """Let the page go; its browser comes back by itself and says how far it has come."""
        while not self.waiting.empty():
            self.waiting.get_nowait()
        self.waiting.put_nowait(None)


def reach_of(actor: Actor) -> Reach:
    """Where the posts of the actor let them see matters and people; one query for those who work at a clinic."""
    clinics = frozenset(str(clinic_id) for clinic_id in own_clinics(actor))
    matters, people, drills = (_areas(actor, verb) for verb in ("matter.view", "person.view", "coverage.view"))
    return Reach(matters, people, _areas(actor, *LOOKERS), drills, clinics)


def _areas(actor: Actor, *verbs: str) -> frozenset[UUID] | None:
    areas = [grant.area_id for grant in actor.grants if not grant.verbs.isdisjoint(verbs)]
    return None if None in areas else frozenset(area for area in areas if area)


def message_of(event: Event) -> bytes:
    """An event as a page is told of it: type and ids, no data, no people, only what to fetch again."""
    tx, number = event.position
    about = [event.data[name] for name in ABOUT if name in event.data]
    body = {
        "type": event.type,
        "subject": str(event.subject_id or ""),
        "area": str(event.area_id or ""),
        "about": about,
    }
    return b"id: %d.%d\nevent: happened\ndata: %s\n\n" % (tx, number, orjson.dumps(body))


def visible_to(event: Event, above: Iterable[UUID], reach: Reach) -> bool:
    """Whether a page may hear of an event; `above` is every area that covers the event's."""
    if event.type.startswith(OF_MATTERS):
        areas = reach.matters
    elif event.type.startswith(OF_PEOPLE):
        if event.data.get("clinic") in reach.clinics:
            return True
        areas = reach.people
    elif event.type.startswith(OF_RESPONSES):
        areas = reach.responses
    elif event.type.startswith(OF_DRILLS):
        areas = reach.drills
    else:
        return False
    return areas is None or not areas.isdisjoint(above)


def read_position(text: str) -> Position | None:
    """The position in a `Last-Event-ID`; None where it is none."""
    tx, _, number = text.partition(".")
    try:
        return int(tx), int(number)
    except ValueError:
        return None


class Tailer:
    """Follows the journal for all pages of one process, in one thread with its own connection."""

    def __init__(self) -> None:
        self.listeners: set[Listener] = set()
        self.views: WeakValueDictionary[object, View] = WeakValueDictionary()
        self.board = Board()
        self.position: Position | None = None
        self.thread = ThreadPoolExecutor(1, thread_name_prefix="live")
        self.task: asyncio.Task[None] | None = None
        self.ending = False

    async def ask(self, question: Callable[..., Answer], *args: Any) -> Answer:
        """Ask the database in the tailer's thread."""
        return await asyncio.get_running_loop().run_in_executor(self.thread, _on_good_connection, question, *args)

    async def open(
        self, actor: Actor, after: Position | None, spoken: str, queue: str | None
    ) -> tuple[Listener, list[bytes]]:
        """A new listener in its language, and what it missed since `after`. Nothing is lost between the two."""
        if self.task is None or self.task.done():
            self.position = await self.ask(head)
            self.task = asyncio.create_task(self._follow())
        view = None if queue is None else self.view_of(actor, queue, spoken)
        listener = Listener(await self.ask(reach_of, actor), view, actor.person_id, spoken)
        return listener, await self.ask(self._register, listener, after)

    def view_of(self, actor: Actor, queue: str, spoken: str) -> View:
        """The view of a queue by its query, one for all who may see the same of it in the same language."""
        seen = frozenset(grant.area_id for grant in actor.grants if "matter.view" in grant.verbs)
        return self.views.setdefault((seen, queue, spoken), View(actor, queue, spoken))

    def _register(self, listener: Listener, after: Position | None) -> list[bytes]:
        """In the tailer's thread, so that no look at the journal lies between what was missed and what comes."""
        assert self.position is not None  # set before the tailer starts
        before = [] if after is None or after >= self.position else missed(listener.reach, after, self.position)
        listener.behind = listener.view is not None and bool(before)
        self.listeners.add(listener)
        return before

    def end(self) -> None:
        """Let all pages go, those still to come too."""
        self.ending = True
        for listener in list(self.listeners):
            listener.end()

    async def stop(self) -> None:
        """End the thread and its connection."""
        self.end()
        if self.task is not None:
            self.task.cancel()
        await asyncio.get_running_loop().run_in_executor(self.thread, connection.close)
        self.thread.shutdown(wait=False)

    def close(self, listener: Listener) -> None:
        self.listeners.discard(listener)

    async def _follow(self) -> None:
        counted = 0.0
        while True:
            begun = time.monotonic()
            try:
                for listener, messages in await self.ask(self._look):
                    self._hand_out(listener, messages)
                if begun - counted >= COUNT_SECONDS:
                    counted = begun
                    for listener, message in await self.ask(self._count):
                        self._hand_out(listener, [message])
            except Exception as error:
                # A locked file or a lost connection: pages are told later, nothing is skipped.
                log.warning("live: waits for the database: %s", str(error).strip().splitlines()[:1])
            # However much there is to draw, half of the time is left to those who ask for pages.
            await asyncio.sleep(max(LOOK_SECONDS, time.monotonic() - begun))

    def _look(self) -> list[tuple[Listener, list[bytes]]]:
        """Read on in the journal, and who is to hear what."""
        assert self.position is not None  # set before the tailer starts
        position, listeners = self.position, list(self.listeners)
        alike: dict[Reach, list[Listener]] = {}
        for listener in listeners:
            alike.setdefault(listener.reach, []).append(listener)
        told: dict[Listener, list[bytes]] = {listener: [] for listener in listeners if listener.behind}
        named: set[UUID] = set()
        for _ in range(MOST_BATCHES):
            events, areas = events_after(position, BATCH), tree()
            if not events:
                break
            for event in events:
                above = areas.superiors(event.area_id) if event.area_id and event.area_id in areas else ()
                message = message_of(event)
                if event.type.startswith("matter.") and event.subject_id:
                    named.add(event.subject_id)
                for reach, pages in alike.items():
                    if visible_to(event, above, reach):
                        for page in pages:
                            told.setdefault(page, []).append(message)
            position = events[-1].position
        self._draw(told, named)
        self.position = position
        return list(told.items())

    def _draw(self, told: dict[Listener, list[bytes]], named: Collection[UUID]) -> None:
        """Add their new parts to what pages of queues are told, whose matters events have named."""
        listening = self.listeners.copy()
        if not any(listener.view for listener in listening):
            self.board.forget()
            return
        views = {listener.view for listener in told if listener.view is not None}
        pages = [(listener, listener.view) for listener in listening if listener.view in views]
        new = {view for listener, view in pages if listener.new}
        try:
            self.board.read(named)
            looks = looked(views, new, self.board)
            for listener, view in pages:
                assert view is not None  # it is one of the views
                told.setdefault(listener, []).append(looks[view])
                listener.new = listener.behind = False
        except Exception:
            # What has been drawn is not handed out, so nothing that comes may build on it.
            self.board.forget()
            for listener in self.listeners.copy():
                listener.new = True
            raise

    def _count(self) -> list[tuple[Listener, bytes]]:
        """For whom another number of messages waits unread than they were told last."""
        pages = [listener for listener in self.listeners.copy() if listener.reader is not None]
        counts, told = unread_counts({page.reader for page in pages if page.reader}), []
        for page in pages:
            unread = counts.get(page.reader, 0) if page.reader else 0
            if unread != page.unread:
                page.unread = unread
                told.append((page, UNREAD % orjson.dumps(unread_drawn(unread, page.spoken))))
        return told

    def _hand_out(self, listener: Listener, messages: list[bytes]) -> None:
        if not listener.put(b"".join(messages)):
            self.close(listener)
            listener.end()


def looked(views: Collection[View], new: Collection[View], board: Board) -> dict[View, bytes]:
    """What the pages of each view are told; that of a queue that is no more, to fetch itself anew."""
    if not views:
        return {}
    try:
        pack = pack_of(response_current())
    except Problem:
        return {view: anew(view) for view in views}
    return {view: parts_of(view, pack, board, whole=view in new) for view in views}


def parts_of(view: View, pack: Pack, board: Board, *, whole: bool) -> bytes:
    """The parts of a queue as a message."""
    try:
        return PARTS % orjson.dumps(view.look(pack, board, whole=whole))
    except Problem:
        return anew(view)


def anew(view: View) -> bytes:
    """Let a page fetch itself anew; what it showed was not led on, so nothing that comes may build on it."""
    view.follower = None
    return RESYNC


def missed(reach: Reach, after: Position, upto: Position) -> list[bytes]:
    """What a page that comes back has missed; where that is too much, that it should fetch itself anew."""
    events = events_after(after, REPLAY + 1)
    known = tree()
    if len(events) > REPLAY and events[-1].position <= upto:
        return [b"id: %d.%d\n" % upto + RESYNC]
    return [
        message_of(event)
        for event in events
        if event.position <= upto
        and visible_to(event, known.superiors(event.area_id) if event.area_id and event.area_id in known else (), reach)
    ]


def _on_good_connection(question: Callable[..., Answer], *args: Any) -> Answer:
    close_old_connections()
    return question(*args)


async def _next(listener: Listener) -> bytes | None:
    """What is to be sent next: a message, the end (None), or a heartbeat when nothing happens for long."""
    try:
        async with asyncio.timeout(HEARTBEAT_SECONDS):
            return await listener.waiting.get()
    except TimeoutError:
        return HEARTBEAT


async def stream(
    actor: Actor,
    after: Position | None,
    allowed: Callable[[], Actor | None],
    *,
    follow: Tailer,
    spoken: str = "",
    queue: str | None = None,
) -> AsyncIterator[bytes]:
    """The bytes of one page's stream: what it missed, what happens, a heartbeat; rights asked again each minute.

    Where they have changed the stream ends, and the browser opens it anew with those of today.
    """
    loop = asyncio.get_running_loop()
    listener, before = await follow.open(actor, after, spoken, queue)
    checked = loop.time()
    try:
        yield b"retry: 2000\n\n"
        for message in before:
            yield message
        while not follow.ending:
            following = await _next(listener)
            if following is None:
                return
            yield following
            if loop.time() - checked >= RECHECK_SECONDS:
                still = await follow.ask(allowed)
                if still is None or still.grants != actor.grants:
                    return
                checked = loop.time()
    finally:
        follow.close(listener)
