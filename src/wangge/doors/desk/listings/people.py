"""People on record, and who has looked at their full data, as tables."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from wangge.doors.desk.listings.asked import NO_FILTER, PLACE, Asked, Rows, listing_of, place_of, walk
from wangge.doors.desk.words import field_name
from wangge.duties.matters.queries import numbers_of_reports
from wangge.duties.observation.queries.cards import Card
from wangge.duties.observation.queries.people import numbers_of_people
from wangge.duties.observation.queries.people import people as people_page
from wangge.duties.observation.words import DOCUMENT_NAMES, ROLE_NAMES, STATE_NAMES
from wangge.ground.responses.accesses import unmaskings
from wangge.picture.tables.services import Listing
from wangge.picture.tables.workbook import Column
from wangge.spine.forms.queries.submissions import titles_of

PEOPLE_COLUMNS = (
    Column("档案编号", 28), Column("人员类别", 22), Column("状态", 8), Column("姓名", 10), Column("证件类型", 22),
    Column("证件号码", 22), Column("电话", 16), *PLACE, Column("来源地", 16), Column("到达日期", 12, "day"),
    Column("末次接触日期", 13, "day"), Column("发病日期", 12, "day"), Column("建档时间", 17, "instant"),
    Column("告知时间", 17, "instant"), Column("演练", 6),
)  # fmt: skip


def people(asked: Asked) -> Listing:
    """Records, masked as on the page."""
    state = asked.state if asked.state in STATE_NAMES or asked.state == "all" else "active"
    role = asked.role if asked.role in ROLE_NAMES else ""
    told = (
        ("人员类别", ROLE_NAMES.get(role, NO_FILTER)),
        ("状态", STATE_NAMES.get(state, NO_FILTER)),
        ("建档人", "本人" if asked.own else NO_FILTER),
    )
    rows = _people_rows(asked, role, "" if state == "all" else state)
    return listing_of("people", "人员档案", "person.view", PEOPLE_COLUMNS, rows, asked, *told)


def _people_rows(asked: Asked, role: str, state: str) -> Rows:
    for page in walk(
        partial(people_page, actor=asked.actor, role=role, state=state, area_id=asked.area_id, own=asked.own)
    ):
        yield from map(_person_row, page.cards)


def _person_row(card: Card) -> Sequence[Any]:
    one, private = card.individual, card.private
    return (
        one.number, ROLE_NAMES[one.role], STATE_NAMES[one.state], private.get("name", ""),
        DOCUMENT_NAMES[one.document_kind], private.get("document", ""), private.get("phone", ""),
        *place_of(one.area_id), one.origin, one.arrived_on, one.last_exposure_on, one.onset_on, one.identified_at,
        one.notified_at, "演练" if one.exercise else "",
    )  # fmt: skip


LOOK_COLUMNS = (
    Column("时间", 17, "instant"), Column("查看人", 12), Column("岗位", 16), *PLACE, Column("事项或档案编号", 30),
    Column("查看内容", 30),
)  # fmt: skip


# The reasons stay behind: what people wrote may name somebody, and a file goes where it likes.
def accesses(asked: Asked) -> Listing:
    """Looks at full data."""
    return listing_of("accesses", "查阅记录", "vault.audit", LOOK_COLUMNS, _look_rows(asked), asked)


def _look_rows(asked: Asked) -> Rows:
    for page in walk(partial(unmaskings, actor=asked.actor, area_id=asked.area_id)):
        subjects = {look.subject_id for look in page.looks}
        numbers = numbers_of_reports(subjects) | numbers_of_people(subjects) | titles_of(subjects)
        for look in page.looks:
            role = asked.pack.roles.get(look.role)
            yield (
                look.at, look.person, role.name if role else look.role, *place_of(look.area_id),
                numbers.get(look.subject_id, ""), "、".join(field_name(code, asked.pack) for code in look.fields),
            )  # fmt: skip
