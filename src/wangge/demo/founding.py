"""Founding the demonstrated city: tables, areas, pack, response, agencies, people; then the fourteen days."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from random import Random

from django.core.management import call_command
from django.db import transaction

from wangge.demo.planning import plan
from wangge.demo.replay import replay
from wangge.demo.rostering import rostering
from wangge.demo.scenario import Scenario
from wangge.demo.screening import checkpoints_open, screening
from wangge.demo.staffing import places_of, staff_make
from wangge.demo.totals import Totals
from wangge.demo.visiting import venues_open
from wangge.demo.world import World
from wangge.duties.observation.services.facilities import facility_open, room_save
from wangge.ground.accounts import services as accounts
from wangge.ground.accounts.queries import agencies_for
from wangge.ground.areas.loading import load_areas
from wangge.ground.areas.tree import AreaTree, tree
from wangge.ground.journal.partitions import partitions_ensure
from wangge.ground.kernel.permission import Actor, system_actor
from wangge.ground.kernel.problems import AreaUnknown
from wangge.ground.responses import services as responses
from wangge.ground.responses.packs.schema import Pack
from wangge.picture.figures.queries import figures
from wangge.spine.forms.services.publishing import forms_publish_pack

FOUNDER = system_actor(
    "demo",
    "area.manage",
    "account.manage",
    "pack.load",
    "response.declare",
    "figure.view",
    "facility.manage",
    "form.publish",
    "venue.manage",
    "checkpoint.manage",
)
HIRED_BEFORE = timedelta(days=30)
Progress = Callable[[str, int, int], None]


@dataclass(frozen=True)
class Login:
    """One account that a visitor can use."""

    role: str
    username: str
    title: str


@dataclass(frozen=True)
class Founded:
    """What a finished demonstration is: its response and the accounts with a password."""

    response_code: str
    password: str
    token: str
    logins: list[Login]


def found(*, pack: Pack, folder: Path, scenario: Scenario, totals: Totals, seed: int, progress: Progress) -> Founded:
    """Build the city in an empty installation and replay the fortnight in it. The figures then show the totals."""
    rng = Random(seed)  # noqa: S311 - a replay has to be repeatable, not unguessable
    progress("tables", 0, 1)
    call_command("migrate", verbosity=0)
    partitions_ensure(now=scenario.start)
    progress("areas", 0, 1)
    before = scenario.start - HIRED_BEFORE
    load_areas(folder / "areas", actor=FOUNDER, now=before, progress=lambda what, done, of: progress("areas", done, of))
    world = _world(pack, scenario, rng, progress)
    forms_publish_pack(actor=FOUNDER, response_id=world.response_id, folder=folder, now=scenario.start)
    agenda = plan(
        pack=pack,
        scenario=scenario,
        totals=totals,
        places=places_of(world.areas),
        areas={node.code: node.id for node in world.areas.at_level("county")},
        rng=rng,
    )
    venues_open(FOUNDER, world, agenda.venues)
    points = checkpoints_open(FOUNDER, world)
    span = scenario.end - scenario.start
    replay(
        world,
        agenda,
        [*screening(world, points), *rostering(world)],
        lambda now: progress("replay", int((now - scenario.start) / span * 1000), 1000),
    )
    check(world, totals)
    return _open_doors(world, before=scenario)


def _world(pack: Pack, scenario: Scenario, rng: Random, progress: Progress) -> World:
    """Load the pack, declare the response and hire everybody, weeks before the first day."""
    before, areas = scenario.start - HIRED_BEFORE, tree()
    node = areas.by_code(scenario.response.area)
    if node is None:
        raise AreaUnknown(area=scenario.response.area)
    with transaction.atomic():
        loaded = responses.pack_load(actor=FOUNDER, pack=pack, now=before)
        crew = staff_make(
            actor=FOUNDER,
            pack=pack,
            scenario=scenario,
            areas=areas,
            now=before,
            rng=rng,
            progress=lambda done, of: progress("people", done, of),
        )
        response = responses.response_open(
            actor=FOUNDER,
            code=scenario.response.code,
            name=scenario.response.name,
            area_id=node.id,
            pack_id=loaded.id,
            purpose=scenario.response.purpose,
            legal_basis=scenario.response.legal_basis,
            authority=scenario.response.authority,
            started_at=scenario.start,
            now=scenario.start,
        )
        _facilities_open(areas, before)
    return World(pack, scenario, crew, areas, response.id, rng)


def _facilities_open(areas: AreaTree, now: datetime) -> None:
    """A fever clinic with isolation rooms and an observation site in every county, all of them made up."""
    counties = areas.at_level("county")
    clinics = agencies_for("clinic", [node.id for node in counties])
    for node in counties:
        clinic = facility_open(
            actor=FOUNDER,
            area_id=node.id,
            name=f"{node.short_name}演示发热门诊",
            kind="clinic",
            agency_id=clinics[node.id],
            now=now,
        )
        site = facility_open(
            actor=FOUNDER, area_id=node.id, name=f"{node.short_name}演示集中医学观察点", kind="site", now=now
        )
        for facility, beds in ((clinic, 1), (site, 2)):
            for floor in (1, 2):
                for room in range(1, 6):
                    room_save(actor=FOUNDER, facility_id=facility.id, name=f"{floor}0{room}", beds=beds, now=now)


def check(world: World, totals: Totals) -> None:
    """Hold the figures against the totals. A difference is a mistake of this program, and is said."""
    end = world.scenario.end
    shown = figures(actor=FOUNDER, response_id=world.response_id, area_id=world.areas.root().id, until=end)
    wrong = [
        f"{code} {shown[code].total} ≠ {wanted}"
        for code, wanted in (*totals.values.items(), *totals.rates.items())
        if shown[code].total != wanted and (shown[code].total is not None or code not in totals.rates)
    ]
    if wrong:
        raise RuntimeError(f"the records do not add up to the totals: {', '.join(wrong)}")


def _open_doors(world: World, before: Scenario) -> Founded:
    """Give one person of each role a password, and a program its token."""
    end, actor = before.end, FOUNDER
    password = secrets.token_urlsafe(9)
    logins = []
    with transaction.atomic():
        for role, (person_id, title) in world.crew.logins.items():
            accounts.password_set(actor=actor, person_id=person_id, password=password, now=end)
            logins.append(Login(role, role, title))
        token = _program(world, actor)
    return Founded(world.scenario.response.code, password, token, logins)


def _program(world: World, actor: Actor) -> str:
    """A connected system with a token, for whoever tries the API."""
    end, root = world.scenario.end, world.areas.root()
    person = accounts.person_add(
        actor=actor, username="intake_client", display_name="演示接入系统", now=end, is_program=True
    )
    post = accounts.post_open(
        actor=actor, name=f"{root.short_name}接入系统", role="intake_client", area_id=root.id, now=end
    )
    accounts.post_hold(actor=actor, post_id=post.id, person_id=person.id, now=end)
    return accounts.token_issue(actor=actor, person_id=person.id, name="demo", now=end)
