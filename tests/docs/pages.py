"""Reading the documentation: pages, their links, their code blocks."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
# Folders of one person's machine. A deployment may speak of /srv and /etc.
MACHINE = re.compile(r"(?<![\w.])(/work|/root|/home|/Users|/tmp)/|[A-Z]:\\")


class Block(NamedTuple):
    """A fenced block: its language and its text."""

    language: str
    text: str


def pages() -> list[Path]:
    """Every page of documentation: those at the root, and those in docs."""
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def blocks(text: str) -> list[Block]:
    return [Block(*found) for found in FENCE.findall(text)]


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as code hosts make them."""
    found = set()
    for heading in HEADING.findall(FENCE.sub("", text)):
        kept = re.sub(r"[^\w\- ]", "", re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).lower())
        found.add(kept.strip().replace(" ", "-"))
    return found


def broken_links(path: Path, text: str) -> list[str]:
    """The links of a page to files that are not there, or to headings that are not in them."""
    found = []
    for target in LINK.findall(FENCE.sub("", text)):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        place = (path.parent / file).resolve() if file else path
        if not place.exists() or (
            anchor and anchor not in anchors(text if place == path else place.read_text(encoding="utf-8"))
        ):
            found.append(target)
    return found


def shell_lines(text: str) -> Iterator[str]:
    """The command lines of a page's `sh` blocks, each whole even if it is continued; comments and output left out."""
    for block in blocks(text):
        if block.language == "sh":
            for line in re.sub(r"\\\n\s*", " ", block.text).splitlines():
                if line.strip() and not line.lstrip().startswith("#"):
                    yield line.strip()
