"""The forms of rosters, each as it is taken, and the rosters that they are about."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from wangge.duties.rosters.models import RosterSeat
from wangge.duties.rosters.services.making import roster_make, roster_publish
from wangge.duties.rosters.services.swapping import swap_ask
from wangge.ground.accounts.duty import Duty, duties_replace
from wangge.ground.accounts.models import DutyTime
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import system_actor

TOWN = "441302001"
Row = tuple[str, str, dict[str, tuple[str, Any]], dict[str, Any]]


def rosters_make(city: Any, now: datetime) -> SimpleNamespace:
    """A roster of the town for the week after next, in force, a draft for the one behind it, and alice on duty now."""
    upon: dict[str, Any] = {"actor": city.actor("dan", now), "now": now}
    first = clock.local(now).date() + timedelta(days=14)
    made = SimpleNamespace()
    for name, since in (("used", first), ("draft", first + timedelta(days=7))):
        roster = roster_make(
            response_id=city.response_id, unit_id=city.area(TOWN), since=since, days=7, pattern="two", **upon
        )
        setattr(made, name, roster)
    roster_publish(roster_id=made.used.id, version=1, **upon)
    made.used.refresh_from_db()
    pair = {city.people["alice"]: "alice", city.people["bob"]: "bob"}
    made.seat, made.given = RosterSeat.objects.filter(roster=made.used, person__in=pair).order_by("since")[:2]
    made.giver, made.asker = pair[made.seat.person_id], pair[made.given.person_id]
    made.taker, made.asked = ("bob" if one == "alice" else "alice" for one in (made.giver, made.asker))
    swap = {"seat_id": made.given.id, "colleague_id": city.people[made.asked], "now": now}
    made.swap = swap_ask(actor=city.actor(made.asker, now), **swap)
    duty = Duty(made.seat.post_id, city.people["alice"], now - timedelta(hours=1), now + timedelta(hours=9))
    window = {"since": now, "until": now + timedelta(hours=10), "now": now}
    duties_replace(actor=system_actor("test", "roster.publish"), post_ids=[duty.post_id], duties=[duty], **window)
    made.duty = DutyTime.objects.get(person_id=duty.person_id, since=duty.since)
    return made


def roster_doors(world: SimpleNamespace) -> list[Row]:
    """Every form of rosters."""
    made, people = world.rosters, world.city.people
    until = clock.local(clock.now() + timedelta(days=20)).strftime("%Y-%m-%dT%H:%M")
    version = ("stale", str(made.draft.version))
    new = {
        "key": ("key", "r0"), "unit": ("choice", TOWN), "pattern": ("choice", "two"), "days": ("number", "7"),
        "since": ("day", clock.local(clock.now() + timedelta(days=40)).strftime("%Y-%m-%d")),
    }  # fmt: skip
    leave = {"person": ("id", str(people["bob"])), "since": ("instant", ""), "until": ("instant", until)}
    draft = {"roster_id": made.draft.id}
    return [
        ("rosters", "dan", new, {}),
        ("roster", "dan", {}, draft),  # what was typed into its forms comes back on its own page
        ("roster_do", "dan", {"version": version}, draft | {"deed": "publish"}),
        ("roster_do", "dan", {"version": version}, draft | {"deed": "drop"}),
        ("roster_do", "dan", {"version": version, "seconds": ("number", "5")}, draft | {"deed": "improve"}),
        ("roster_do", "dan", {}, draft | {"deed": "stop"}),
        ("roster_do", "dan", {**leave, "sick": ("hidden", "yes")}, draft | {"deed": "leave"}),
        ("roster_seat", "dan", {
            "version": ("stale", str(made.used.version)), "person": ("choice", str(made.seat.person_id)),
        }, {"seat_id": made.seat.id}),
        ("swap_new", made.giver, {"person": ("choice", str(people[made.taker]))}, {"seat_id": made.seat.id}),
        ("swap_answer", made.asked, {"yes": ("hidden", "no")}, {"swap_id": made.swap.id}),
        ("check_in", "alice", {}, {"duty_id": made.duty.id}),
        ("calendar_new", "alice", {}, {}),
        ("calendar_end", "alice", {}, {}),
    ]  # fmt: skip
