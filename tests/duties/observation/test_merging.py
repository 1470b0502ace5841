"""Two records of one person become one and two again, exactly; what runs on them stands in the way."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from wangge.duties.observation.models import Individual
from wangge.duties.observation.queries.cards import family
from wangge.duties.observation.services import plans
from wangge.duties.observation.services.merging import individuals_merge, merge_undo
from wangge.duties.observation.services.records import role_change
from wangge.ground.kernel.problems import NotPermitted, RecordChanged, RecordsCannotMerge

Register = Callable[..., Individual]


def columns(individual: Individual) -> dict[str, Any]:
    found = Individual.objects.values().get(id=individual.id)
    return {name: value for name, value in found.items() if name != "version"}


def test_undoing_puts_everything_where_it_was(city: Any, register: Register, now: datetime) -> None:
    one, two, hana = register(), register(name="王晓明", phones=()), city.actor("hana")
    before = columns(one), columns(two)
    individuals_merge(actor=hana, individual_id=two.id, into_id=one.id, version=1, now=now)
    individuals_merge(actor=hana, individual_id=two.id, into_id=one.id, version=1, now=now)  # a second click
    assert family(one) == [one.id, two.id]
    assert register(source="contact", name="王小明", phones=("13800138000",)).id == one.id
    with pytest.raises(RecordChanged):
        merge_undo(actor=hana, individual_id=two.id, version=1, now=now)
    merge_undo(actor=hana, individual_id=two.id, now=now)
    merge_undo(actor=hana, individual_id=two.id, now=now)
    assert (columns(one), columns(two)) == before


def test_what_cannot_be_merged_is_said(city: Any, register: Register, now: datetime) -> None:
    one, two, three = register(), register(name="甲", phones=()), register(name="乙", phones=())
    hana = city.actor("hana")

    def merge(this: Individual, into: Individual, who: str = "hana") -> Individual:
        return individuals_merge(actor=city.actor(who), individual_id=this.id, into_id=into.id, now=now)

    for who in ("dan", "alice", "olga"):
        with pytest.raises(NotPermitted):
            merge(one, two, who)
    with pytest.raises(RecordsCannotMerge):
        merge(one, one)
    merge(two, one)
    for this, into in ((three, two), (two, three), (one, three)):
        with pytest.raises(RecordsCannotMerge):
            merge(this, into)
    merge_undo(actor=hana, individual_id=two.id, now=now)
    plans.plan_start(actor=hana, individual_id=one.id, now=now)
    with pytest.raises(RecordsCannotMerge, match="merge the other one into it"):
        merge(one, two)
    plans.plan_start(actor=hana, individual_id=two.id, now=now)
    with pytest.raises(RecordsCannotMerge, match="on both"):
        merge(one, two)
    role_change(actor=hana, individual_id=three.id, role="confirmed", cause="x", now=now)
    with pytest.raises(RecordsCannotMerge, match="is a case"):
        merge(three, one)
