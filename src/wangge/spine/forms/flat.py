"""Filled-in forms read flat, for tables: the texts of the answers in the order of columns.

It reads what was taken and kept, which `xml` has looked at; XML that has just come is read there.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from xml.etree.ElementTree import Element, SubElement, fromstring, tostring

from lxml import etree

from wangge.spine.forms.xml import children

STEP = re.compile(r"([^\[\]]+)(?:\[(\d+)\])?")
# What was read for a column: a text, the texts of a question that was asked several times, or how often a group stands.
Read = str | list[str] | int | None


@dataclass(eq=False, slots=True)
class _Branch:
    """What is to be done at a node: the columns of its answer and of its number, and the branches below it."""

    answer: int = -1
    count: int = -1
    several: bool = False
    below: dict[str, _Branch] = field(default_factory=dict)


def reader(columns: Sequence[tuple[str, str]]) -> Callable[[str], list[Read]]:
    """What reads the XML of a submission into columns, each given as its place and whether there are several of it."""
    top, width = _branches(columns), len(columns)
    # Of what can read XML here, lxml takes the least time; `xml` has refused document types before anything was kept.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, remove_comments=True, remove_pis=True)

    def read(xml: str) -> list[Read]:
        found: list[Any] = [None] * width
        _gather(etree.fromstring(xml.encode(), parser), top.below, found)
        return found

    return read


def _gather(node: Any, below: Mapping[str, _Branch], found: list[Any]) -> None:
    for child in node:
        tag = child.tag
        here = below.get(tag)
        if here is None and (tag[0] != "{" or (here := below.get(tag.rpartition("}")[2])) is None):
            continue
        if here.count >= 0:
            found[here.count] = (found[here.count] or 0) + 1
        if here.below:
            _gather(child, here.below, found)
        elif here.several:
            told = found[here.answer] = found[here.answer] or []
            told.append((child.text or "").strip())
        elif text := child.text:
            found[here.answer] = text.strip()


def _branches(columns: Sequence[tuple[str, str]]) -> _Branch:
    top = _Branch()
    for number, (place, several) in enumerate(columns):
        here = top
        for name in place.split("/"):
            here = here.below.setdefault(name, _Branch())
        if several == "count":
            here.count = number
        else:
            here.answer, here.several = number, bool(several)
    return top


def repaired(xml: str, repairs: Mapping[str, str]) -> str:
    """The XML with corrected answers in it, by their places (see `filled`)."""
    root = fromstring(xml)  # noqa: S314 - see the top
    for place, text in repairs.items():
        _node(root, place).text = text
    return tostring(root, encoding="unicode")


def _node(root: Element, place: str) -> Element:
    """The node at a place, made where it is missing."""
    node = root
    for step in place.split("/"):
        found = STEP.fullmatch(step)
        name, number = (found[1], int(found[2] or 1)) if found else (step, 1)
        there = list(children(node, name))
        node = there[number - 1] if len(there) >= number else SubElement(node, name)
    return node
