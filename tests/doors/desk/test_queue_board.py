"""A queue led on in memory says what it says when it is asked, whatever happens to matters."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest
from django.http import QueryDict
from hypothesis import given, settings
from hypothesis import strategies as st

from wangge.doors.desk import queue_board, queue_parts
from wangge.doors.desk.queue_board import Board, Follower
from wangge.duties.matters.models import Matter
from wangge.duties.matters.rules import OPEN_STAGES
from wangge.ground.areas import tree as area_tree
from wangge.ground.areas.tree import tree
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import Actor, Grant

Report = Callable[..., Any]
VILLAGES = ("441302001001", "441302001003", "441323001001")
VIEWS = [
    ("alice", ""), ("dan", ""), ("dan", "stage=push"), ("erin", "kind=gathering"),
    ("frank", ""), ("frank", "stage=triage"),
    ("olga", ""), ("erin", "area=441302001001"),
]  # fmt: skip
# What happens to one of the matters: where it goes, and how many minutes from now it falls due.
happening = st.tuples(st.integers(0, 11), st.sampled_from([*OPEN_STAGES, "closed"]), st.integers(-9, 9))
rounds = st.lists(st.lists(happening, min_size=1, max_size=4), min_size=1, max_size=12)


@pytest.fixture
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_board, "PAGE", 2)
    monkeypatch.setattr(queue_board, "KEPT", 4)


def test_a_queue_led_on_says_what_one_asked_says(city: Any, report: Report, small_pages: None) -> None:
    now = clock.now()
    made = [
        report(who="frank", area=VILLAGES[number % 3], kind=("gathering", "arrival")[number % 2]).id
        for number in range(12)
    ]
    actors = [(city.actor(name, now), QueryDict(query)) for name, query in VIEWS]

    @settings(max_examples=25, deadline=None)
    @given(rounds)
    def lead_on(happenings: list[list[tuple[int, str, int]]]) -> None:
        Matter.objects.update(stage="push", closed_at=None, queue_at=now)
        board = Board()
        board.read(())
        pages = [Follower(actor, queue_parts.wanted(query), board.areas) for actor, query in actors]
        for round_ in happenings:
            board.read({happen(made[number], stage, minutes) for number, stage, minutes in round_})
            for page in pages:
                assert page.waiting(board) == queue_board.waiting(page.actor, page.wanted)

    def happen(matter_id: UUID, stage: str, minutes: int) -> UUID:
        closed_at = now if stage == "closed" else None
        due = now + timedelta(minutes=minutes)
        Matter.objects.filter(id=matter_id).update(stage=stage, closed_at=closed_at, queue_at=due)
        return matter_id

    lead_on()


def test_who_may_see_nothing_follows_nothing_and_who_holds_several_posts_is_asked(city: Any, report: Report) -> None:
    report()
    board = Board()
    board.read(())
    nobody = Actor(None, "", ())
    assert Follower(nobody, queue_parts.wanted(QueryDict("")), board.areas).waiting(board) is None
    posts = tuple(Grant(frozenset({"matter.view"}), city.area(code), "desk") for code in VILLAGES[:2])
    assert Follower(Actor(None, "", posts), queue_parts.wanted(QueryDict("")), board.areas).waiting(board) is None


def test_where_areas_have_changed_everything_is_read_anew(city: Any, report: Report) -> None:
    report()
    board = Board()
    board.read(())
    before, root = board.areas, tree().root().id
    assert board.counts(root, "")["push"] == board.counts(None, "")["push"] == 1
    report()
    board.read(())
    assert board.counts(root, "")["push"] == 1, "nothing was named"
    area_tree.forget()
    board.read(())
    assert board.areas is not before
    assert board.counts(root, "")["push"] == 2
