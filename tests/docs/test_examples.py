"""The examples of the how-to pages do what they claim: calls fit the API, the signature check accepts ours only."""

from __future__ import annotations

import json
import re
import shlex
import time
from typing import Any

import pytest

from docs.pages import endpoints
from tests.docs.pages import ROOT, blocks, pages, shell_lines
from wangge.doors.api.reports import ReportIn, ReportTaken
from wangge.ground.responses.packs.loading import load_pack
from wangge.spine.messaging.channels.webhook import signature

HOWTO = ROOT / "docs" / "howto"
CALLS = [line for path in pages() for line in shell_lines(path.read_text(encoding="utf-8")) if "/api/v1" in line]


def asked(line: str) -> tuple[str, str, str]:
    """Method, path and body of a documented curl call."""
    words = shlex.split(line)
    address = next(word for word in words if "/api/v1" in word)
    body = next((words[at + 1] for at, word in enumerate(words) if word in {"-d", "--data-binary"}), "")
    method = words[words.index("-X") + 1] if "-X" in words else ("POST" if body else "GET")
    path = re.sub(r"^https?://[^/]+", "", address).partition("?")[0]
    return method, path, body


def operation(method: str, path: str) -> dict[str, Any] | None:
    """The operation of the API that a call meets; a part of a path in braces takes anything."""
    for known, template, item in endpoints.operations(endpoints.document()):
        if known == method and re.fullmatch(re.sub(r"\{[^}]+\}", "[^/]+", template), path):
            return item
    return None


def misfits(item: dict[str, Any], body: dict[str, Any]) -> set[str]:
    """The fields of a body that the operation does not know, and those it needs and the body lacks."""
    schema = item["requestBody"]["content"]["application/json"]["schema"]
    shape = endpoints.document()["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return (body.keys() - shape["properties"].keys()) | (set(shape.get("required", [])) - body.keys())


@pytest.mark.parametrize("line", CALLS)
def test_a_documented_call_fits_the_api(line: str) -> None:
    method, path, body = asked(line)
    item = operation(method, path)
    assert item is not None, (method, path)
    assert "Authorization: Bearer" in line
    if method == "POST" and not body.startswith("@"):
        assert "Idempotency-Key:" in line
        assert misfits(item, json.loads(body)) == set()


def test_there_are_documented_calls_and_an_unknown_one_is_seen() -> None:
    assert any("/reports" in line for line in CALLS)
    assert operation("GET", "/api/v1/no-such-thing") is None
    report = operation("POST", "/api/v1/reports")
    assert report is not None
    assert misfits(report, {"kind": "other", "village": "441302001001"}) == {"village", "area"}


def test_the_documented_report_is_one_that_the_api_takes() -> None:
    line = next(line for line in CALLS if asked(line)[1] == "/api/v1/reports")
    report = ReportIn.model_validate_json(asked(line)[2])
    assert report.kind in load_pack(ROOT / "packs" / "huizhou-2020").kinds


def test_the_documented_answer_has_the_shape_of_ours() -> None:
    texts = [block.text for block in blocks((HOWTO / "api.md").read_text(encoding="utf-8")) if block.language == "json"]
    ReportTaken.model_validate_json(texts[0], strict=False)
    assert set(json.loads(texts[0])) == set(ReportTaken.model_fields)


DESK = ROOT / "src" / "wangge" / "doors" / "desk"
SHOWN = [*DESK.rglob("*.html"), *DESK.rglob("*.py"), *(ROOT / "src" / "wangge" / "duties").rglob("*.py")]
SHOWN += (ROOT / "packs" / "huizhou-2020").glob("*.yaml")


def words_of_pages(text: str) -> list[str]:
    """The Chinese words that the tutorial sets in bold: what stands on a page."""
    return [word for word in re.findall(r"\*\*([^*]+)\*\*", text) if re.search(r"[\u4e00-\u9fff]", word)]


@pytest.mark.parametrize("page", ["docs/tutorial.md", "docs/zh/tutorial.md"])
def test_the_words_that_the_tutorial_names_stand_on_the_pages(page: str) -> None:
    words = words_of_pages((ROOT / page).read_text(encoding="utf-8"))
    shown = "".join(path.read_text(encoding="utf-8") for path in SHOWN)
    assert len(words) > 20
    assert [word for word in words if word not in shown] == []
    assert words_of_pages("press **没有的按钮** and **this**") == ["没有的按钮"]


@pytest.fixture(scope="module")
def documented() -> Any:
    """The function of the page, run as it stands there."""
    text = (HOWTO / "mail-and-webhooks.md").read_text(encoding="utf-8")
    [code] = [block.text for block in blocks(text) if block.language == "python"]
    names: dict[str, Any] = {}
    exec(compile(code, "mail-and-webhooks.md", "exec"), names)  # noqa: S102 - our own page
    return names["is_from_wangge"]


def headers_for(key: str, timestamp: str, body: bytes) -> dict[str, str]:
    return {"Wangge-Timestamp": timestamp, "Wangge-Signature": signature(key, timestamp, body)}


def test_the_documented_check_accepts_what_we_send(documented: Any) -> None:
    now, body = str(int(time.time())), '{"text":"新事项"}'.encode()
    assert documented("key", headers_for("key", now, body), body)


def test_the_documented_check_refuses_everything_else(documented: Any) -> None:
    now, body = str(int(time.time())), b"{}"
    good = headers_for("key", now, body)
    assert not documented("key", good, b"{} ")
    assert not documented("another key", good, body)
    assert not documented("key", {**good, "Wangge-Timestamp": str(int(now) + 1)}, body)
    assert not documented("key", headers_for("key", str(int(now) - 600), body), body)
    assert not documented("key", {}, body)
