"""Every word of the desk has its English."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po
from django.conf import settings
from django.test import Client

from tests.doors.desk import msgids

ENGLISH = Path(settings.LOCALE_PATHS[0]) / "en" / "LC_MESSAGES" / "django.po"


def english() -> dict[str, str]:
    catalogue = read_po(io.BytesIO(ENGLISH.read_bytes()), locale="en")
    return {str(message.id): str(message.string) for message in catalogue if message.id}


def test_every_text_has_an_english_entry() -> None:
    known = english()
    assert sorted(text for text in msgids.all_msgids() if not known.get(text)) == []


def test_no_entry_is_left_over() -> None:
    assert sorted(set(english()) - msgids.all_msgids()) == []


def test_gaps_are_the_same_in_both_languages() -> None:
    for chinese, text in english().items():
        assert msgids.gaps(chinese) == msgids.gaps(text), chinese


def test_the_extraction_sees_templates_calls_and_tables() -> None:
    assert "待分流" in msgids.in_tables()
    assert "确认收到" in msgids.in_templates()
    assert "时限内" in msgids.in_python()


@pytest.mark.django_db
def test_chinese_is_first_and_english_is_a_choice(city: Any) -> None:
    client = Client(headers={"accept-language": "en"})
    assert "登录" in client.get("/sign-in").content.decode()
    client.post("/language", {"language": "en", "next": "/sign-in"})
    answer = client.get("/sign-in")
    assert "登录" not in answer.content.decode()
    assert answer["Content-Language"] == "en"
