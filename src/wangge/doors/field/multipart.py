"""Reading a multipart/form-data body, strictly: pure. What is cut off or malformed is refused as a whole.

Source: RFC 7578 and RFC 2046. The body is bytes or a mapped file; a part is a slice of it, copied when it is read.
"""

from __future__ import annotations

import mmap
import re
from collections.abc import Iterator
from dataclasses import dataclass

from wangge.ground.kernel.problems import SubmissionTypeWrong, SubmissionUnreadable

Body = bytes | mmap.mmap
MOST_PARTS = 200
LONGEST_HEAD = 8 * 1024
BOUNDARY = re.compile(r'(?i)^multipart/form-data\s*;.*?\bboundary=(?:"([^"]{1,70})"|([^\s;,"]{1,70}))')
PARAMETER = re.compile(r';\s*(name|filename\*?)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))', re.IGNORECASE)
PADDING = b" \t\r\n"


@dataclass(frozen=True)
class Part:
    """One part: the field's name, the name of the file ("" for none), and where its content lies in the body."""

    name: str
    filename: str
    start: int
    end: int

    def content(self, body: Body) -> bytes:
        return body[self.start : self.end]


def boundary_of(content_type: str) -> bytes:
    """The boundary that a Content-Type names. Raises SubmissionTypeWrong."""
    found = BOUNDARY.match(content_type)
    if found is None:
        raise SubmissionTypeWrong(sent=content_type.partition(";")[0][:60] or "—")
    return (found[1] or found[2]).encode("latin-1")


def parts(body: Body, boundary: bytes) -> list[Part]:
    """The parts of a body in their order. Raises SubmissionUnreadable."""
    found = list(_parts(body, b"--" + boundary))
    if not found:
        raise _broken("没有任何内容", "it is empty")
    return found


def _parts(body: Body, delimiter: bytes) -> Iterator[Part]:
    at = 0 if body[: len(delimiter)] == delimiter else body.find(b"\r\n" + delimiter)
    if at < 0:
        raise _broken("没有分隔线", "its boundary is nowhere in it")
    at += len(delimiter) + (0 if at == 0 else 2)
    for _ in range(MOST_PARTS + 1):
        if body[at : at + 2] == b"--":
            return
        line = body.find(b"\r\n", at)
        if line < 0 or body[at:line].strip(PADDING):
            raise _broken("分隔线不完整", "a boundary is broken")
        end = body.find(b"\r\n" + delimiter, line)
        if end < 0:
            raise _broken("内容不完整，没有结束的分隔线", "it is cut off before its last boundary")
        yield _part(body, line + 2, end)
        at = end + 2 + len(delimiter)
    raise _broken(f"多于 {MOST_PARTS} 部分", f"it has more than {MOST_PARTS} parts")


def _part(body: Body, start: int, end: int) -> Part:
    """The part between two boundaries: headers, an empty line, content."""
    head_end = body.find(b"\r\n\r\n", start, min(end, start + LONGEST_HEAD))
    if head_end < 0:
        raise _broken("某一部分没有表头", "a part has no headers")
    headers = {}
    for line in body[start:head_end].split(b"\r\n"):
        name, _, value = line.partition(b":")
        headers[name.strip().lower()] = value.strip().decode("utf-8", "replace")
    encoding = headers.get(b"content-transfer-encoding", "binary").lower()
    if encoding not in {"binary", "8bit", "7bit"}:
        raise _broken(f"不支持编码 {encoding[:20]}", f"a part is sent in {encoding[:20]}")
    kind, told = headers.get(b"content-disposition", ""), {}
    for name, quoted, bare in PARAMETER.findall(kind):
        told[name.lower()] = re.sub(r'\\(["\\])', r"\1", quoted) if quoted else bare
    if not kind.lower().startswith("form-data") or not told.get("name"):
        raise _broken("某一部分没有名字", "a part has no name")
    return Part(told["name"], told.get("filename", ""), head_end + 4, end)


def _broken(zh: str, en: str) -> SubmissionUnreadable:
    return SubmissionUnreadable(why_zh=f"multipart {zh}", why_en=f"as multipart {en}")
