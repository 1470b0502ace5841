"""What else can be read: areas, figures, bulletins, and who one is."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from typing import TYPE_CHECKING, Annotated
from uuid import UUID

from django.http import HttpRequest
from ninja import Router
from pydantic import AwareDatetime, Field

from wangge.doors.api.calls import actor_of_call, area_named, response_named
from wangge.doors.api.paging import cursor_text, read_cursor
from wangge.doors.api.schemas import (
    AreaOut,
    AreasOut,
    BulletinOut,
    BulletinsOut,
    BulletinWholeOut,
    FigureOut,
    FiguresOut,
    MeOut,
    PostOut,
)
from wangge.ground.areas.queries import area_by_code, areas_search
from wangge.ground.areas.tree import AreaNode, tree
from wangge.ground.kernel import clock
from wangge.ground.kernel.problems import AreaUnknown
from wangge.picture.bulletins import queries as bulletin_queries
from wangge.picture.figures.queries import figures as figures_of

if TYPE_CHECKING:
    from wangge.picture.bulletins.models import Bulletin

router = Router(tags=["reference"])


def area_out(node: AreaNode) -> AreaOut:
    """An area as the API gives it."""
    areas = tree()
    return AreaOut(
        code=node.code,
        name=node.name,
        path=areas.path_name(node.id),
        level=node.level,
        tree=node.tree,
        ended=node.ended,
        parent=areas.get(node.parent_id).code if node.parent_id else "",
    )


@router.get("/areas", response=AreasOut, summary="查找区划 · find areas")
def areas(
    request: HttpRequest,
    search: Annotated[str, Field(min_length=1, max_length=60)],
    within: Annotated[str, Field(max_length=20)] = "",
    limit: Annotated[int, Field(ge=1, le=100)] = 20,
) -> AreasOut:
    """Areas by the beginning of a code or a part of a name, old ones too."""
    found = areas_search(search, within=area_named(within).id if within else None, limit=limit)
    return AreasOut(areas=[area_out(node) for node in found])


@router.get("/areas/{code}", response=AreaOut, summary="区划 · one area")
def area(request: HttpRequest, code: str, on: date | None = None) -> AreaOut:
    """The area that holds a code now or held it last; with `on`, the one that held it on that day."""
    node = area_by_code(code, on)
    if node is None:
        raise AreaUnknown(area=code)
    return area_out(node)


@router.get("/figures", response=FiguresOut, summary="统计指标 · figures of an area")
def figures(
    request: HttpRequest,
    area: Annotated[str, Field(max_length=20)],
    until: AwareDatetime | None = None,
    since: AwareDatetime | None = None,
    response: Annotated[str, Field(max_length=40)] = "",
) -> FiguresOut:
    """Every figure of the pack up to a cut-off, now if left out; `new` counts from `since`."""
    cutoff = until or clock.now()
    values = figures_of(
        actor=actor_of_call(request),
        response_id=response_named(response),
        area_id=area_named(area).id,
        until=cutoff,
        since=since,
    )
    shown = [FigureOut.model_validate(asdict(value)) for value in values.values()]
    return FiguresOut(area=area, until=cutoff, since=since, figures=shown)


@router.get("/bulletins", response=BulletinsOut, summary="战报列表 · issued bulletins")
def bulletins(
    request: HttpRequest,
    area: Annotated[str, Field(max_length=20)] = "",
    response: Annotated[str, Field(max_length=40)] = "",
    cursor: Annotated[str, Field(max_length=200)] = "",
    limit: Annotated[int, Field(ge=1, le=200)] = 50,
) -> BulletinsOut:
    """The bulletins issued for an area, or for all the caller may see, the latest cut-off first."""
    key = read_cursor(cursor)
    page = bulletin_queries.bulletins(
        actor=actor_of_call(request),
        response_id=response_named(response),
        area_id=area_named(area).id if area else None,
        after=bulletin_queries.BulletinMark(*key) if key else None,
        limit=limit,
    )
    return BulletinsOut(bulletins=[_bulletin(one) for one in page.bulletins], next=cursor_text(page.following))


def _bulletin(bulletin: Bulletin) -> BulletinOut:
    return BulletinOut(
        bulletin_id=bulletin.id,
        area=tree().get(bulletin.area_id).code,
        serial=bulletin.serial,
        cutoff=bulletin.cutoff,
        issued_at=bulletin.issued_at,
    )


@router.get("/bulletins/{bulletin_id}", response=BulletinWholeOut, summary="战报 · one bulletin")
def bulletin(request: HttpRequest, bulletin_id: UUID) -> BulletinWholeOut:
    """An issued bulletin, word for word as it was issued."""
    found = bulletin_queries.bulletin_by_id(bulletin_id, actor=actor_of_call(request))
    content = asdict(bulletin_queries.content_of(found))
    return BulletinWholeOut(**_bulletin(found).model_dump(), content=content)


@router.get("/me", response=MeOut, summary="本账号 · who one is")
def me(request: HttpRequest) -> MeOut:
    """Who the token stands for, and what its posts allow where."""
    actor = actor_of_call(request)
    return MeOut(
        name=actor.name,
        posts=[
            PostOut(
                role=grant.role,
                area=tree().get(grant.area_id).code if grant.area_id else "",
                agency_id=grant.agency_id,
                verbs=sorted(grant.verbs),
            )
            for grant in actor.grants
        ],
        today=clock.local(clock.now()).date(),
    )
