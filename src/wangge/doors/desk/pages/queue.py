"""The queue: what waits, by stage, the most urgent first."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from wangge.doors.desk.paging import mark_text, read_mark
from wangge.doors.desk.queries import stage_counts
from wangge.doors.desk.requests import DeskRequest
from wangge.duties.matters import queries
from wangge.duties.matters.queries import Mark
from wangge.duties.matters.rules import OPEN_STAGES
from wangge.ground.areas.tree import AreaNode, tree
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotFound
from wangge.ground.responses.queries import pack_of, response_current


def queue(request: DeskRequest) -> HttpResponse:
    """The home page: a tab for each stage with its count, and a page of matters."""
    stage = request.GET.get("stage", "")
    kind, area = request.GET.get("kind", ""), _area(request.GET.get("area", ""))
    area_id = area.id if area else None
    after = read_mark(request.GET.get("after", ""), Mark)
    kinds = pack_of(response_current()).kinds
    if stage == "closed":
        page = queries.closed(actor=request.actor, after=after)
    else:
        stage = stage if stage in OPEN_STAGES else ""
        page = queries.queue(actor=request.actor, stage=stage, kind=kind, area_id=area_id, after=after)
    counts = stage_counts(actor=request.actor, kind=kind, area_id=area_id)
    chosen = {"kind": kind, "area": area.code if area else ""}
    marks = [after, *(Mark(matter.queue_at, matter.id) for matter in page.matters)]
    return render(
        request,
        "desk/queue.html",
        {
            "rows": [
                (matter, "" if stage == "closed" else walk({"stage": stage} | chosen | {"after": mark_text(mark)}))
                for matter, mark in zip(page.matters, marks, strict=False)
            ],
            "kinds": kinds,
            "stage": stage,
            "chosen": chosen,
            "tabs": _tabs(stage, counts, chosen),
            "areas": places(request.actor),
            "filtered": bool(kind or area),
            "next": _address(stage, chosen | {"after": mark_text(page.following)}) if page.following else "",
            "first": after is None,
            "export": _export(stage, chosen),
            "start": _address(stage, chosen) or "?",
            "at_end": "end" in request.GET,
        },
    )


def _address(stage: str, chosen: dict[str, str]) -> str:
    return walk({"stage": stage} | chosen) or "?"


def walk(asked: Mapping[str, str]) -> str:
    """Which queue somebody works through, and up to where: the part of an address that pages of matters hand on."""
    told = {name: asked[name] for name in ("stage", "kind", "area", "after") if asked.get(name)}
    return "?" + urlencode(told) if told else ""


def following(request: DeskRequest) -> HttpResponse:
    """On to the most urgent matter of the queue that is worked through; back to the queue where none is left.

    `after` marks the last one that was passed over; what was done has left its place by itself, and what has
    come since then and is more urgent comes first.
    """
    asked, number = request.GET.dict(), request.GET.get("number", "")
    stage, area = asked.get("stage", ""), _area(asked.get("area", ""))
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
    return reverse("desk:export", kwargs={"code": "queue"}) + _address(stage, chosen)


def _tabs(stage: str, counts: dict[str, int], chosen: dict[str, str]) -> list[dict[str, Any]]:
    tabs = [{"stage": "", "count": min(sum(counts.values()), 1000), "address": _address("", chosen)}]
    tabs += [{"stage": name, "count": counts[name], "address": _address(name, chosen)} for name in OPEN_STAGES]
    tabs.append({"stage": "closed", "count": None, "address": _address("closed", {})})
    return [tab | {"on": tab["stage"] == stage} for tab in tabs]


def _area(code: str) -> AreaNode | None:
    node = tree().by_code(code.strip()) if code.strip() else None
    if code.strip() and node is None:
        raise NotFound(what=f"区域 {code}")
    return node


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
