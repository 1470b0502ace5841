"""Reading matters: what an actor may see, in queues, by number, and whole. Query counts are fixed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from wangge.duties.matters import rules
from wangge.duties.matters.models import Action, Hold, Involvement, Matter, Merge, Report, Surge
from wangge.duties.matters.policies import Snapshot, snapshot_by_hash
from wangge.ground.areas.permission import may, require
from wangge.ground.areas.queries import covered, within_reach
from wangge.ground.areas.tree import tree
from wangge.ground.journal.readers import Event
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotFound
from wangge.ground.responses import vault

PAGE = 50
# Areas that together are less than one in so many make a small part of the city.
SMALL_PART = 200


class Mark(NamedTuple):
    """Where a page of a queue ended: the key of its last row."""

    queue_at: datetime
    matter_id: UUID


@dataclass(frozen=True)
class Page:
    """One page of matters and where the next one begins, None at the end."""

    matters: list[Matter]
    following: Mark | None


@dataclass(frozen=True)
class MatterView:
    """Everything of one matter that its page shows; personal fields are masked."""

    matter: Matter
    policy: Snapshot
    area_name: str
    reports: list[Report]
    involvements: list[Involvement]
    actions: list[Action]
    hold: Hold | None
    merge: Merge | None
    merged_from: list[Matter]
    timeline: list[Event]
    private: dict[UUID, dict[str, str]]
    next_action: str

    def handled_by(self, person_id: UUID | None) -> bool:
        """Whether somebody took part in handling, and so may not verify; the service asks the same of the database."""
        acted = any(action.person_id == person_id and action.what in rules.HANDLING for action in self.actions)
        return person_id is not None and (acted or any(part.accepted_by_id == person_id for part in self.involvements))


def visible(actor: Actor) -> QuerySet[Matter]:
    """The matters the actor may see. Nobody sees anything without a post that allows it."""
    return Matter.objects.filter(within_reach(actor, "matter.view"))


def queue(
    *,
    actor: Actor,
    stage: str = "",
    kind: str = "",
    area_id: UUID | None = None,
    after: Mark | None = None,
    limit: int = PAGE,
) -> Page:
    """A page of open matters, the most urgent first, narrowed by stage, kind and area."""
    rows = visible(actor).exclude(stage="closed")
    if stage:
        rows = rows.filter(stage=stage)
    if kind:
        rows = rows.filter(kind=kind)
    if area_id is not None:
        require(actor, "matter.view", area_id)
        rows = rows.filter(area_id__in=covered(area_id))
    if after is not None:
        rows = rows.filter(Q(queue_at__gt=after.queue_at) | Q(queue_at=after.queue_at, id__gt=after.matter_id))
    found = list(rows.select_related("lead").order_by("queue_at", "id")[: limit + 1])
    return _page(found, limit)


def open_count(*, actor: Actor, area_id: UUID) -> int:
    """How many open matters an area has that the actor may see."""
    return visible(actor).exclude(stage="closed").filter(area_id__in=covered(area_id)).count()


def _page(found: list[Matter], limit: int) -> Page:
    following = Mark(found[limit - 1].queue_at, found[limit - 1].id) if len(found) > limit else None
    return Page(found[:limit], following)


def _listed(actor: Actor, area_id: UUID | None) -> Q:
    """The condition for what an actor may see, of one area or of all, in a list that grows without end.

    A small part of the city is read through its own index and put in order. Of a large one that would be most of
    the list: there the list is walked in its order, and each row is asked whether it belongs, until the page is full.
    """
    if area_id is not None:
        require(actor, "matter.view", area_id)
        tops = [area_id]
    else:
        seen = dict.fromkeys(grant.area_id for grant in actor.grants if "matter.view" in grant.verbs)
        tops = [top for top in seen if top is not None]
        if len(tops) < len(seen):
            return Q()
    if tree().root().id in tops:
        return Q()
    below = {top: [top, *tree().descendants(top)] for top in tops}
    if sum(map(len, below.values())) * SMALL_PART < len(tree()):
        # By their ids, so that the planner sees how few they are.
        return Q(area_id__in=[area for areas in below.values() for area in areas])
    condition = Q(pk__in=[])
    for top in tops:
        condition |= Q(Exists(covered(top).filter(area_id=OuterRef("area_id"))))
    return condition


def closed(
    *, actor: Actor, kind: str = "", area_id: UUID | None = None, after: Mark | None = None, limit: int = PAGE
) -> Page:
    """A page of closed matters, the newest first, narrowed by kind and area.

    The mark's instant is when the last one was closed.
    """
    rows = Matter.objects.filter(_listed(actor, area_id), stage="closed")
    if kind:
        rows = rows.filter(kind=kind)
    if after is not None:
        rows = rows.filter(Q(closed_at__lt=after.queue_at) | Q(closed_at=after.queue_at, id__lt=after.matter_id))
    found = list(rows.select_related("lead").order_by("-closed_at", "-id")[: limit + 1])
    following = None
    if len(found) > limit and (last := found[limit - 1].closed_at):
        following = Mark(last, found[limit - 1].id)
    return Page(found[:limit], following)


def tasks(*, actor: Actor, limit: int = PAGE) -> list[Involvement]:
    """What the actor's agencies have been asked and not yet reported, the longest waiting first."""
    rows = Involvement.objects.filter(agency_id__in=actor.agency_ids, ended_at__isnull=True, matter__stage="coordinate")
    return list(rows.select_related("matter", "agency").order_by("asked_at", "id")[:limit])


