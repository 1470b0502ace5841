"""A filled-in form as nested values: groups as mappings, repeats as lists, answers typed by their questions.

A place is an answer's path with the number of each repeat, from 1: `pictures[2]/picture`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID
from xml.etree.ElementTree import Element

from wangge.spine.forms.rules import Path, Question, typed
from wangge.spine.forms.xml import children

AUDIT: Path = ("meta", "audit")


def named_files(root: Element, paths: Collection[Path]) -> dict[str, str]:
    """The files that the answers at these paths name, and the log of the filling where there is one, by place."""
    found = {}
    for path in (*sorted(paths), AUDIT):
        for place, node in _nodes(root, path):
            if node.text and node.text.strip():
                found[place] = node.text.strip()
    return found


def _nodes(node: Element, path: Path, above: str = "") -> Iterator[tuple[str, Element]]:
    """The nodes at a path, with their places; a node that stands several times is numbered."""
    if not path:
        yield above.removeprefix("/"), node
        return
    found = list(children(node, path[0]))
    for number, child in enumerate(found, 1):
        numbered = f"[{number}]" if len(found) > 1 else ""
        yield from _nodes(child, path[1:], f"{above}/{path[0]}{numbered}")


def values(
    node: Element | None,
    questions: Sequence[Question],
    files: Mapping[str, UUID],
    repairs: Mapping[str, str],
    above: str = "",
) -> dict[str, Any]:
    """The answers below a node by name. `files` are the evidence ids that have come, `repairs` corrected texts."""
    found: dict[str, Any] = {}
    for question in questions:
        name = question["name"]
        nodes = list(children(node, name)) if node is not None else []
        if question.get("repeat"):
            found[name] = [
                values(one, question["children"], files, repairs, f"{above}{name}{_number(number, nodes)}/")
                for number, one in enumerate(nodes, 1)
            ]
        elif question["type"] == "group":
            below = nodes[0] if nodes else None
            found[name] = values(below, question["children"], files, repairs, f"{above}{name}/")
        elif question["type"] == "binary":
            found[name] = files.get(above + name)
        else:
            text = repairs.get(above + name)
            found[name] = typed(question, (nodes[0].text or "" if nodes else "") if text is None else text)
    return found


def _number(number: int, nodes: Sequence[Element]) -> str:
    return f"[{number}]" if len(nodes) > 1 else ""


def texts(root: Element, questions: Sequence[Question], above: str = "") -> Iterator[tuple[str, Question, str]]:
    """Every answer as it was written, with its place and its question; those of files too."""
    for question in questions:
        nodes = list(children(root, question["name"]))
        for number, node in enumerate(nodes, 1):
            place = f"{above}{question['name']}{_number(number, nodes)}"
            if question["type"] == "group":
                yield from texts(node, question["children"], f"{place}/")
            else:
                yield place, question, (node.text or "").strip()
        if not nodes and question["type"] != "group":
            yield f"{above}{question['name']}", question, ""
