"""Every form of the desk against what nobody should send: a sentence, everything typed still there, nothing stored.

A door of the table is an address with a form that is taken. Each field of it in turn holds each thing that its sort of
field has to refuse, and all free words at once hold what is odd but may be said.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from html import escape
from types import FunctionType
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.urls import reverse

from tests.doors.desk.doors import FORGED, Door, doors, world_make
from wangge.doors.desk import urls
from wangge.ground.journal.models import Event
from wangge.ground.responses.models import VaultField

LONG, NUL = "长" * 10_001, "东湖\0花园"
NO_DAYS = ["2020-02-31", "20200-01-30", "9999-12-31", "0001-01-01"]
ODD = "=cmd|'/c calc'!A1 👩‍🚒🦠 <script>alert(1)</script><b>粗</b> \u202e倒写\ufeff %s {{ 7*7 }}"
REFUSED: dict[str, list[str]] = {
    "number": ["-1", "９" * 30, "9" * 5000, "1e400", "nan"],
    "day": NO_DAYS,
    "instant": ["0000-00-00T10:00", *(f"{day}T10:00" for day in NO_DAYS[1:])],
    "minute": [f"{day}T10:00" for day in NO_DAYS if day != "9999-12-31"],
    "document": ["110101199003070039", "１１０１０１１９９００３０７００３９"],
    "id": [FORGED, "1"],
    "row": [FORGED, "1"],  # of which of several forms it is, so a wrong one has none to come back to
    "choice": ["bogus"],
    "key": ["", "长" * 81],
}
# A wrong password, no file, a page that has expired, and what is nowhere to be stopped.
REFUSED_AS_IT_STANDS = {
    "sign_in",
    "profile",
    "form_take",
    *("imports", "import_take", "import_mend", "people_import", "people_import_take", "people_import_mend"),
    "bulletin_settings",
    "forms",
    *("venue_import", "venue_import_take", "venue_import_mend"),
    *("checkpoint_import", "checkpoint_import_take", "checkpoint_import_mend"),
    *("roster_sheet", "roster_sheet_take", "roster_sheet_mend"),
    # What the phone sends is JSON: test_checkpoint_pages sends it.
    *("screening_rows", "screening_withdraw", "screening_queue"),
}
# What the page offers to choose from, and what is hidden in it, nobody types.
TYPED = {"text", "number", "day", "instant", "document"}


@pytest.fixture
def table(city: Any, report: Callable[..., Any], do: Callable[..., Any]) -> list[Door]:
    return doors(world_make(city, report, do))


@pytest.fixture
def knock(at_desk: Callable[[str], Client]) -> Callable[..., tuple[Any, list[str]]]:
    """Send a form and take back what it changed: the answer, and what was stored."""
    clients: dict[str, Client] = {}

    def sent(door: Door, form: dict[str, Any]) -> tuple[Any, list[str]]:
        if door.who not in clients:
            clients[door.who] = at_desk(door.who) if door.who else Client()
        before, fields = set(Event.objects.values_list("id", flat=True)), VaultField.objects.count()
        with transaction.atomic():
            answer = clients[door.who].post(door.address, form)
            if answer.streaming:  # what is kept of a download is written when it ends
                b"".join(answer.streaming_content)
            stored = [*Event.objects.exclude(id__in=before).values_list("type", flat=True)]
            stored += ["vault"] * (VaultField.objects.count() - fields)
            if answer.status_code < 400:
                connection.check_constraints()
            transaction.set_rollback(True)
        if door.name in {"sign_out", "profile"}:
            del clients[door.who]
        return answer, stored

    return sent


def test_every_form_of_the_table_is_taken_as_it_stands(table: list[Door], knock: Any) -> None:
    wrong = []
    for door in table:
        answer, _ = knock(door, door.sent())
        if answer.status_code not in {200, 302} and door.label not in REFUSED_AS_IT_STANDS:
            wrong.append((door.label, answer.status_code, _said(answer)))
    assert not wrong, "\n".join(map(str, wrong))


def test_what_cannot_be_taken_comes_back_with_a_sentence_and_everything_typed(table: list[Door], knock: Any) -> None:
    wrong = [said for door in table for name in door.form for said in _tried(door, name, knock)]
    assert not wrong, "\n".join(map(str, wrong))


def _tried(door: Door, name: str, knock: Any) -> Iterator[tuple[str, str, str, str]]:
    sort = door.form[name][0]
    # What nobody can read or end is refused before anything else is asked, so one text of a form will do.
    unreadable = (NUL, LONG) if name == next((one for one, (of, _) in door.form.items() if of == "text"), "") else ()
    for bad in (*unreadable, *REFUSED.get(sort, ())):
        form = door.sent(**{name: bad})
        try:
            answer, stored = knock(door, form)
        except Exception as error:  # whatever it is, a person would see a page that says “error of ours”
            yield door.label, name, bad[:20], f"raised {error!r:.150}"
            continue
        kept = [field for field, (sort, _) in door.form.items() if sort in TYPED and form[field]]
        lost = [field for field in kept if escape(form[field]) not in answer.content.decode()]
        refused = 400 <= answer.status_code < 500 or bool(_said(answer))
        if not refused:
            yield door.label, name, bad[:20], f"answered {answer.status_code}"
        elif stored:
            yield door.label, name, bad[:20], f"stored {stored}"
        elif lost and sort != "row":
            yield door.label, name, bad[:20], f"{answer.status_code} lost {lost} {_said(answer)}"


def _said(answer: Any) -> str:
    context = answer.context or {}
    problem = context.get("problem")
    return str(problem.sentence("zh") if problem else context.get("sentence", ""))[:80]


def test_what_is_odd_but_can_be_read_and_what_comes_twice_or_not_at_all_breaks_nothing(
    table: list[Door], knock: Any
) -> None:
    wrong = []
    for door in table:
        texts = [name for name, (sort, _) in door.form.items() if sort in {"text", "odd"}]
        odd = [door.sent(**dict.fromkeys(texts, ODD))] if texts else []
        twice = {name: [good, good] for name, good in door.sent().items()}
        for form in ({}, twice, *odd):
            answer, _ = knock(door, form)
            raw = not answer.streaming and b"<script>alert(1)" in answer.content
            if answer.status_code >= 500 or raw:
                wrong.append((door.label, str(form)[:80], answer.status_code))
    assert not wrong, "\n".join(map(str, wrong))


@pytest.mark.parametrize("client_of", ["imports", "people_import"])
def test_a_file_that_is_none_is_refused_in_words(at_desk: Callable[[str], Client], client_of: str) -> None:
    for content in (b"\0" * 100, b"PK\x03\x04" + b"x" * 50, "=cmd|'/c calc'!A1,姓名".encode(), "东湖".encode("utf-16")):
        answer = at_desk("hana").post(
            reverse(f"desk:{client_of}"), {"file": SimpleUploadedFile("../../x.xlsx", content), "role": "bogus\0"}
        )
        assert answer.status_code == 422 and _said(answer), content


def test_no_address_that_takes_a_form_is_missing_from_the_table(table: list[Door]) -> None:
    known = {door.name for door in table}
    takes = {str(pattern.name) for pattern in urls.urlpatterns if _takes_a_form(pattern.callback)}
    assert takes - known == set(), "add these to tests/doors/desk/doors.py"
    assert len(takes) > 35


def _takes_a_form(view: Callable[..., Any]) -> bool:
    """Whether a view, or what it calls at the desk, looks at what was posted or at whether anything was."""
    seen: set[Any] = set()
    waiting: list[Any] = [inspect.unwrap(view)]
    if "require_POST" in inspect.getsource(view):
        return True
    while waiting:
        function = waiting.pop()
        code = function.__code__
        if "POST" in code.co_names or "POST" in code.co_consts:
            return True
        seen.add(function)
        called = [function.__globals__.get(name) for name in code.co_names]
        waiting += [
            one
            for one in called
            if isinstance(one, FunctionType) and one not in seen and ".desk.pages" in one.__module__
        ]
    return False
