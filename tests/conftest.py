"""The cast and the small city that most tests play in.

The city is built once for a test database and kept; every test's own changes are rolled back or taken back.
Named people: alice and bob (officer and deputy of 东湖), carol (cadre there), dan (desk of the town),
stan (desk of the police station), erin (county desk), frank (city desk), hana (health department),
paul (police), olga (an officer of another county: the outsider), adam (administrator).
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

import hypothesis
import pytest
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.db import connection
from django.test import TransactionTestCase

from tests.kept import keep, put_back
from tests.shared import made_once
from tests.small_city import wangge
from wangge import engine
from wangge.ground.accounts import services as accounts
from wangge.ground.accounts.models import Person
from wangge.ground.accounts.queries import actor_of
from wangge.ground.areas import importer
from wangge.ground.areas import services as area_services
from wangge.ground.areas import tree as area_tree
from wangge.ground.journal.readers import Event, position_of
from wangge.ground.kernel.permission import Actor, system_actor
from wangge.ground.responses import services as responses
from wangge.ground.responses.models import Response
from wangge.ground.responses.packs.loading import load_pack
from wangge.ground.responses.packs.schema import Pack

START = datetime.fromisoformat("2020-02-03T09:00:00+08:00")
OPERATOR = system_actor("test", "area.manage", "account.manage", "pack.load", "response.declare")
AREAS = """code12,name,kind,town_code9,town_name,county_code6,county_name
441302001001,东湖社区居委会,居民委员会,441302001,桥东街道,441302,惠城区
441302001003,新建社区居委会,居民委员会,441302001,桥东街道,441302,惠城区
441302001005,菜园墩社区居委会,居民委员会,441302001,桥东街道,441302,惠城区
441302100200,横沥村委会,村民委员会,441302100,横沥镇,441302,惠城区
441302100201,矮陂村委会,村民委员会,441302100,横沥镇,441302,惠城区
441323001001,新平社区居委会,居民委员会,441323001,平山街道,441323,惠东县
441323001002,泰园社区居委会,居民委员会,441323001,平山街道,441323,惠东县
"""


@lru_cache(maxsize=1)
def huizhou_pack() -> Pack:
    """The pack of the repository, read and checked once."""
    return load_pack(Path(settings.PACK_FOLDER) / "huizhou-2020")


@dataclass
class City:
    """What a test finds: areas by code, people by name, one running response."""

    response_id: UUID
    people: dict[str, UUID] = field(default_factory=dict)
    agencies: dict[str, UUID] = field(default_factory=dict)

    @property
    def response(self) -> Response:
        return Response.objects.get(id=self.response_id)

    def area(self, code: str) -> UUID:
        node = area_tree.tree().by_code(code)
        assert node is not None
        return node.id

    def person(self, name: str) -> Person:
        return Person.objects.get(id=self.people[name])

    def actor(self, name: str, now: datetime = START) -> Actor:
        return actor_of(self.person(name), now)


AGENCIES = [
    ("government", "441302001"), ("police", "441302001"), ("health", "441302001"), ("village", "441302001001"),
    ("civil_affairs", "441302"), ("market", "441302"), ("police", "441302"), ("health", "441302"),
    ("criminal", "441302"), ("urban", "441302"), ("transport", "441302"), ("education", "441302"),
    ("culture", "441302"),
    ("government", "441302"), ("village", "441302001003"),
]  # fmt: skip
CAST = [
    ("alice", "village_officer", "441302001001", None, False),
    ("bob", "village_officer", "441302001001", None, True),
    ("carol", "village_cadre", "441302001001", "village/441302001001", False),
    ("dan", "duty_desk", "441302001", "government/441302001", False),
    ("dora", "duty_desk", "441302001", "government/441302001", True),
    ("erin", "county_desk", "441302", None, False),
    ("frank", "city_desk", "4413", None, False),
    ("hana", "health_department", "441302001", "health/441302001", False),
    ("paul", "agency_member", "441302001", "police/441302001", False),
    ("olga", "village_officer", "441323001001", None, False),
    ("omar", "county_desk", "441323", None, False),
    ("adam", "administrator", "4413", None, False),
]


def build_city() -> City:
    """Make the small city through the services that a real one is made with."""
    long_ago = START - timedelta(days=30)
    preview = importer.preview(AREAS.encode(), names={"44": "广东省", "4413": "惠州市"})
    area_services.areas_import(actor=OPERATOR, preview=preview, edition=date(2019, 10, 31), now=long_ago)
    pack = responses.pack_load(actor=OPERATOR, pack=huizhou_pack(), now=long_ago)
    city = City(UUID(int=0))
    response = responses.response_open(
        actor=OPERATOR,
        code="test-2020",
        name="新冠肺炎疫情防控",
        area_id=city.area("4413"),
        pack_id=pack.id,
        purpose="新型冠状病毒肺炎疫情防控",
        legal_basis="《中华人民共和国传染病防治法》",
        authority="惠州市新型冠状病毒肺炎防控指挥部",
        started_at=long_ago,
        now=long_ago,
    )
    city.response_id = response.id
    for kind, code in AGENCIES:
        name = f"{area_tree.tree().get(city.area(code)).short_name}{huizhou_pack().agencies[kind].name}"
        agency = accounts.agency_ensure(actor=OPERATOR, kind=kind, name=name, area_id=city.area(code))
        city.agencies[f"{kind}/{code}"] = agency.id
    posts: dict[tuple[str, str], UUID] = {}
    for name, role, code, agency, deputy in CAST:
        person = accounts.person_add(actor=OPERATOR, username=name, display_name=name.capitalize(), now=long_ago)
        city.people[name] = person.id
        if (role, code) not in posts:
            post = accounts.post_open(
                actor=OPERATOR,
                name=f"{role} {code}",
                role=role,
                area_id=city.area(code),
                agency_id=city.agencies[agency] if agency else None,
                now=long_ago,
            )
            posts[role, code] = post.id
        accounts.post_hold(actor=OPERATOR, post_id=posts[role, code], person_id=person.id, deputy=deputy, now=long_ago)
    return city


# A test that commits leaves the database as the set-up made it, not empty.
TransactionTestCase._fixture_teardown = lambda self: put_back()  # type: ignore[method-assign]

# What makes guessing slow makes hundreds of tests slow too; how it is done stays the same.
Argon2PasswordHasher.time_cost, Argon2PasswordHasher.memory_cost, Argon2PasswordHasher.parallelism = 1, 8, 1

# How long an example takes says how busy the machine is.
hypothesis.settings.register_profile("wangge", deadline=None)
hypothesis.settings.load_profile("wangge")

_built: dict[str, City] = {}


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> None:
    """SQLite is tested as it is used: a file that several connections and processes open, not memory."""
    if connection.vendor == "sqlite":
        settings.DATABASES["default"]["TEST"]["NAME"] = str(Path(settings.DATA) / "test.sqlite3")


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: Any) -> None:
    """Build the city once, outside any test's transaction."""
    with django_db_blocker.unblock():
        _built["city"] = build_city()
        keep()


