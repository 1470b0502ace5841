"""The day's counts of lodging places 旅业日报: by link, by API, by an inspector; and who had not reported in time."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Max, QuerySet

from wangge.duties.counted.events import COUNTERED, LOGGED
from wangge.duties.venues import events, rules
from wangge.duties.venues.models import DayCount, Gap, Swept, Venue
from wangge.duties.venues.queries.register import pack_for
from wangge.duties.venues.services.register import find_alive
from wangge.ground.areas.permission import may, require
from wangge.ground.journal import services as journal
from wangge.ground.kernel.clock import LOCAL, local
from wangge.ground.kernel.fields import invalid
from wangge.ground.kernel.ids import new_id
from wangge.ground.kernel.permission import Actor, system_actor
from wangge.ground.kernel.problems import (
    NotFound,
    NotLodging,
    NotPermitted,
    Problem,
    VenueEnded,
    VenueLinkUnknown,
    VenuesUnfitted,
)
from wangge.ground.kernel.secret import digest_of
from wangge.ground.responses.packs.venues import LodgingRules
from wangge.ground.responses.queries import pack_of, response_running, responses_open

SECRET_BYTES = 18
DAYS_BACK = 3  # so long a day can still be put right
AT_ONCE = 500
LATE_DAYS = 7
# What a link does is done by nobody with an account.
CLERK = system_actor("lodging-link", "lodging.report")


@dataclass(frozen=True)
class CountDraft:
    """A day's counts on their way in; `day` None means today."""

    venue_id: UUID
    guests: int
    registered: int
    uploaded: int
    day: date | None = None


@dataclass(frozen=True)
class LinkView:
    """What the holder of a link sees: the place, its counts of the last days, and by when a day is due."""

    venue: Venue
    counts: Sequence[DayCount]
    report_by: str


def lodging_report(
    *,
    actor: Actor,
    response_id: UUID,
    draft: CountDraft,
    now: datetime,
    source: str = "desk",
    record_id: UUID | None = None,
) -> DayCount:
    """Take one day's counts, or raise the problem that keeps them out. The same `record_id` again changes nothing."""
    [result] = lodging_reports(
        actor=actor, response_id=response_id, drafts=[draft], now=now, source=source,
        record_ids=[record_id] if record_id else (),
    )  # fmt: skip
    if isinstance(result, Problem):
        raise result
    return result


@transaction.atomic
def lodging_reports(
    *,
    actor: Actor,
    response_id: UUID,
    drafts: Sequence[CountDraft],
    now: datetime,
    source: str = "desk",
    record_ids: Sequence[UUID] = (),
) -> list[DayCount | Problem]:
    """Take counts: a result for each in its order. A later report of a day takes the place of the one before."""
    ids = list(record_ids) or [new_id() for _ in drafts]
    known = {one.id: one for one in DayCount.objects.filter(id__in=ids)} if record_ids else {}
    taking = _Taking(actor, response_id, drafts, now, source)
    results: list[DayCount | Problem] = [
        known[count_id] if count_id in known else taking.take(count_id, draft)
        for count_id, draft in zip(ids, drafts, strict=True)
    ]
    taking.write()
    return results


