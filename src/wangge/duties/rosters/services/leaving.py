"""Leave and illness 请假: entered, with the seats that it frees, and taken back."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from wangge.duties.rosters import events
from wangge.duties.rosters.models import Leave, Roster, RosterSeat
from wangge.duties.rosters.services.editing import check_seat
from wangge.duties.rosters.services.making import changed
from wangge.duties.rosters.services.people import require_people
from wangge.ground.journal import services as journal
from wangge.ground.kernel.fields import invalid
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotFound, RosterRuleBroken

LONGEST = timedelta(days=366)


@transaction.atomic
def leave_enter(
    *, actor: Actor, unit_id: UUID, person_id: UUID, since: datetime, until: datetime, sick: bool, now: datetime
) -> Leave:
    """Enter leave or illness of somebody of a unit; their seats in that time become empty, published or not.

    Whoever may roster the unit may enter it, and anybody for themselves when they fall ill.
    """
    if not (sick and person_id == actor.person_id):
        require_people(actor, unit_id, [person_id], now)
    if until <= max(since, now):
        raise invalid("until", "结束时间须在现在和开始时间之后。", "It must end after now and the start.")
    if until - min(since, now) > LONGEST:
        raise invalid("until", "请假不能超过一年。", "No more than a year.")
    seats = RosterSeat.objects.filter(person_id=person_id, since__lt=until, until__gt=max(since, now))
    freed = list(seats.order_by("since"))
    leave = Leave.objects.create(
        person_id=person_id, since=since, until=until, sick=sick, entered_at=now, freed=[str(one.id) for one in freed]
    )
    RosterSeat.objects.filter(id__in=leave.freed).update(person=None, fixed=False)
    for roster in Roster.objects.select_for_update().filter(id__in={seat.roster_id for seat in freed}):
        changed(roster, now)
    journal.record(
        events.LEFT,
        at=now,
        actor_id=actor.person_id,
        area_id=unit_id,
        subject_id=person_id,
        leave=str(leave.id),
        sick=sick,
        since=since.isoformat(),
        until=until.isoformat(),
        freed=len(freed),
    )
    return leave


@transaction.atomic
def leave_withdraw(*, actor: Actor, unit_id: UUID, leave_id: UUID, now: datetime) -> int:
    """Take leave back 撤销请假: the seats it freed go back to them where they are still empty and no rule forbids it.

    How many did.
    """
    leave = Leave.objects.select_for_update().filter(id=leave_id).first()
    if leave is None:
        raise NotFound(what="请假记录")
    require_people(actor, unit_id, [leave.person_id], now)
    freed, person_id = leave.freed, leave.person_id
    leave.delete()
    restored = 0
    empty = RosterSeat.objects.select_related("roster").filter(id__in=freed, person=None, since__gt=now)
    for seat in empty.order_by("since", "id"):
        try:
            check_seat(seat.roster, seat, person_id, now)
        except RosterRuleBroken:
            continue
        restored += RosterSeat.objects.filter(id=seat.id, person=None).update(person_id=person_id)
        changed(seat.roster, now)
    journal.record(
        events.LEAVE_BACK,
        at=now,
        actor_id=actor.person_id,
        area_id=unit_id,
        subject_id=person_id,
        restored=restored,
    )
    return restored
