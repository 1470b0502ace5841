"""Ending a response: two people, a countdown, keys destroyed once whatever dies, and what stays stays."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db import connection, transaction
from django.utils.translation import override
from pydantic import ValidationError

from tests.conftest import City, huizhou_pack
from tests.duties.observation.conftest import watch  # noqa: F401 - a fixture
from tests.duties.observation.watching import Watch
from wangge.duties.dutylog.rules import EntryDraft
from wangge.duties.dutylog.services import entry_log
from wangge.duties.matters.models import Matter
from wangge.duties.matters.queries import matter_by_id, matter_view
from wangge.duties.matters.rules import ReportDraft
from wangge.duties.matters.services.finishing import matter_reopen
from wangge.duties.matters.services.intake import matter_receive
from wangge.ground.journal.models import Event
from wangge.ground.kernel.permission import Actor, Grant, system_actor
from wangge.ground.kernel.problems import (
    DataDestroyed,
    EndingNotPossible,
    InputInvalid,
    NotFound,
    NotPermitted,
    NotYourOwnApproval,
    ResponseEnded,
    VaultLocked,
)
from wangge.ground.responses import keys, vault
from wangge.ground.responses.packs.schema import Pack
from wangge.ground.responses.queries import response_current
from wangge.ground.responses.services import pack_load, response_change_pack
from wangge.picture.bulletins.queries import bulletin_by_id, content_of
from wangge.picture.bulletins.services import bulletin_issue
from wangge.picture.bulletins.word import as_docx
from wangge.picture.endings import services
from wangge.picture.endings.checking import destruction_verify
from wangge.picture.endings.models import Ending
from wangge.picture.endings.queries import destruction_of, dry_run, ending_of
from wangge.picture.endings.record import KEPT
from wangge.picture.endings.rules import AFTER_APPROVAL
from wangge.picture.endings.services import (
    ending_approve,
    ending_ask,
    ending_call_off,
    ending_carry_out,
    endings_due,
)

COUNTDOWN = timedelta(days=30)
BASIS = "惠市防指〔2020〕9号：终止应急响应"
ENGINE = system_actor("test", "response.destroy", "journal.verify", "vault.view", "vault.unmask", "figure.view",
                      "bulletin.issue", "matter.view", "matter.reopen")  # fmt: skip


@pytest.fixture(autouse=True)
def own_keys(city: City, tmp_path: Path, settings: Any) -> Iterator[Path]:
    """A key folder of the test's own, because the city's response is ended in it."""
    (tmp_path / "keys").mkdir()
    shutil.copy2(Path(settings.KEY_FOLDER) / f"{city.response_id}.json", tmp_path / "keys")
    settings.KEY_FOLDER = tmp_path / "keys"
    keys._ring.cache_clear()
    yield tmp_path / "keys"
    keys._ring.cache_clear()


def command(city: City, name: str, area: str = "4413") -> Actor:
    return Actor(
        city.people[name], name, (Grant(frozenset({"response.declare", "journal.verify"}), city.area(area), "command"),)
    )


def receive(city: City, now: datetime) -> UUID:
    draft = ReportDraft(
        kind="arrival", area_id=city.area("441302001001"), source="phone", text="住户王某从武汉返回,电话13812345678",
        reporter_name="欧阳测试甲", reporter_phone="13812345678", address="东湖花园三号楼",
    )  # fmt: skip
    return matter_receive(actor=city.actor("dan"), response_id=city.response_id, draft=draft, now=now).matter_id


def close_all() -> None:
    Matter.objects.update(stage="closed", ending="settled")


def ask(city: City, now: datetime, who: str = "erin", **changed: Any) -> Ending:
    given = {"basis": BASIS, "response_id": city.response_id, **changed}
    return ending_ask(actor=command(city, who), now=now, **given)


def ended(city: City, now: datetime) -> tuple[Ending, datetime]:
    """A response approved for its end, and the instant when it is due."""
    receive(city, now)
    close_all()
    ending = ask(city, now)
    ending_approve(actor=command(city, "frank"), ending_id=ending.id, now=now + timedelta(hours=1))
    return ending, now + COUNTDOWN


def test_the_dry_run_counts_what_goes_and_what_stays(city: City, now: datetime) -> None:
    receive(city, now)
    found = dry_run(actor=command(city, "erin"), response_id=city.response_id)
    assert found["fields"] == {"address": 1, "name": 1, "phone": 1, "text": 1}
    assert (found["subjects"], found["reports"], found["matters"], found["open"]) == (1, 1, 1, 1)
    assert [found[kind] for kind in ("individuals", "plans", "checks", "referrals", "measures")] == [0] * 5
    for actor in (command(city, "olga", "441323"), city.actor("frank")):
        with pytest.raises(NotPermitted):
            dry_run(actor=actor, response_id=city.response_id)


def test_records_of_people_stay_as_numbers(watch: Watch, now: datetime) -> None:  # noqa: F811
    watch.plan()
    found = dry_run(actor=command(watch.city, "erin"), response_id=watch.city.response_id)
    assert (found["individuals"], found["plans"], found["checks"]) == (1, 1, 0)
    assert {"individuals", "plans", "checks", "referrals", "measures"} <= KEPT.keys() & found.keys()


def test_the_pack_says_how_long_the_countdown_is(city: City, now: datetime) -> None:
    pack = huizhou_pack().model_copy(update={"ending_days": 7})
    operator = system_actor("test", "pack.load", "account.manage", "response.declare")
    kept = pack_load(actor=operator, pack=pack, now=now)
    response_change_pack(actor=operator, response_id=city.response_id, pack_id=kept.id, now=now)
    assert ask(city, now).due_at == now + timedelta(days=7)
    for days in (6, "30"):
        with pytest.raises(ValidationError):
            Pack.from_json({**pack.as_json(), "ending_days": days})
    assert Pack.from_json({key: part for key, part in pack.as_json().items() if key != "ending_days"}).ending_days == 30


@pytest.mark.parametrize("basis", ["", "  终止 ", "x" * 201, "王某13812345678来电要求终止"])
def test_a_basis_is_needed_and_may_not_hold_a_number_of_a_person(city: City, now: datetime, basis: str) -> None:
    with pytest.raises(InputInvalid):
        ask(city, now, basis=basis)


def test_two_people_are_needed_and_nobody_else_will_do(city: City, now: datetime) -> None:
    outsider, job = command(city, "olga", "441323"), system_actor("operator", "response.declare")
    for actor in (outsider, job, city.actor("frank")):
        with pytest.raises(NotPermitted):
            ending_ask(actor=actor, response_id=city.response_id, basis=BASIS, now=now)
    ending = ask(city, now)
    with pytest.raises(EndingNotPossible):
        ask(city, now, who="frank")
    with pytest.raises(NotYourOwnApproval):
        ending_approve(actor=command(city, "erin"), ending_id=ending.id, now=now)
    for decide in (ending_approve, ending_call_off):
        for actor in (outsider, job, city.actor("frank")):
            with pytest.raises(NotPermitted):
                decide(actor=actor, ending_id=ending.id, now=now)
        with pytest.raises(NotFound):
            decide(actor=command(city, "frank"), ending_id=UUID(int=1), now=now)
    with pytest.raises(NotPermitted):
        ending_of(actor=city.actor("olga"), response_id=city.response_id)
    ending_approve(actor=command(city, "frank"), ending_id=ending.id, now=now)
    with pytest.raises(EndingNotPossible):
        ending_approve(actor=command(city, "hana"), ending_id=ending.id, now=now)
    with pytest.raises(ResponseEnded):
        ask(city, now, who="hana")


def test_an_open_matter_keeps_the_approval_waiting_and_the_count_is_told(city: City, now: datetime) -> None:
    receive(city, now)
    ending = ask(city, now)
    with pytest.raises(EndingNotPossible) as refused:
        ending_approve(actor=command(city, "frank"), ending_id=ending.id, now=now)
    assert "还有 1 件" in refused.value.sentence("zh")
    assert city.response.ended_at is None


def test_an_ended_response_takes_nothing_new(city: City, now: datetime) -> None:
    matter_id = receive(city, now)
    ended(city, now)
    later = now + timedelta(days=2)
    with pytest.raises(ResponseEnded):
        receive(city, later)
    with pytest.raises(ResponseEnded):
        entry_log(
            actor=city.actor("alice"), response_id=city.response_id, now=later,
            draft=EntryDraft(kind="check", area_id=city.area("441302001001"), place_kind="", quantities={}),
        )  # fmt: skip
    with pytest.raises(ResponseEnded):
        matter_reopen(
            actor=ENGINE, matter_id=matter_id, version=Matter.objects.get(id=matter_id).version, text="再看", now=later
        )
    assert response_current().id == city.response_id  # what it has left is still read


def test_called_off_the_response_goes_on_and_may_be_ended_again(city: City, now: datetime) -> None:
    ending, due = ended(city, now)
    ending_call_off(actor=command(city, "erin"), ending_id=ending.id, now=due - timedelta(minutes=1))
    assert endings_due(actor=ENGINE, now=due + COUNTDOWN) == 0
    assert receive(city, due) and not keys.keys_gone(city.response_id)
    with pytest.raises(EndingNotPossible):
        ending_approve(actor=command(city, "hana"), ending_id=ending.id, now=due)
    assert ask(city, due).due_at == due + COUNTDOWN


def test_nothing_is_destroyed_before_its_time_or_without_approval(city: City, now: datetime) -> None:
    ending = ask(city, now)
    assert endings_due(actor=ENGINE, now=now + 2 * COUNTDOWN) == 0
    late = now + 2 * COUNTDOWN
    ending_approve(actor=command(city, "frank"), ending_id=ending.id, now=late)
    assert endings_due(actor=ENGINE, now=late + AFTER_APPROVAL - timedelta(seconds=1)) == 0
    assert not ending_carry_out(actor=ENGINE, ending_id=ending.id, now=late)
    assert endings_due(actor=ENGINE, now=late + AFTER_APPROVAL) == 1 and keys.keys_gone(city.response_id)
    with pytest.raises(DataDestroyed):
        ending_call_off(actor=command(city, "erin"), ending_id=ending.id, now=late + AFTER_APPROVAL)
    with pytest.raises(NotPermitted):
        endings_due(actor=city.actor("frank"), now=late)


def test_a_matter_that_came_in_all_the_same_puts_the_destruction_off(city: City, now: datetime) -> None:
    ending, due = ended(city, now)
    Matter.objects.update(stage="triage", ending="")
    assert endings_due(actor=ENGINE, now=due) == 0 and not keys.keys_gone(city.response_id)
    assert Ending.objects.get(id=ending.id).begun_at is None
    close_all()
    assert endings_due(actor=ENGINE, now=due + timedelta(minutes=10)) == 1


def test_afterwards_fields_say_so_and_bulletins_print_as_before(city: City, now: datetime) -> None:
    matter_id = receive(city, now - timedelta(hours=1))
    bulletin = bulletin_issue(
        actor=ENGINE, response_id=city.response_id, area_id=city.area("4413"), cutoff=now, now=now
    )
    before = as_docx(content_of(bulletin_by_id(bulletin.id, actor=ENGINE)))
    _, due = ended(city, now)
    assert endings_due(actor=ENGINE, now=due) == 1 and endings_due(actor=ENGINE, now=due) == 0
    with override("zh-hans"):
        view = matter_view(matter_by_id(matter_id, actor=ENGINE), actor=ENGINE)
    [report] = view.reports
    assert set(view.private[report.id].values()) == {"已销毁"} and len(view.private[report.id]) == 4
    with pytest.raises(DataDestroyed):
        vault.unmask(
            actor=ENGINE, area_id=city.area("4413"), subject_id=report.id, fields=["text"], reason="核对内容", now=due
        )
    for ask_vault in (
        lambda: vault.subjects_with_many(response_id=city.response_id, kind="name", values=["欧阳测试甲"]),
        lambda: vault.sealing(city.response_id),
    ):
        with pytest.raises(DataDestroyed):
            ask_vault()
    assert as_docx(content_of(bulletin_by_id(bulletin.id, actor=ENGINE))) == before


def test_keys_put_back_are_refused_even_where_only_the_database_knows(
    city: City, now: datetime, own_keys: Path, tmp_path: Path
) -> None:
    kept = (own_keys / f"{city.response_id}.json").read_bytes()
    _, due = ended(city, now)
    endings_due(actor=ENGINE, now=due)
    (own_keys / f"{city.response_id}.json").write_bytes(kept)
    with pytest.raises(DataDestroyed):
        vault.sealing(city.response_id)
    shutil.rmtree(own_keys)  # a new machine: no key, no trace
    with pytest.raises(DataDestroyed):
        vault.sealing(city.response_id)
    (own_keys).mkdir()
    with pytest.raises(VaultLocked):
        keys.key_ring(city.response_id)


@pytest.mark.parametrize("place", ["response_give_up_keys", "keys_destroy", "_finish", "_record"])
@pytest.mark.parametrize("after", [False, True])
def test_killed_anywhere_it_comes_to_one_destruction_and_one_event(
    city: City, now: datetime, monkeypatch: pytest.MonkeyPatch, place: str, after: bool
) -> None:
    """Dying undoes the transaction that was open and nothing else, as kill -9 does."""
    ending, due = ended(city, now)
    room = services.responses if place == "response_give_up_keys" else services
    deed: Callable[..., Any] = getattr(room, place)
    died: list[int] = []

    def dying(*given: Any, **named: Any) -> Any:
        if after:
            deed(*given, **named)
        if not died:
            died.append(1)
            raise KeyboardInterrupt
        return None if after else deed(*given, **named)

    monkeypatch.setattr(room, place, dying)
    with pytest.raises(KeyboardInterrupt):
        endings_due(actor=ENGINE, now=due)
    monkeypatch.undo()
    for later in (1, 2, 3):
        endings_due(actor=ENGINE, now=due + timedelta(minutes=later))
    kept = Ending.objects.get(id=ending.id)
    assert kept.begun_at is not None and kept.done_at is not None and keys.keys_gone(city.response_id)
    for event in ("ending.begun", "ending.keys_destroyed"):
        assert Event.objects.filter(type=event).count() == 1
    assert len(kept.fingerprints) == 1 and sum(kept.counts["fields"].values()) == 4


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("race", ["engines", "approvers", "call off"])
def test_of_two_at_once_one_comes_through(city: City, now: datetime, race: str) -> None:
    ending = ask(city, now)
    due = now + COUNTDOWN
    if race != "approvers":
        ending_approve(actor=command(city, "frank"), ending_id=ending.id, now=now)
    carry_out = lambda: endings_due(actor=ENGINE, now=due)  # noqa: E731
    deeds: dict[str, list[Callable[[], Any]]] = {
        "engines": [carry_out, carry_out],
        "approvers": [
            lambda who=who: ending_approve(actor=command(city, who), ending_id=ending.id, now=now) or 1  # type: ignore[misc]
            for who in ("frank", "hana")
        ],
        "call off": [
            carry_out,
            lambda: ending_call_off(actor=command(city, "erin"), ending_id=ending.id, now=due) or 1,
        ],
    }
    start, results = threading.Barrier(2), []

    def run(deed: Callable[[], Any]) -> None:
        try:
            start.wait(30)
            results.append(deed())
        except (EndingNotPossible, DataDestroyed):
            results.append(0)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(deed,)) for deed in deeds[race]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(results) == [0, 1]
    kept = Ending.objects.get(id=ending.id)
    assert (kept.done_at is not None) == keys.keys_gone(city.response_id)
    assert (kept.done_at is None) or (kept.called_off_at is None)
    assert Event.objects.filter(type="ending.keys_destroyed").count() == (kept.done_at is not None)


@pytest.mark.django_db(transaction=True)
def test_the_record_can_be_checked_and_tells_what_is_wrong(
    city: City, now: datetime, settle: Callable[[datetime], None], own_keys: Path
) -> None:
    actor = command(city, "erin")
    with pytest.raises(NotFound):
        destruction_verify(actor=actor, response_id=city.response_id)
    kept = (own_keys / f"{city.response_id}.json").read_bytes()
    _, due = ended(city, now)
    settle(due)
    assert destruction_of(actor=actor, response_id=city.response_id).seal_number
    assert [check.ok for check in destruction_verify(actor=actor, response_id=city.response_id)] == [True] * 5
    with pytest.raises(NotPermitted):
        destruction_verify(actor=city.actor("olga"), response_id=city.response_id)
    (own_keys / f"{city.response_id}.json").write_bytes(kept)
    (own_keys / f"{city.response_id}.destroyed").unlink()
    Ending.objects.update(seal_head="00" * 32)
    assert [check.ok for check in destruction_verify(actor=actor, response_id=city.response_id)] == [
        False, True, False, False, False,
    ]  # fmt: skip


def test_a_failing_statement_leaves_the_keys(city: City, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    _, due = ended(city, now)
    monkeypatch.setattr(services, "counted", lambda response_id: 1 / 0)
    with pytest.raises(ZeroDivisionError), transaction.atomic():
        endings_due(actor=ENGINE, now=due)
    assert not keys.keys_gone(city.response_id)
