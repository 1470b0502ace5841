"""Somebody's duties as iCalendar (RFC 5545), which any calendar program follows as it is.

The words are Chinese in either language of the desk, as those of the Excel files are. Nobody else is named in it.
"""

from __future__ import annotations

from datetime import UTC, timedelta

import icalendar

from wangge.duties.rosters.queries.calendars import Calendar, Entry
from wangge.ground.areas.tree import tree

# So often a program should look again; many have their own mind about that.
REFRESH = timedelta(hours=1)


def calendar_file(calendar: Calendar) -> bytes:
    """The whole file: the same for the same duties, whenever it is asked for."""
    file = icalendar.Calendar()
    file.add("prodid", "-//Wangge//Duties//ZH")
    file.add("version", "2.0")
    file.add("calscale", "GREGORIAN")
    for name in ("name", "x-wr-calname"):
        file.add(name, f"值班 {calendar.name}")
    file.add("refresh-interval", REFRESH, parameters={"value": "DURATION"})
    file.add("x-published-ttl", "PT1H")
    for entry in calendar.entries:
        file.add_component(_event(calendar, entry))
    content: bytes = file.to_ical()
    return content


def _event(calendar: Calendar, entry: Entry) -> icalendar.Event:
    since, changed_at = entry.since.astimezone(UTC), entry.changed_at.astimezone(UTC)
    event = icalendar.Event()
    # Two people at one post have two events, also where one program follows both.
    event.add("uid", f"{since:%Y%m%dT%H%M%SZ}-{entry.post_id}-{calendar.person_id}@wangge")
    event.add("dtstamp", changed_at)
    event.add("last-modified", changed_at)
    event.add("sequence", entry.version)
    event.add("dtstart", since)
    event.add("dtend", entry.until.astimezone(UTC))
    event.add("summary", f"{'【演练】' if entry.exercise else ''}{entry.post} {entry.shift}")
    event.add("location", tree().path_name(entry.area_id))
    event.add("status", "CONFIRMED")
    event.add("class", "PRIVATE")
    return event
