"""The queue: what waits, by stage, the most urgent first."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from wangge.doors.desk.paging import mark_text, read_mark
from wangge.doors.desk.queue_parts import drawn, parts, walk, wanted
from wangge.doors.desk.requests import DeskRequest
from wangge.doors.desk.villages import area_of
from wangge.duties.matters import queries
from wangge.duties.matters.queries import Mark
from wangge.duties.matters.rules import OPEN_STAGES
from wangge.ground.areas.tree import AreaNode, tree
from wangge.ground.kernel.permission import Actor
from wangge.ground.responses.queries import pack_of, response_current


def queue(request: DeskRequest) -> HttpResponse:
    """The home page: a tab for each stage with its count, and a page of matters."""
    pack = pack_of(response_current())
    shown = parts(request.actor, wanted(request.GET), pack)
    return render(
        request,
        "desk/queue.html",
        shown
        | {
            "rows": [drawn(row) for row in shown["matters"]],
            "kinds": pack.kinds,
            "areas": places(request.actor),
            "export": _export(shown["stage"], shown["chosen"]),
            "at_end": "end" in request.GET,
        },
    )


def following(request: DeskRequest) -> HttpResponse:
    """On to the most urgent matter of the queue that is worked through; back to the queue where none is left.

    `after` marks the last one that was passed over; what was done has left its place by itself, and what has
    come since then and is more urgent comes first.
    """
    asked, number = request.GET.dict(), request.GET.get("number", "")
    stage, area = asked.get("stage", ""), area_of(request.GET.get("area", ""))
    page = queries.queue(
        actor=request.actor,
        stage=stage if stage in OPEN_STAGES else "",
        kind=asked.get("kind", ""),
        area_id=area.id if area else None,
        after=read_mark(asked.get("after", ""), Mark),
        limit=2,
    )
    found = next((matter for matter in page.matters if matter.number != number), None)
    if found is None:
        start = walk(asked | {"after": ""})
        return redirect(reverse("desk:queue") + (f"{start}&" if start else "?") + "end=1")
    if number:
        left = queries.matter_by_number(number, actor=request.actor)
        mark = Mark(left.queue_at, left.id)
        if mark < (found.queue_at, found.id):
            asked["after"] = mark_text(mark)
    return redirect(reverse("desk:matter", kwargs={"number": found.number}) + walk(asked))


def _export(stage: str, chosen: dict[str, str]) -> str:
    """Where the list as shown comes as Excel."""
    if stage == "closed":
        return reverse("desk:export", kwargs={"code": "closed"})
    return reverse("desk:export", kwargs={"code": "queue"}) + (walk({"stage": stage} | chosen) or "?")


def places(actor: Actor) -> list[AreaNode]:
    """The areas to choose from in a filter: those of the actor's posts and two levels below, in order."""
    areas, found = tree(), {}
    tops = actor.area_ids
    for top in tops:
        found[top] = areas.get(top)
        for below in areas.children(top):
            found[below] = areas.get(below)
            if len(areas.children(below)) < 40 and len(found) < 200:
                found |= {lower: areas.get(lower) for lower in areas.children(below)}
    return list(found.values())


def search(request: DeskRequest) -> HttpResponse:
    """Straight to a matter by its number; the page says so where there is none."""
    number = request.GET.get("q", "").strip()
    if not number:
        return redirect("desk:queue")
    matter = queries.matter_by_number(number, actor=request.actor)
    return redirect("desk:matter", number=matter.number)
