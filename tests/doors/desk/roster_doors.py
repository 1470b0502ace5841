"""The forms of rosters, each as it is taken, and the rosters that they are about."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from types import SimpleNamespace
from typing import Any

from wangge.duties.rosters.models import RosterSeat
from wangge.duties.rosters.services.fixing import FixedDraft, fixed_set
from wangge.duties.rosters.services.handing import post_hand_over
from wangge.duties.rosters.services.leaving import leave_enter
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
    made.seat, made.given, freed = RosterSeat.objects.filter(roster=made.used, person__in=pair).order_by("since")[:3]
    made.giver, made.asker = pair[made.seat.person_id], pair[made.given.person_id]
    made.taker, made.asked = ("bob" if one == "alice" else "alice" for one in (made.giver, made.asker))
    swap = {"seat_id": made.given.id, "colleague_id": city.people[made.asked], "now": now}
    made.swap = swap_ask(actor=city.actor(made.asker, now), **swap)
    duty = Duty(made.seat.post_id, city.people["alice"], now - timedelta(hours=1), now + timedelta(hours=9))
    after = Duty(duty.post_id, city.people["bob"], now + timedelta(minutes=30), now + timedelta(hours=10))
    window = {"since": now, "until": now + timedelta(hours=10), "now": now}
    duties_replace(
        actor=system_actor("test", "roster.publish"), post_ids=[duty.post_id], duties=[duty, after], **window
    )
    made.duty = DutyTime.objects.get(person_id=duty.person_id, since=duty.since)
    here = {"response_id": city.response_id, "now": now}
    made.handover = post_hand_over(actor=city.actor("alice", now), post_id=duty.post_id, notes="钥匙在桌上", **here)
    unit = {"actor": city.actor("dan", now), "unit_id": city.area(TOWN)}
    draft = FixedDraft("clinic", (1,), time(9), 180, clock.local(now).date())
    made.fixed = fixed_set(person_id=city.people["alice"], draft=draft, **unit, **here)
    away = {"person_id": freed.person_id, "since": freed.since, "until": freed.until, "sick": False}
    made.leave, made.freed = leave_enter(now=now, **away, **unit), freed
    made.instead = next(person for person in pair if person != freed.person_id)
    made.used.refresh_from_db()
    return made


def _of_people(world: SimpleNamespace) -> list[Row]:
    """The forms about the people of a unit, and about its day."""
    made, people, unit = world.rosters, world.city.people, {"unit_id": world.city.area(TOWN)}
    one = unit | {"person_id": people["alice"]}
    until = clock.local(clock.now() + timedelta(days=20)).strftime("%Y-%m-%dT%H:%M")
    today = clock.local(clock.now()).strftime("%Y-%m-%d")
    fixed = {
        "key": ("key", "r2"), "kind": ("choice", "clinic"), "day": ("hidden", "2"), "start": ("text", "09:00"),
        "hours": ("number", "3"), "first_on": ("day", today), "last_on": ("day", ""), "post": ("hidden", ""),
    }  # fmt: skip
    known = {"duty": ("id", str(made.fixed.id)), "version": ("stale", str(made.fixed.version))}
    given = {"seat": ("id", str(made.freed.id)), "person": ("id", str(made.instead))}
    return [
        ("unit_people", "dan", {
            "person": ("id", str(people["alice"])), "skill": ("choice", "driver"), "how": ("hidden", "add"),
        }, unit),
        ("unit_person", "dan", {}, one),
        ("unit_person_do", "dan", {"skill": ("choice", "driver")}, one | {"deed": "skills"}),
        ("unit_person_do", "dan", {"partner": ("id", str(people["olga"]))}, one | {"deed": "join"}),
        ("unit_person_do", "dan", {}, one | {"deed": "part"}),
        ("unit_person_do", "dan", {
            "key": ("key", "r1"), "since": ("instant", ""), "until": ("instant", until),
        }, one | {"deed": "leave"}),
        ("unit_person_do", "dan", {"leave": ("id", str(made.leave.id))}, one | {"deed": "leave-back"}),
        ("unit_person_do", "dan", fixed, one | {"deed": "fixed"}),
        ("unit_person_do", "dan", known | {"last_on": ("hidden", today)}, one | {"deed": "fixed-end"}),
        ("unit_person_do", "dan", known, one | {"deed": "fixed-drop"}),
        ("unit_today", "dan", {"duty": ("id", str(made.duty.id))}, unit),
        ("duties", "alice", {}, {}),  # what was typed into its forms comes back here
        ("leave", "dan", given | {"version": ("stale", str(made.used.version))}, {"leave_id": made.leave.id}),
        ("call_ill", "bob", {"key": ("key", "r3"), "until": ("instant", until)}, {}),
        ("post_hand_over", "alice", {
            "key": ("key", "r4"), "notes": ("text", "两户未回电"),
        }, {"post_id": made.handover.post_id}),
        ("handover_take", "bob", {}, {"handover_id": made.handover.id}),
        ("roster_do", "dan", {
            "version": ("stale", str(made.used.version)), "reason": ("text", "人手抽调"),
        }, {"roster_id": made.used.id, "deed": "withdraw"}),
    ]  # fmt: skip


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
        *_of_people(world),
        *(("roster_sheet" + step, "dan", {}, {"roster_id": made.draft.id}) for step in ("", "_take", "_mend")),
        ("calendar_new", "alice", {}, {}),
        ("calendar_end", "alice", {}, {}),
    ]  # fmt: skip