@pytest.fixture
def city(db: None) -> City:
    """The small city."""
    area_tree.forget()
    return _built["city"]


@pytest.fixture(autouse=True)
def _fresh_caches(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What a process keeps in memory must not outlive the rolled-back database of a test.

    The look once a second whether areas have changed is put off, so that counts of queries do not
    depend on how long a test takes.
    """
    monkeypatch.setattr(area_tree, "LOOK_AGAIN_SECONDS", 3600.0)
    area_tree.forget()
    yield
    area_tree.forget()


@pytest.fixture(scope="session")
def new_installation(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of an installation with its tables and nothing in them, to be copied."""

    def make(folder: Path) -> None:
        made = wangge(folder, "migrate")
        assert made.returncode == 0, made.stderr

    return made_once(tmp_path_factory, "new_installation", make)


@pytest.fixture
def data(new_installation: Path, tmp_path: Path) -> Path:
    """The data folder of an installation of this test's own, new and empty."""
    return Path(shutil.copytree(new_installation, tmp_path / "data"))


@pytest.fixture
def now() -> datetime:
    """The morning on which tests play, local time."""
    return START


def settle_fully(at: datetime) -> None:
    """Let the engine come to rest with every event read.

    On PostgreSQL readers stay below the oldest transaction of the whole server, and the other
    processes of a parallel test run share it: what they have open is waited for.
    """
    give_up_at = time.monotonic() + 60
    while True:
        engine.settle(at)
        last = Event.objects.order_by("-tx", "-id").values_list("tx", "id").first()
        if last is None or min(map(position_of, ("flows", "figures", "seal"))) >= last:
            return
        assert time.monotonic() < give_up_at, "another transaction has stayed open for a minute"
        time.sleep(0.02)


@pytest.fixture
def settle(transactional_db: None) -> Callable[[datetime], None]:
    """Let the engine come to rest at an instant; what it reads must be committed, so such a test commits."""
    return settle_fully
