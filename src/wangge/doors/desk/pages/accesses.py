"""The access record 查阅记录, for those who audit it."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext

from wangge.doors.desk.pages.queue import places
from wangge.doors.desk.paging import mark_text, read_mark
from wangge.doors.desk.requests import DeskRequest, named
from wangge.doors.desk.words import field_name
from wangge.duties.matters.queries import numbers_of_reports
from wangge.duties.observation.queries.people import numbers_of_people
from wangge.ground.areas.tree import tree
from wangge.ground.kernel.problems import AreaUnknown
from wangge.ground.responses.accesses import LookMark, unmaskings
from wangge.ground.responses.queries import pack_of, response_current
from wangge.spine.forms.queries.submissions import titles_of


def accesses(request: DeskRequest) -> HttpResponse:
    """Who looked at whose full data in the actor's areas, the newest first."""
    code = request.GET.get("area", "").strip()
    node = tree().by_code(code) if code else None
    if code and node is None:
        raise AreaUnknown(area=code)
    after = read_mark(request.GET.get("after", ""), LookMark)
    page = unmaskings(actor=request.actor, area_id=node.id if node else None, after=after)
    pack, subjects = pack_of(response_current()), {look.subject_id for look in page.looks}
    numbers, people, filled = numbers_of_reports(subjects), numbers_of_people(subjects), titles_of(subjects)
    rows = [
        {
            "look": look,
            "role": named(pack.roles[look.role]) if look.role in pack.roles else look.role,
            "matter": numbers.get(look.subject_id, ""),
            "person": people.get(look.subject_id, ""),
            "filled": filled.get(look.subject_id, ""),
            "fields": gettext("、").join(field_name(code, pack) for code in look.fields),
        }
        for look in page.looks
    ]
    context = {
        "rows": rows,
        "next": mark_text(page.following),
        "area": code,
        "areas": places(request.actor),
    }
    return render(request, "desk/accesses.html", context)