class _Taking:
    """A batch of counts on its way: what stands of their days, what is new, and what takes its place."""

    def __init__(
        self, actor: Actor, response_id: UUID, drafts: Sequence[CountDraft], now: datetime, source: str
    ) -> None:
        self.actor, self.response_id, self.now, self.source = actor, response_id, now, source
        self.exercise = response_running(response_id).exercise
        self.counted_as = rules_for(response_id).log_kind
        self.kinds = pack_for(response_id)[1].kinds
        self.today = local(now).date()
        wanted = Venue.objects.filter(id__in={draft.venue_id for draft in drafts}, response_id=response_id)
        self.venues = {one.id: one for one in wanted.select_for_update().order_by("id")}
        days = {draft.day or self.today for draft in drafts}
        rows = DayCount.objects.filter(venue_id__in=self.venues, day__in=days, replaced_at__isnull=True)
        self.standing = {(one.venue_id, one.day): one for one in rows}
        self.fresh: list[DayCount] = []
        self.replaced: list[DayCount] = []
        self.told: list[journal.Draft] = []

    def take(self, count_id: UUID, draft: CountDraft) -> DayCount | Problem:
        """Take one count, or say what keeps it out; the same numbers said once more change nothing."""
        venue = self.venues.get(draft.venue_id)
        problem = _problem(self.actor, draft, venue, self.today)
        if problem is not None or venue is None:
            return problem or NotFound(what="场所")
        count = _count(count_id, draft, venue, self.actor, self.now, self.source, self.exercise)
        before = self.standing.get((venue.id, count.day))
        if before is not None:
            if _numbers(before) == _numbers(count):
                return before
            before.replaced_at = self.now
            self.replaced.append(before)
            self._tell(before, venue, sign=-1)
        self.fresh.append(count)
        self._tell(count, venue, sign=1)
        self.standing[venue.id, count.day] = count
        return count

    def _tell(self, count: DayCount, venue: Venue, *, sign: int) -> None:
        place_kind = self.kinds[venue.kind].place_kind
        self.told.append(_event(count, self.counted_as, place_kind, self.actor, self.response_id, self.now, sign=sign))

    def write(self) -> None:
        """Write all of it, what is replaced first, so that never two counts of a day stand."""
        DayCount.objects.filter(id__in=[one.id for one in self.replaced]).update(replaced_at=self.now)
        DayCount.objects.bulk_create(self.fresh, batch_size=AT_ONCE)
        journal.record_many(self.told)


def _numbers(count: DayCount) -> tuple[int, int, int]:
    return count.guests, count.registered, count.uploaded


def rules_for(response_id: UUID) -> LodgingRules:
    """What the pack says of lodging. Raises VenuesUnfitted where it says nothing."""
    pack, plan = pack_for(response_id)
    if plan.lodging is None:
        raise VenuesUnfitted(pack=pack.name)
    return plan.lodging


def _problem(actor: Actor, draft: CountDraft, venue: Venue | None, today: date) -> Problem | None:
    if venue is None:
        return NotFound(what="场所")
    if not may(actor, "lodging.report", venue.area_id):
        return NotPermitted(verb="lodging.report")
    if venue.group != "lodging":
        return NotLodging(number=venue.number)
    if venue.state == "ended":
        return VenueEnded(number=venue.number)
    if draft.day is not None and not today - timedelta(days=DAYS_BACK) <= draft.day <= today:
        return invalid(
            "day", f"只能报今天和前 {DAYS_BACK} 天。", f"Today and the {DAYS_BACK} days before it can be reported."
        )
    return rules.check_counts(draft.guests, draft.registered, draft.uploaded)


def _count(
    count_id: UUID, draft: CountDraft, venue: Venue, actor: Actor, now: datetime, source: str, exercise: bool
) -> DayCount:
    return DayCount(
        id=count_id,
        venue_id=venue.id,
        area_id=venue.area_id,
        day=draft.day or local(now).date(),
        guests=draft.guests,
        registered=draft.registered,
        uploaded=draft.uploaded,
        source=source,
        person_id=actor.person_id,
        received_at=now,
        exercise=exercise,
    )


def _event(
    count: DayCount, kind: str, place_kind: str, actor: Actor, response_id: UUID, now: datetime, *, sign: int = 1
) -> journal.Draft:
    return journal.draft(
        LOGGED if sign > 0 else COUNTERED,
        at=now,
        observed_at=now,
        actor_id=actor.person_id,
        area_id=count.area_id,
        subject_id=count.id,
        response_id=response_id,
        exercise=count.exercise,
        kind=kind,
        place_kind=place_kind,
        sign=sign,
        guests=count.guests,
        registered=count.registered,
        uploaded=count.uploaded,
    )


# -- the operator's own link ---------------------------------------------------------------------------


@transaction.atomic
def link_make(*, actor: Actor, venue_id: UUID, now: datetime) -> str:
    """Make a link for a place; the secret is given once, and a link made before ends."""
    venue = find_alive(venue_id, actor=actor, verb="lodging.report")
    if venue.group != "lodging":
        raise NotLodging(number=venue.number)
    secret = secrets.token_urlsafe(SECRET_BYTES)
    Venue.objects.filter(id=venue.id).update(link_digest=digest_of(secret))
    journal.record(
        events.LINK_MADE,
        at=now,
        actor_id=actor.person_id,
        area_id=venue.area_id,
        subject_id=venue.id,
        response_id=venue.response_id,
        exercise=venue.exercise,
        kind=venue.kind,
    )
    return secret


