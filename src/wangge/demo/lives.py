"""The life of one matter in the replay: who does what when, through the same services as live input.

A life is a generator: it yields the instant of its next step and is resumed at that instant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from wangge.demo.planning import LAST_CLOSING, MatterLife
from wangge.demo.world import World
from wangge.duties.matters.queries import matter_by_id
from wangge.duties.matters.rules import ReportDraft
from wangge.duties.matters.services import finishing, handling, intake, merging, pausing, triage
from wangge.duties.matters.services.intake import Received
from wangge.ground.accounts.answered import Answer, answered_once
from wangge.ground.kernel.calendars import WorkCalendar
from wangge.ground.kernel.permission import Actor

Step = tuple[str, float]
# What share of the time for coordination has passed when the agencies accept, arrive, and have done it.
ACCEPT, ARRIVE, WORK = 0.3, 0.3, 0.4
HANDLING: list[str] = ["accept", "arrive", "work"]
LATE = (1.05, 2.6)
ARRIVAL_TOLD = 0.4


def live(world: World, life: MatterLife) -> Iterator[datetime]:
    """Bring one matter in, and through its steps to where it is to stand at the cut-off."""
    run = _Run(world, life)
    at = life.received_at
    yield at
    run.receive(at)
    steps = run.steps()
    room = (world.scenario.end - LAST_CLOSING - at).total_seconds()
    needed = sum(seconds for _, seconds in steps)
    haste = min(1.0, room / needed) if needed else 1.0
    for number, (step, seconds) in enumerate(steps):
        at += timedelta(seconds=seconds * haste)
        yield at
        following = steps[number + 1][1] * haste if number + 1 < len(steps) else 86400.0
        run.ahead = timedelta(seconds=following)
        run.do(step, at)


class _Run:
    """One matter on its way, with what the people handling it know of it."""

    def __init__(self, world: World, life: MatterLife) -> None:
        self.world, self.life, self.rng = world, life, world.rng
        self.kind = world.pack.kinds[life.kind]
        self.plan = world.scenario.matters[life.kind]
        self.village = life.place.village_id
        self.matter_id = self.duplicate_id = UUID(int=0)
        self.version = 1
        self.lead, self.joint = self.kind.lead, list(self.kind.joint)
        self.agencies: list[UUID] = []
        self.handlers: set[UUID] = set()
        self.arbiter: UUID | None = None
        self.held = False
        self.ahead = timedelta()

    # -- what is going to happen ---------------------------------------------------------------

    def steps(self) -> list[Step]:
        """The steps of this life with the seconds before each."""
        late = self.rng.choice(("push", "triage", "coordinate", "verify")) if self._befalls("late_stage") else ""
        push, sort, work, check = (self._time(stage, late) for stage in ("push", "triage", "coordinate", "verify"))
        handling = [("accept", work * ACCEPT), ("arrive", work * ARRIVE), ("work", work * WORK)]
        if self.rng.random() > ARRIVAL_TOLD:
            handling = [("accept", work * ACCEPT), ("work", work * (ARRIVE + WORK))]
        closing = [("verify", check), ("close", self.rng.uniform(300, 5400))]
        steps = [("acknowledge", push), *self._duplicate()]
        if self.life.ending == "dismissed":
            return [*steps, ("dismiss", sort)]
        steps.append(("triage", sort))
        if self.life.ending == "parked":
            return [*steps, ("park", work)]
        if self._befalls("hand_back") or self._befalls("arbitration"):
            steps += [("hand_back", work * ACCEPT), ("triage", self._time("triage"))]
        if self._befalls("arbitration"):
            steps += [("hand_back", work * ACCEPT), ("triage", self._time("triage"))]
        steps.append(handling[0])
        if self._befalls("held"):
            steps += [("ask_hold", 240.0), ("decide_hold", 600.0), ("resume", self.rng.uniform(3600, 30000))]
        steps += handling[1:]
        if self._befalls("failed_verification"):
            steps += [("fail", check), ("work", work)]
        steps += closing
        if self._befalls("reopened"):
            steps += [("reopen", self.rng.uniform(3600, 50000)), ("triage", sort), *handling, *closing]
        return steps if self.life.outcome else self._until(steps)

    def _until(self, steps: list[Step]) -> list[Step]:
        """The steps up to the stage where an open matter stands at the cut-off."""
        last = {"push": "", "triage": "acknowledge", "coordinate": "accept", "verify": "work", "close": "verify"}
        wanted = last[self.life.stage]
        names = [name for name, _ in steps]
        return steps[: names.index(wanted) + 1] if wanted else []

    def _befalls(self, mishap: str) -> bool:
        return mishap in self.life.mishaps

    def _time(self, stage: str, late: str = "") -> float:
        """How long a stage takes: mostly well inside its allowance, beyond it where it is late."""
        clock = self.kind.clocks.of(stage)
        allowed = WorkCalendar().length(clock.amount, clock.unit).total_seconds()
        return allowed * (self.rng.uniform(*LATE) if stage == late else self.rng.betavariate(1.3, 3.2))

    def _duplicate(self) -> list[Step]:
        if not self._befalls("duplicate"):
            return []
        steps = [("take_duplicate", self.rng.uniform(60, 900)), ("merge", self.rng.uniform(60, 600))]
        if self._befalls("undo_merge"):
            steps += [("undo_merge", 900.0), ("acknowledge_duplicate", 120.0), ("dismiss_duplicate", 900.0)]
        return steps

    # -- doing it --------------------------------------------------------------------------------

    def do(self, step: str, now: datetime) -> None:
        """Take one step."""
        action: Callable[[datetime], None] = getattr(self, step)
        action(now)

    def _keep(self, matter: Any) -> None:
        self.version = matter.version

    def _desk(self) -> Actor:
        return self.world.desk(self.kind.ladder, self.life.place)

    def receive(self, now: datetime) -> None:
        """The report comes in, sometimes twice under one key because the first answer was lost."""
        actor, draft = self._report(now)
        received: list[Received] = []

        def work() -> Answer:
            received.append(self._take(actor, draft, now))
            return 201, {"number": received[0].number}

        if self._befalls("resent") and actor.person_id is not None:
            key, body = f"{actor.person_id}-{now.timestamp():.0f}", draft.text.encode()
            first = answered_once(actor=actor, key=key, body=body, now=now, work=work)
            again = answered_once(actor=actor, key=key, body=body, now=now, work=work)
            if again != first or len(received) != 1:
                raise RuntimeError("a report sent twice was taken twice")
        else:
            work()
        self.matter_id = received[0].matter_id

    def _take(self, actor: Actor, draft: ReportDraft, now: datetime) -> Received:
        return intake.matter_receive(actor=actor, response_id=self.world.response_id, draft=draft, now=now)

    def _report(self, now: datetime) -> tuple[Actor, ReportDraft]:
        source, world = self.life.source, self.world
        seen = now - timedelta(minutes=self.rng.uniform(1, 35))
        if self._befalls("wrong_clock"):
            seen = now + timedelta(minutes=self.rng.uniform(9, 200))
        own = source in {"visit", "checkpoint"}
        if self.life.exercise:
            actor = world.somebody("county_desk", self.life.place.county_id)
        else:
            actor = world.somebody("village_officer", self.village) if own else self._desk()
        text = world.sentence(self.plan.reports, self.life)
        draft = ReportDraft(
            kind=self.life.kind,
            area_id=self.village,
            source=source,
            text=world.scenario.exercise + text if self.life.exercise else text,
            observed_at=seen,
            reporter_id=actor.person_id if own else None,
            reporter_name="" if own else world.name(),
            reporter_phone="" if own else world.phone(),
            address=f"{self.life.place.name}{self.rng.randint(1, 199)}号" if self.rng.random() < 0.4 else "",
            fields=world.fields(self.plan, self.life),
            exercise=self.life.exercise,
        )
        return actor, draft

    def acknowledge(self, now: datetime) -> None:
        actor = self.world.somebody("village_officer", self.village) if self.rng.random() < 0.9 else self._desk()
        self._keep(triage.matter_acknowledge(actor=actor, matter_id=self.matter_id, version=self.version, now=now))

    def triage(self, now: datetime) -> None:
        actor = self._desk()
        if self.arbiter is not None:
            actor = self.world.desk_of(self.arbiter)
        given = self.agencies != []
        matter = triage.matter_triage(
            actor=actor,
            matter_id=self.matter_id,
            version=self.version,
            now=now,
            lead=self.lead if given else None,
            joint=[kind for kind in self.joint if self.world.agency(kind, self.village)] if given else None,
        )
        self._keep(matter)
        self.arbiter = None
        wanted = [self.lead, *self.joint]
        self.agencies = [agency for kind in wanted if (agency := self.world.agency(kind, self.village))]

    def dismiss(self, now: datetime) -> None:
        reason, text = self.rng.choice(list(self.world.scenario.dismissed.items()))
        triage.matter_dismiss(
            actor=self._desk(), matter_id=self.matter_id, version=self.version, reason=reason, text=text, now=now
        )

    def park(self, now: datetime) -> None:
        actor = self._desk()
        pausing.matter_park(
            actor=actor,
            matter_id=self.matter_id,
            version=self.version,
            reason="no_condition",
            text=self.world.scenario.parked,
            owner_id=actor.person_id or UUID(int=0),
            review_at=now + timedelta(days=self.rng.randint(5, 20)),
            now=now,
        )

    def hand_back(self, now: datetime) -> None:
        lead = self.agencies[0]
        reason, text = self.rng.choice(list(self.world.scenario.handed_back.items()))
        matter = handling.matter_hand_back(
            actor=self.world.of_agency(lead, self.village),
            matter_id=self.matter_id,
            agency_id=lead,
            version=self.version,
            reason=reason,
            text=text,
            now=now,
        )
        self._keep(matter)
        self.arbiter = matter.arbiter_id
        if self.joint:
            # The next one is asked to lead; what is decided above goes back to whom the plan names.
            others = [self.lead, *self.joint[1:]]
            self.lead, self.joint = self.joint[0], others
        if self.arbiter is not None:
            self.lead, self.joint = self.kind.lead, list(self.kind.joint)

    def accept(self, now: datetime) -> None:
        for agency in self.agencies:
            actor = self.world.of_agency(agency, self.village)
            self._handled(actor)
            self._keep(handling.matter_accept(actor=actor, matter_id=self.matter_id, agency_id=agency, now=now))

    def _handled(self, actor: Actor) -> None:
        if actor.person_id:
            self.handlers.add(actor.person_id)

    def arrive(self, now: datetime) -> None:
        self._work("arrived", "", now)

    def work(self, now: datetime) -> None:
        self._work("worked", self.world.sentence(self.plan.done, self.life), now)

    def _work(self, what: str, text: str, now: datetime) -> None:
        lead = self.agencies[0]
        actor = self.world.of_agency(lead, self.village)
        self._handled(actor)
        self._keep(
            handling.matter_work(actor=actor, matter_id=self.matter_id, agency_id=lead, what=what, text=text, now=now)
        )

    def ask_hold(self, now: datetime) -> None:
        pausing.matter_ask_hold(
            actor=self._desk(),
            matter_id=self.matter_id,
            version=self.version,
            reason="cannot_reach",
            text=self.rng.choice(self.world.scenario.held),
            until=now + timedelta(days=2),
            now=now,
        )
        self.version += 1

    def decide_hold(self, now: datetime) -> None:
        self.held = self.rng.random() < 0.8
        self._keep(
            pausing.matter_decide_hold(
                actor=self.world.somebody("county_desk", self.life.place.county_id),
                matter_id=self.matter_id,
                version=self.version,
                approve=self.held,
                now=now,
            )
        )

    def resume(self, now: datetime) -> None:
        if self.held:
            self._keep(
                pausing.matter_resume(actor=self._desk(), matter_id=self.matter_id, version=self.version, now=now)
            )

    def verify(self, now: datetime) -> None:
        self._verify(True, self.rng.choice(self.world.scenario.verified), now)

    def fail(self, now: datetime) -> None:
        self._verify(False, self.rng.choice(self.world.scenario.failed), now)

    def _verify(self, passed: bool, text: str, now: datetime) -> None:
        actor = self.world.verifier(self.life.place, self.handlers)
        self._keep(
            finishing.matter_verify(
                actor=actor,
                matter_id=self.matter_id,
                version=self.version,
                passed=passed,
                method=self.rng.choice(("spot", "call")),
                text=text,
                now=now,
            )
        )

    def close(self, now: datetime) -> None:
        told = "system" if self.life.source in {"visit", "checkpoint"} else self.rng.choice(("call", "visit"))
        self._keep(
            finishing.matter_close(
                actor=self._desk(),
                matter_id=self.matter_id,
                version=self.version,
                outcome=self.life.outcome,
                told=told,
                now=now,
            )
        )

    def reopen(self, now: datetime) -> None:
        text = self.rng.choice(self.world.scenario.reopened)
        self._keep(
            finishing.matter_reopen(
                actor=self._desk(), matter_id=self.matter_id, version=self.version, text=text, now=now
            )
        )

    def take_duplicate(self, now: datetime) -> None:
        actor, draft = self._report(now)
        self.duplicate_id = self._take(actor, draft, now).matter_id

    def merge(self, now: datetime) -> None:
        merging.matter_merge(
            actor=self._desk(), matter_id=self.duplicate_id, version=1, into_id=self.matter_id, now=now
        )

    def undo_merge(self, now: datetime) -> None:
        merging.merge_undo(actor=self._desk(), matter_id=self.duplicate_id, version=2, now=now)

    def acknowledge_duplicate(self, now: datetime) -> None:
        triage.matter_acknowledge(actor=self._desk(), matter_id=self.duplicate_id, version=3, now=now)

    def dismiss_duplicate(self, now: datetime) -> None:
        actor = self._desk()
        version = matter_by_id(self.duplicate_id, actor=actor).version
        text = self.world.scenario.dismissed["settled"]
        triage.matter_dismiss(
            actor=actor, matter_id=self.duplicate_id, version=version, reason="settled", text=text, now=now
        )
