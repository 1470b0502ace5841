"""Publishing: a workbook becomes a form once, and every mistake in one is told by its sheet and row."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.conftest import City
from tests.spine.forms.conftest import KEEPER
from tests.spine.forms.sheets import CHOICES, SETTINGS, SURVEY, Rows, named, workbook, xlsform
from wangge.ground.journal.models import Event
from wangge.ground.kernel.problems import (
    FormInvalid,
    FormVersionTaken,
    InputInvalid,
    NotFound,
    NotPermitted,
    UploadRefused,
)
from wangge.spine.forms.models import Form, FormVersion
from wangge.spine.forms.queries import forms
from wangge.spine.forms.rules import leaves, repeats
from wangge.spine.forms.services.publishing import Published, form_publish, form_switch


def publish(city: City, now: datetime, content: bytes, **more: Any) -> Published:
    return form_publish(
        actor=KEEPER, response_id=city.response_id, file_name="visit.xlsx", content=content, now=now, **more
    )


def mistakes(city: City, now: datetime, content: bytes) -> list[tuple[str, int, str]]:
    with pytest.raises(FormInvalid) as caught:
        publish(city, now, content)
    assert not Form.objects.exists()
    return [(one.sheet, one.row, one.zh) for one in caught.value.errors]


def test_a_form_is_published_with_its_questions(city: City, now: datetime) -> None:
    version = publish(city, now, xlsform()).version
    asked = {"/".join(path): question for path, question in leaves(version.questions)}
    assert (version.form.code, version.form.title, version.version) == ("visit", "走访登记", "1")
    assert asked["places"]["type"] == "int"
    assert asked["places"]["label"] == {"zh": "走访户（处）数", "en": "Places visited"}
    assert asked["place_kind"]["choices"]["shop"] == {"zh": "商铺", "en": "Shop"}
    assert asked["found"]["many"]
    assert asked["pictures/picture"]["type"] == "binary"
    assert [path for path, _ in repeats(version.questions)] == [("pictures",)]
    assert {path: question["personal"] for path, question in asked.items() if question["personal"]} == {
        "who/owner": "name",
        "who/phone": "phone",
        "note": "text",
    }
    [event] = Event.objects.filter(type="form.published")
    assert event.data == {"form": "visit", "version": "1", "hash": version.hash}


def test_what_is_chosen_from_a_file_is_no_words_of_somebodys(city: City, now: datetime) -> None:
    survey = [*SURVEY, ("select_one_from_file areas.csv", "where", "村（居）", "Village", "", "", "", "")]
    asked = {path[-1]: question for path, question in leaves(publish(city, now, xlsform(survey)).version.questions)}
    assert (asked["where"]["personal"], asked["note"]["personal"]) == ("", "text")


def test_the_same_form_twice_changes_nothing(city: City, now: datetime) -> None:
    first = publish(city, now, xlsform())
    second = publish(city, now + timedelta(hours=1), xlsform())
    assert (first.fresh, second.fresh) == (True, False)
    assert first.version.id == second.version.id
    assert Event.objects.filter(type="form.published").count() == 1


def test_a_changed_form_needs_a_new_version(city: City, now: datetime) -> None:
    publish(city, now, xlsform())
    changed = [*SURVEY, ("text", "more", "其他", "More", "", "", "", "none")]
    with pytest.raises(FormVersionTaken):
        publish(city, now, xlsform(changed))
    publish(city, now + timedelta(hours=1), xlsform(changed, named("visit", version="2")))
    [offered] = forms.forms(city.response_id)
    assert offered.version == "2"
    assert FormVersion.objects.count() == 2


@pytest.mark.parametrize(
    ("survey", "settings", "expected"),
    [
        (SURVEY, [SETTINGS[0], ("Visit 1", "走访", "1", "")], [("settings", 2, "form_id 须以小写字母开头")]),
        (SURVEY, [SETTINGS[0], ("visit", "", "", "")], [("settings", 2, "form_title"), ("settings", 2, "version")]),
        ([*SURVEY, ("texxt", "x", "甲", "A")], SETTINGS, [("survey", 17, "没有“texxt”这种题型")]),
        ([*SURVEY, ("text", "", "甲", "A")], SETTINGS, [("survey", 17, "这一题没有 name")]),
        ([*SURVEY, ("", "x", "甲", "A")], SETTINGS, [("survey", 17, "没有 type")]),
        ([*SURVEY, ("text", "note", "甲", "A")], SETTINGS, [("survey", 17, "题目名“note”重复")]),
        ([*SURVEY, ("text", "1x", "甲", "A")], SETTINGS, [("survey", 17, "name 写法不对")]),
        ([*SURVEY, ("select_one nowhere", "x", "甲", "A")], SETTINGS, [("survey", 17, "没有选项表“nowhere”")]),
        ([*SURVEY, ("begin group", "g", "甲", "A")], SETTINGS, [("survey", 17, "没有与它成对的 end group")]),
        ([*SURVEY, ("end group", "", "", "")], SETTINGS, [("survey", 17, "没有与它成对的 begin")]),
        (
            [*SURVEY, ("text", "x", "甲", "A", "", "", "${nothing} > 1")],
            SETTINGS,
            [("survey", 17, "引用了不存在的题目“nothing”")],
        ),
        (
            [*SURVEY, ("integer", "x", "甲", "A", "", ". >= (1", ""), ("integer", "y", "乙", "B", "", ". >", "")],
            SETTINGS,
            [("survey", 17, "constraint 的表达式写错了"), ("survey", 18, "constraint 的表达式写错了")],
        ),
        (
            [*SURVEY, ("text", "x", "甲", "A", "", "", "", "secret")],
            SETTINGS,
            [("survey", 17, "personal 只能填")],
        ),
    ],
)
def test_mistakes_are_told_by_sheet_and_row(
    city: City, now: datetime, survey: Rows, settings: Rows, expected: list[tuple[str, int, str]]
) -> None:
    found = mistakes(city, now, xlsform(survey, settings))
    assert len(found) == len(expected), found
    for (sheet, row, zh), (in_sheet, at_row, words) in zip(found, expected, strict=True):
        assert (sheet, row) == (in_sheet, at_row), zh
        assert words in zh


def test_a_mistake_in_the_choices_stands_in_their_sheet(city: City, now: datetime) -> None:
    [(sheet, row, zh)] = mistakes(city, now, xlsform(choices=[*CHOICES, ("found", "gathering", "又", "Again")]))
    assert (sheet, row) == ("choices", 6)
    assert "两个相同的 name" in zh


def test_a_workbook_without_sheets_of_a_form_says_so(city: City, now: datetime) -> None:
    found = mistakes(city, now, workbook({"人员": [("姓名",), ("甲",)], "b": [("x",)]}))
    assert [(sheet, row) for sheet, row, _ in found] == [("survey", 0), ("settings", 0)]


@pytest.mark.parametrize("content", [b"", b"survey", b"PK\x03\x04 broken"])
def test_what_is_no_workbook_is_refused(city: City, now: datetime, content: bytes) -> None:
    with pytest.raises(UploadRefused):
        publish(city, now, content)


def test_only_those_who_may_publish(city: City, now: datetime) -> None:
    for name in ("alice", "dan", "olga"):
        with pytest.raises(NotPermitted):
            form_publish(
                actor=city.actor(name), response_id=city.response_id, file_name="a.xlsx", content=xlsform(), now=now
            )


def test_files_that_questions_show_go_with_the_form(city: City, now: datetime) -> None:
    heads = (*SURVEY[0], "media::image::中文 (zh)")
    survey = [heads, *((*row, "") for row in SURVEY[1:]), ("note", "look", "看", "Look", "", "", "", "", "door.png")]
    png = b"\x89PNG\r\n\x1a\n" + b"0" * 20
    version = publish(city, now, xlsform(survey), media={"door.png": png}).version
    assert [name for name, _ in forms.media_list(version.id)] == ["door.png"]
    assert version.lists == []
    assert forms.media_content(version.id, "door.png") == ("image/png", png)
    with pytest.raises(NotFound):
        forms.media_content(version.id, "../door.png")


def test_files_that_no_question_shows_are_refused(city: City, now: datetime) -> None:
    with pytest.raises(InputInvalid):
        publish(city, now, xlsform(), media={"door.png": b"\x89PNG\r\n\x1a\n"})


def test_a_closed_form_is_offered_to_nobody_until_it_is_opened(city: City, now: datetime) -> None:
    publish(city, now, xlsform())
    form_switch(actor=KEEPER, response_id=city.response_id, code="visit", open=False, now=now)
    assert forms.forms(city.response_id) == []
    assert [one.code for one in forms.forms(city.response_id, closed=True)] == ["visit"]
    form_switch(actor=KEEPER, response_id=city.response_id, code="visit", open=True, now=now)
    form_switch(actor=KEEPER, response_id=city.response_id, code="visit", open=True, now=now)
    assert [one.code for one in forms.forms(city.response_id)] == ["visit"]
    assert Event.objects.filter(type="form.opened").count() == 1


def test_the_list_is_one_query_however_many_forms(city: City, now: datetime, django_assert_num_queries: Any) -> None:
    for number in range(3):
        publish(city, now, xlsform(settings=named(f"visit_{number}")))
    with django_assert_num_queries(1):
        assert len(forms.forms(city.response_id)) == 3