def matter_by_number(number: str, *, actor: Actor) -> Matter:
    """The matter with this number, if the actor may see it; a merged one's own row, not where it went."""
    matter = Matter.objects.filter(number=number.strip()).first()
    if matter is None or not may(actor, "matter.view", matter.area_id):
        raise NotFound(what=f"事项 {number}")
    return matter


def matter_by_id(matter_id: UUID, *, actor: Actor) -> Matter:
    """The matter with this id, if the actor may see it."""
    matter = Matter.objects.filter(id=matter_id).first()
    if matter is None or not may(actor, "matter.view", matter.area_id):
        raise NotFound(what="事项")
    return matter


def resolved(matter: Matter) -> Matter:
    """Where an old number leads: the matter that a merged one went into, however often."""
    while matter.ending == "merged" and matter.merged_into_id:
        matter = Matter.objects.get(id=matter.merged_into_id)
    return matter


def still_open(matter_ids: Iterable[UUID]) -> dict[UUID, UUID]:
    """Those of the matters that are still being worked on, each with the one it was merged into, else itself."""
    leads_to, found = {matter_id: matter_id for matter_id in matter_ids}, {}
    while leads_to:
        rows = Matter.objects.filter(id__in=set(leads_to.values())).values_list("id", "stage", "merged_into_id")
        stands = {matter_id: (stage != "closed", into) for matter_id, stage, into in rows}
        on: dict[UUID, UUID] = {}
        for first, last in leads_to.items():
            is_open, into = stands.get(last, (False, None))
            if is_open:
                found[first] = last
            elif into:
                on[first] = into
        leads_to = on
    return found


def matter_view(matter: Matter, *, actor: Actor) -> MatterView:
    """The whole of a matter; a fixed number of queries whatever it holds."""
    require(actor, "matter.view", matter.area_id)
    policy = snapshot_by_hash(matter.policy_id)
    reports = list(Report.objects.filter(matter=matter).select_related("reporter").order_by("received_at", "id"))
    parts = list(
        Involvement.objects.filter(matter=matter).select_related("agency", "accepted_by").order_by("asked_at", "id")
    )
    actions = list(Action.objects.filter(matter=matter).select_related("person", "agency").order_by("at", "id"))
    subjects = [*(report.id for report in reports), *(action.id for action in actions)]
    private: dict[UUID, dict[str, str]] = {}
    if may_see_words(actor, policy, matter.area_id):
        private = vault.masked(actor=actor, area_id=matter.area_id, subject_ids=subjects)
    living = [part for part in parts if part.ended_at is None]
    lead = next((part for part in living if part.role == "lead"), None)
    return MatterView(
        matter=matter,
        policy=policy,
        area_name=tree().path_name(matter.area_id),
        reports=reports,
        involvements=parts,
        actions=actions,
        hold=Hold.objects.filter(matter=matter, approved__isnull=True).select_related("asked_by").first(),
        merge=Merge.objects.filter(matter=matter, undone_at__isnull=True).select_related("into").first(),
        merged_from=list(Matter.objects.filter(merged_into=matter).order_by("received_at")),
        timeline=list(Event.objects.filter(subject_id=matter.id).order_by("tx", "id")),
        private=private,
        next_action=rules.next_action(
            matter.stage,
            pause=matter.pause,
            lead_accepted=bool(lead and lead.accepted_at),
            all_accepted=all(part.accepted_at for part in living),
            lead_worked=bool(lead and lead.worked_at),
        ),
    )


