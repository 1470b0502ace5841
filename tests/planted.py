"""A scenario full of names, numbers and addresses that must be found nowhere afterwards, in a process that then dies.

Each step writes what people write. A room that keeps people's data adds a step to `STEPS` and gives every value that
it plants through `plant`; `tests/upkeep/test_planted.py` looks for all of them in everything the installation wrote.
Run as a script: the folder for what goes out as the only argument.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import django

PLANTED: list[str] = []


def plant(value: str, *private: str) -> str:
    """A value for the scenario. `private` are the parts of it that must not be found; all of it where none is named."""
    PLANTED.extend(private or [value])
    return value


def a_matter_from_report_to_closing(story: Any) -> None:
    story.receive(
        "dan",
        reporter_name=plant("欧阳测试甲"),
        reporter_phone=plant("13812345678"),
        address=plant("东湖花园三号楼五〇二房"),
        fields={
            "person_name": plant("上官测试丙"),
            "person_phone": plant("13711112222"),
            "person_address": plant("南岸路七号"),
        },
        text=plant("租客司马测试乙(电话13987654321)昨晚从武汉返回", "司马测试乙", "13987654321"),
    )
    words = {
        "text": plant("已见到诸葛测试丁,证号44130219800101123X", "诸葛测试丁", "44130219800101123X"),
        "what": "worked",
        "agency_id": story.city.agencies["police/441302001"],
    }
    story.accepted(lead="police", joint=["health"])
    story.act(handling.matter_work, "paul", **words)
    said = plant("本人夏侯测试戊在家,座机0752-2234567", "夏侯测试戊", "0752-2234567")
    story.later(minutes=2).act(finishing.matter_verify, "carol", passed=True, method="spot", text=said)
    story.later(minutes=2).act(finishing.matter_close, "dan", outcome="home_observation", told="call")


def an_entry_of_the_duty_log_and_its_counter(story: Any) -> None:
    kind = next(iter(story.city_pack.log_kinds.values()))
    draft = EntryDraft(
        kind.code,
        story.city.area("441302001001"),
        kind.place_kinds[0].code,
        {kind.main.code: 3},
        note=plant("找宇文测试己谈过", "宇文测试己"),
    )
    alice = story.city.actor("alice", story.now)
    logged = entry_log(actor=alice, response_id=story.city.response_id, draft=draft, now=story.now)
    reason = plant("错记成尉迟测试庚", "尉迟测试庚")
    entry_counter(actor=alice, entry_id=logged.entry_id, reason=reason, now=story.now)


def a_look_at_full_data(story: Any) -> None:
    vault.unmask(
        actor=story.city.actor("dan", story.now),
        area_id=story.matter.area_id,
        subject_id=story.matter.reports.get().id,
        fields=["text", "reporter_phone"],
        reason=plant("长孙测试辛来电15912345678要求核对", "长孙测试辛", "15912345678"),
        now=story.now,
    )


def a_person_from_arrival_to_release(story: Any) -> None:
    care = story.care = care_make(story.city, story.now)
    hana, today = care.actor("hana"), local(story.now).date()
    person = care.person(
        role="close_contact",
        name=plant("令狐测试壬"),
        document=plant("110101199003074514"),
        document_kind="id_card",
        phones=(plant("13622223333"), plant("13522224444")),
        address=plant("菜园墩西二巷九号"),
        note=plant("与公冶测试癸同住", "公冶测试癸"),
        legs=(LegDraft(on=today, transport="train", vehicle=plant("G8123次7车12F座")),),
    )
    upon = {"actor": hana, "individual_id": person.id, "now": story.now}
    correcting.individual_correct(**upon, version=None, changes={"name": plant("令狐测试仁")})
    contacts.dependant_name(**upon, kind="child", name=plant("令狐测试童"), need=plant("三岁需人喂药"))
    checks.check_make(**upon, temperature_tenths=365, symptoms=[], note=plant("服用某某测试胶囊"))
    secret = links.link_make(**upon)
    plant(secret)
    said = CheckDraft(376, ["cough"], note=plant("昨夜咳嗽得厉害"), day=today, slot=1)
    links.link_check(secret=secret, draft=said, now=story.now + timedelta(hours=7))
    story.later(hours=7, minutes=5)
    care.now = story.now
    referral = care.ask(person, "hana", note=plant("送诊时请避开濮阳测试子", "濮阳测试子"))
    care.move(referral, "accepted")
    care.move(referral, "on_way", escort=plant("淳于测试丑"), vehicle=plant("粤L测Q345"))
    care.move(referral, "arrived")
    care.answer(referral, "observe", note=plant("胸片未见异常测试语"))
    other = care.person(role="confirmed", plan="", name=plant("单于测试寅"), last_exposure_on=today)
    hana = care.actor("hana")
    contacts.contact_list(
        actor=hana, case_id=other.id, exposed_id=person.id, setting="meal", last_on=today,
        evidence=plant("同桌吃饭两小时测试语"), now=story.now,
    )  # fmt: skip
    upon = {"actor": hana, "individual_id": person.id, "now": story.now}
    dossier.individual_hand_over(**upon, reason=plant("本人太叔测试卯申请查阅", "太叔测试卯"))
    release.individual_release(**upon, returned=plant("退回体温计和钥匙测试语"), exception=plant("移交亲属测试语"))


def a_list_a_merge_and_a_move(story: Any) -> None:
    care, city = story.care.at(story.now), story.city
    hana, area = care.actor("hana"), city.area("441302001001")
    rows = [
        RecordDraft("arrival", area, name=plant("闾丘测试辰"), phones=(plant("13422225555"),), origin="武汉"),
        RecordDraft("arrival", area, name=plant("闾邱测试辰"), document=plant("110101199003070038"),
                    document_kind="id_card", address=plant("南坛北路十二号")),
    ]  # fmt: skip
    people_import(actor=hana, response_id=city.response_id, drafts=rows, now=story.now)
    one, two = Individual.objects.order_by("-identified_at", "-number")[:2]
    merging.individuals_merge(actor=hana, individual_id=two.id, into_id=one.id, now=story.now)
    upon = {"actor": hana, "individual_id": one.id, "now": story.now}
    correcting.individual_move(**upon, version=None, area_id=city.area("441302001003"))
    [found] = people_search(actor=hana, response_id=city.response_id, text="闾丘测试辰")
    assert found.individual.id in (one.id, two.id)


def somebody_refuses_isolation(story: Any) -> None:
    care = story.care.at(story.now)
    one = care.person(name=plant("东郭测试巳"), address=plant("下角东路三十号"))
    ordered = measures.measure_order(
        actor=care.actor("hana"), individual_id=one.id, institution="惠城区人民医院", legal_basis="第三十九条",
        authority="惠城区公安分局", started_at=story.now, review_at=story.now + timedelta(days=3),
        ends_at=story.now + timedelta(days=7), now=story.now,
    )  # fmt: skip
    upon = {"actor": care.actor("hana"), "measure_id": ordered.id, "now": story.now}
    measures.measure_review(**upon, version=None, note=plant("其兄南宫测试午已劝说", "南宫测试午"),
                            review_at=story.now + timedelta(days=5))  # fmt: skip
    measures.measure_end(**upon, cause="complied", note=plant("本人手机13322226666已开机", "13322226666"))


def a_surge(story: Any) -> None:
    reason = plant("接百里测试未来电13222227777报告", "百里测试未", "13222227777")
    frank, county = story.city.actor("frank", story.now), story.city.area("441302")
    surging.surge_start(actor=frank, area_id=county, factor=0.5, reason=reason, now=story.now)


def a_change_of_keys(story: Any) -> None:
    rotation_begin(actor=engine.ENGINE, response_id=story.city.response_id, now=story.now)


STEPS: list[Callable[[Any], None]] = [
    a_matter_from_report_to_closing,
    an_entry_of_the_duty_log_and_its_counter,
    a_look_at_full_data,
    a_person_from_arrival_to_release,
    a_list_a_merge_and_a_move,
    somebody_refuses_isolation,
    a_surge,
    a_change_of_keys,
]


def taken_out(story: Any, folder: Path) -> None:
    """All that leaves: every list, a bulletin in each form, a backup."""
    everywhere = system_actor(
        "test",
        "matter.view",
        "figure.view",
        "coverage.view",
        "vault.audit",
        "vault.view",
        "bulletin.issue",
        "person.view",
        "venue.view",
        "checkpoint.view",
        "roster.view",
    )
    city = tree().get(story.city.area("4413"))
    for code in LISTINGS:
        asked = Asked(everywhere, story.city.response, story.city_pack, story.now, figure="matters_received", area=city)
        if code not in {
            "coverage",
            "villages",
            "gaps",
            "drill",
        }:  # areas of a person's posts, and a drill that was called
            pieces = list_export(actor=everywhere, listing=listing(code, asked), now=story.now)
            (folder / f"{code}.xlsx").write_bytes(b"".join(pieces))
    cutoff = story.now.replace(second=0, microsecond=0)
    issued = bulletin_issue(
        actor=everywhere, response_id=story.city.response_id, area_id=city.id, cutoff=cutoff, now=story.now
    )
    content = content_of(issued)
    (folder / "bulletin.docx").write_bytes(as_docx(content))
    (folder / "bulletin.txt").write_text(as_text(content))
    backup_write(folder / "backup.zip", now=story.now)


if __name__ == "__main__":
    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0)
    from tests.conftest import START, build_city
    from tests.duties.matters.conftest import Story
    from tests.duties.observation.clinics import care_make
    from wangge import engine
    from wangge.doors.desk.listings import LISTINGS, Asked, listing
    from wangge.duties.dutylog.rules import EntryDraft
    from wangge.duties.dutylog.services import entry_counter, entry_log
    from wangge.duties.matters.services import finishing, handling, surging
    from wangge.duties.observation.models import Individual
    from wangge.duties.observation.queries.people import people_search
    from wangge.duties.observation.services import (
        checks,
        contacts,
        correcting,
        dossier,
        links,
        measures,
        merging,
        release,
    )  # fmt: skip
    from wangge.duties.observation.services.checks import CheckDraft
    from wangge.duties.observation.services.lists import people_import
    from wangge.duties.observation.services.records import LegDraft, RecordDraft
    from wangge.ground.areas.tree import tree
    from wangge.ground.kernel.clock import local
    from wangge.ground.kernel.permission import system_actor
    from wangge.ground.responses import vault
    from wangge.ground.responses.rotation import rotation_begin
    from wangge.picture.bulletins.printing import as_text
    from wangge.picture.bulletins.queries import content_of
    from wangge.picture.bulletins.services import bulletin_issue
    from wangge.picture.bulletins.word import as_docx
    from wangge.picture.tables.services import list_export
    from wangge.upkeep.backup import backup_write

    told = Story(build_city(), START)
    for step in STEPS:
        step(told)
        engine.settle(told.now)
        told.later(minutes=2)
    engine.settle(told.now + timedelta(hours=3))
    told.now += timedelta(hours=3)
    taken_out(told, Path(sys.argv[1]))
    print(json.dumps(PLANTED))
    sys.stdout.flush()
    os._exit(0)  # as a killed process: nothing is closed, so that the write-ahead log stays
