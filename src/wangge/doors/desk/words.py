"""What happened to a matter, in words: journal events as lines of a timeline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID

from django.utils.translation import gettext

from wangge.doors.desk.requests import named, worded
from wangge.duties.matters.services.finishing import METHODS, TOLD
from wangge.duties.matters.services.handling import HAND_BACKS
from wangge.duties.matters.services.pausing import HOLD_REASONS, PARK_REASONS
from wangge.duties.matters.services.triage import DISMISSALS
from wangge.duties.observation.words import FIELD_NAMES
from wangge.ground.accounts import queries as accounts
from wangge.ground.areas.tree import tree
from wangge.ground.journal.events import CATALOGUE
from wangge.ground.kernel.clock import local, parse_instant
from wangge.ground.responses.packs.schema import Pack

if TYPE_CHECKING:
    from wangge.duties.matters.models import Action
    from wangge.duties.matters.queries import MatterView
    from wangge.ground.journal.models import Event
    from wangge.ground.responses.models import Response
    from wangge.picture.endings.models import Ending

REASONS: Mapping[str, tuple[str, str]] = {**HAND_BACKS, **DISMISSALS, **HOLD_REASONS, **PARK_REASONS}
# What is sealed of a filled-in form, as the access record names it.
FILLED = {"xml": "填报内容"}
# The event that tells of an action, so that its words stand beside it.
TOLD_BY = {
    "arrived": "matter.worked",
    "worked": "matter.worked",
    "verified": "matter.verified",
    "failed": "matter.verification_failed",
    "handed_back": "matter.handed_back",
    "dismissed": "matter.dismissed",
    "reopened": "matter.reopened",
    "hold": "matter.hold_asked",
    "parked": "matter.parked",
    "closed": "matter.closed",
    "triaged": "matter.triaged",
}
# What an overdue or an escalation looks like in a list: the rest is plain.
TONES = {
    "matter.overdue": "bad",
    "matter.escalated": "bad",
    "matter.escalation_skipped": "bad",
    "matter.verification_failed": "bad",
    "matter.handed_back": "warn",
    "matter.reminded": "warn",
    "matter.reopened": "warn",
    "matter.closed": "good",
    "matter.verified": "good",
}


# The fields of a report that every kind has; the rest are named by the pack.
OF_EVERY_REPORT = {"text": "上报内容", "reporter_name": "报告人", "reporter_phone": "报告人电话", "address": "地址"}


def field_name(code: str, pack: Pack) -> str:
    """A field of personal data as forms of matters or records name it; its code where none has it."""
    if code in OF_EVERY_REPORT:
        return gettext(OF_EVERY_REPORT[code])
    found = (item for kind in pack.kinds.values() for item in kind.fields if item.code == code)
    named_so = next((named(item) for item in found), "")
    own = FIELD_NAMES.get(code) or FILLED.get(code)
    return named_so or (gettext(own) if own else code)


def state_of_response(response: Response, ending: Ending | None) -> str:
    """Where a response stands, from running to destroyed."""
    if response.destroyed_at is not None:
        return gettext("密钥已销毁") if ending and ending.done_at else gettext("正在销毁密钥")
    if response.ended_at is not None:
        return gettext("已终止，等待销毁密钥")
    return gettext("运行中，有人提出终止") if ending else gettext("运行中")


@dataclass(frozen=True)
class Line:
    """One line of a timeline: when, what, who, the details in words, and what was said (masked)."""

    at: datetime
    label: str
    who: str
    details: str
    said: str
    tone: str
    fresh: bool


def label(type_: str) -> str:
    """The name of an event type in the language of the reader."""
    return gettext(CATALOGUE[type_].zh) if type_ in CATALOGUE else type_


def timeline(view: MatterView, pack: Pack, *, seen: tuple[int, int] | None = None) -> list[Line]:
    """The timeline of a matter, the newest first; what came after the position `seen` is fresh. Two queries."""
    people = accounts.person_names(event.actor_id for event in view.timeline if event.actor_id)
    agencies = accounts.agency_names(_agencies(view.timeline))
    said = {(TOLD_BY[action.what], action.at, action.person_id): action for action in view.actions}
    words = Words(pack, people, agencies)
    return [_line(event, words, said, view, seen) for event in reversed(view.timeline)]


def _line(
    event: Event,
    words: Words,
    said: Mapping[tuple[str, datetime, UUID | None], Action],
    view: MatterView,
    seen: tuple[int, int] | None,
) -> Line:
    action = said.get((event.type, event.at, event.actor_id))
    return Line(
        at=event.at,
        label=label(event.type),
        who=words.people.get(event.actor_id, "") if event.actor_id else gettext("系统"),
        details=words.details(event.data),
        said=view.private.get(action.id, {}).get("text", "") if action else "",
        tone=TONES.get(event.type, ""),
        fresh=seen is not None and event.position > seen,
    )


def _agencies(events: Iterable[Event]) -> set[UUID]:
    wanted: set[str] = set()
    for event in events:
        wanted.update(filter(None, [event.data.get("lead"), *event.data.get("joint", ())]))
    return {UUID(agency) for agency in wanted}


@dataclass(frozen=True)
class Words:
    """Turns the data of events into words: codes by the pack, ids by names."""

    pack: Pack
    people: Mapping[UUID, str]
    agencies: Mapping[UUID, str]

    def details(self, data: Mapping[str, Any]) -> str:
        """The details of one event, joined; what says nothing to a reader is left out."""
        parts = [text for key, value in data.items() if (text := self._detail(key, value, data))]
        return " · ".join(parts)

    def _detail(self, key: str, value: Any, data: Mapping[str, Any]) -> str:
        say = getattr(self, f"_{key}", None)
        return say(value, data) if say and value not in ("", None, []) else ""

    def _in_time(self, value: bool, data: Mapping[str, Any]) -> str:
        return gettext("时限内") if value else gettext("超时限")

    def _lead(self, value: str, data: Mapping[str, Any]) -> str:
        return gettext("牵头：%s") % self.agencies.get(UUID(value), "")

    def _joint(self, value: list[str], data: Mapping[str, Any]) -> str:
        return gettext("协同：%s") % gettext("、").join(self.agencies.get(UUID(item), "") for item in value)

    def _agency(self, value: str, data: Mapping[str, Any]) -> str:
        return "" if "lead" in data or value not in self.pack.agencies else named(self.pack.agencies[value])

    def _role(self, value: str, data: Mapping[str, Any]) -> str:
        return gettext("牵头") if value == "lead" else gettext("协同")

    def _what(self, value: str, data: Mapping[str, Any]) -> str:
        return gettext("到达现场") if value == "arrived" else gettext("现场处置")

    def _from_kind(self, value: str, data: Mapping[str, Any]) -> str:
        if value == data.get("kind") or value not in self.pack.kinds:
            return ""
        return gettext("类别由“%s”改定") % named(self.pack.kinds[value])

    def _reason(self, value: str, data: Mapping[str, Any]) -> str:
        return worded(REASONS[value]) if value in REASONS else ""

    def _method(self, value: str, data: Mapping[str, Any]) -> str:
        return worded(METHODS[value])

    def _told(self, value: str, data: Mapping[str, Any]) -> str:
        return worded(TOLD[value])

    def _outcome(self, value: str, data: Mapping[str, Any]) -> str:
        kind = self.pack.kinds.get(data.get("kind", ""))
        outcome = kind.outcome(value) if kind else None
        return named(outcome) if outcome else ""

    def _to_area(self, value: str, data: Mapping[str, Any]) -> str:
        return gettext("至 %s") % tree().path_name(UUID(value))

    def _until(self, value: str, data: Mapping[str, Any]) -> str:
        return gettext("至 %s") % f"{local(parse_instant(value)):%m-%d %H:%M}"

    def _review_on(self, value: str, data: Mapping[str, Any]) -> str:
        return gettext("复核日 %s") % value

    def _owner(self, value: str, data: Mapping[str, Any]) -> str:
        name = self.people.get(UUID(value), "")
        return gettext("责任人 %s") % name if name else ""

    def _into_number(self, value: str, data: Mapping[str, Any]) -> str:
        return gettext("并入 %s") % value

    def _from_number(self, value: str, data: Mapping[str, Any]) -> str:
        return gettext("由 %s 并入") % value

    def _times(self, value: int, data: Mapping[str, Any]) -> str:
        return gettext("第 %s 次") % value

    def _clock_wrong(self, value: bool, data: Mapping[str, Any]) -> str:
        return gettext("对方手机时钟有误") if value else ""
