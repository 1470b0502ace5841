"""Reading XML that strangers send: without document types, so without entities, bombs or anything fetched."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NoReturn
from xml.etree.ElementTree import Element, ParseError, TreeBuilder, XMLParser

from wangge.ground.kernel.problems import SubmissionUnreadable

DEEPEST = 40
MOST_NODES = 20_000


class _Builder(TreeBuilder):
    """Builds a tree, and stops where a document type begins: nothing declared in one is ever looked at."""

    def __init__(self) -> None:
        super().__init__()
        self.depth = self.count = 0

    def doctype(self, name: str, pubid: str | None, system: str | None) -> NoReturn:
        raise SubmissionUnreadable(why_zh="XML 不得含有 DOCTYPE", why_en="its XML may not hold a DOCTYPE")

    def start(self, tag: Any, attrs: Any, /) -> Element:
        self.depth += 1
        self.count += 1
        if self.depth > DEEPEST or self.count > MOST_NODES:
            raise SubmissionUnreadable(why_zh="XML 层数或节点过多", why_en="its XML is nested too deeply or too long")
        return super().start(tag, attrs)

    def end(self, tag: str, /) -> Element:
        self.depth -= 1
        return super().end(tag)


def parsed(text: bytes) -> Element:
    """The root of a document. Raises SubmissionUnreadable."""
    parser = XMLParser(target=_Builder())  # noqa: S314 - see the builder
    try:
        parser.feed(text)
        root: Element = parser.close()
    except (ParseError, ValueError, LookupError):
        raise SubmissionUnreadable(why_zh="XML 不合格式", why_en="its XML is not well-formed") from None
    return root


def local(tag: str) -> str:
    """The name of a node without its namespace."""
    return tag.rpartition("}")[2]


def children(node: Element, name: str) -> Iterator[Element]:
    """The nodes of a name directly below, whatever their namespace."""
    return (child for child in node if local(child.tag) == name)
