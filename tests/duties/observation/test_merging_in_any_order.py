"""However merges and their undoing follow each other, nothing is lost, and undone they leave everything as it was."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from wangge.duties.observation.models import Correction, Individual, IndividualMerge, Leg, Origin
from wangge.duties.observation.queries.cards import family
from wangge.duties.observation.services.correcting import individual_correct
from wangge.duties.observation.services.merging import individuals_merge, merge_undo
from wangge.duties.observation.services.records import individual_close
from wangge.ground.journal.readers import Event
from wangge.ground.kernel.problems import Problem, RecordsCannotMerge
from wangge.ground.responses import vault

Register = Callable[..., Individual]
PEOPLE = 4
# (what, which record, into which): merged, undone, reported again, put right, closed.
STEPS = st.lists(
    st.tuples(
        st.sampled_from(["merge", "merge", "undo", "report", "correct", "close"]),
        st.integers(0, PEOPLE - 1),
        st.integers(0, PEOPLE - 1),
    ),
    max_size=12,
)


class Scene:
    """Four records, each of somebody else, and what may be done to them."""

    def __init__(self, city: Any, register: Register, now: datetime) -> None:
        self.city, self.register, self.now = city, register, now
        self.before: dict[UUID, dict[str, Any]] = {}  # how each record stood when it was merged last
        self.people = [register(name=name, phones=(phone,)) for name, phone in self.known()]

    @staticmethod
    def known() -> Iterator[tuple[str, str]]:
        for number in range(PEOPLE):
            yield "甲乙丙丁"[number] * 2, f"1380013800{number}"

    def do(self, what: str, which: int, into: int) -> None:
        self.now += timedelta(minutes=1)
        one = self.people[which]
        upon: dict[str, Any] = {"actor": self.city.actor("hana"), "individual_id": one.id, "now": self.now}
        try:
            if what == "merge":
                stood = standing()[one.id]
                individuals_merge(**upon, into_id=self.people[into].id)
                self.before[one.id] = stood if stood["state"] != "merged" else self.before[one.id]
            elif what == "undo":
                merge_undo(**upon)
            elif what == "correct":
                individual_correct(**upon, version=None, changes={"address": f"东湖路{self.now:%H%M}号"})
            elif what == "close":
                individual_close(**upon, state="over", reason="released")
            else:
                name, phone = list(self.known())[which]
                self.register(source="contact", name=name, phones=(phone,), at=self.now)
        except Problem:
            return  # what stands in the way is said, and changes nothing

    def undo_all(self) -> None:
        for which in range(PEOPLE):
            self.do("undo", which, which)

    def heads(self) -> list[Individual]:
        return list(Individual.objects.exclude(state="merged"))


def standing() -> dict[UUID, dict[str, Any]]:
    """All columns of every record but its version, which says only that it was touched."""
    return {row["id"]: {name: row[name] for name in row if name != "version"} for row in Individual.objects.values()}


def facts(ids: list[UUID]) -> Counter[tuple[str, UUID]]:
    """What hangs on some records: origins, legs, corrections."""
    return Counter(
        (model.__name__, fact)
        for model in (Origin, Leg, Correction)
        for fact in model.objects.filter(individual_id__in=ids).values_list("id", flat=True)
    )


def sealed(scene: Scene) -> dict[UUID, list[vault.Secret]]:
    ids = list(Individual.objects.values_list("id", flat=True))
    return vault.carried(response_id=scene.city.response_id, subject_ids=ids)


@given(steps=STEPS)
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_no_fact_is_lost_or_seen_twice_whatever_is_merged(
    city: Any, register: Register, now: datetime, steps: list[tuple[str, int, int]]
) -> None:
    with transaction.atomic():
        scene = Scene(city, register, now)
        for step in steps:
            scene.do(*step)
        seen = sum((facts(family(head)) for head in scene.heads()), Counter[tuple[str, UUID]]())
        assert seen == facts(list(Individual.objects.values_list("id", flat=True)))
        assert set(seen.values()) <= {1}
        merged, kept = standing(), sealed(scene)
        scene.undo_all()
        apart = standing()
        assert not [one for one in apart.values() if one["state"] == "merged" or one["merged_into_id"]]
        assert sealed(scene) == kept
        for id_, one in merged.items():
            stood = scene.before[id_] if one["state"] == "merged" else one
            assert apart[id_] == stood, "as it stood when it was merged; who was not is untouched"
        transaction.set_rollback(True)


@given(pairs=st.lists(st.tuples(st.integers(0, PEOPLE - 1), st.integers(0, PEOPLE - 1)), max_size=10))
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_merges_undone_leave_every_record_as_it_was(
    city: Any, register: Register, now: datetime, pairs: list[tuple[int, int]]
) -> None:
    with transaction.atomic():
        scene = Scene(city, register, now)
        scene.do("close", 3, 3)
        before, kept, hanging = standing(), sealed(scene), facts([one.id for one in scene.people])
        for which, into in pairs:
            scene.do("merge", which, into)
        scene.undo_all()
        assert standing() == before
        assert sealed(scene) == kept and facts([one.id for one in scene.people]) == hanging
        merges = IndividualMerge.objects.count()
        assert not IndividualMerge.objects.filter(undone_at=None).exists()
        told = Event.objects.filter(type__in=["individual.merged", "individual.merge_undone"]).count()
        assert told == 2 * merges, "each merge and each undoing is told once"
        transaction.set_rollback(True)


def test_a_merge_into_a_merged_record_waits_for_its_undoing(city: Any, register: Register, now: datetime) -> None:
    scene = Scene(city, register, now)
    scene.do("merge", 1, 0)
    one, two = scene.people[2], scene.people[1]
    with pytest.raises(RecordsCannotMerge):
        individuals_merge(actor=city.actor("hana"), individual_id=one.id, into_id=two.id, now=now)
    scene.do("undo", 1, 1)
    scene.do("merge", 2, 1)
    assert family(scene.people[1]) == [scene.people[1].id, scene.people[2].id]
