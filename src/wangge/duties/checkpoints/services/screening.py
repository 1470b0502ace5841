"""Screenings 检疫登记: taken in batches from a phone, a sheet or a checkpoint's own system, each row once.

What is counted is added to the totals in the transaction that takes the row, and a batch is one event for each
checkpoint it tells of. Of a normal passenger nothing is kept; who is stopped becomes an alert.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction

from wangge.duties.checkpoints import events, rules
from wangge.duties.checkpoints.models import Alert, Checkpoint, Screening, Total
from wangge.duties.checkpoints.queries.register import pack_for
from wangge.duties.checkpoints.rules import Row
from wangge.duties.checkpoints.services.register import event_of, find_standing
from wangge.ground.areas.permission import may, require
from wangge.ground.journal import services as journal
from wangge.ground.kernel.bulk import count_up, insert_new
from wangge.ground.kernel.clock import local
from wangge.ground.kernel.fields import invalid
from wangge.ground.kernel.ids import new_id
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import CheckpointClosed, InputInvalid, NotFound, NotPermitted, Problem
from wangge.ground.responses import vault
from wangge.ground.responses.packs.schema import Pack
from wangge.ground.responses.queries import response_running
from wangge.ground.responses.vault import Secret

COLUMNS = (
    "id", "checkpoint", "at", "lane", "province", "energy", "vehicles", "people", "fevers", "person_id", "withdrawn",
)  # fmt: skip
SUMS = ("vehicles", "people", "fevers", "energy", "outside")
KEYS = ("grain", "start", "checkpoint", "lane", "shift")
UPSERTED = 1000  # totals in one statement
PART = 5000  # rows forgotten at once
WITHDRAWN_WITHIN = timedelta(minutes=15)
# Fields of who was stopped, and how each is sealed.
PRIVATE = {"name": "name", "document": "document", "phone": "phone", "plate": "text", "note": "text"}
PRIVATE |= {"temperature": "text", "origin": "text", "address": "address"}


class Taken(NamedTuple):
    """What became of a row: counted now, or `repeated`; the alert that it has raised, if any."""

    repeated: bool
    alert_id: UUID | None = None


@transaction.atomic
def screenings_take(
    *, actor: Actor, response_id: UUID, rows: Sequence[Row | Problem], now: datetime, source: str
) -> list[Taken | Problem]:
    """Take rows: for each in its place what became of it, or what keeps it out. A row sent again changes nothing.

    What could not be read as a row stands among them as the problem that it is.
    """
    response_running(response_id)
    pack, _ = pack_for(response_id)
    taking = _Taking(actor, pack, response_id, rows, now, source)
    results = taking.take(rows)
    taking.write()
    return results


class _Taking:
    """A batch on its way: its checkpoints, the rows that are new, and what they add up to."""

    def __init__(
        self, actor: Actor, pack: Pack, response_id: UUID, rows: Sequence[Row | Problem], now: datetime, source: str
    ) -> None:
        assert pack.checkpoints is not None
        self.actor, self.pack, self.plan = actor, pack, pack.checkpoints
        self.response_id, self.now, self.source = response_id, now, source
        named = {row.checkpoint_id for row in rows if isinstance(row, Row)}
        wanted = Checkpoint.objects.filter(id__in=named, response_id=response_id)
        self.checkpoints = {one.id: one for one in wanted}
        self.refused = {one.id: _refusal(actor, one) for one in self.checkpoints.values()}
        protocol = pack.protocol_on(local(now).date())
        self.fever_from = protocol.fever_celsius if protocol else rules.HOTTEST
        self.fresh: list[Row] = []
        self.alerts: list[tuple[Alert, Row]] = []

    def take(self, rows: Sequence[Row | Problem]) -> list[Taken | Problem]:
        """Judge the rows and insert those that are new; the result of each."""
        good: dict[UUID, Row] = {}
        ids: list[UUID | Problem] = []
        for row in rows:
            if isinstance(row, Problem):
                ids.append(row)
                continue
            problem = self._problem(row)
            if problem is not None:
                ids.append(problem)
                continue
            row_id = rules.row_id(row)
            good.setdefault(row_id, self._measured(row))
            ids.append(row_id)
        new = insert_new(Screening, COLUMNS, [self._columns(row_id, good[row_id]) for row_id in sorted(good)])
        self.fresh = [good[row_id] for row_id in good if row_id in new]
        raised = {row_id: self._alert(good[row_id]) for row_id in good if row_id in new}
        results: list[Taken | Problem] = []
        for one in ids:
            if isinstance(one, Problem):
                results.append(one)
            else:
                results.append(Taken(one not in new, raised.get(one)))
                new.discard(one)  # further down the same row is a repetition
        return results

    def _problem(self, row: Row) -> Problem | None:
        checkpoint = self.checkpoints.get(row.checkpoint_id)
        if checkpoint is None:
            return NotFound(what="检疫点")
        return (
            self.refused[row.checkpoint_id]
            or rules.check_row(row, checkpoint.lanes, self.now)
            or (rules.check_origin(row, self.plan) if row.origin else None)
        )

    def _measured(self, row: Row) -> Row:
        """The row with at least one fever where its temperature says so."""
        fevered = rules.alert_of(row, self.fever_from) == "fever" and not row.fevers
        return row._replace(fevers=1) if fevered else row

    def _columns(self, row_id: UUID, row: Row) -> tuple[Any, ...]:
        return (
            row_id, row.checkpoint_id, row.at, row.lane, row.province, row.energy, row.vehicles, row.people,
            row.fevers, self.actor.person_id, False,
        )  # fmt: skip

    def _alert(self, row: Row) -> UUID | None:
        what = rules.alert_of(row, self.fever_from)
        if not what:
            return None
        checkpoint = self.checkpoints[row.checkpoint_id]
        alert = Alert(
            id=new_id(),
            checkpoint_id=checkpoint.id,
            area_id=checkpoint.area_id,
            what=what,
            lane=row.lane,
            at=row.at,
            received_at=self.now,
            person_id=self.actor.person_id,
            exercise=checkpoint.exercise,
        )
        self.alerts.append((alert, row))
        return alert.id

    def write(self) -> None:
        """Write what the new rows add up to: totals, alerts, events, a sign of life."""
        if not self.fresh:
            return
        totals_add(self.fresh, self.pack, sign=1)
        Alert.objects.bulk_create([alert for alert, _ in self.alerts])
        vault.put_many(
            response_id=self.response_id, secrets=[one for alert, row in self.alerts for one in _secrets(alert, row)]
        )
        journal.record_many([*self._counted(), *self._alerted()])
        seen(sorted({row.checkpoint_id for row in self.fresh}), self.now)

    def _counted(self) -> Iterable[journal.Draft]:
        for checkpoint_id, rows in _by_checkpoint(self.fresh).items():
            yield _counted(self.checkpoints[checkpoint_id], rows, self.actor, self.now, self.source, sign=1)

    def _alerted(self) -> Iterable[journal.Draft]:
        for alert, row in self.alerts:
            checkpoint = self.checkpoints[row.checkpoint_id]
            upon: dict[str, Any] = {"actor": self.actor, "now": self.now, "subject_id": alert.id}
            yield event_of(checkpoint, events.ALERTED, **upon, what=alert.what, lane=alert.lane)


def _refusal(actor: Actor, checkpoint: Checkpoint) -> Problem | None:
    """Why nothing can be screened at a checkpoint by this actor, None where it can."""
    if not may(actor, "checkpoint.screen", checkpoint.area_id):
        return NotPermitted(verb="checkpoint.screen")
    return CheckpointClosed(number=checkpoint.number) if checkpoint.closed_on is not None else None


def _secrets(alert: Alert, row: Row) -> list[Secret]:
    """What is known of who was stopped."""
    said = dict(row.private or {})
    if row.temperature is not None:
        said["temperature"] = f"{row.temperature:g}"
    said["origin"] = row.origin
    return [Secret(alert.id, name, PRIVATE[name], value) for name, value in said.items() if value]


def _by_checkpoint(rows: Iterable[Row]) -> dict[UUID, list[Row]]:
    groups: dict[UUID, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.checkpoint_id, []).append(row)
    return groups


def _counted(
    checkpoint: Checkpoint, rows: Sequence[Row], actor: Actor, now: datetime, source: str, *, sign: int
) -> journal.Draft:
    draft = event_of(
        checkpoint, events.COUNTED, actor=actor, now=now, source=source, sign=sign,
        vehicles=sum(row.vehicles for row in rows),
        people=sum(row.people for row in rows),
        fevers=sum(row.fevers for row in rows),
    )  # fmt: skip
    return draft._replace(observed_at=max(row.at for row in rows))


def totals_add(rows: Iterable[Row], pack: Pack, *, sign: int) -> None:
    """Add rows to the totals of their hours, days and months, or take them off again."""
    assert pack.checkpoints is not None
    home, shifts = pack.checkpoints.home, list(pack.checkpoints.shifts.values())
    minutes: dict[tuple[UUID, int, int], list[int]] = {}
    for row in rows:
        # Shifts begin at full minutes: so finely it must be known which one a row belongs to.
        sums = minutes.setdefault((row.checkpoint_id, int(row.at.timestamp()) // 60, row.lane), [0, 0, 0, 0, 0])
        sums[0] += row.vehicles
        sums[1] += row.people
        sums[2] += row.fevers
        sums[3] += row.vehicles if row.energy else 0
        sums[4] += row.vehicles if row.province and row.province != home else 0
    starts: dict[int, tuple[dict[str, datetime], str]] = {}
    totals: dict[tuple[Any, ...], list[int]] = {}
    for (checkpoint_id, minute, lane), added in minutes.items():
        if minute not in starts:
            shift = rules.shift_at(shifts, rules.start_of(0) + timedelta(minutes=minute))
            starts[minute] = rules.starts_of(minute // 60), shift
        begins, shift = starts[minute]
        for grain, start in begins.items():
            total = totals.setdefault((grain, start, checkpoint_id, lane, shift), [0, 0, 0, 0, 0])
            for place, number in enumerate(added):
                total[place] += sign * number
    ordered = [(*key, *totals[key]) for key in sorted(totals)]
    for first in range(0, len(ordered), UPSERTED):
        count_up(Total, KEYS, SUMS, ordered[first : first + UPSERTED])


def seen(checkpoint_ids: Sequence[UUID], now: datetime) -> None:
    """Note a sign of life; in one order for all, so that two batches at once wait for each other."""
    rows = Checkpoint.objects.filter(id__in=checkpoint_ids)
    list(rows.order_by("id").select_for_update(no_key=True).values_list("id"))
    rows.update(last_seen_at=now)


# -- taking back, queues, forgetting -----------------------------------------------------------------


@transaction.atomic
def screening_withdraw(*, actor: Actor, checkpoint_id: UUID, key: str, now: datetime) -> bool:
    """Take back a row that was just entered by mistake; whether it was there. One with an alert stays."""
    checkpoint = find_standing(checkpoint_id, actor=actor, verb="checkpoint.screen")
    pack, _ = pack_for(checkpoint.response_id)
    wanted = Row(checkpoint.id, key, now)
    found = Screening.objects.filter(id=rules.row_id(wanted), person_id=actor.person_id, withdrawn=False).first()
    if found is None or Screening.objects.filter(id=found.id, withdrawn=False).update(withdrawn=True) != 1:
        return False
    if found.fevers or found.at < now - WITHDRAWN_WITHIN:
        minutes = int(WITHDRAWN_WITHIN.total_seconds() // 60)
        raise invalid(
            "key",
            f"只能撤销 {minutes} 分钟内未发现发热的登记。",
            f"Only a row without a fever of the last {minutes} minutes can be taken back.",
        )
    row = wanted._replace(
        at=found.at, lane=found.lane, province=found.province, energy=found.energy, vehicles=found.vehicles,
        people=found.people, fevers=found.fevers,
    )  # fmt: skip
    totals_add([row], pack, sign=-1)
    journal.record_many([_counted(checkpoint, [row], actor, now, "withdrawn", sign=-1)])
    return True


@transaction.atomic
def sign_of_life(*, actor: Actor, checkpoint_id: UUID, now: datetime) -> None:
    """Note that somebody is at work at a checkpoint though no vehicle came."""
    seen([find_standing(checkpoint_id, actor=actor, verb="checkpoint.screen").id], now)


@transaction.atomic
def queue_note(*, actor: Actor, checkpoint_id: UUID, vehicles: int, now: datetime) -> None:
    """Note how many vehicles wait 排队. Raises InputInvalid."""
    checkpoint = find_standing(checkpoint_id, actor=actor, verb="checkpoint.screen")
    if type(vehicles) is not int or not 0 <= vehicles <= rules.MOST_QUEUE:
        raise InputInvalid(field="queue", why_zh="请填写排队车辆数。", why_en="How many vehicles wait?")
    Checkpoint.objects.filter(id=checkpoint.id).update(queue=vehicles, queue_at=now, last_seen_at=now)
    if checkpoint.queue != vehicles:
        journal.record_many([event_of(checkpoint, events.QUEUE_NOTED, actor=actor, now=now, queue=vehicles)])


def screenings_forget(*, actor: Actor, now: datetime) -> int:
    """Remove rows that can no longer be sent again, a part at a time; how many there were."""
    require(actor, "screening.forget", None)
    old = Screening.objects.filter(at__lt=now - rules.FORGOTTEN).order_by("at").values_list("id", flat=True)[:PART]
    return Screening.objects.filter(id__in=list(old)).delete()[0]
