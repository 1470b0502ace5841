"""What a file is, told by its first bytes and never by its name or by what its sender says: pure."""

from __future__ import annotations

import re

# The kinds of files that are kept, each with the bytes it begins with and where they stand.
BEGINNINGS: tuple[tuple[int, bytes, str], ...] = (
    (0, b"\xff\xd8\xff", "image/jpeg"),
    (0, b"\x89PNG\r\n\x1a\n", "image/png"),
    (0, b"GIF87a", "image/gif"),
    (0, b"GIF89a", "image/gif"),
    (0, b"%PDF-", "application/pdf"),
    (0, b"#!AMR", "audio/amr"),
    (0, b"OggS", "audio/ogg"),
    (0, b"ID3", "audio/mpeg"),
    (0, b"\xff\xfb", "audio/mpeg"),
    (0, b"\xff\xf1", "audio/aac"),
    (0, b"\x1aE\xdf\xa3", "video/webm"),
    (8, b"WEBP", "image/webp"),
    (8, b"WAVE", "audio/wav"),
    (4, b"ftyp3gp", "video/3gpp"),
    (4, b"ftypM4A", "audio/mp4"),
    (4, b"ftypheic", "image/heic"),
    (4, b"ftypheix", "image/heic"),
    (4, b"ftypmif1", "image/heic"),
    (4, b"ftyp", "video/mp4"),
)
XML = re.compile(rb"\s*<\?xml\s")
PLAIN = re.compile(r"[\x00-\x08\x0e-\x1f\x7f]")
# Formats that our own library draws; others are kept and handed out whole.
DRAWN = frozenset({"image/jpeg", "image/png", "image/gif", "image/webp"})
ENDINGS = {
    "image/jpeg": "jpg", "image/png": "png", "image/gif": "gif", "image/webp": "webp", "image/heic": "heic",
    "application/pdf": "pdf", "audio/amr": "amr", "audio/ogg": "ogg", "audio/mpeg": "mp3", "audio/aac": "aac",
    "audio/wav": "wav", "audio/mp4": "m4a", "video/webm": "webm", "video/3gpp": "3gp", "video/mp4": "mp4",
    "application/xml": "xml", "text/plain": "txt",
}  # fmt: skip


def media_type(content: bytes) -> str:
    """The media type of a file, "" for one that is of no kind that is kept."""
    for place, begins, kind in BEGINNINGS:
        if content[place : place + len(begins)] == begins:
            return kind
    if XML.match(content):
        return "application/xml"
    return "text/plain" if content and _is_text(content) else ""


def _is_text(content: bytes) -> bool:
    try:
        return not PLAIN.search(content.decode("utf-8-sig"))
    except UnicodeDecodeError:
        return False
