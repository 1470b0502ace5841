"""The figures of many places at once are those that each place has by itself, at any instant."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.conftest import START
from tests.picture.figures.test_exact import AREAS, CUTOFFS, EVENTS, record_all
from wangge.ground.areas.covers import areas_changing
from wangge.ground.areas.models import Area
from wangge.ground.kernel.problems import InputInvalid, NotFound, NotPermitted
from wangge.picture.figures.places import figures_of_places
from wangge.picture.figures.queries import figures
from wangge.picture.figures.rules import day_start

pytestmark = pytest.mark.django_db(transaction=connection.vendor == "postgresql")
CODES = ("leaflets_handed_out", "handbooks_printed", "gatherings_stopped", "push_in_time", "push_due", "matters_open")
LEAFLETS = "leaflets_handed_out"
HOUR = timedelta(hours=1)


def alone(city, code, until, since):
    """What a place has by itself, counted the usual way."""
    found = figures(
        actor=city.actor("frank"), response_id=city.response_id, area_id=city.area(code), until=until, since=since
    )
    return {figure: found[figure].new for figure in CODES if found[figure].new}


def together(city, until, first=None, who="frank", area="4413", places=AREAS, codes=CODES):
    found = figures_of_places(
        actor=city.actor(who),
        response_id=city.response_id,
        area_id=city.area(area),
        places=[city.area(code) for code in places],
        codes=codes,
        until=until,
        first=first,
    )
    return {code: {name: value for name, value in found[city.area(code)].items() if value} for code in places}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(drawn=EVENTS, handled=st.integers(0, 25), cutoff=CUTOFFS, day=st.booleans())
def test_each_place_has_what_it_has_alone(city, ledger, drawn, handled, cutoff, day):
    until = START + timedelta(minutes=cutoff)
    first = day_start(until) if day else None
    with transaction.atomic():
        record_all(ledger, drawn)
        if connection.vendor == "sqlite":
            ledger.roll(handled, until)
        assert together(city, until, first) == {code: alone(city, code, until, first) for code in AREAS}
        transaction.set_rollback(True)


def test_a_day_counts_from_its_midnight(city, ledger, now):
    ledger.leaflets(5, now - timedelta(days=1))
    ledger.leaflets(7, now)
    ledger.roll(10, now + HOUR)
    until = now + HOUR
    assert together(city, until)["441302"] == {LEAFLETS: 12}
    assert together(city, until, day_start(until))["441302"] == {LEAFLETS: 7}
    with pytest.raises(InputInvalid):
        together(city, until, now)


def test_a_village_that_has_moved_counts_where_it_lies_now(city, ledger, now):
    ledger.leaflets(9, now)
    ledger.roll(10, now + HOUR)
    with areas_changing():
        Area.objects.filter(id=city.area("441302001001")).update(parent_id=city.area("441302100"))
    found = together(city, now + 2 * HOUR, places=[*AREAS, "441302100"])
    assert (found["441302001"], found["441302100"]) == ({}, {LEAFLETS: 9})


def test_however_many_places_it_is_as_many_queries(city, ledger, now, django_assert_num_queries):
    ledger.leaflets(5, now)
    ledger.roll(10, now + HOUR)
    together(city, now + HOUR)
    frank = city.actor("frank")
    for places in (AREAS[:1], AREAS):
        with django_assert_num_queries(4):
            figures_of_places(
                actor=frank,
                response_id=city.response_id,
                area_id=city.area("4413"),
                places=[city.area(code) for code in places],
                codes=CODES,
                until=now + HOUR,
            )


def test_outsiders_and_unknown_figures_are_refused(city, now):
    for who in ("olga", "adam"):
        with pytest.raises(NotPermitted):
            together(city, now, who=who, area="441302")
    for code in ("unicorns", "services_offered", "push_first_moment"):
        with pytest.raises(NotFound):
            together(city, now, codes=[code])
