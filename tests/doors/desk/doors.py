"""Every address of the desk that takes a form, with one that is taken, and the city that the forms are about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

from django.urls import reverse

from tests.doors.desk.checkpoint_doors import checkpoint_doors, checkpoints_make
from tests.doors.desk.drill_doors import drill_doors, drills_make
from tests.doors.desk.formed import forms_make
from tests.doors.desk.roster_doors import roster_doors, rosters_make
from tests.doors.desk.venue_doors import venue_doors, venues_make
from tests.duties.observation.clinics import care_make
from tests.duties.observation.watching import add_person
from wangge.duties.dutylog.rules import EntryDraft
from wangge.duties.dutylog.services import entry_log
from wangge.duties.matters.services import finishing, handling, merging, pausing, triage
from wangge.duties.observation.services import checks, contacts, facilities, links, measures, release
from wangge.ground.accounts.services import password_set
from wangge.ground.kernel import clock
from wangge.ground.responses.queries import pack_of

Form = dict[str, tuple[str, Any]]
VILLAGE, FORGED = "441302001001", "00000000-0000-0000-0000-000000000007"
AREA: Form = {"area": ("hidden", VILLAGE), "area_name": ("text", "东湖社区")}
WORDS = ("text", "已到户核实情况")
CARD = "110101199003070038"


@dataclass(frozen=True)
class Door:
    """Who posts where; the form by field: its sort, and what is taken."""

    name: str
    who: str
    form: Form = field(default_factory=dict)
    at: dict[str, Any] = field(default_factory=dict)

    @property
    def address(self) -> str:
        return reverse(f"desk:{self.name}", kwargs=self.at)

    @property
    def label(self) -> str:
        return " ".join([self.name, str(self.at.get("deed") or self.at.get("code") or "")]).strip()

    def sent(self, **instead: Any) -> dict[str, Any]:
        return {name: good for name, (_, good) in self.form.items()} | instead


def at(days: float, *, hours: float = 0) -> str:
    return clock.local(clock.now() + timedelta(days=days, hours=hours)).strftime("%Y-%m-%dT%H:%M")


def on(days: int) -> str:
    return at(days)[:10]


# -- the city -----------------------------------------------------------------------------------------


def world_make(city: Any, report: Callable[..., Any], do: Callable[..., Any]) -> SimpleNamespace:
    """A matter at every stage, people under observation and in care, a place, an entry."""
    now = clock.now()
    for name, role, area in (("nora", "health_staff", VILLAGE), ("gu", "command", "4413")):
        add_person(city, name, role, area, now - timedelta(days=2))
    world = SimpleNamespace(city=city, now=now, matters=_matters(city, report, do))
    world.police = str(city.agencies["police/441302001"])
    _people(world)
    kind = next(iter(pack_of(city.response).log_kinds.values()))
    draft = EntryDraft(kind.code, city.area(VILLAGE), kind.place_kinds[0].code, {kind.main.code: 3})
    world.log_kind = kind
    world.forms = forms_make(city)
    world.venues = venues_make(city, now)
    world.checkpoints = checkpoints_make(city, now)
    world.rosters = rosters_make(city, now)
    world.drills = drills_make(city, now)
    world.entry = entry_log(actor=city.actor("alice", now), response_id=city.response_id, draft=draft, now=now).entry_id
    password_set(actor=city.actor("dora", now), person_id=city.people["dora"], password="old-pass-2020-x", now=now)
    return world


def _matters(city: Any, report: Callable[..., Any], do: Callable[..., Any]) -> dict[str, Any]:
    """By the stage each has come to."""
    police = {"agency_id": city.agencies["police/441302001"]}
    steps: dict[str, Callable[[Any], Any]] = {
        "push": lambda one: None,
        "triage": lambda one: do(triage.matter_acknowledge, one, "dan"),
        "coordinate": lambda one: do(
            triage.matter_triage, one, "dan", kind="arrival", severity=2, lead="police", joint=[]
        ),
        "accepted": lambda one: do(handling.matter_accept, one, "paul", **police),
        "verify": lambda one: do(handling.matter_work, one, "paul", **police, what="worked", text="已核实"),
        "close": lambda one: do(finishing.matter_verify, one, "carol", passed=True, method="spot", text="本人在家"),
        "closed": lambda one: do(finishing.matter_close, one, "dan", outcome="home_observation", told="call"),
    }
    made = {}
    for place, stage in enumerate(steps):
        made[stage] = report()
        for step in list(steps.values())[: place + 1]:
            step(made[stage])
    made["asked"], made["held"], made["merged"] = (do(triage.matter_acknowledge, report(), "dan") for _ in range(3))
    until = clock.now() + timedelta(days=2)
    for name in ("asked", "held"):
        do(pausing.matter_ask_hold, made[name], "dan", reason="awaiting_result", text="等结果", until=until)
    do(pausing.matter_decide_hold, made["held"], "erin", approve=True)
    do(merging.matter_merge, made["merged"], "dan", into_id=made["triage"].id)
    return made


def _people(world: SimpleNamespace) -> None:
    care = world.care = care_make(world.city, world.now.replace(microsecond=0) - timedelta(hours=2))
    world.plain, world.other = care.person(plan=""), care.person(plan="")
    world.watched, world.case = care.person(), care.person("confirmed", plan="")
    world.asked, world.accepted, world.arrived, world.ill = (care.person() for _ in range(4))
    world.referrals = {"asked": care.ask(world.asked), "accepted": care.ask(world.accepted)}
    care.move(world.referrals["accepted"], "accepted")
    world.referrals |= {"arrived": care.arrived(world.arrived), "ill": care.arrived(world.ill)}
    care.answer(world.referrals["ill"], "confirmed")
    care.now = world.now
    upon = {"actor": care.actor("nora"), "now": care.now}
    world.check = checks.check_make(**upon, individual_id=world.watched.id, temperature_tenths=365, symptoms=[])
    world.secret = links.link_make(**upon, individual_id=world.watched.id)
    world.contact = contacts.contact_list(
        actor=care.actor("hana"), now=care.now, case_id=world.case.id, exposed_id=world.ill.id, setting="household",
        last_on=clock.local(care.now).date(),
    )  # fmt: skip
    world.measured, world.unseen, world.over = care.person(), care.person(), care.person()
    checks.check_make(**upon, individual_id=world.over.id, temperature_tenths=365, symptoms=[])
    world.over.plans.update(ends_on=clock.local(care.now).date() - timedelta(days=1))
    release.individual_release(**upon, individual_id=world.over.id, version=world.over.plans.get().version)
    world.measure = measures.measure_order(
        actor=care.actor("hana"), now=care.now, individual_id=world.measured.id, institution="惠城区人民医院",
        legal_basis="《中华人民共和国传染病防治法》第三十九条", authority="惠城区公安分局", started_at=care.now,
        review_at=care.now + timedelta(days=2), ends_at=care.now + timedelta(days=5),
    )  # fmt: skip
    world.site = facilities.facility_open(
        actor=care.actor("hana"), area_id=world.city.area("441302001"), name="集中观察点", kind="site", now=care.now
    )


# -- the table ----------------------------------------------------------------------------------------


def doors(world: SimpleNamespace) -> list[Door]:
    """Every form."""
    found = [*_entrance(world), *_entering(world), *_matter(world), *_records(world), *_care(world), *_ruling(world)]
    rows = [*venue_doors(world), *roster_doors(world), *checkpoint_doors(world), *drill_doors(world)]
    return [*found, *_forms(world), *(Door(*row) for row in rows)]


def _entrance(world: SimpleNamespace) -> list[Door]:
    back = {"next": ("hidden", "/")}
    profile: Form = {"old": ("hidden", "x"), "password": ("hidden", "y"), "again": ("hidden", "z")}
    return [
        Door("sign_in", "", {"username": ("odd", "dora"), "password": ("hidden", "x"), **back}),
        Door("sign_out", "dora"),
        Door("language", "dan", {"language": ("hidden", "en"), **back}),
        Door("theme", "dan", {"theme": ("hidden", "dark"), **back}),
        Door("keys", "dan", {"keys": ("hidden", "off")}),
        Door("profile", "dora", profile),
        Door("inbox_read", "dan"),
        Door("message", "dan", at={"delivery_id": world.entry}),
    ]


def _entering(world: SimpleNamespace) -> list[Door]:
    said: Form = {"text": WORDS, "reporter_name": ("text", "王小明"), "reporter_phone": ("text", "13912345678")}
    report: Form = {
        "key": ("key", "k1"), "kind": ("choice", "other"), "source": ("choice", "phone"), **AREA, **said,
        "address": ("text", "东湖花园"), "observed_at": ("instant", at(0, hours=-1)),
    }  # fmt: skip
    kind = world.log_kind
    entry: Form = {
        "key": ("key", "k2"), "kind": ("choice", kind.code), "place_kind": ("choice", kind.place_kinds[0].code), **AREA,
        f"n_{kind.main.code}": ("number", "3"), "observed_at": ("instant", at(0, hours=-1)), "note": WORDS,
    }  # fmt: skip
    person: Form = {
        "key": ("key", "k3"), "role": ("choice", "arrival"), **AREA, "name": ("text", "钱小多"),
        "document": ("document", CARD), "document_kind": ("choice", "id_card"), "phone": ("text", "13800138000"),
        "phone_2": ("text", ""), "address": ("text", "东湖花园"), "origin": ("text", "武汉"),
        "arrived_on": ("day", on(-3)), "last_exposure_on": ("day", on(-3)), "onset_on": ("day", ""),
        "household": ("id", ""), "matter": ("id", ""), "note": WORDS, "leg1_on": ("day", on(-3)),
        "leg1_transport": ("choice", "train"), "leg1_from": ("text", "武汉"), "leg1_to": ("text", "惠州"),
        "leg1_vehicle": ("text", "G1001"),
    }  # fmt: skip
    part = {name: ("hidden", good) for name, (_, good) in report.items()}
    return [
        Door("form_take", "dan"),
        Door("intake", "dan", report),
        Door("intake_fields", "dan", part),
        Door("intake_alike", "dan", part),
        Door("intake_read", "dan", {"text": ("odd", "昨天下午东湖社区三号楼有人从武汉回来"), "kind": ("hidden", "")}),
        Door(
            "person_read",
            "hana",
            {"text": ("odd", "昨天东湖社区王小明从武汉回来，电话13800138000"), "role": ("hidden", "")},
        ),
        Door("log", "dan", entry),
        Door("counter", "alice", {"reason": WORDS}, {"entry_id": world.entry}),
        Door("entry", "alice", {}, {"entry_id": world.entry}),
        Door("imports", "alice", {"file": ("hidden", "")}),
        Door("import_take", "alice", {"sent": ("hidden", "")}),
        Door("import_mend", "alice", {"sent": ("hidden", "")}),
        Door("person_new", "hana", person),
        Door("people_search", "hana", {"q": ("odd", "王小明")}),
        Door("people_import", "hana", {"role": ("hidden", "arrival")}),
        Door("people_import_take", "hana", {"sent": ("hidden", "")}),
        Door("people_import_mend", "hana", {"sent": ("hidden", "")}),
    ]


def _matter(world: SimpleNamespace) -> list[Door]:
    agency: Form = {"agency": ("id", world.police)}
    shapes: list[tuple[str, str, str, Form]] = [
        ("acknowledge", "push", "dan", {}),
        ("triage", "triage", "dan", {
            "kind": ("choice", "arrival"), "severity": ("choice", "2"), "lead": ("choice", "police"),
            "joint": ("choice", "health"), "text": WORDS,
        }),
        ("dismiss", "triage", "dan", {"reason": ("choice", "no_matter"), "text": WORDS}),
        ("accept", "coordinate", "paul", agency),
        ("hand_back", "coordinate", "paul", agency | {"reason": ("choice", "not_here"), "text": WORDS}),
        ("arrived", "accepted", "paul", agency),
        ("work", "accepted", "paul", agency | {"text": WORDS}),
        ("verify", "verify", "carol", {"passed": ("choice", "yes"), "method": ("choice", "spot"), "text": WORDS}),
        ("close", "close", "dan", {
            "outcome": ("choice", "home_observation"), "told": ("choice", "call"), "text": WORDS,
        }),
        ("reopen", "closed", "dan", {"text": WORDS}),
        ("report_add", "triage", "dan", {
            "source": ("choice", "phone"), "text": WORDS, "observed_at": ("instant", at(0, hours=-1)),
            "reporter_name": ("text", "王小明"), "reporter_phone": ("text", "13912345678"),
        }),
        ("ask_hold", "triage", "dan", {
            "reason": ("choice", "awaiting_result"), "text": WORDS, "until": ("instant", at(2)),
        }),
        ("decide_hold", "asked", "erin", {"approve": ("choice", "yes")}),
        ("resume", "held", "dan", {}),
        ("park", "triage", "dan", {
            "reason": ("choice", "no_basis"), "text": WORDS, "owner": ("id", str(world.city.people["paul"])),
            "review_on": ("day", on(9)),
        }),
        ("merge", "push", "dan", {"into_number": ("text", world.matters["triage"].number)}),
        ("merge_undo", "merged", "dan", {}),
    ]  # fmt: skip
    found = []
    for code, stage, who, form in shapes:
        matter = world.matters[stage]
        matter.refresh_from_db()
        seen: Form = {"version": ("stale", str(matter.version)), "seen": ("hidden", "1.1"), "walk": ("hidden", "")}
        found.append(Door("act", who, seen | form, {"number": matter.number, "code": code}))
    first = world.matters["push"]
    whole = {"number": first.number, "report_id": first.reports.get().id}
    return [*found, Door("unmask", "alice", {"reason": ("text", "电话回访核实")}, whole)]


def _records(world: SimpleNamespace) -> list[Door]:
    one, version = {"number": world.plain.number}, ("stale", str(world.plain.version))
    deeds: dict[str, Form] = {
        "correct": {"field": ("choice", "name"), "value": ("text", "钱小朵")},
        "household": {"with": ("text", world.other.number)},
        "move": {"area": ("hidden", "441302001003"), "area_name": ("text", "新建社区"), "along": ("hidden", "")},
        "notified": {"at": ("instant", at(0, hours=-1))},
        "role": {"role": ("choice", "suspected")},
        "merge": {"into_number": ("text", world.other.number)},
        "withdraw": {},
        "undo": {},
    }
    days: Form = {"field": ("choice", "last_exposure_on"), "value_day": ("day", on(-2)), "version": version}
    card: Form = {
        "field": ("choice", "document"), "document": ("document", CARD), "document_kind": ("choice", "id_card"),
        "version": version,
    }  # fmt: skip
    check: Form = {"temperature": ("number", "36.5"), "symptoms": ("choice", "cough"), "note": WORDS}
    plan = world.watched.plans.get()
    watched = {"number": world.watched.number}
    return [
        *(Door("person_act", "hana", form | {"version": version}, one | {"deed": of}) for of, form in deeds.items()),
        Door("person_act", "hana", days, one | {"deed": "correct"}),
        Door("person_act", "hana", card, one | {"deed": "correct"}),
        Door("person_unmask", "hana", {"reason": ("text", "电话回访核实")}, one),
        Door("person_dossier", "hana", {"reason": ("text", "本人来人申请"), "form": ("hidden", "")}, one),
        Door("plan_deed", "nora", {
            "setting": ("choice", "home"), "room": ("id", ""), "exposure_on": ("day", on(-2)),
        }, one | {"deed": "start"}),
        Door("plan_deed", "nora", {
            "version": ("stale", str(plan.version)), "setting": ("choice", ""), "room": ("id", ""),
            "exposure_on": ("day", on(0)),
        }, watched | {"deed": "change"}),
        Door("plan_deed", "nora", check | {"which": ("hidden", "")}, {"number": world.unseen.number, "deed": "check"}),
        Door("plan_deed", "nora", {
            "temperature": ("number", "36.6"), "symptoms": ("choice", "cough"), "check": ("row", str(world.check.id)),
        }, watched | {"deed": "replace"}),
        Door("plan_deed", "nora", {}, watched | {"deed": "link"}),
        Door("board_save", "nora", {f"t_{world.unseen.id}": ("number", "36.5")}),
        Door("observe", "", check, {"secret": world.secret}),
    ]  # fmt: skip


def _care(world: SimpleNamespace) -> list[Door]:
    def of(stage: str) -> Form:
        referral = world.referrals[stage]
        referral.refresh_from_db()
        return {"referral": ("id", str(referral.id)), "version": ("stale", str(referral.version))}

    room: Form = {"room": ("id", "")}
    way: Form = {"escort": ("text", "陈师傅"), "vehicle": ("text", "粤L12345")}
    world.measure.refresh_from_db()
    measure: Form = {"measure": ("id", str(world.measure.id)), "version": ("stale", str(world.measure.version))}
    founded: Form = {
        "institution": ("text", "惠城区人民医院"), "legal_basis": ("text", "传染病防治法第三十九条"),
        "authority": ("text", "惠城区公安分局"), "started_at": ("instant", at(0)), "review_at": ("instant", at(2)),
        "ends_at": ("instant", at(5)), "place": ("id", ""),
    }  # fmt: skip
    plan = world.watched.plans.get()
    shapes: list[tuple[str, str, Any, Form]] = [
        ("refer", "dan", world.watched, {"clinic": ("id", str(world.care.clinic.id)), "note": WORDS}),
        ("accepted", "cleo", world.asked, of("asked") | room),
        ("declined", "cleo", world.asked, of("asked") | {"note": WORDS}),
        ("cancelled", "dan", world.asked, of("asked")),
        ("on_way", "dan", world.accepted, of("accepted") | way),
        ("arrived", "cleo", world.accepted, of("accepted")),
        ("examined", "cleo", world.arrived, of("arrived")),
        ("answer", "cleo", world.arrived, of("arrived") | {
            "result": ("choice", "confirmed"), "room": ("id", ""), "note": WORDS,
        }),
        ("discharge", "cleo", world.ill, of("ill")),
        ("measure", "hana", world.watched, founded),
        ("review", "hana", world.measured, measure | {"note": WORDS, "review_at": ("instant", at(3))}),
        ("end", "hana", world.measured, measure | {"cause": ("choice", "lifted"), "note": WORDS}),
        ("release", "nora", world.watched, {
            "version": ("stale", str(plan.version)), "returned": ("text", "体温计"), "exception": ("text", "医嘱提前"),
        }),
        ("dependant", "nora", world.watched, {
            "kind": ("choice", "child"), "name": ("text", "小宝贝"), "need": ("text", "一日三餐"),
        }),
    ]  # fmt: skip
    case, measured = {"number": world.case.number}, {"number": world.measured.number}
    met: Form = {
        **AREA, "name": ("text", "孙小平"), "document": ("document", CARD), "document_kind": ("choice", "id_card"),
        "phone": ("text", "13800138001"), "address": ("text", "东湖花园"), "exposed": ("text", ""),
        "setting": ("choice", "household"), "last_on": ("day", on(0)), "evidence": WORDS,
    }  # fmt: skip
    reason: Form = {"reason": ("text", "交付本人"), "as": ("hidden", "")}
    return [
        *(Door("person_care", who, form, {"number": one.number, "deed": deed}) for deed, who, one, form in shapes),
        Door("contacts_do", "hana", met, case | {"deed": "add"}),
        Door("contacts_do", "hana", {
            "contact": ("id", str(world.contact.id)), "infector": ("hidden", "yes"),
        }, case | {"deed": "source"}),
        Door("measure_notice", "hana", reason, measured | {"measure_id": world.measure.id}),
        Door("certificate", "hana", reason, {"number": world.over.number}),
    ]  # fmt: skip


def _ruling(world: SimpleNamespace) -> list[Door]:
    city = ("hidden", "441302")
    place: Form = {
        "area": ("choice", "441302001"), "name": ("text", "第二观察点"), "kind": ("choice", "site"),
        "agency": ("id", ""),
    }  # fmt: skip
    room: Form = {"room": ("text", "101"), "beds": ("number", "2"), "closed": ("hidden", "")}
    here = {"facility_id": world.site.id}
    return [
        Door("bulletin_settings", "erin", {
            "do": ("choice", "plan"), "area": city, "at": ("text", "18:00"), "weekday": ("choice", "1"),
        }),
        Door("bulletin_settings", "erin", {
            "do": ("choice", "subscribe"), "area": city, "channel": ("choice", "inapp"),
        }),
        Door("bulletin_settings", "erin", {"do": ("choice", "stop"), "area": city, "schedule": ("id", FORGED)}),
        Door("bulletin_settings", "erin", {
            "do": ("choice", "unsubscribe"), "area": city, "subscription": ("id", FORGED),
        }),
        Door("issue", "erin", {"area": city, "at": ("minute", at(0, hours=-1))}),
        Door("surge", "frank", {
            "area": ("id", str(world.city.area("4413"))), "switch": ("choice", "on"), "factor": ("number", "0.5"),
            "reason": WORDS,
        }),
        Door("response", "gu", {
            "do": ("choice", "ask"), "basis": ("text", "终止应急响应的决定"),
        }, {"code": "test-2020"}),
        Door("releases", "nora", {"area": ("hidden", VILLAGE), "chosen": ("hidden", str(world.watched.id))}),
        Door("facilities", "hana"),
        Door("facility_open", "hana", place),
        Door("room_save", "hana", room, here),
        Door("facility_close", "hana", {}, here),
    ]  # fmt: skip


def _forms(world: SimpleNamespace) -> list[Door]:
    sent = {"submission_id": world.forms.submission}
    return [
        Door("forms", "frank", {"file": ("hidden", "")}),
        Door("form_versions", "frank", {}, {"code": "visit"}),
        Door("form_switch", "frank", {"open": ("hidden", "no")}, {"code": "visit"}),
        Door("field_keys", "dan", {"person": ("text", "carol"), "name": ("text", "手机"), "area": ("hidden", VILLAGE)}),
        Door("field_key_revoke", "alice", {}, {"key_id": world.forms.key}),
        Door("submission_do", "dan", {"a:places": ("odd", "5")}, sent | {"deed": "repair"}),
        Door("submission_do", "dan", {"reason": WORDS}, sent | {"deed": "discard"}),
        Door("submission_do", "dan", {"reason": WORDS}, sent | {"deed": "unmask"}),
        Door("submission", "dan", {}, sent),
        Door("submissions_export", "dan", {"reason": WORDS}, {"code": "visit", "form": "xlsx"}),
    ]
