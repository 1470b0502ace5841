"""The pack of Huizhou carries the domain: its kinds, tasks, services, clocks and the figures of the report."""

from __future__ import annotations

from datetime import date

import pytest

from tests.packs.samples import HUIZHOU
from wangge.duties.matters.events import REOPENED
from wangge.ground.journal.events import CATALOGUE
from wangge.ground.responses.packs.loading import load_pack
from wangge.ground.responses.packs.schema import STAGES, Pack


@pytest.fixture(scope="module")
def huizhou() -> Pack:
    return load_pack(HUIZHOU)


def test_its_matter_figures_count_events_and_keys_that_matters_record() -> None:
    types = {name: event.keys for name, event in CATALOGUE.items()}
    assert REOPENED in types
    # Which quantities an entry of the duty log may carry is for the duty log to say.
    load_pack(HUIZHOU, event_types={**types, "duty.logged": None, "duty.countered": None})


def test_it_has_the_kinds_11_tasks_and_14_services(huizhou: Pack) -> None:
    assert (len(huizhou.kinds), len(huizhou.tasks), len(huizhou.services)) == (16, 11, 14)


@pytest.mark.parametrize(
    ("kind", "clocks"),
    [
        ("arrival", ["10 min", "30 min", "2 h", "24 h"]),
        ("fever_suspected", ["5 min", "10 min", "30 min", "2 h"]),
        ("isolation_refused", ["5 min", "10 min", "30 min", "2 h"]),
    ],
)
def test_the_clocks_are_those_of_the_plan(huizhou: Pack, kind: str, clocks: list[str]) -> None:
    assert [str(huizhou.kinds[kind].clocks.of(stage)) for stage in STAGES] == clocks


def test_a_replay_of_5_february_follows_the_third_protocol(huizhou: Pack) -> None:
    protocol = huizhou.protocol_on(date(2020, 2, 5))
    assert protocol is not None
    assert (protocol.version, protocol.observation_days, protocol.fever_celsius) == ("v3", 14, 37.3)
    second = huizhou.protocol_on(date(2020, 1, 27))
    assert second is not None and second.version == "v2"


def test_the_holiday_lasts_to_2_february_and_swapped_sunday_is_worked(huizhou: Pack) -> None:
    off = [day for day, worked in huizhou.calendar.items() if not worked]
    assert (min(off), max(off), len(off)) == (date(2020, 1, 24), date(2020, 2, 2), 10)
    assert huizhou.calendar[date(2020, 1, 19)] is True


def test_every_total_of_the_report_is_a_figure_that_the_bulletin_states(huizhou: Pack) -> None:
    assert huizhou.demo is not None
    assert huizhou.demo.totals == {
        "entertainment_inspected": 989,
        "lodging_inspected": 1555,
        "epidemic_incidents_handled": 315,
        "gatherings_stopped": 352,
        "leaflets_handed_out": 32300,
        "people_dispersed": 9036,
        "handbooks_printed": 3500,
    }
    stated = {figure for section in huizhou.bulletin.sections.values() for figure in section.figures}
    rates = {"lodging_registered_rate", "lodging_uploaded_rate"}
    assert huizhou.demo.totals.keys() | rates | {"services_offered", "guideline_tasks"} <= stated
    assert huizhou.figures["handbooks_printed"].area == "441302"


def test_each_stage_has_its_first_moment_rate(huizhou: Pack) -> None:
    for stage in STAGES:
        rate = huizhou.figures[f"{stage}_first_moment"]
        assert rate.numerator is not None and rate.denominator is not None
        done, due = huizhou.figures[rate.numerator], huizhou.figures[rate.denominator]
        assert set(map(str, done.of)) < set(map(str, due.of))
        assert {source.where["in_time"] for source in done.of} == {(True,)}
        assert [source.where["stage"] for source in due.of if source.event == "matter.overdue"] == [(stage,)]


def test_no_two_figures_count_the_same_thing(huizhou: Pack) -> None:
    counted = [
        (figure.measure, figure.of, figure.area, figure.numerator, figure.denominator, figure.catalogue)
        for figure in huizhou.figures.values()
    ]
    repeated = [
        figure.code for figure, key in zip(huizhou.figures.values(), counted, strict=True) if counted.count(key) > 1
    ]
    assert repeated == []


def test_a_gathering_asks_for_a_number_of_people_and_for_nobodys_name(huizhou: Pack) -> None:
    fields = {field.code: field for field in huizhou.kinds["gathering"].fields}
    assert fields["people"].type == "int"
    assert not any(field.personal for field in fields.values())


def test_names_phones_and_addresses_are_always_personal(huizhou: Pack) -> None:
    of_persons = (
        "person_name",
        "person_phone",
        "person_address",
        "applicant_name",
        "applicant_phone",
        "suspect_contact",
    )
    fields = [field for kind in huizhou.kinds.values() for field in kind.fields]
    assert {field.code for field in fields} >= set(of_persons)
    assert [field.code for field in fields if field.code in of_persons and not field.personal] == []


def test_every_personal_field_can_be_seen_by_a_role_that_may_unmask(huizhou: Pack) -> None:
    for kind in huizhou.kinds.values():
        if any(field.personal for field in kind.fields):
            assert any("vault.unmask" in huizhou.roles[role].verbs for role in kind.sees), kind.code


def test_the_main_quantity_of_every_log_kind_is_counted_by_a_figure(huizhou: Pack) -> None:
    used = {
        (kind, source.quantity)
        for figure in huizhou.figures.values()
        for source in figure.of
        if source.event == "duty.logged"
        for kind in source.where["kind"]
    }
    assert {(kind.code, kind.main.code) for kind in huizhou.log_kinds.values()} <= used


def test_a_duty_officer_and_an_administrator_have_separate_powers(huizhou: Pack) -> None:
    administrator = set(huizhou.roles["administrator"].verbs)
    assert not any(verb.startswith(("matter.", "vault.")) for verb in administrator)
    assert set(huizhou.roles["intake_client"].verbs) == {"matter.report"}
    assert "matter.approve_hold" not in huizhou.roles["station_desk"].verbs


def test_a_matter_is_pushed_to_the_officer_and_escalates_through_four_desks(huizhou: Pack) -> None:
    standing = {role.code: role.stands for role in huizhou.roles.values() if role.stands}
    assert standing == {
        "village_officer": "responsible",
        "station_desk": "desk",
        "duty_desk": "desk",
        "county_desk": "desk",
        "city_desk": "desk",
    }
