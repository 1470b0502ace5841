"""A submission on its way in: the body as it comes, on disk once it is large, and its parts, files sealed."""

from __future__ import annotations

import asyncio
import mmap
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import IO
from uuid import UUID

from wangge.doors.api.intake import HungUp, Receive
from wangge.doors.field.multipart import Body, Part, parts
from wangge.ground.kernel.problems import BodyTooLarge, SubmissionUnreadable
from wangge.ground.responses.evidence import SealedFile, seal_file, unneeded

XML_PART, INCOMPLETE = "xml_submission_file", "*isIncomplete*"
MOST_BODY = 64 * 1024 * 1024
# What is too large is read to its end, so that the sender hears why; what never ends is not.
MOST_DRAINED = 512 * 1024 * 1024
IN_MEMORY = 512 * 1024
LONGEST_NAME = 200


@dataclass
class Arrived:
    """A body that has come whole: in memory, or in a file that nobody else can open."""

    pieces: list[bytes] = field(default_factory=list)
    size: int = 0
    file: IO[bytes] | None = None

    def add(self, piece: bytes) -> None:
        self.size += len(piece)
        if self.file is None and self.size > IN_MEMORY:
            self.file = tempfile.TemporaryFile()  # noqa: SIM115 - closed by `close`
            self.file.writelines(self.pieces)
            self.pieces.clear()
        if self.file is not None:
            self.file.write(piece)
        else:
            self.pieces.append(piece)

    @property
    def has_files(self) -> bool:
        """Whether anything but a form may be in it; said without reading it."""
        return self.file is not None or sum(piece.count(b"filename") for piece in self.pieces) > 1

    @contextmanager
    def opened(self) -> Iterator[Body]:
        """The body to be read."""
        if self.file is None:
            yield b"".join(self.pieces)
            return
        self.file.flush()
        with mmap.mmap(self.file.fileno(), 0, access=mmap.ACCESS_READ) as body:
            yield body

    def close(self) -> None:
        if self.file is not None:
            self.file.close()


async def arrived(receive: Receive) -> Arrived:
    """The whole body of a request. Raises HungUp, BodyTooLarge."""
    body, size, more = Arrived(), 0, True
    try:
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                raise HungUp
            piece = message.get("body", b"")
            size += len(piece)
            more = message.get("more_body", False)
            if size <= MOST_BODY:
                body.add(piece)
            elif size > MOST_DRAINED:
                break
            await asyncio.sleep(0)
        if size > MOST_BODY:
            raise BodyTooLarge(limit=MOST_BODY // 1024 // 1024, unit_zh="MB", unit_en="MB")
    except BaseException:
        body.close()
        raise
    return body


@dataclass(frozen=True)
class Unpacked:
    """What a submission consists of: the XML, the files sealed by their names, whether more will come."""

    xml: bytes
    files: dict[str, SealedFile]
    incomplete: bool


def unpacked(body: Body, boundary: bytes, response_id: UUID) -> Unpacked:
    """The parts of a body, its files sealed on disk. Raises SubmissionUnreadable, EvidenceRefused; nothing is left."""
    found = parts(body, boundary)
    forms = [part for part in found if part.name == XML_PART]
    if len(forms) != 1:
        raise SubmissionUnreadable(
            why_zh=f"应有且只有一份 {XML_PART}", why_en=f"it needs one part {XML_PART} and no more"
        )
    said = [part for part in found if part.name == INCOMPLETE]
    incomplete = any(part.content(body).strip().lower() in {b"yes", b"true"} for part in said)
    others = [part for part in found if part not in forms and part not in said]
    return Unpacked(forms[0].content(body), _sealed(others, body, response_id), incomplete)


def _sealed(files: Sequence[Part], body: Body, response_id: UUID) -> dict[str, SealedFile]:
    sealed: dict[str, SealedFile] = {}
    try:
        for part in files:
            name = part.filename or part.name
            if name in sealed or len(name) > LONGEST_NAME or "\0" in name:
                raise SubmissionUnreadable(why_zh="附件重名或名字不对", why_en="a file stands twice or is misnamed")
            sealed[name] = seal_file(response_id=response_id, content=part.content(body), name=name)
    except BaseException:
        unneeded(sealed.values(), ())
        raise
    return sealed
