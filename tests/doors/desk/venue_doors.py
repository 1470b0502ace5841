"""Venues of every sort in the small city, and every form that is about them: who posts where, with which form."""

from __future__ import annotations

from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

from tests.ground.responses.test_evidence import photo
from wangge.duties.venues.models import Venue
from wangge.duties.venues.rules import VenueDraft, VisitDraft
from wangge.duties.venues.services.lodging import link_make
from wangge.duties.venues.services.orders import OrderDraft, order_issue
from wangge.duties.venues.services.photos import Photo, visit_record_shown
from wangge.duties.venues.services.register import venue_end, venue_register
from wangge.ground.kernel import clock

VILLAGE = "441302001001"
CONTACT = {"operator": "王小明个体户", "contact_name": "王小明", "contact_phone": "13912345678"}
Row = tuple[str, str, dict[str, Any], dict[str, Any]]


def venues_make(city: Any, now: datetime) -> SimpleNamespace:
    """A café closed by order, a hotel with a link, a school, a shop that is no more, and a visit to the café."""
    upon: dict[str, Any] = {"actor": city.actor("alice", now), "now": now - timedelta(days=1)}

    def register(kind: str, name: str) -> Venue:
        draft = VenueDraft(kind, city.area(VILLAGE), name, **CONTACT if kind == "internet_cafe" else {})
        return venue_register(response_id=city.response_id, draft=draft, not_the_same=True, **upon)

    made = SimpleNamespace(
        cafe=register("internet_cafe", "瑶池网吧"), hotel=register("hotel", "蓬莱宾馆"),
        school=register("school", "昆仑小学"), gone=register("shop", "广寒小店"),
    )  # fmt: skip
    venue_end(venue_id=made.gone.id, version=1, **upon)
    draft = OrderDraft(
        "close", ("internet_cafe", "bar"), (city.area("441302"),), "惠城区指挥部", "传染病防治法第四十二条"
    )
    made.order = order_issue(
        actor=city.actor("erin", now), response_id=city.response_id, draft=draft, now=now - timedelta(hours=5)
    )
    visit = VisitDraft(made.cafe.id, rounds=("closure",), answers={"shut": "ok", "notice": "failed"}, note="已告知")
    shown = [Photo("现场.jpg", photo(size=(60, 40)))]
    made.visit = visit_record_shown(response_id=city.response_id, draft=visit, photos=shown, **upon)
    made.secret = link_make(venue_id=made.hotel.id, **upon)
    for one in (made.cafe, made.hotel, made.school, made.gone):
        one.refresh_from_db()
    return made


def venue_doors(world: SimpleNamespace) -> list[Row]:
    """(name, who, form, address) of every form of venues, as the table of all forms has them."""
    venues, today = world.venues, clock.local(clock.now()).strftime("%Y-%m-%d")
    words = ("text", "已现场核实")
    said: dict[str, Any] = {
        "kind": ("choice", "bar"), "name": ("text", "青丘酒吧"), "address": ("text", "东湖路1号"),
        "lon": ("number", "114.4"), "lat": ("number", "23.1"), "size": ("number", "20"), "operator": ("text", "李四"),
        "contact_name": ("text", "李四"), "contact_phone": ("text", "13912345679"),
    }  # fmt: skip
    area = {"area": ("hidden", VILLAGE), "area_name": ("text", "东湖社区")}
    instant = (clock.local(clock.now()) - timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    visit = {
        "key": ("key", "v1"), "rounds": ("choice", "closure"), "a_shut": ("choice", "ok"),
        "n_premises": ("number", "1"), "agencies": ("choice", "police"), "observed_at": ("instant", instant),
        "note": words, "aware": ("hidden", "yes"),
    }  # fmt: skip
    order = {
        "key": ("key", "v2"), "effect": ("choice", "limit"), "limits": ("text", "减半"), "kinds": ("choice", "hotel"),
        "areas": ("choice", "441302"), "authority": ("text", "惠城区指挥部"), "legal_basis": ("text", "第四十二条"),
        "starts_at": ("instant", instant), "notice": ("text", "自即日起减半接待"),
    }  # fmt: skip
    counts = {"guests": ("number", "5"), "registered": ("number", "5"), "uploaded": ("number", "5")}
    ready = {
        "do": ("hidden", "record"), "met": ("choice", "plan"), "approved_health": ("day", today),
        "resumes_on": ("day", today), "note": words,
    }  # fmt: skip
    returners = {
        "do": ("hidden", "returners"), "day": ("day", today), "people": ("number", "9"), "unwell": ("number", "1"),
    }  # fmt: skip
    cafe, hotel, school = ({"number": one.number} for one in (venues.cafe, venues.hotel, venues.school))
    change = {name: value for name, value in said.items() if name != "kind"}
    return [
        ("venue_new", "alice", {"key": ("key", "v0"), **said, **area}, {}),
        ("venue_change", "alice", {
            "version": ("stale", "1"), "kind": ("choice", "bar"), **change,
        }, cafe),
        ("venue_unmask", "alice", {"reason": ("text", "电话通知停业")}, cafe),
        ("venue_deed", "alice", {"version": ("stale", "1")}, hotel | {"deed": "end"}),
        ("venue_deed", "alice", {"version": ("stale", str(venues.gone.version))}, {
            "number": venues.gone.number, "deed": "resume",
        }),
        ("venue_deed", "alice", {}, hotel | {"deed": "link"}),
        ("venue_count", "alice", {"day": ("day", today), **counts}, hotel),
        ("venue_ready", "alice", ready, school),
        ("venue_ready", "alice", returners, school),
        ("venue_import", "alice", {"file": ("hidden", "")}, {}),
        ("venue_import_take", "alice", {"sent": ("hidden", "")}, {}),
        ("venue_import_mend", "alice", {"sent": ("hidden", "")}, {}),
        ("visit_new", "alice", visit, cafe),
        ("visit", "alice", {}, {"visit_id": venues.visit.id}),
        ("visit_counter", "alice", {"reason": words}, {"visit_id": venues.visit.id}),
        ("order_new", "erin", order, {}),
        ("order", "erin", {}, {"order_id": venues.order.id}),
        ("order_lift", "erin", {
            "kinds": ("choice", "bar"), "areas": ("choice", "441302001"), "at": ("instant", instant),
        }, {"order_id": venues.order.id}),
        ("lodging_link", "", {"day": ("choice", today), **counts}, {"secret": venues.secret}),
        ("venue", "alice", {}, cafe),
    ]  # fmt: skip
