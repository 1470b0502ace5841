"""What the small city lacks: a police station, a district that is no county, and a village with grids."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from tests.conftest import OPERATOR
from wangge.ground.accounts import services as accounts
from wangge.ground.areas.importer import preview_management
from wangge.ground.areas.services import grids_create, management_import
from wangge.ground.areas.tree import tree

LIST = """code,level,name,parent_code,member_codes
441302-D1,district,仲恺区,4413,441302100
441302001-P1,station,桥东派出所,441302,441302001001 441302001003
"""
DESKS = {"stan": ("station_desk", "441302001-P1"), "dina": ("county_desk", "441302-D1")}


def manage(now: datetime) -> dict[str, UUID]:
    """Found them, with three grids in 东湖社区; who sits at the desks of station and district."""
    management_import(actor=OPERATOR, preview=preview_management(LIST.encode()), now=now)
    grids_create(actor=OPERATOR, village_id=_area("441302001001"), count=3, now=now)
    people = {}
    for name, (role, code) in DESKS.items():
        person = accounts.person_add(actor=OPERATOR, username=name, display_name=name.capitalize(), now=now)
        post = accounts.post_open(actor=OPERATOR, name=role, role=role, area_id=_area(code), agency_id=None, now=now)
        accounts.post_hold(actor=OPERATOR, post_id=post.id, person_id=person.id, now=now)
        people[name] = person.id
    return people


def _area(code: str) -> UUID:
    node = tree().by_code(code)
    assert node is not None
    return node.id
