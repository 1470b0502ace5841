"""Changes of codes carried out: areas keep their ids, and every record made in them keeps its place."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from wangge.ground.areas.changes import Deed
from wangge.ground.areas.covers import areas_changing
from wangge.ground.areas.events import AREA_ADDED, AREA_ENDED, AREA_RECODED, AREA_RENAMED, AREAS_IMPORTED
from wangge.ground.areas.importer import ChangesPreview, clash, replan_changes
from wangge.ground.areas.models import Area, AreaCode, Level, Membership
from wangge.ground.areas.permission import Actor, require
from wangge.ground.areas.rules import kind_of, parent_code, short_name
from wangge.ground.areas.services import BATCH, grids_follow, root_id, tell
from wangge.ground.areas.tables import LineError
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.problems import AreaCodeTaken


def code_changes_apply(*, actor: Actor, preview: ChangesPreview, now: datetime) -> ChangesPreview:
    """Apply previewed code changes: areas keep their ids, and so every record keeps its place.

    Raises AreaCodeTaken where two areas would hold one code on one day; then nothing is changed.
    """
    require(actor, "area.manage", root_id())
    found = replan_changes(preview.steps, _file_errors(preview))
    if not found.changes:
        return found
    with areas_changing():
        done = replan_changes(preview.steps, _file_errors(preview))
        taken = clash(done)
        if taken:
            raise AreaCodeTaken(area_code=taken[0], holder=str(taken[1]))
        changed = [area for area, rows in done.after.items() if done.before.get(area) != rows]
        Area.objects.bulk_create(
            [Area(id=area, level=Level.VILLAGE, since=one.step.on) for area, one in done.made.items()],
            batch_size=BATCH,
        )
        _histories_write(done, changed)
        moved = _areas_follow(changed)
        _grids_follow(done)
        _memberships_follow(moved, local(now).date())
        _tell(actor, now, done)
        _tell_imported(actor, now, done)
    return done


def _file_errors(preview: ChangesPreview) -> list[LineError]:
    """The errors of the file itself, without those that came from the areas as they stood."""
    lines = {step.line for step in preview.steps}
    return [error for error in preview.errors if error.line not in lines]


def _histories_write(done: ChangesPreview, changed: Sequence[UUID]) -> None:
    for start in range(0, len(changed), 500):
        AreaCode.objects.filter(area_id__in=changed[start : start + 500]).delete()
    rows = [
        AreaCode(area_id=area, code=span.code, name=span.name, since=span.since, until=span.until)
        for area in changed
        for span in done.after[area]
    ]
    AreaCode.objects.bulk_create(rows, batch_size=BATCH)


def _areas_follow(changed: Sequence[UUID]) -> list[UUID]:
    """Give the areas what their histories say; returns those that are new or lie in another town now."""
    ids = dict(AreaCode.objects.filter(until=None, area__level=Level.TOWN).values_list("code", "area_id"))
    rows: dict[UUID, list[AreaCode]] = defaultdict(list)
    for row in AreaCode.objects.filter(area__level=Level.VILLAGE).order_by("id"):
        rows[row.area_id].append(row)
    areas = [area for area in Area.objects.filter(level=Level.VILLAGE).defer("outline") if area.id in set(changed)]
    moved: list[UUID] = []
    for area in areas:
        first, last = rows[area.id][0], rows[area.id][-1]
        town = ids.get(parent_code(last.code), area.parent_id)
        if area.parent_id != town:
            moved.append(area.id)
        area.parent_id = town
        area.name, area.short_name, area.kind = last.name, short_name(last.name), kind_of(last.code)
        area.since = first.since or area.since
        area.until = last.until
    fields = ["parent", "name", "short_name", "kind", "since", "until"]
    Area.objects.bulk_update(areas, fields, batch_size=100)
    return moved


def _grids_follow(done: ChangesPreview) -> None:
    """Day by day, let the grids carry the codes of their villages."""
    turns: dict[date, dict[UUID, str]] = defaultdict(dict)
    for one in done.resolved:
        old, new = one.step.old, one.step.new
        if one.area and old and one.deed in {Deed.TURN, Deed.END} and (new is None or new.code != old.code):
            turns[one.step.on][one.area] = new.code if new else ""
    for on in sorted(turns):
        grids_follow(turns[on], on)


def _memberships_follow(moved: Sequence[UUID], today: date) -> None:
    """A village new in a town that several stations share belongs to the one of its neighbour by code."""
    Membership.objects.filter(member_id__in=moved, until=None).update(until=today)
    codes = dict(AreaCode.objects.filter(until=None, area__level=Level.VILLAGE).values_list("area_id", "code"))
    standing = Membership.objects.filter(until=None, member__level=Level.VILLAGE).values_list("member_id", "manager_id")
    managed = sorted((codes[member], str(manager), manager) for member, manager in standing if member in codes)
    new: list[Membership] = []
    for area in moved:
        neighbours = [(code, manager) for code, _, manager in managed if code[:9] == codes.get(area, "")[:9]]
        if neighbours:
            place = min(bisect_left(neighbours, codes[area], key=lambda pair: pair[0]), len(neighbours) - 1)
            new.append(Membership(manager_id=neighbours[place][1], member_id=area, since=today))
    Membership.objects.bulk_create(new, batch_size=BATCH)


def _tell(actor: Actor, now: datetime, done: ChangesPreview) -> None:
    made = {id(one): area for area, one in done.made.items()}
    for one in done.resolved:
        old, new = one.step.old, one.step.new
        if one.deed is Deed.ADD and new:
            tell(AREA_ADDED, actor, now, made[id(one)], code=new.code)
        elif one.deed is Deed.END and old:
            tell(AREA_ENDED, actor, now, one.area, code=old.code)
        elif one.deed is Deed.TURN and old and new and old.code != new.code:
            tell(AREA_RECODED, actor, now, one.area, old_code=old.code, new_code=new.code)
        elif one.deed is Deed.TURN and new:
            tell(AREA_RENAMED, actor, now, one.area, code=new.code)


def _tell_imported(actor: Actor, now: datetime, done: ChangesPreview) -> None:
    turned = [one.step for one in done.resolved if one.deed is Deed.TURN]
    moves = sum(step.old is not None and step.new is not None and step.old.code != step.new.code for step in turned)
    tell(
        AREAS_IMPORTED,
        actor,
        now,
        None,
        what="changes",
        adds=done.count(Deed.ADD),
        renames=len(turned) - moves,
        moves=moves,
        unchanged=done.count(Deed.NOTHING),
        errors=len(done.errors),
    )
