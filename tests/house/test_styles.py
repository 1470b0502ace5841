"""Of Tabler's classes only those that pages use are built in: the list in the front end's configuration is complete."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from tests.house.checks import ROOT

FRONTEND = ROOT / "frontend"
CLASS = re.compile(r"[A-Za-z][\w-]*")
# How a class is named: in a template and in Python, and in a script.
IN_MARKUP = re.compile(r'class="([^"]*)"')
IN_SCRIPT = re.compile(r'\bclass: "([^"]*)"|classList\.\w+\("([^"]*)"|className = "([^"]*)"')


def named() -> Iterator[str]:
    for kind in ("*.html", "*.py"):
        for path in (ROOT / "src" / "wangge" / "doors").rglob(kind):
            yield from IN_MARKUP.findall(path.read_text())
    for path in (FRONTEND / "src").rglob("*.ts"):
        yield from (*IN_MARKUP.findall(path.read_text()), *map("".join, IN_SCRIPT.findall(path.read_text())))


def listed() -> set[str]:
    text = (FRONTEND / "vite.config.ts").read_text()
    return set(re.findall(r'"([\w-]+)"', text[text.index("OF_TABLER") : text.index("]);")]))


def test_the_classes_of_tabler_that_pages_use_are_the_ones_built_in() -> None:
    style = Path(FRONTEND / "node_modules" / "@tabler" / "core" / "dist" / "css" / "tabler.min.css").read_text()
    brought = set(re.findall(r"\.([A-Za-z][\w-]*)", style))
    used = {name for text in named() for name in CLASS.findall(re.sub(r"\{[{%].*?[%}]\}", " ", text))}
    assert used & brought == listed()
    assert len(brought) > 20 * len(listed())
