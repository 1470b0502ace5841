"""Swaps 换班: asked for, accepted by the colleague, approved by whoever makes the roster; checked at every step."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from wangge.duties.rosters import events
from wangge.duties.rosters.models import Roster, RosterSeat, Swap, SwapState
from wangge.duties.rosters.services.editing import check_seat
from wangge.duties.rosters.services.making import changed, roster_locked, tell
from wangge.ground.accounts.queries import desk_near
from wangge.ground.areas.permission import require
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import InputInvalid, NotFound, NotPermitted, RosterPast, SwapOver
from wangge.spine.messaging.services import Notice, notify_many


@transaction.atomic
def swap_ask(*, actor: Actor, seat_id: UUID, colleague_id: UUID, now: datetime, back_id: UUID | None = None) -> Swap:
    """Ask a colleague to take one's own seat, for one of theirs in return or for none."""
    seat = RosterSeat.objects.select_related("roster").filter(id=seat_id).first()
    if seat is None:
        raise NotFound(what="班次")
    if seat.person_id != actor.person_id or actor.person_id is None:
        raise NotPermitted(verb="roster.manage")
    back = RosterSeat.objects.filter(id=back_id, roster_id=seat.roster_id).first() if back_id else None
    if back_id and (back is None or back.person_id != colleague_id):
        raise InputInvalid(field="back", why_zh="请选择对方的班。", why_en="Choose a duty of the other person.")
    _check(seat.roster, seat, back, actor.person_id, colleague_id, now)
    if Swap.objects.filter(seat=seat, state__in=[SwapState.ASKED, SwapState.ACCEPTED]).exists():
        raise SwapOver()
    swap = Swap.objects.create(seat=seat, back=back, asker_id=actor.person_id, asked_id=colleague_id, at=now)
    _told(swap, seat.roster, actor, now, [colleague_id])
    return swap


def _check(roster: Roster, seat: RosterSeat, back: RosterSeat | None, asker: UUID, asked: UUID, now: datetime) -> None:
    both = [seat, *([back] if back else [])]
    if any(one.since <= now for one in both):
        raise RosterPast()
    empty = [one.id for one in both]
    check_seat(roster, seat, asked, now, empty)
    if back is not None:
        check_seat(roster, back, asker, now, empty)


@transaction.atomic
def swap_answer(*, actor: Actor, swap_id: UUID, yes: bool, now: datetime) -> SwapState:
    """The next step of a swap: the colleague answers, then whoever makes the roster; with the last yes it is done.

    Until then whoever asked may take it back.
    """
    asked = Swap.objects.filter(id=swap_id).values_list("seat__roster_id", flat=True).first()
    if asked is None:
        raise NotFound(what="换班申请")
    roster = Roster.objects.select_for_update().get(id=asked)
    swap = Swap.objects.select_for_update().get(id=swap_id)
    taken_back = not yes and actor.person_id == swap.asker_id
    if swap.state == SwapState.ASKED and actor.person_id != swap.asked_id and not taken_back:
        raise NotPermitted(verb="roster.manage")
    if swap.state == SwapState.ACCEPTED and not taken_back:
        require(actor, "roster.manage", roster.area_id)
    if swap.state not in (SwapState.ASKED, SwapState.ACCEPTED):
        raise SwapOver()
    state = SwapState.REFUSED
    if yes:
        _still(swap, roster, now)
        state = SwapState.ACCEPTED if swap.state == SwapState.ASKED else SwapState.APPROVED
    Swap.objects.filter(id=swap.id).update(state=state)
    swap.state = state
    if state == SwapState.APPROVED:
        _done(swap, actor, now)
    people = [swap.asker_id, swap.asked_id]
    if state == SwapState.ACCEPTED:  # and whoever is to approve it
        people += desk_near([roster.area_id], now, without=people)[roster.area_id]
    _told(swap, roster, actor, now, people)
    return state


def _still(swap: Swap, roster: Roster, now: datetime) -> None:
    """Both still have what they want to swap, and no rule stands against it."""
    seat, back = swap.seat, swap.back
    if seat.person_id != swap.asker_id or (back and back.person_id != swap.asked_id):
        raise SwapOver()
    _check(roster, seat, back, swap.asker_id, swap.asked_id, now)


def _done(swap: Swap, actor: Actor, now: datetime) -> None:
    roster = roster_locked(swap.seat.roster_id, actor, "roster.manage")
    RosterSeat.objects.filter(id=swap.seat_id).update(person_id=swap.asked_id)
    if swap.back_id:
        RosterSeat.objects.filter(id=swap.back_id).update(person_id=swap.asker_id)
    changed(roster, now)


def _told(swap: Swap, roster: Roster, actor: Actor, now: datetime, people: list[UUID]) -> None:
    tell(roster, events.SWAP, actor, now, seat=str(swap.seat_id), state=str(swap.state))
    notify_many(
        [
            Notice(person, f"swap:{swap.id}:{swap.state}", events.SAY_SWAP, {}, roster.id, roster.exercise)
            for person in people
            if person != actor.person_id
        ],
        now=now,
    )
