"""Who works in the demonstrated city: agencies, posts and people, all of them made up."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from uuid import UUID

from wangge.demo.ledgers import Place
from wangge.demo.scenario import Scenario, Staff
from wangge.ground.accounts.hiring import Body, Hire, agencies_ensure, people_hire
from wangge.ground.accounts.queries import agencies_for
from wangge.ground.areas.tree import AreaNode, AreaTree
from wangge.ground.kernel.permission import Actor
from wangge.ground.responses.packs.schema import Pack

Progress = Callable[[int, int], None]
COMMUNITY = "居民委员会"
POLICE_ROOM = "警务室"
GENERAL = ["government", "police", "health"]
# Communities are larger than villages, and streets denser than towns: who has more people has more to do.
COMMUNITY_WEIGHT = 2.5
STREET_WEIGHT = 1.6


@dataclass
class Crew:
    """Who can act where: people by role and area, by agency; agencies by kind and village."""

    at: dict[tuple[str, UUID], list[UUID]] = field(default_factory=lambda: defaultdict(list))
    of_agency: dict[UUID, list[UUID]] = field(default_factory=lambda: defaultdict(list))
    agency: dict[tuple[str, UUID], UUID] = field(default_factory=dict)
    station_of: dict[UUID, UUID] = field(default_factory=dict)
    logins: dict[str, tuple[UUID, str]] = field(default_factory=dict)
    actors: dict[UUID, Actor] = field(default_factory=dict)


@dataclass(frozen=True)
class Job:
    """A post to be filled: its role, place and agency, and by how many people; the first is the holder.

    `kind` is the agency's kind where a place has several posts of the role.
    """

    role: str
    node: AreaNode
    agency_id: UUID | None = None
    people: int = 1
    kind: str = ""


def places_of(areas: AreaTree) -> list[Place]:
    """The villages of the city with their weights: towns with more and larger places get more."""
    found = []
    for node in areas.at_level("village"):
        town, county = areas.ancestors(node.id)[:2]
        weight = COMMUNITY_WEIGHT if node.kind == COMMUNITY else 1.0
        weight *= STREET_WEIGHT if areas.get(town).name.endswith("街道") else 1.0
        found.append(Place(node.id, town, county, node.short_name, weight))
    return found


def bodies_of(*, pack: Pack, staff: Staff, areas: AreaTree) -> list[Body]:
    """The agencies of every level.

    The police of a village is its police room 警务室, so that what is asked of the police there
    reaches its officers and not the whole station.
    """

    def bodies(node: AreaNode, kinds: Sequence[str]) -> list[Body]:
        return [Body(kind, f"{node.short_name}{pack.agencies[kind].name}", node.id) for kind in kinds]

    found = bodies(areas.root(), GENERAL)
    for node in areas.at_level("county"):
        found += bodies(node, [*GENERAL, *staff.county_agencies])
        found.append(Body("clinic", f"{node.short_name}演示发热门诊", node.id))
    for node in areas.at_level("district"):
        found += bodies(node, staff.county_agencies)
    for node in areas.at_level("town"):
        found += bodies(node, ["government", "health"])
    for node in areas.at_level("station"):
        found += bodies(node, ["police"])
    for node in areas.at_level("village"):
        found += [*bodies(node, ["village"]), Body("police", f"{node.short_name}{POLICE_ROOM}", node.id)]
    return found


def jobs_of(areas: AreaTree, agencies: dict[tuple[str, UUID], UUID], scenario: Scenario, rng: Random) -> list[Job]:
    """Every post there is, from the city down."""
    root = areas.root()
    jobs = [Job("city_desk", root, people=2)]
    jobs += [Job(role, root) for role in ("command", "auditor", "administrator")]
    jobs.append(Job("health_department", root, agencies["health", root.id]))
    for node in (*areas.at_level("county"), *areas.at_level("district")):
        jobs.append(Job("county_desk", node, agencies.get(("government", node.id)), people=2))
        jobs += [
            Job("agency_member", node, agencies[kind, node.id], kind=kind) for kind in scenario.staff.county_agencies
        ]
    for node in areas.at_level("county"):
        jobs.append(Job("health_department", node, agencies["health", node.id]))
        jobs.append(Job("agency_member", node, agencies["police", node.id], kind="police"))
        jobs.append(Job("fever_clinic", node, agencies["clinic", node.id], people=2))
        jobs.append(Job("observation_site", node, agencies["health", node.id]))
    for node in areas.at_level("town"):
        jobs.append(Job("duty_desk", node, agencies["government", node.id], people=2))
        jobs.append(Job("health_staff", node, agencies["health", node.id]))
    jobs += [Job("station_desk", node, agencies["police", node.id]) for node in areas.at_level("station")]
    return jobs + list(_village_jobs(areas, agencies, scenario, rng))


def _village_jobs(
    areas: AreaTree, agencies: dict[tuple[str, UUID], UUID], scenario: Scenario, rng: Random
) -> Iterator[Job]:
    places = places_of(areas)
    staff = scenario.staff
    deputies = round(len(places) * max(staff.officers - staff.villages, 0) / staff.villages)
    # A draw without putting back, likelier for larger places.
    order = sorted(places, key=lambda place: rng.random() ** (1 / place.weight), reverse=True)
    with_deputy = {place.village_id for place in order[:deputies]}
    for place in places:
        node = areas.get(place.village_id)
        people = 2 if place.village_id in with_deputy else 1
        yield Job("village_officer", node, agencies["police", node.id], people)
        yield Job("village_cadre", node, agencies["village", node.id])


def staff_make(
    *, actor: Actor, pack: Pack, scenario: Scenario, areas: AreaTree, now: datetime, rng: Random, progress: Progress
) -> Crew:
    """Set up agencies, posts and people, and say who can act where. Nobody can sign in yet."""
    agencies = agencies_ensure(actor=actor, bodies=bodies_of(pack=pack, staff=scenario.staff, areas=areas))
    jobs = jobs_of(areas, agencies, scenario, rng)
    crew = Crew()
    names = _names(scenario.staff, rng)
    logins = _login_jobs(jobs, areas, scenario)
    hires = [_hire(job, job in logins, names, pack) for job in jobs]
    progress(0, 1)
    hired = people_hire(actor=actor, hires=hires, now=now)
    progress(1, 1)
    for job, hire, people in zip(jobs, hires, hired, strict=True):
        ids = [person.person_id for person in people if person.person_id]
        crew.actors |= {person.person_id: person for person in people if person.person_id}
        crew.at[job.role, job.node.id] += ids
        if job.agency_id:
            crew.of_agency[job.agency_id] += ids
        if job in logins:
            crew.logins[job.role] = (ids[0], f"{hire.post} {people[0].name}")
    villages = [node.id for node in areas.at_level("village")]
    for kind in pack.agencies:
        crew.agency |= {(kind, village): agency for village, agency in agencies_for(kind, villages).items()}
    for village in villages:
        stations = [upper for upper in areas.managers(village) if areas.get(upper).level == "station"]
        crew.station_of[village] = stations[0] if stations else areas.ancestors(village)[0]
    return crew


def _hire(job: Job, login: bool, names: Iterator[str], pack: Pack) -> Hire:
    """The post of a job with its people; those who get a password are called after their role."""
    people = []
    for place in range(job.people):
        unique = job.kind or f"{place + 1}"
        username = job.role if login and place == 0 else f"{job.role}-{job.node.code}-{unique}"
        people.append((username, next(names)))
    body = pack.agencies[job.kind].name if job.kind else pack.roles[job.role].name
    title = f"{job.node.short_name}{body}"
    return Hire(title, job.role, job.node.id, tuple(people), job.agency_id)


def _login_jobs(jobs: list[Job], areas: AreaTree, scenario: Scenario) -> list[Job]:
    """The jobs whose holders get a password: all over one village, each as near to it as there is one."""
    village = areas.by_code(scenario.logins.village) or areas.at_level("village")[0]
    steps = areas.superiors(village.id)
    found = []
    for role in scenario.logins.roles:
        near = [job for job in jobs if job.role == role and job.node.id in steps]
        found += sorted(near, key=lambda job: steps[job.node.id])[:1]
    return found


def _names(staff: Staff, rng: Random) -> Iterator[str]:
    """Made-up names: surnames from tales with two characters behind them, each once as long as they last."""
    pairs = [one + two for one in staff.given for two in staff.given if one != two]
    everyone = [surname + given for surname in staff.surnames for given in pairs]
    while True:
        rng.shuffle(everyone)
        yield from everyone
