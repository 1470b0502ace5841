"""What changes areas: lists imported, districts and stations set up, grids laid out (codes: `recoding`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import F

from wangge.ground.areas.covers import areas_changing
from wangge.ground.areas.events import (
    AREA_ENDED,
    AREA_RECODED,
    AREA_RENAMED,
    AREAS_IMPORTED,
    GRIDS_CREATED,
)
from wangge.ground.areas.importer import replan, replan_management
from wangge.ground.areas.management import ManagementPreview, Managing
from wangge.ground.areas.models import Area, AreaCode, Level, Membership, Tree
from wangge.ground.areas.permission import Actor, require
from wangge.ground.areas.rules import LEVEL_OF_LENGTH, Change, Preview, parent_code, short_name
from wangge.ground.areas.tree import tree
from wangge.ground.journal import services as journal
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.problems import AreaGridsInvalid, AreaListOutdated, AreaUnknown

BATCH = 1000
MOST_GRIDS = 999
GRID_KINDS = ("基础网格", "专属网格")


def root_id() -> UUID | None:
    """The area whose manager may change areas; None where no single area lies above all others."""
    try:
        return tree().root().id
    except AreaUnknown:
        return None


def areas_import(*, actor: Actor, preview: Preview, edition: date, now: datetime) -> Preview:
    """Apply a previewed list: the good lines, all of them or none. Returns what was really done.

    `edition` is the day the list speaks of. Lines that the preview could not take stay out; they
    are in `errors`. Applying a list again changes nothing.
    """
    require(actor, "area.manage", root_id())
    found = replan(preview.wanted, preview.errors)
    if not found.changes:
        return found
    with areas_changing():
        done = replan(preview.wanted, preview.errors)
        _codes_turn([*done.renames, *done.moves, *done.ends], edition)
        grids_follow({one.area_id: one.code for one in [*done.moves, *done.ends] if one.area_id}, edition)
        _areas_add(done.adds, edition)
        for one in done.renames:
            tell(AREA_RENAMED, actor, now, one.area_id, code=one.code)
        for one in done.moves:
            tell(AREA_RECODED, actor, now, one.area_id, old_code=one.old_code, new_code=one.code)
        for one in done.ends:
            tell(AREA_ENDED, actor, now, one.area_id, code=one.old_code)
        _tell_imported(actor, now, "list", done)
    return done


def _areas_add(adds: Sequence[Change], edition: date) -> None:
    ids = dict(AreaCode.objects.filter(until=None).values_list("code", "area_id"))
    areas: list[Area] = []
    for one in adds:
        area = Area(
            level=LEVEL_OF_LENGTH[len(one.code)],
            name=one.name,
            short_name=short_name(one.name),
            kind=one.kind,
            parent_id=ids.get(parent_code(one.code)),
            since=edition,
        )
        ids[one.code] = area.id
        areas.append(area)
    Area.objects.bulk_create(areas, batch_size=BATCH)
    AreaCode.objects.bulk_create(
        [
            AreaCode(area=area, code=one.code, name=one.name, since=edition)
            for one, area in zip(adds, areas, strict=True)
        ],
        batch_size=BATCH,
    )


def _codes_turn(changes: Sequence[Change], edition: date) -> None:
    """Rename, recode and end areas on the day of the edition: first every old row is closed, then new ones begin.

    A row of that very day is put right instead. Raises AreaListOutdated for a list older than what stands.
    """
    turning = {one.area_id: one for one in changes if one.area_id}
    rows = [
        row
        for row in AreaCode.objects.filter(until=None, area_id__in=list(turning))
        if (row.code, row.name) != (turning[row.area_id].code, turning[row.area_id].name)
    ]
    later = [row.since for row in rows if row.since and row.since > edition]
    if later:
        raise AreaListOutdated(edition=edition.isoformat(), standing=max(later).isoformat())
    AreaCode.objects.filter(id__in=[row.id for row in rows if row.since == edition]).delete()
    AreaCode.objects.filter(id__in=[row.id for row in rows]).update(until=edition)
    begin = [(row.area_id, turning[row.area_id]) for row in rows if turning[row.area_id].code]
    AreaCode.objects.bulk_create(
        [AreaCode(area_id=area_id, code=one.code, name=one.name, since=edition) for area_id, one in begin]
    )
    parents = dict(AreaCode.objects.filter(until=None).values_list("code", "area_id"))
    for area_id, one in turning.items():
        area = Area.objects.filter(id=area_id)
        if one.code:
            above = parents.get(parent_code(one.code))
            area.update(name=one.name, short_name=short_name(one.name), kind=one.kind, parent_id=above)
        else:
            area.update(until=edition)


def management_import(*, actor: Actor, preview: ManagementPreview, now: datetime) -> ManagementPreview:
    """Apply a previewed list of districts and stations; memberships that change end today and begin today."""
    require(actor, "area.manage", root_id())
    today = local(now).date()
    found = replan_management(preview.wanted, preview.errors)
    if not found.changes:
        return found
    with areas_changing():
        done = replan_management(preview.wanted, preview.errors)
        ids = dict(AreaCode.objects.filter(until=None).values_list("code", "area_id"))
        rows = {one.code: one for one in done.wanted}
        for added in done.adds:
            ids[added.code] = _manager_add(rows[added.code], ids, today)
        for one in done.renames:
            Area.objects.filter(id=ids[one.code]).update(name=one.name, short_name=one.name)
            AreaCode.objects.filter(area_id=ids[one.code], until=None).update(name=one.name)
        for one in done.moves:
            Area.objects.filter(id=ids[one.code]).update(parent_id=ids[rows[one.code].parent_code])
        _memberships_set({ids[one.code]: [ids[m] for m in rows[one.code].member_codes] for one in done.moves}, today)
        _memberships_set({ids[one.code]: [ids[m] for m in rows[one.code].member_codes] for one in done.adds}, today)
        _tell_imported(actor, now, "management", done)
    return done


def _manager_add(row: Managing, ids: Mapping[str, UUID], today: date) -> UUID:
    area = Area.objects.create(
        level=row.level,
        tree=Tree.MANAGEMENT,
        name=row.name,
        short_name=row.name,
        parent_id=ids[row.parent_code],
        since=today,
    )
    AreaCode.objects.create(area=area, code=row.code, name=row.name, since=today)
    return area.id


def _memberships_set(members: Mapping[UUID, Sequence[UUID]], today: date) -> None:
    """Make these the members of these managers; what one loses ends today."""
    new: list[Membership] = []
    for manager, wanted in members.items():
        standing = set(Membership.objects.filter(manager_id=manager, until=None).values_list("member_id", flat=True))
        Membership.objects.filter(manager_id=manager, until=None).exclude(member_id__in=wanted).update(until=today)
        new += [
            Membership(manager_id=manager, member_id=member, since=today) for member in wanted if member not in standing
        ]
    Membership.objects.bulk_create(new, batch_size=BATCH)


def grids_create(
    *,
    actor: Actor,
    village_id: UUID,
    count: int = 0,
    names: Sequence[str] = (),
    kind: str = GRID_KINDS[0],
    now: datetime,
) -> list[UUID]:
    """Lay out grids 网格 in a village: so many, named 第1网格 …, or one for each name. Returns their ids.

    Codes are the village's and three digits, going on after the highest ever used there. Raises
    AreaUnknown for what is no village, AreaGridsInvalid for a wrong count, kind or name.
    """
    require(actor, "area.manage", village_id)
    with areas_changing():
        return _grids_add(actor, {village_id: list(names) or count}, kind, now)


def grids_create_many(
    *, actor: Actor, counts: Mapping[UUID, int], kind: str = GRID_KINDS[0], now: datetime
) -> list[UUID]:
    """Lay out grids in many villages at once: how many in each."""
    for village_id in counts:
        require(actor, "area.manage", village_id)
    with areas_changing():
        return _grids_add(actor, dict(counts), kind, now)


def _grids_add(actor: Actor, wanted: Mapping[UUID, int | list[str]], kind: str, now: datetime) -> list[UUID]:
    if kind not in GRID_KINDS:
        raise AreaGridsInvalid(why_zh=f"没有“{kind}”这种网格", why_en=f"there is no kind of grid called {kind}")
    today = local(now).date()
    last = _last_grid_numbers()
    areas: list[Area] = []
    codes: list[AreaCode] = []
    for village_id, names in wanted.items():
        village = tree().get(village_id)
        if village.level != Level.VILLAGE or village.ended:
            raise AreaUnknown(area=village.name)
        first = last.get(village.code, 0) + 1
        for number, name in enumerate(_grid_names(names, first), start=first):
            area = Area(level=Level.GRID, name=name, short_name=name, kind=kind, parent_id=village_id, since=today)
            areas.append(area)
            codes.append(AreaCode(area=area, code=f"{village.code}{number:03}", name=name, since=today))
    Area.objects.bulk_create(areas, batch_size=BATCH)
    AreaCode.objects.bulk_create(codes, batch_size=BATCH)
    only = next(iter(wanted)) if len(wanted) == 1 else None
    tell(GRIDS_CREATED, actor, now, only, villages=len(wanted), grids=len(areas))
    return [area.id for area in areas]


def _grid_names(names: int | list[str], first: int) -> list[str]:
    given = [f"第{number}网格" for number in range(first, first + names)] if isinstance(names, int) else names
    if not given or first + len(given) - 1 > MOST_GRIDS:
        raise AreaGridsInvalid(
            why_zh=f"一个村（居）的网格应为 1 至 {MOST_GRIDS} 个", why_en=f"a village has 1 to {MOST_GRIDS} grids"
        )
    if not all(name.strip() for name in given) or len(set(given)) < len(given):
        raise AreaGridsInvalid(why_zh="网格名称有空缺或重复", why_en="a name of a grid is empty or stands twice")
    return given


def grids_follow(turns: Mapping[UUID, str], on: date) -> None:
    """From this day on the grids of these villages carry the village's new code, or end with it ("")."""
    rows = list(
        AreaCode.objects.filter(until=None, area__level=Level.GRID, area__parent_id__in=list(turns))
        .select_related("area")
        .only("code", "name", "since", "area__parent_id")
    )
    begun = [row for row in rows if row.since is not None and row.since >= on]
    new = [
        AreaCode(
            area_id=row.area_id,
            code=turns[row.area.parent_id] + row.code[-3:],
            name=row.name,
            since=max(on, row.since or on),
        )
        for row in rows
        if row.area.parent_id and turns[row.area.parent_id]
    ]
    kept = {row.area_id for row in new}
    AreaCode.objects.filter(id__in=[row.id for row in begun if row.area_id in kept]).delete()
    for row in begun:
        if row.area_id not in kept and row.since:
            AreaCode.objects.filter(id=row.id).update(until=row.since + timedelta(days=1))
    AreaCode.objects.filter(id__in=[row.id for row in rows], until=None).update(until=on)
    AreaCode.objects.bulk_create(new, batch_size=BATCH)
    ended = Area.objects.filter(id__in=[row.area_id for row in rows if row.area_id not in kept])
    ended.filter(since__gt=on).update(until=F("since"))
    ended.filter(until=None).update(until=on)


def _last_grid_numbers() -> dict[str, int]:
    """The highest grid number ever used under each village code."""
    last: dict[str, int] = {}
    for code in AreaCode.objects.filter(area__level=Level.GRID).order_by("code").values_list("code", flat=True):
        last[code[:12]] = int(code[12:])
    return last


def _tell_imported(actor: Actor, now: datetime, what: str, done: Preview | ManagementPreview) -> None:
    """Record the import of a whole list."""
    tell(
        AREAS_IMPORTED,
        actor,
        now,
        None,
        what=what,
        adds=len(done.adds),
        renames=len(done.renames),
        moves=len(done.moves),
        unchanged=done.unchanged,
        errors=len(done.errors),
    )


def tell(type: str, actor: Actor, now: datetime, area_id: UUID | None, **data: str | int) -> None:
    """Record an event of this room about one area, or about all of them."""
    journal.record(type, at=now, actor_id=actor.person_id, area_id=area_id, subject_id=area_id, **data)
