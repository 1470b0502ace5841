"""Reads one YAML file of a pack into plain data, with the line of everything in it.

Stricter than YAML: a key may stand once, anchors, aliases and tags are refused. What can be read
is returned even where something cannot, so that one run names every error.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError

from wangge.ground.kernel.problems import PackError

Loc = tuple[Any, ...]
PLAIN_TAGS = {
    f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "timestamp", "map", "seq")
}


@dataclass
class Document:
    """One file read: its data (None where it is no mapping or list), where things stand, and what is wrong."""

    file: str
    data: Any = None
    lines: dict[Loc, int] = field(default_factory=dict)
    errors: list[PackError] = field(default_factory=list)

    def known(self, loc: Loc) -> Loc:
        """The longest beginning of a location that stands in the file."""
        while loc and loc not in self.lines:
            loc = loc[:-1]
        return loc

    def add(self, loc: Loc, zh: str, en: str, line: int | None = None) -> None:
        """Note an error at a location; one place is complained about once."""
        where = line if line is not None else self.lines.get(self.known(loc), 1)
        name = ".".join(str(part) for part in loc) or "(file)"
        if not any(error.line == where and error.field == name for error in self.errors):
            self.errors.append(PackError(self.file, where, name, zh, en))


def read_document(path: Path, file: str) -> Document:
    """Read a file; a missing or unreadable one gives a document that holds the error."""
    document = Document(file)
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        document.add((), "缺少此文件", "the file is missing")
        return document
    except UnicodeDecodeError:
        document.add((), "文件不是 UTF-8 编码", "the file is not UTF-8")
        return document
    except OSError as error:
        document.add((), f"文件无法读取（{error.strerror}）", f"the file cannot be read ({error.strerror})")
        return document
    root = _compose(text, document)
    if root is not None:
        document.data = _Reader(document).value(root, ())
    elif not document.errors:
        document.add((), "文件是空的", "the file is empty")
    return document


def _compose(text: str, document: Document) -> Node | None:
    try:
        return YAML(typ="safe", pure=True).compose(text)  # type: ignore[no-any-return]
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        why = str(error.problem or error.context)
        document.add((), f"YAML 语法错误：{why}", f"YAML syntax error: {why}", line=mark.line + 1 if mark else 1)
    except ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        document.add((), "文件中有不允许的控制字符", "the file holds a forbidden control character", line=line)
    except RecursionError:
        document.add((), "嵌套层数过多", "nested too deeply")
    except YAMLError as error:
        document.add((), f"YAML 语法错误：{error}", f"YAML syntax error: {error}")
    return None


class _Reader:
    """Turns nodes into plain data and notes the line of each path."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.scalars = YAML(typ="safe", pure=True).constructor
        self.seen: set[int] = set()

    def value(self, node: Node, loc: Loc) -> Any:
        self.document.lines.setdefault(loc, node.start_mark.line + 1)
        if id(node) in self.seen or node.anchor:
            self.document.add(loc, "不允许使用锚点和别名(& 与 *)", "anchors and aliases (& and *) are not allowed")
            return None
        self.seen.add(id(node))
        tag = str(node.tag)
        if tag not in PLAIN_TAGS:
            self.document.add(loc, f"不允许使用标签 {tag}", f"the tag {tag} is not allowed")
            return None
        if isinstance(node, MappingNode):
            return self._mapping(node, loc)
        if isinstance(node, SequenceNode):
            return [self.value(item, (*loc, index)) for index, item in enumerate(node.value)]
        return self._scalar(node, loc)

    def _mapping(self, node: MappingNode, loc: Loc) -> dict[Any, Any]:
        table: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, ScalarNode):
                self.document.add(loc, "键必须是一个词", "a key must be a single word", line=line)
                continue
            key = self._scalar(key_node, loc)
            if key in table:
                self.document.add((*loc, key), f"键“{key}”重复", f"the key “{key}” stands twice", line=line)
                continue
            self.document.lines[(*loc, key)] = line
            table[key] = self.value(value_node, (*loc, key))
        return table

    def _scalar(self, node: Node, loc: Loc) -> Any:
        try:
            return self.scalars.construct_object(node)
        except (YAMLError, ValueError):
            self.document.add(loc, f"无法读取的值“{node.value}”", f"the value “{node.value}” cannot be read")
            return None
