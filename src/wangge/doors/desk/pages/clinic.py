"""The page of a clinic: who was sent, the answer in a few keys, and the beds."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render

from wangge.doors.desk.requests import DeskRequest
from wangge.duties.observation.queries import clinic as queries
from wangge.duties.observation.services.referrals import RESULTS
from wangge.ground.kernel import clock


def clinic(request: DeskRequest) -> HttpResponse:
    """What waits for the clinics of one's own agency, the most urgent first."""
    now = clock.now()
    found = queries.clinic(actor=request.actor, now=now)
    free = [(room.id, f"{room.facility.name} {room.name}") for room in found.rooms if room.taken < room.beds]
    context = {
        "clinic": found,
        "beds": sum(room.beds for room in found.rooms),
        "free": sum(room.beds - room.taken for room in found.rooms),
        "here": [one for one in found.waiting if one.referral.stage in ("arrived", "examined")],
        "care": {"may": {"clinic": True}, "rooms": free},
        "results": RESULTS.items(),
    }
    return render(request, "desk/people/clinic.html", context)
