"""Subscribers are told once, on the channels they chose, while they may see the figures; nobody else is."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core import mail
from django.db import transaction

from wangge.ground.accounts import services as accounts
from wangge.ground.accounts.models import Holding, Person
from wangge.ground.journal.models import Event
from wangge.ground.kernel.permission import system_actor
from wangge.ground.kernel.problems import InputInvalid, NotFound, NotPermitted
from wangge.picture.bulletins import pdf, subscribing
from wangge.picture.bulletins.subscribing import (
    subscribe,
    subscriptions,
    subscriptions_of,
    tell_subscribers,
    unsubscribe,
)
from wangge.spine.messaging.models import Delivery

pytestmark = pytest.mark.django_db(transaction=True)
HOUR = timedelta(hours=1)
MANAGER = system_actor("test", "account.manage")


@pytest.fixture(autouse=True)
def mail_server(settings):
    settings.EMAIL_HOST = "mail.example"
    subscribing._written.cache_clear()


@pytest.fixture
def subscribed(city, now):
    def done(name, who=None, area="441302", channels=("inapp",), attach=""):
        return subscribe(
            actor=city.actor(who or name),
            response_id=city.response_id,
            area_id=city.area(area),
            person_id=city.people[name],
            channels=channels,
            attach=attach,
            now=now,
        )

    return done


@pytest.fixture
def robot(city, now):
    """The robot of a group chat, as an account."""
    person = accounts.person_add(
        actor=MANAGER,
        username="qun",
        display_name="区值班群",
        webhook_url="https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=1",
        is_program=True,
        now=now,
    )
    city.people["qun"] = person.id
    yield
    del city.people["qun"]


def told():
    return sorted(Delivery.objects.values_list("person__username", "channel"))


def test_subscribers_are_told_once_however_often_it_is_tried(subscribed, issue, settle, now):
    Person.objects.filter(username="erin").update(email="erin@example.cn")
    subscribed("erin", channels=("inapp", "smtp"), attach="word")
    subscribed("omar", area="441323")
    bulletin, content = issue(now, who="erin", area="441302")
    settle(now + HOUR)
    event = Event.objects.get(type="bulletin.issued")
    with transaction.atomic():
        tell_subscribers([event], now + HOUR)
    assert told() == [("erin", "inapp"), ("erin", "smtp")]
    [letter] = mail.outbox
    assert "第1期战报已发布" in letter.subject and f"/bulletin/issued/{bulletin.id}" in letter.body
    [(name, content, mime)] = letter.attachments
    assert name == "bulletin-441302-001.docx" and "wordprocessingml" in mime and content[:2] == b"PK"


def test_pdf_is_attached_where_it_can_be_made_else_word(subscribed, issue, settle, now, monkeypatch):
    Person.objects.filter(username="erin").update(email="erin@example.cn")
    subscribed("erin", channels=("smtp",), attach="pdf")
    issue(now, who="erin", area="441302")
    missing = pdf.pdf_missing()
    settle(now)
    assert mail.outbox[0].attachments[0][0].endswith(".docx" if missing else ".pdf")

    def gone(name):
        raise ModuleNotFoundError(name="weasyprint")

    monkeypatch.setattr(pdf, "import_module", gone)
    subscribing._written.cache_clear()
    issue(now + HOUR, who="erin", area="441302")
    settle(now + HOUR)
    assert mail.outbox[1].attachments[0][0].endswith(".docx")


def test_a_document_that_cannot_be_made_holds_up_no_message(subscribed, issue, settle, now, monkeypatch):
    Person.objects.filter(username="erin").update(email="erin@example.cn")
    subscribed("erin", channels=("smtp",), attach="word")

    def broken(content):
        raise ValueError("broken")

    monkeypatch.setattr(subscribing, "as_docx", broken)
    issue(now, who="erin", area="441302")
    settle(now)
    assert len(mail.outbox) == 1 and mail.outbox[0].attachments == []


def test_who_has_left_the_area_hears_nothing(subscribed, issue, settle, now, city):
    subscribed("erin")
    subscribed("frank")
    holding = Holding.objects.get(person_id=city.people["erin"])
    accounts.post_leave(actor=MANAGER, holding_id=holding.id, now=now)
    issue(now + HOUR, who="frank", area="441302")
    settle(now + HOUR)
    assert told() == [("frank", "inapp")]


def test_the_robot_of_a_group_is_subscribed_by_the_desk(subscribed, robot, issue, now):
    with pytest.raises(NotPermitted):
        subscribed("qun", who="alice", channels=("robot",))
    with pytest.raises(InputInvalid):
        subscribed("qun", who="erin", channels=("inapp",))
    subscribed("qun", who="erin", channels=("robot",))
    issue(now, who="erin", area="441302")
    with transaction.atomic():  # the engine would call the service itself
        tell_subscribers([Event.objects.get(type="bulletin.issued")], now)
    assert told() == [("qun", "robot")]


def test_unsubscribing_is_for_oneself_or_the_desk(subscribed, city, now, issue, settle):
    own, other = subscribed("hana", area="441302001"), subscribed("dan", area="441302001")
    with pytest.raises(NotFound):
        unsubscribe(actor=city.actor("hana"), subscription_id=other.id, now=now)
    with pytest.raises(NotFound):
        unsubscribe(actor=city.actor("omar"), subscription_id=own.id, now=now)
    for _ in range(2):
        unsubscribe(actor=city.actor("hana"), subscription_id=own.id, now=now)
    assert subscriptions_of(city.people["hana"], city.response_id) == []
    assert [row.person_id for row in subscriptions(
        actor=city.actor("dan"), response_id=city.response_id, area_id=city.area("441302001")
    )] == [city.people["dan"]]  # fmt: skip
    assert Event.objects.filter(type="bulletin.unsubscribed").count() == 1
    issue(now, who="dan", area="441302001")
    settle(now)
    assert told() == [("dan", "inapp")]
    assert subscribed("hana", area="441302001").id != own.id, "one may come back"


def test_who_may_not_see_the_figures_cannot_be_subscribed(subscribed):
    with pytest.raises(NotPermitted):
        subscribed("olga")
    with pytest.raises(InputInvalid):
        subscribed("olga", who="erin")
    with pytest.raises(NotPermitted):
        subscribed("dan", who="hana", area="441302001")


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"channels": ()}, "channels"), ({"channels": ("smtp",)}, "channels"), ({"attach": "odt"}, "attach")],
)
def test_ways_that_do_not_reach_are_refused_at_their_field(subscribed, wrong, field):
    with pytest.raises(InputInvalid) as refused:
        subscribed("erin", **wrong)
    assert refused.value.details["field"] == field


def test_subscribing_again_changes_the_ways(subscribed):
    Person.objects.filter(username="erin").update(email="erin@example.cn")
    first = subscribed("erin")
    again = subscribed("erin", channels=("smtp",), attach="word")
    assert first.id == again.id
    again.refresh_from_db()
    assert (again.channels, again.attach) == (["smtp"], "word")
    subscribed("erin", channels=("smtp",), attach="word")
    assert Event.objects.filter(type="bulletin.subscribed").count() == 2