def _by_link(secret: str) -> Venue:
    venue = Venue.objects.filter(link_digest=digest_of(secret)).exclude(link_digest="").first()
    if venue is None:
        raise VenueLinkUnknown()
    return venue


def link_view(*, secret: str, now: datetime) -> LinkView:
    """What a link shows. Raises VenueLinkUnknown."""
    venue = _by_link(secret)
    since = local(now).date() - timedelta(days=6)
    counts = DayCount.objects.filter(venue=venue, day__gte=since, replaced_at__isnull=True).order_by("-day")
    return LinkView(venue, list(counts), f"{rules_for(venue.response_id).report_by:%H:%M}")


def link_report(
    *, secret: str, guests: int, registered: int, uploaded: int, now: datetime, day: date | None = None
) -> DayCount:
    """Report a day by a link. Raises VenueLinkUnknown, InputInvalid."""
    venue = _by_link(secret)
    draft = CountDraft(venue.id, guests, registered, uploaded, day)
    return lodging_report(actor=CLERK, response_id=venue.response_id, draft=draft, now=now, source="link")


# -- who is missing ------------------------------------------------------------------------------------


def lodging_due(*, actor: Actor, now: datetime) -> int:
    """Find the places that had not reported by the pack's hour, each once a day; how many there were.

    Every day whose hour has passed since the last one looked at is, once: of two engines one writes the mark of the
    day. What an engine that stood still for longer than LATE_DAYS has missed is let be.
    """
    require(actor, "lodging.report", None)
    found = 0
    for response in responses_open():
        plan = pack_of(response).venues
        if plan is not None and plan.lodging is not None:
            for day in _days_due(response.id, last_due(plan.lodging, now)):
                found += _sweep(response.id, day, due_at(plan.lodging, day), now)
    return found


def _days_due(response_id: UUID, last: date) -> list[date]:
    swept = Swept.objects.filter(response_id=response_id).aggregate(latest=Max("day"))["latest"]
    days = min((last - swept).days, LATE_DAYS) if swept else 1
    return [last - timedelta(days=before) for before in reversed(range(days))]


def _sweep(response_id: UUID, day: date, hour: datetime, now: datetime) -> int:
    try:
        with transaction.atomic():
            Swept.objects.create(response_id=response_id, day=day, at=now)
            gaps = [Gap(venue=venue, day=day, found_at=now) for venue in owing_of(response_id, day, hour)]
            Gap.objects.bulk_create(gaps, batch_size=AT_ONCE)
            journal.record_many(_gap_event(gap, now) for gap in gaps)
    except IntegrityError:
        return 0
    return len(gaps)


def last_due(plan: LodgingRules, now: datetime) -> date:
    """The last day whose hour has passed."""
    today = local(now).date()
    return today if now >= due_at(plan, today) else today - timedelta(days=1)


def due_at(plan: LodgingRules, day: date) -> datetime:
    """The instant by which a day has to be reported."""
    return datetime.combine(day, plan.report_by, LOCAL)


def owing_of(response_id: UUID, day: date, hour: datetime) -> QuerySet[Venue]:
    """The lodging places that owe a day: in the register before its hour, not closed, and not reported."""
    rows = Venue.objects.filter(response_id=response_id, group="lodging", registered_at__lt=hour, exercise=False)
    return rows.exclude(state__in=("closed", "ended")).exclude(
        id__in=DayCount.objects.filter(day=day, replaced_at__isnull=True).values("venue_id")
    )


def _gap_event(gap: Gap, now: datetime) -> journal.Draft:
    venue = gap.venue
    return journal.draft(
        events.MISSING,
        at=now,
        area_id=venue.area_id,
        subject_id=venue.id,
        response_id=venue.response_id,
        exercise=venue.exercise,
        kind=venue.kind,
        day=gap.day.isoformat(),
        gap=str(gap.id),
    )


def gaps_linked(pairs: Iterable[tuple[UUID, UUID]]) -> None:
    """Note which matter each gap has become, inside the transaction that opens them."""
    for gap_id, matter_id in pairs:
        Gap.objects.filter(id=gap_id, matter_id__isnull=True).update(matter_id=matter_id)
