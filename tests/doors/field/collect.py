"""A client that speaks OpenRosa as ODK Collect does, and refuses what Collect would refuse.

Written after Collect's own source (OpenRosaResponseParserImpl, OpenRosaServerClient, InstanceServerUploader): every
request carries the version header; a list is void without both headers, a root in its namespace and complete entries;
a submission is asked for by HEAD first, which must answer 204; files are split by what the server takes, each piece
with the XML again; 201 and 202 are success, anything else is not, and its message is read from the envelope.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree

LIST = "{http://openrosa.org/xforms/xformsList}"
MANIFEST = "{http://openrosa.org/xforms/xformsManifest}"
RESPONSE = "{http://openrosa.org/http/response}"
ASK = {
    "X-OpenRosa-Version": "1.0",
    "User-Agent": "org.odk.collect.android/v2024.3.4 Dalvik/2.1.0",
    "Accept-Encoding": "gzip",
}
Request = Callable[..., Any]


def _md5(content: bytes) -> str:
    return hashlib.md5(content, usedforsecurity=False).hexdigest()


def submission_xml(
    form: str = "visit", version: str = "1", instance: str = "", answers: str = "", deprecated: str = ""
) -> bytes:
    """What Collect writes: the primary instance with its id, version and meta block."""
    edited = f"<orx:deprecatedID>{deprecated}</orx:deprecatedID>" if deprecated else ""
    return (
        f'<?xml version=\'1.0\' ?><data id="{form}" version="{version}" '
        'xmlns:ev="http://www.w3.org/2001/xml-events" xmlns:orx="http://openrosa.org/xforms" '
        'xmlns:odk="http://www.opendatakit.org/xforms" xmlns:h="http://www.w3.org/1999/xhtml" '
        'xmlns:jr="http://openrosa.org/javarosa" xmlns:xsd="http://www.w3.org/2001/XMLSchema">'
        "<start>2020-02-03T08:50:00.000+08:00</start>"
        f"{answers or '<place_kind>shop</place_kind><places>3</places><people>7</people>'}"
        f"<orx:meta><orx:instanceID>{instance or f'uuid:{uuid4()}'}</orx:instanceID>{edited}</orx:meta></data>"
    ).encode()


def multipart(
    xml: bytes | None, files: Mapping[str, bytes] | None = None, incomplete: bool = False, boundary: str = "----b0und"
) -> tuple[str, bytes]:
    """The content type and the body of a POST, as OkHttp writes them."""
    pieces = []
    if xml is not None:
        pieces.append(('xml_submission_file"; filename="form.xml', "text/xml", xml))
    pieces += [(f'{name}"; filename="{name}', "image/jpeg", content) for name, content in (files or {}).items()]
    if incomplete:
        pieces.append(("*isIncomplete*", "text/plain", b"yes"))
    body = b"".join(
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\nContent-Type: {kind}\r\n'.encode()
        + f"Content-Length: {len(content)}\r\n\r\n".encode()
        + content
        + b"\r\n"
        for name, kind, content in pieces
    )
    return f"multipart/form-data; boundary={boundary}", body + f"--{boundary}--\r\n".encode()


@dataclass
class Collect:
    """A phone with a server's address in its settings. `request` sends one HTTP request and gives the answer."""

    request: Request
    server: str
    auth: Mapping[str, str] = field(default_factory=dict)

    def ask(self, method: str, url: str, **more: Any) -> Any:
        answer = self.request(method, url, headers={**ASK, **self.auth, **more.pop("headers", {})}, **more)
        return answer

    def form_list(self) -> list[dict[str, str]]:
        """The forms that Collect would show."""
        answer = self.ask("GET", f"{self.server}/formList")
        root = self._checked(answer, f"{LIST}xforms")
        found = []
        for node in root:
            assert node.tag == f"{LIST}xform"
            entry = {child.tag.removeprefix(LIST): (child.text or "").strip() for child in node}
            assert entry["formID"] and entry["name"] and entry["downloadUrl"], "one incomplete entry voids the list"
            assert entry["hash"].startswith("md5:")
            found.append(entry)
        return found

    def _checked(self, answer: Any, root_tag: str) -> Any:
        assert answer.status_code == 200, answer.content
        assert answer.headers["X-OpenRosa-Version"] == "1.0"
        assert answer.headers["Date"]
        assert answer.headers["Content-Type"].startswith(("text/xml", "application/xml"))
        root = ElementTree.fromstring(answer.content)  # noqa: S314 - our own answer
        assert root.tag == root_tag
        return root

    def download(self, entry: Mapping[str, str]) -> tuple[bytes, dict[str, bytes]]:
        """A form and its files, each checked against its hash."""
        form = self.ask("GET", entry["downloadUrl"])
        assert form.status_code == 200
        assert f"md5:{_md5(form.content)}" == entry["hash"]
        files = {}
        if entry.get("manifestUrl"):
            root = self._checked(self.ask("GET", entry["manifestUrl"]), f"{MANIFEST}manifest")
            for node in root.iter(f"{MANIFEST}mediaFile"):
                told = {child.tag.removeprefix(MANIFEST): child.text or "" for child in node}
                assert not told["filename"].startswith("/") and ".." not in told["filename"]
                content = self.ask("GET", told["downloadUrl"]).content
                assert f"md5:{_md5(content)}" == told["hash"]
                files[told["filename"]] = content
        return form.content, files

    def submit(self, xml: bytes, files: Mapping[str, bytes] | None = None) -> tuple[int, str]:
        """Send a filled-in form the way Collect does; the last status and its message."""
        head = self.ask("HEAD", f"{self.server}/submission?deviceID=collect%3Aabc")
        if head.status_code != 204:
            return head.status_code, "no OpenRosa server"
        most = int(head.headers["X-OpenRosa-Accept-Content-Length"])
        url = head.headers["Location"]
        left = dict(files or {})
        while True:
            piece: dict[str, bytes] = {}
            while left and (not piece or sum(map(len, piece.values())) + len(next(iter(left.values()))) < most):
                name = next(iter(left))
                piece[name] = left.pop(name)
            content_type, body = multipart(xml, piece, incomplete=bool(left))
            answer = self.ask("POST", url, headers={"Content-Type": content_type}, content=body)
            if answer.status_code not in (201, 202) or not left:
                return answer.status_code, self.message(answer)

    def message(self, answer: Any) -> str:
        """What an envelope says."""
        root = ElementTree.fromstring(answer.content)  # noqa: S314 - our own answer
        assert root.tag == f"{RESPONSE}OpenRosaResponse"
        return root.findtext(f"{RESPONSE}message") or ""
