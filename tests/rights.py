"""One person whose data is planted everywhere, and somebody in each role of the pack, inside their area and outside.

What the tests of rights share: every page, endpoint, export and message is tried as each of these people.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple
from uuid import UUID

from django.db import transaction

from tests.conftest import OPERATOR, huizhou_pack
from tests.duties.observation.clinics import VILLAGE, care_make
from wangge.duties.matters.rules import ReportDraft
from wangge.duties.matters.services.intake import matter_receive
from wangge.duties.observation.services import checks, contacts, measures, release
from wangge.duties.venues.rules import VenueDraft
from wangge.duties.venues.services.register import venue_register
from wangge.ground.accounts import services as accounts
from wangge.ground.journal.models import Event
from wangge.ground.kernel import clock

PLANTED = ("王小明", "13912345678", "441302199001010036", "东湖花园3栋1单元501")
INSIDE, OUTSIDE = "441302001", "441323001"
ROLES = tuple(huizhou_pack().roles)


class Scene(NamedTuple):
    """A planted person with a referral, a measure and a contact, and a matter that tells of them; one released.

    `people` leads from a role and an area to who stands there.
    """

    numbers: dict[str, str]
    ids: dict[str, UUID]
    people: dict[tuple[str, str], str]


def scene_make(city: Any) -> Scene:
    """Everything through the services, half an hour ago."""
    now = clock.now().replace(microsecond=0) - timedelta(minutes=30)
    care = care_make(city, now)
    planted = care.person(
        name=PLANTED[0], phones=(PLANTED[1],), document=PLANTED[2], document_kind="id_card", address=PLANTED[3]
    )
    other, gone = care.person(), care.person(plan="home")
    referral = care.ask(planted)
    measure = measures.measure_order(
        actor=care.actor("hana"), individual_id=planted.id, institution="惠城区人民医院", legal_basis="第三十九条",
        authority="惠城区公安分局", started_at=now, review_at=now + timedelta(days=3), ends_at=now + timedelta(days=7),
        now=now,
    )  # fmt: skip
    check = checks.check_make(
        actor=care.actor("alice"), individual_id=planted.id, now=now, temperature_tenths=365, symptoms=[]
    )
    edge = contacts.contact_list(
        actor=care.actor("dan"), case_id=planted.id, exposed_id=gone.id, setting="meal", last_on=None, now=now
    )
    release.individual_release(actor=care.actor("hana"), individual_id=gone.id, now=now, exception="专家组同意")
    told = ReportDraft(
        "gathering", city.area(VILLAGE), "phone", text=f"有人聚集打牌，电话{PLANTED[1]}", reporter_name=PLANTED[0],
        reporter_phone=PLANTED[1], address=PLANTED[3],
    )  # fmt: skip
    matter = matter_receive(actor=care.actor("dan"), response_id=city.response_id, draft=told, now=now)
    hotel = VenueDraft("hotel", city.area(VILLAGE), "蓬莱宾馆", contact_name=PLANTED[0], contact_phone=PLANTED[1])
    venue_register(actor=care.actor("alice"), response_id=city.response_id, draft=hotel, now=now)
    people = {("fever_clinic", INSIDE): "cleo", ("fever_clinic", OUTSIDE): "carl"}
    for role in ROLES:
        for area in (INSIDE, OUTSIDE):
            if (role, area) not in people:
                people[role, area] = hire(city, role, area, now - timedelta(days=1))
    ids = {"referral": referral.id, "measure": measure.id, "clinic": care.clinic.id}
    ids |= {"contact": edge.id, "check": check.id, "matter": matter.matter_id}
    numbers = {"planted": planted.number, "other": other.number, "gone": gone.number, "matter": matter.number}
    return Scene(numbers, ids, people)


def hire(city: Any, role: str, area: str, since: Any) -> str:
    """Somebody new in a role of an area; their name."""
    name = f"{role}-{area}"
    person = accounts.person_add(actor=OPERATOR, username=name, display_name=name, now=since)
    post = accounts.post_open(actor=OPERATOR, name=name, role=role, area_id=city.area(area), now=since)
    accounts.post_hold(actor=OPERATOR, post_id=post.id, person_id=person.id, now=since)
    city.people[name] = person.id
    return name


def verbs_of(role: str) -> frozenset[str]:
    """What the pack lets a role do."""
    return frozenset(huizhou_pack().roles[role].verbs)


def opened(body: bytes) -> str:
    """An answer as text; of a packed file all that is in it."""
    if not body.startswith(b"PK"):
        return body.decode("utf-8", "replace")
    with zipfile.ZipFile(io.BytesIO(body)) as parts:
        return "\n".join(parts.read(name).decode("utf-8", "replace") for name in parts.namelist())


def undone(ask: Callable[[], Any]) -> tuple[int, str, int]:
    """The status, the whole answer, and how many events it made; then everything is as it was."""
    with transaction.atomic():
        before = Event.objects.count()
        answer = ask()
        body = b"".join(answer.streaming_content) if answer.streaming else answer.content
        made = Event.objects.count() - before
        transaction.set_rollback(True)
    return answer.status_code, opened(body), made