def may_see_words(actor: Actor, policy: Snapshot, area_id: UUID) -> bool:
    """Whether the actor's roles are among those the kind names, and may read the vault there."""
    return (actor.is_system or bool(actor.roles & set(policy.kind.sees))) and may(actor, "vault.view", area_id)


def likely_same(matter: Matter, *, actor: Actor, limit: int = 10) -> list[Matter]:
    """Open matters of the same kind in the same area, the newest first: candidates for a merge."""
    rows = visible(actor).filter(area_id=matter.area_id, kind=matter.kind, exercise=matter.exercise)
    return list(rows.exclude(stage="closed").exclude(id=matter.id).order_by("-received_at")[:limit])


def surges(*, actor: Actor) -> list[tuple[Surge, str]]:
    """The surges in force where the actor may look, each with its reason where they look into the vault."""
    rows = Surge.objects.filter(ended_at__isnull=True).select_related("area").order_by("started_at")
    seen = [surge for surge in rows if may(actor, "matter.view", surge.area_id)]
    said = vault.shown([surge.id for surge in seen if may(actor, "vault.view", surge.area_id)])
    return [(surge, said.get(surge.id, {}).get("reason", "")) for surge in seen]


def numbers(matter_ids: Iterable[UUID]) -> dict[UUID, str]:
    """Case numbers by id."""
    return dict(Matter.objects.filter(id__in=set(matter_ids)).values_list("id", "number"))


class Told(NamedTuple):
    """A report and what stands open in it, for another duty that follows from it."""

    matter_id: UUID
    report_id: UUID
    fields: dict[str, Any]


def reports_told(matter_ids: Iterable[UUID]) -> list[Told]:
    """The reports of some matters, in the order they came; for follow-ups, so nobody's permission is asked."""
    rows = Report.objects.filter(matter_id__in=list(matter_ids)).order_by("received_at", "id")
    return [Told(*row) for row in rows.values_list("matter_id", "id", "fields")]


def with_merged(matter_ids: Iterable[UUID]) -> set[UUID]:
    """Some matters and those that were merged into them."""
    wanted = set(matter_ids)
    return wanted | set(Matter.objects.filter(merged_into_id__in=wanted).values_list("id", flat=True))


def endings(matter_ids: Iterable[UUID]) -> dict[UUID, tuple[str, str]]:
    """How matters ended, as (ending, outcome), ("", "") while open; that of a merged one is the other's."""
    rows = Matter.objects.filter(id__in=set(matter_ids)).select_related("merged_into")
    heads = {row.id: row.merged_into or row for row in rows}
    return {matter_id: (head.ending, head.outcome) for matter_id, head in heads.items()}


def open_among(*, actor: Actor, matter_ids: Iterable[UUID], kind: str) -> UUID | None:
    """The newest open matter of a kind among some, that the actor may see; None where there is none."""
    rows = visible(actor).filter(id__in=set(matter_ids), kind=kind).exclude(stage="closed")
    return rows.order_by("-received_at").values_list("id", flat=True).first()


def parties(matter_ids: Iterable[UUID], *, actor: Actor) -> list[tuple[Matter, list[Involvement]]]:
    """Some matters, as far as the actor may see them, with the agencies asked; two queries, in the order they came."""
    found = list(visible(actor).filter(id__in=list(matter_ids)).order_by("received_at", "id"))
    parts = Involvement.objects.filter(matter__in=found, ended_at__isnull=True).select_related("agency")
    by_matter: dict[UUID, list[Involvement]] = {}
    for part in parts.order_by("asked_at", "id"):
        by_matter.setdefault(part.matter_id, []).append(part)
    return [(matter, by_matter.get(matter.id, [])) for matter in found]


def numbers_of_reports(report_ids: Iterable[UUID]) -> dict[UUID, str]:
    """The case numbers of the matters that reports stand in, by the report's id."""
    return dict(Report.objects.filter(id__in=set(report_ids)).values_list("id", "matter__number"))


def matter_counts(response_id: UUID) -> dict[str, int]:
    """How many matters, open matters (parked ones too) and reports there are in a response."""
    matters = Matter.objects.filter(response_id=response_id)
    return {
        "matters": matters.count(),
        "open": matters.exclude(stage="closed").count(),
        "reports": Report.objects.filter(matter__response_id=response_id).count(),
    }
