"""The documentation as a reader uses it: links lead somewhere, commands exist, examples are what they claim to be."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.docs import shell
from tests.docs.pages import FENCE, MACHINE, ROOT, blocks, broken_links, name_of, pages, shell_lines

PAGES = pages()
HEADINGS = ["Context", "Decision", "Consequence", "What would change our mind"]
# A comma of the Latin alphabet between two Chinese characters; pages made from the code say what the code says.
HALF_WIDTH = re.compile(r"[\u4e00-\u9fff][,;:?!][\u4e00-\u9fff]")
every_page = pytest.mark.parametrize("path", PAGES, ids=name_of)


def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def test_the_pages_are_found() -> None:
    assert {"README.md", "CONTRIBUTING.md", "docs/tutorial.md"} <= {name_of(path) for path in PAGES}


@every_page
def test_links_lead_somewhere(path: Path) -> None:
    assert broken_links(path, text_of(path)) == []


@every_page
def test_commands_exist(path: Path) -> None:
    assert [(line, shell.wrong(line)) for line in shell_lines(text_of(path)) if shell.wrong(line)] == []


@every_page
def test_json_examples_are_json(path: Path) -> None:
    for block in blocks(text_of(path)):
        if block.language == "json":
            json.loads(block.text)


@every_page
def test_no_page_speaks_of_one_machine(path: Path) -> None:
    assert MACHINE.search(text_of(path)) is None


@pytest.mark.parametrize("path", [path for path in PAGES if path.parent.name != "reference"], ids=name_of)
def test_chinese_is_set_with_chinese_marks(path: Path) -> None:
    assert HALF_WIDTH.findall(FENCE.sub("", text_of(path))) == []


@every_page
def test_files_of_the_code_that_are_named_exist(path: Path) -> None:
    assert missing_files(text_of(path)) == []


def missing_files(text: str) -> list[str]:
    """The paths set as code that begin in a folder of the checkout and are not there."""
    named = re.findall(r"`((?:src|tests|docs|packs|benchmarks|frontend|requirements)/[\w./-]*)`", text)
    return [name for name in named if not (ROOT / name).exists()]


def test_every_page_of_the_docs_is_reached_from_the_readme() -> None:
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        path = waiting.pop()
        if path in reached:
            continue
        reached.add(path)
        for target in re.findall(r"\]\(([^)#\s]+)", text_of(path)):
            place = (path.parent / target).resolve()
            if place.is_dir():
                waiting += place.glob("*.md")
            elif place.suffix == ".md" and place.exists():
                waiting.append(place)
    assert [name_of(path) for path in PAGES if path not in reached] == []


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "decisions").glob("*.md")), ids=lambda path: path.stem)
def test_a_decision_fits_on_one_page_and_has_its_four_parts(path: Path) -> None:
    text = text_of(path)
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS
    assert text.startswith(f"# {path.name[:4]} ")
    assert len(text.splitlines()) <= 60


def test_decisions_are_numbered_without_gaps() -> None:
    numbers = sorted(int(path.name[:4]) for path in (ROOT / "docs" / "decisions").glob("*.md"))
    assert numbers == list(range(1, len(numbers) + 1))


# -- the checks can fail -----------------------------------------------------------------------------


def test_a_broken_link_is_found() -> None:
    page = ROOT / "README.md"
    text = "[a](no/such.md) [b](README.md#no-such-heading) [c](https://example.org/no) [d](#here)\n## Here\n"
    assert broken_links(page, text) == ["no/such.md", "README.md#no-such-heading"]


@pytest.mark.parametrize(
    "line",
    [
        "./run nonsense",
        "./run demo --no-such-option",
        "./run wangge nonsense",
        "wangge journal nonsense",
        "wangge serve --no-such-option",
        "wangge serve one two three",
        "wangge backup",
        "wangge bulletin",
        "python docs/no_such_script.py",
        "rm -r everything",
    ],
)
def test_a_command_that_does_not_exist_is_found(line: str) -> None:
    assert shell.wrong(line)


@pytest.mark.parametrize("line", ["./run", "./run test -q -k areas", "WANGGE_LOG=DEBUG wangge serve --port 9000"])
def test_a_command_that_exists_is_accepted(line: str) -> None:
    assert shell.wrong(line) == ""


def test_a_machine_and_a_missing_file_are_found() -> None:
    for place in ("/work/", "/home/li/", "/root/", "/tmp/", "C:\\Users"):
        assert MACHINE.search(f"in {place}x")
    assert MACHINE.search("/srv/wangge and test/work/ and docs/home/x") is None
    assert HALF_WIDTH.search("请先登录,再试") and not HALF_WIDTH.search("推送, 分流，协调")
    assert missing_files("`src/wangge/no_such.py` `src/wangge/engine.py`") == ["src/wangge/no_such.py"]
