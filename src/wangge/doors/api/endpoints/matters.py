"""Reading matters: the queue, one matter whole, and what happened to it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated, Literal

from django.http import HttpRequest
from ninja import Router
from pydantic import Field

from wangge.doors.api.calls import actor_of_call, area_named
from wangge.doors.api.paging import cursor_text, read_cursor
from wangge.doors.api.schemas import (
    ActionOut,
    EventOut,
    InvolvementOut,
    MatterOut,
    MattersOut,
    MatterWholeOut,
    ReportOut,
    TimelineOut,
)
from wangge.duties.matters import queries
from wangge.duties.matters.queries import Mark, MatterView
from wangge.ground.accounts.queries import person_names
from wangge.ground.areas.tree import tree
from wangge.ground.journal.events import CATALOGUE

if TYPE_CHECKING:
    from wangge.duties.matters.models import Matter

router = Router(tags=["matters"])
Stage = Literal["", "push", "triage", "coordinate", "verify", "close", "closed"]


def matters_out(matters: Iterable[Matter]) -> list[MatterOut]:
    """Matters as the API gives them; one query for the numbers of those they went into."""
    shown, areas = list(matters), tree()
    went = queries.numbers(matter.merged_into_id for matter in shown if matter.merged_into_id)
    return [
        MatterOut(
            number=matter.number,
            kind=matter.kind,
            severity=matter.severity,
            area=areas.get(matter.area_id).code,
            area_name=areas.path_name(matter.area_id),
            stage=matter.stage,
            pause=matter.pause,
            ending=matter.ending,
            outcome=matter.outcome,
            lead_id=matter.lead_id,
            level=matter.level,
            exercise=matter.exercise,
            received_at=matter.received_at,
            due_at=matter.due_at,
            closed_at=matter.closed_at,
            version=matter.version,
            merged_into=went.get(matter.merged_into_id, "") if matter.merged_into_id else "",
        )
        for matter in shown
    ]


@router.get("", response=MattersOut, summary="事项列表 · a page of the queue")
def matters(
    request: HttpRequest,
    stage: Stage = "",
    kind: Annotated[str, Field(max_length=40)] = "",
    area: Annotated[str, Field(max_length=20)] = "",
    cursor: Annotated[str, Field(max_length=200)] = "",
    limit: Annotated[int, Field(ge=1, le=200)] = 50,
) -> MattersOut:
    """Open matters, the most urgent first; with `stage=closed` the closed ones, the newest first."""
    actor, key = actor_of_call(request), read_cursor(cursor)
    after = Mark(*key) if key else None
    area_id = area_named(area).id if area else None
    if stage == "closed":
        page = queries.closed(actor=actor, kind=kind, area_id=area_id, after=after, limit=limit)
    else:
        page = queries.queue(actor=actor, stage=stage, kind=kind, area_id=area_id, after=after, limit=limit)
    return MattersOut(matters=matters_out(page.matters), next=cursor_text(page.following))


@router.get("/{number}", response=MatterWholeOut, summary="事项 · one matter whole")
def matter(request: HttpRequest, number: str) -> MatterWholeOut:
    """A matter with its reports, agencies and actions; personal fields masked, or absent without the right."""
    actor = actor_of_call(request)
    view = queries.matter_view(queries.matter_by_number(number, actor=actor), actor=actor)
    [head] = matters_out([view.matter])
    return MatterWholeOut(
        **head.model_dump(),
        next_action=view.next_action,
        reports=_reports(view),
        involvements=_involvements(view),
        actions=_actions(view),
        hold_until=view.hold.until if view.hold else None,
    )


def _reports(view: MatterView) -> list[ReportOut]:
    return [
        ReportOut(
            report_id=report.id,
            source=report.source,
            observed_at=report.observed_at,
            received_at=report.received_at,
            clock_wrong=report.clock_wrong,
            lon=report.lon,
            lat=report.lat,
            fields=report.fields,
            private=view.private.get(report.id, {}),
        )
        for report in view.reports
    ]


def _involvements(view: MatterView) -> list[InvolvementOut]:
    return [
        InvolvementOut(
            agency_id=part.agency_id,
            agency=part.agency.name,
            kind=part.agency.kind,
            role=part.role,
            asked_at=part.asked_at,
            accepted_at=part.accepted_at,
            arrived_at=part.arrived_at,
            worked_at=part.worked_at,
            ended_at=part.ended_at,
        )
        for part in view.involvements
    ]


def _actions(view: MatterView) -> list[ActionOut]:
    return [
        ActionOut(
            what=action.what,
            by=action.person.display_name if action.person else "",
            at=action.at,
            method=action.method,
            text=view.private.get(action.id, {}).get("text", ""),
        )
        for action in view.actions
    ]


@router.get("/{number}/timeline", response=TimelineOut, summary="事项经过 · what happened to a matter")
def timeline(request: HttpRequest, number: str) -> TimelineOut:
    """Every event of the matter, from the journal."""
    actor = actor_of_call(request)
    view = queries.matter_view(queries.matter_by_number(number, actor=actor), actor=actor)
    names = person_names(event.actor_id for event in view.timeline if event.actor_id)
    return TimelineOut(
        number=view.matter.number,
        events=[
            EventOut(
                type=event.type,
                label=CATALOGUE[event.type].zh,
                at=event.at,
                observed_at=event.observed_at,
                by=names.get(event.actor_id, "") if event.actor_id else "",
                data=event.data,
            )
            for event in view.timeline
        ],
    )
