"""What a pasted message or a call note says: read while it is typed, marked in the text, filled into the form.

The person confirms; what somebody has typed into a field is never changed by it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext
from django.views.decorators.http import require_POST

from wangge.doors.desk.context import may_somewhere
from wangge.doors.desk.requests import DeskRequest
from wangge.doors.desk.templatetags.desk import UNSEEN_MARK
from wangge.duties.matters import rules
from wangge.duties.matters.reading.kinds import KindRead
from wangge.duties.matters.reading.making import dictionaries_installed
from wangge.duties.matters.reading.reader import Reading, read
from wangge.duties.matters.reading.spans import Field, Found
from wangge.duties.matters.reading.times import Moment
from wangge.ground.areas.permission import may
from wangge.ground.areas.tree import AreaNode, tree
from wangge.ground.kernel import clock
from wangge.ground.kernel.identity import document_guessed
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotPermitted
from wangge.ground.kernel.text import UNSEEN
from wangge.ground.responses.packs.schema import KeywordRule, MatterKind, Pack
from wangge.ground.responses.queries import pack_by_id, response_current

MOST_CANDIDATES, MOST_ELSEWHERE = 30, 5
# So many names are a list; what stands for each when they are taken out.
MOST_NAMES, STRUCK = 2, "某某"
# The hour that stands for a part of a day: the form asks for a time, and the person is told that it was not said.
PARTS = {"凌晨": 3, "半夜": 1, "深夜": 23, "清": 7, "早": 8, "上午": 10, "中午": 12, "下午": 15, "傍晚": 18}
EVENING, NOON = 20, 12
# Unicode's pictures of control characters begin here, in their order; that of DEL follows on them.
SIGNS, DELETE = 0x2400, 0x21


@dataclass(frozen=True)
class Piece:
    """A piece of the message: plain, or marked as something that was read."""

    text: str
    field: str = ""
    doubt: str = ""


@require_POST
def intake_read(request: DeskRequest) -> HttpResponse:
    """The message with what was read marked in it, and what the form is filled with."""
    whole = request.POST.get("text", "")
    text = whole[: rules.TEXT_LIMIT]
    if not text.strip():
        return HttpResponse()
    pack_id = response_current().pack_id
    pack, found = pack_by_id(pack_id), read(text, clock.now(), dictionaries_installed(pack_id))
    kind = pack.kinds.get(found.kind or request.POST.get("kind", ""))
    context = {
        "pieces": list(_pieces(text, found)),
        "fill": _fill(request.actor, found, kind),
        "suggested": kind_suggested(found, pack),
        **_candidates(request.actor, found, "matter.report"),
        "too_long": _too_long(whole),
        "unnamed": _unnamed(text, found, kind),
        "about": found.moment is not None and not found.moment.at,
    }
    return render(request, "desk/intake_read.html", context)


@require_POST
def person_read(request: DeskRequest) -> HttpResponse:
    """The same for the form that puts somebody on record; what is not read of a person stays in the message."""
    if not may_somewhere(request.actor, "person.register"):
        raise NotPermitted(verb="person.register")
    whole = request.POST.get("text", "")
    text = whole[: rules.TEXT_LIMIT]
    if not text.strip():
        return HttpResponse()
    pack_id = response_current().pack_id
    found = read(text, clock.now(), dictionaries_installed(pack_id))
    context = {
        "pieces": list(_pieces(text, found)),
        "fill": _person_fill(request.actor, found, pack_by_id(pack_id), request.POST.get("role", "")),
        **_candidates(request.actor, found, "person.register"),
        "too_long": _too_long(whole),
    }
    return render(request, "desk/intake_read.html", context)


def _candidates(actor: Actor, found: Reading, verb: str) -> dict[str, list[AreaNode]]:
    """The villages that may be meant, where the message leaves it open: those to choose, and those of other desks."""
    nodes = [node for code in found.place.candidates if (node := tree().by_code(code))]
    own = [node for node in nodes if may(actor, verb, node.id)]
    # A name that an own village bears means that one; villages named beside it are another desk's to take.
    meant = {one.code for one in own}
    shared = {code for one in found.found if one.field == Field.VILLAGE for code in _codes(one) if meant & _codes(one)}
    others = [node for node in nodes if node.code not in shared]
    return {"candidates": own[:MOST_CANDIDATES], "elsewhere": others[:MOST_ELSEWHERE] if own else []}


def _codes(one: Found) -> set[str]:
    return set(one.value) if isinstance(one.value, tuple) else set()


def _too_long(text: str) -> str:
    if len(text) <= rules.TEXT_LIMIT:
        return ""
    return gettext("超过 %(most)s 字，请删减后保存；多出的部分没有读。") % {"most": rules.TEXT_LIMIT}


def kind_suggested(found: Reading, pack: Pack) -> tuple[MatterKind, KeywordRule | None] | None:
    """The kind that a message speaks of, and the rule of the pack that says so, None where what was read says it."""
    read_as = next((one.value for one in found.found if isinstance(one.value, KindRead)), None)
    return (pack.kinds[read_as.code], read_as.rule) if read_as and read_as.code in pack.kinds else None


def _unnamed(text: str, found: Reading, kind: MatterKind | None) -> str:
    """The message without the names of those present, where it lists some and the kind counts people; else ""."""
    own = {item.read_as for item in kind.fields} if kind else set()
    listed = [one for one in found.found if one.field in {Field.NAME, Field.DOCUMENT}]
    if "people" not in own or "name" in own or len(listed) < MOST_NAMES:
        return ""
    for one in reversed(listed):
        text = text[: one.start] + STRUCK + text[one.end :]
    return text


def _pieces(text: str, found: Reading) -> Iterator[Piece]:
    at = 0
    for one in found.found:
        if one.start < at or one.end <= one.start:
            continue  # within something that is marked already
        yield from _plain(text[at : one.start])
        yield Piece(text[one.start : one.end], str(one.field), str(one.doubt))
        at = one.end
    yield from _plain(text[at:])


def _plain(text: str) -> Iterator[Piece]:
    """Words that say nothing the form asks for; what nobody sees among them is shown by its sign, to be taken out."""
    at = 0
    for one in UNSEEN.finditer(text):
        if at < one.start():
            yield Piece(text[at : one.start()])
        yield Piece(chr(SIGNS + min(ord(one[0]), DELETE)), UNSEEN_MARK, UNSEEN_MARK)
        at = one.end()
    if at < len(text):
        yield Piece(text[at:])


def _fill(actor: Actor, found: Reading, kind: MatterKind | None) -> dict[str, str]:
    """What goes into which control of the form."""
    fill = {"kind": found.kind or "", "address": found.address or "", "observed_at": _instant(found.moment)}
    fill |= _village(actor, found, "matter.report")
    said, own = _said(found), {item.read_as: item.code for item in (kind.fields if kind else ())}
    # Where the kind asks for nobody's name or number, the one in the message is the reporter's; of several none is.
    alone = {"name": found.values(Field.NAME), "phone": found.values(Field.PHONE)}
    fill |= {f"reporter_{what}": said[what] for what, all_ in alone.items() if what not in own and len(all_) == 1}
    into = {code: said[what] for what, code in own.items() if what}
    fill |= {f"f_{code}": value for code, value in into.items()}
    return {name: value for name, value in fill.items() if value}


def _village(actor: Actor, found: Reading, verb: str) -> dict[str, str]:
    village = tree().by_code(found.place.village) if found.place.village else None
    if village is None or not may(actor, verb, village.id):
        return {}
    return {"area": village.code, "area_name": village.name}


def _person_fill(actor: Actor, found: Reading, pack: Pack, chosen: str) -> dict[str, str]:
    """What goes into which control of the form of a person; `chosen` is the role that stands there."""
    said = _said(found)
    roles = pack.observation.roles if pack.observation else {}
    read_as = next((role for role, one in roles.items() if one.kind == found.kind), "")
    phones = [str(phone) for phone in dict.fromkeys(found.values(Field.PHONE))]
    document = document_guessed(said["document"]) if said["document"] else None
    day = "arrived_on" if (read_as or chosen) == "arrival" else "last_exposure_on"
    fill = {name: said[name] for name in ("name", "origin", "address")} | {"role": read_as, day: said["day"]}
    fill |= dict(zip(("phone", "phone_2"), phones, strict=False))
    fill |= {"document_kind": document[0], "document": document[1]} if document else {}
    return {name: value for name, value in (fill | _village(actor, found, "person.register")).items() if value}


def _said(found: Reading) -> dict[str, str]:
    """By what a field of the pack is read from: what the message says."""
    people = str(found.people_count) if found.people_count is not None else ""
    return {
        "people": people,
        "origin": found.origin or "",
        "venue": found.venue or "",
        "day": found.occurred_on.isoformat() if found.occurred_on else "",
        "name": _first(found, Field.NAME),
        "phone": _first(found, Field.PHONE),
        "document": _first(found, Field.DOCUMENT),
        "plate": _first(found, Field.PLATE),
        "temperature": _first(found, Field.TEMPERATURE),
        "address": found.address or "",
    }


def _first(found: Reading, field: Field) -> str:
    return str(next(iter(found.values(field)), ""))


def _instant(moment: Moment | None) -> str:
    """The moment as the form's control takes it; a day without an hour is its noon, today without one is just now."""
    if moment is None:
        return ""
    if moment.at:
        return f"{moment.on.isoformat()}T{moment.at:0>5}"
    if not moment.part:
        return "" if moment.on >= clock.local(clock.now()).date() else f"{moment.on.isoformat()}T{NOON:02}:00"
    hour = next((hour for part, hour in PARTS.items() if moment.part.startswith(part)), EVENING)
    return f"{moment.on.isoformat()}T{hour:02}:00"
