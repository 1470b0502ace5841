"""Issuing: who may, what is frozen, and how what came late or was corrected stands in the next one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from wangge.ground.journal.readers import Event
from wangge.ground.kernel.ids import new_id
from wangge.ground.kernel.problems import BulletinOutOfOrder, InputInvalid, NotFound, NotPermitted
from wangge.picture.bulletins.models import Bulletin
from wangge.picture.bulletins.printing import as_text
from wangge.picture.bulletins.queries import bulletin_by_id, bulletins, content_of

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def amounts(content):
    return {(line.code, line.cause): line.amount for line in content.corrections}


def test_a_bulletin_counts_what_was_recorded_before_its_cutoff(ledger, draft, now):
    ledger.leaflets(300, now)
    ledger.leaflets(50, now + HOUR)
    line = draft(now + HOUR).figure("leaflets_handed_out")
    assert (line.total, line.new) == (300, 300)


def test_the_next_one_says_what_is_new(ledger, issue, now):
    ledger.leaflets(300, now)
    first, _ = issue(now + HOUR)
    ledger.leaflets(50, now + 2 * HOUR)
    second, content = issue(now + DAY)
    line = content.figure("leaflets_handed_out")
    assert (line.total, line.new) == (350, 50)
    assert (first.serial, second.serial, second.since) == (1, 2, first.cutoff)
    assert "发放传单、宣传手册350份(本期新增50份)" in content.prose.replace("（", "(").replace("）", ")")


def test_an_issued_bulletin_prints_the_same_whatever_happens_later(ledger, issue, now):
    ledger.leaflets(300, now)
    bulletin, content = issue(now + HOUR)
    printed = as_text(content)
    ledger.leaflets(7, now + timedelta(minutes=1))  # late to the journal
    ledger.roll(100, now)
    assert as_text(content_of(Bulletin.objects.get(id=bulletin.id))) == printed


def test_what_was_seen_before_and_recorded_after_is_named_late(ledger, issue, now):
    issue(now)
    ledger.leaflets(40, now + HOUR, observed_at=now - HOUR)
    ledger.leaflets(5, now + HOUR, observed_at=now + HOUR)
    _, content = issue(now + DAY)
    assert content.figure("leaflets_handed_out").new == 45
    assert amounts(content) == {("leaflets_handed_out", "late"): 40}


def test_what_takes_back_an_earlier_record_is_named_corrected(ledger, issue, now):
    entry, later = new_id(), new_id()
    ledger.leaflets(300, now - HOUR, subject_id=entry, observed_at=now - HOUR)
    issue(now)
    ledger.countered(300, now + HOUR, subject_id=entry, observed_at=now - HOUR)
    ledger.leaflets(30, now + HOUR, observed_at=now - HOUR)
    ledger.leaflets(8, now + HOUR, subject_id=later)
    ledger.countered(8, now + 2 * HOUR, subject_id=later)
    _, content = issue(now + DAY)
    assert content.figure("leaflets_handed_out").total == 30
    assert amounts(content) == {("leaflets_handed_out", "corrected"): -300, ("leaflets_handed_out", "late"): 30}


def test_a_matter_reopened_after_the_bulletin_is_named_once(ledger, issue, now):
    matter = new_id()
    closed = {"kind": "gathering", "severity": 2, "outcome": "dispersed", "told": "call", "subject_id": matter}
    reopened = {"kind": "gathering", "severity": 2, "outcome": "dispersed", "level": 1, "subject_id": matter}
    ledger.record("matter.closed", now - HOUR, **closed)
    issue(now)
    for hours in (1, 3):
        ledger.record("matter.reopened", now + hours * HOUR, **reopened)
        ledger.record("matter.closed", now + (hours + 1) * HOUR, **closed)
    _, content = issue(now + DAY)
    assert content.figure("gatherings_stopped").total == 1
    assert amounts(content)["gatherings_stopped", "corrected"] == -1


def test_totals_follow_from_the_last_ones(ledger, issue, now):
    """Last total + new + what reached the journal after the last count = this total, for every figure."""
    ledger.leaflets(100, now - HOUR)
    _, first = issue(now)
    ledger.leaflets(20, now - timedelta(minutes=5))  # recorded before the cut-off, written after the count
    ledger.leaflets(3, now + HOUR)
    _, second = issue(now + DAY)
    pending = {line.code: line.amount for line in second.corrections if line.cause == "pending"}
    assert pending == {"leaflets_handed_out": 20}
    for line in second.figures:
        if line.measure in ("count", "sum"):
            assert line.total == first.figure(line.code).total + line.new + pending.get(line.code, 0)


@pytest.mark.parametrize("handled", [0, 1, 100])
def test_it_does_not_matter_where_the_reader_stands(ledger, issue, now, handled):
    ledger.leaflets(100, now - HOUR)
    ledger.roll(handled, now)
    issue(now)
    ledger.leaflets(20, now - timedelta(minutes=5))
    ledger.leaflets(3, now + HOUR)
    ledger.roll(handled, now)
    _, content = issue(now + DAY)
    assert content.figure("leaflets_handed_out").total == 123
    assert amounts(content) == {("leaflets_handed_out", "pending"): 20}


def test_exercises_never_count(ledger, draft, now):
    ledger.leaflets(100, now - HOUR, exercise=True)
    assert draft(now).figure("leaflets_handed_out").total == 0


def test_catalogues_and_shares(ledger, draft, now):
    ledger.record(
        "duty.logged", now - HOUR, kind="lodging_day", place_kind="inn", sign=1, guests=20_000,
        registered=19_999, uploaded=19_999,
    )  # fmt: skip
    content = draft(now)
    assert content.figure("services_offered").total == 14
    assert content.figure("guideline_tasks").total == 11
    rate = content.figure("lodging_registered_rate")
    assert (rate.total, rate.numerator, rate.denominator) == (99.0, 19_999, 20_000)
    assert content.figure("lodging_uploaded_rate").total == 100.0
    assert content.figure("push_first_moment").total is None
    assert "登记率99%、上传率100%" in content.prose and "第一时间推送率暂无" in content.prose


def test_a_cutoff_is_a_past_minute_after_the_last_one(issue, now):
    issue(now)
    with pytest.raises(BulletinOutOfOrder):
        issue(now)
    with pytest.raises(BulletinOutOfOrder):
        issue(now - HOUR)
    for cutoff in (now + timedelta(seconds=30), now + DAY, (now + HOUR).replace(tzinfo=None)):
        with pytest.raises(InputInvalid) as refused:
            issue(cutoff, now=now + timedelta(minutes=2))
        assert refused.value.details["field"] == "cutoff"
    assert Bulletin.objects.count() == 1


def test_a_draft_of_an_earlier_time_begins_at_the_bulletin_before_it(ledger, issue, draft, now):
    ledger.leaflets(1, now - HOUR)
    issue(now)
    ledger.leaflets(2, now + HOUR)
    issue(now + DAY)
    line = draft(now + 2 * HOUR).figure("leaflets_handed_out")
    assert (line.total, line.new) == (3, 2)


def test_each_area_counts_its_own_issues(ledger, issue, now):
    ledger.leaflets(9, now - HOUR)
    assert issue(now)[0].serial == 1
    county, content = issue(now, "erin", "441302")
    other, elsewhere = issue(now, "omar", "441323")
    assert (county.serial, other.serial) == (1, 1)
    assert content.title.startswith("惠城区") and content.figure("leaflets_handed_out").total == 9
    assert elsewhere.figure("leaflets_handed_out").total == 0


def test_who_may_not_issue_or_look_is_refused(issue, draft, city, now):
    with pytest.raises(NotPermitted):
        issue(now, "alice", "441302001001")
    with pytest.raises(NotPermitted):
        issue(now, "erin", "4413")
    with pytest.raises(NotPermitted):
        draft(now, "olga", "441302")
    bulletin, _ = issue(now, "erin", "441302")
    with pytest.raises(NotFound):
        bulletin_by_id(bulletin.id, actor=city.actor("olga"))
    assert bulletins(actor=city.actor("olga"), response_id=city.response_id).bulletins == []
    assert bulletin_by_id(bulletin.id, actor=city.actor("frank")).id == bulletin.id


def test_the_journal_hears_of_it(issue, now):
    bulletin, content = issue(now)
    event = Event.objects.get(subject_id=bulletin.id)
    assert (event.type, event.data) == ("bulletin.issued", {"serial": 1, "cutoff": content.cutoff})


def test_the_list_is_paged_latest_first(issue, city, now, django_assert_num_queries):
    frank = city.actor("frank")
    issued = [issue(now + hours * HOUR)[0].id for hours in range(5)]
    seen, mark = [], None
    while True:
        with django_assert_num_queries(1):
            page = bulletins(actor=frank, response_id=city.response_id, after=mark, limit=2)
        seen += [bulletin.id for bulletin in page.bulletins]
        mark = page.following
        if mark is None:
            break
    assert seen == issued[::-1]
