"""The door for phones: OpenRosa 1.0 as ODK Collect speaks it, as bare ASGI in front of Django's middleware.

`/or/<key>/…` is for a key that somebody was given, `/or/…` for name and password. What is sent is written together
with what else waits in the worker, each with its own answer after the commit.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import Any, NamedTuple, TypeVar
from urllib.parse import parse_qs, quote, unquote
from uuid import UUID

from django.conf import settings
from django.db import DatabaseError, DataError, IntegrityError, InterfaceError, ProgrammingError, connection
from django.http.request import validate_host

from wangge.doors.api.intake import App, HungUp, Receive, Scope, Send, answer
from wangge.doors.api.problems import language_of, problem_of_database
from wangge.doors.api.tokens import admit
from wangge.doors.api.writer import Writer
from wangge.doors.desk.rules import client_address
from wangge.doors.field import access, openrosa
from wangge.doors.field.access import Filler
from wangge.doors.field.arriving import MOST_BODY, Arrived, Unpacked, arrived, unpacked
from wangge.doors.field.lists import LISTS
from wangge.doors.field.multipart import boundary_of
from wangge.doors.field.openrosa import ListedFile, ListedForm
from wangge.ground.kernel.problems import MethodNotAllowed, NotFound, Problem, Unexpected
from wangge.ground.responses.evidence import unneeded
from wangge.spine.forms.queries import forms
from wangge.spine.forms.services.taking import Sent, Taken, submissions_take

log = logging.getLogger(__name__)
PREFIX = "/or/"
RESOURCES = {"formList", "submission", "forms"}
# What the reference says of each address; a key may stand before all of them.
ADDRESSES = {
    "GET /or/{key}/formList": "The forms that somebody may fill in; `formID`, `verbose`, `listAllVersions` narrow it.",
    "GET /or/{key}/forms/{version_id}/form.xml": "One version of a form as an XForm.",
    "GET /or/{key}/forms/{version_id}/manifest.xml": "The files that go with it.",
    "GET /or/{key}/forms/{version_id}/media/{name}": "One of these files.",
    "HEAD /or/{key}/submission": "204 with what a submission may weigh, before one is sent.",
    "POST /or/{key}/submission": "A filled-in form with its files, whole or in parts; 201 once it is on disk.",
}
Found = TypeVar("Found")
_door = ThreadPoolExecutor(1, thread_name_prefix="field")
_sealing = ThreadPoolExecutor(2, thread_name_prefix="field-files")
_writer: Writer | None = None


class Asked(NamedTuple):
    """A request: who asks by which key, for what, and the address that answers name."""

    method: str
    key: str
    path: tuple[str, ...]
    query: dict[str, list[str]]
    headers: dict[bytes, bytes]
    root: str
    address: str

    @property
    def language(self) -> str:
        return language_of(self.headers.get(b"accept-language", b"").decode("latin-1"))


class Content(NamedTuple):
    """An answer that is no envelope."""

    media_type: str
    body: bytes


def field_in_front_of(app: App) -> App:
    """The app with the door for phones in front of it."""

    async def application(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(PREFIX):
            await _respond(scope, receive, send)
        else:
            await app(scope, receive, send)

    return application


async def _respond(scope: Scope, receive: Receive, send: Send) -> None:
    asked = _asked(scope)
    try:
        status, headers, body = await _answer_to(asked, receive)
    except HungUp:
        return
    except Problem as problem:
        status, headers, body = _refusal(problem, asked)
    except (DatabaseError, InterfaceError) as error:
        status, headers, body = _refusal(problem_of_database(error), asked)
    except Exception:
        log.exception("field: a request could not be answered")
        status, headers, body = _refusal(Unexpected(), asked)
    headers = {**openrosa.headers(MOST_BODY, time.time()), **headers}
    await answer(send, status, headers, b"" if asked.method == "HEAD" else body)


Response = tuple[int, dict[str, str], bytes]


async def _answer_to(asked: Asked, receive: Receive) -> Response:
    filler = await _filler(asked)
    if asked.path == ("submission",):
        if asked.method == "HEAD":
            return 204, {"Location": f"{asked.root}/submission"}, b""
        if asked.method == "POST":
            return await _submission(asked, filler, receive)
        raise MethodNotAllowed()
    if asked.method not in {"GET", "HEAD"}:
        raise MethodNotAllowed()
    content = await _in(_door, _read, asked, filler)
    return 200, {"Content-Type": content.media_type, "X-Content-Type-Options": "nosniff"}, content.body


def _asked(scope: Scope) -> Asked:
    path = scope["path"].removeprefix(PREFIX).split("/")
    key = "" if path[0] in RESOURCES else path.pop(0)
    headers = dict(scope["headers"])
    host = headers.get(b"host", b"").decode("latin-1")
    forwarded = headers.get(b"x-forwarded-for", b"").decode("latin-1")
    secure = settings.HTTPS and headers.get(b"x-forwarded-proto") == b"https"
    scheme = "https" if secure else scope.get("scheme", "http")
    # An address that nobody serves would only mislead the sender; then that of the settings is named.
    ours = validate_host(host.rpartition(":")[0] if ":" in host else host, settings.ALLOWED_HOSTS)
    site = f"{scheme}://{host}" if ours else settings.SITE_URL
    return Asked(
        method=scope["method"],
        key=unquote(key),
        path=tuple(part for part in path if part),
        query=parse_qs(scope["query_string"].decode("latin-1")),
        headers=headers,
        root=f"{site}{PREFIX}{key}".rstrip("/"),
        address=client_address((scope.get("client") or ("",))[0], forwarded, settings.TRUSTED_PROXIES),
    )


async def _filler(asked: Asked) -> Filler:
    authorization = asked.headers.get(b"authorization", b"").decode("latin-1")
    filler = access.remembered(asked.key, authorization)
    if filler is None:
        filler = await _in(_door, access.looked_up, asked.key, authorization, asked.address)
    admit(filler.actor)
    return filler


def _refusal(problem: Problem, asked: Asked) -> Response:
    headers = {"Content-Type": openrosa.XML}
    if problem.status in {429, 503}:
        headers["Retry-After"] = str(problem.details.get("retry_after", 1))
    if problem.status == 401:
        headers["WWW-Authenticate"] = 'Basic realm="Wangge", charset="UTF-8"'
    return problem.status, headers, openrosa.envelope(problem.sentence(asked.language), "submit_error")


async def _in(thread: ThreadPoolExecutor, work: Callable[..., Found], *given: Any) -> Found:
    return await asyncio.get_running_loop().run_in_executor(thread, _guarded, work, *given)


def _guarded(work: Callable[..., Found], *given: Any) -> Found:
    """Do some work in a thread of the door; a connection that cannot be used is let go of."""
    try:
        return work(*given)
    except (DatabaseError, InterfaceError):
        connection.close()
        raise


# -- lists and forms ---------------------------------------------------------------------------------


def _read(asked: Asked, filler: Filler) -> Content:
    """What is read: the list, a form, its manifest, one of its files. Raises NotFound."""
    if asked.path == ("formList",):
        return Content(openrosa.XML, _form_list(asked, filler))
    if len(asked.path) < 3 or asked.path[0] != "forms":
        raise NotFound(what="地址")
    version = forms.version_by_id(actor=filler.actor, response_id=filler.response_id, version_id=_id(asked.path[1]))
    name = unquote(asked.path[-1])
    if asked.path[2:] == ("form.xml",):
        return Content(openrosa.XML, version.xform.encode())
    if asked.path[2:] == ("manifest.xml",):
        return Content(openrosa.XML, _manifest(asked, filler, version))
    if len(asked.path) == 4 and asked.path[2] == "media":
        if name in version.lists and name in LISTS:
            return Content("text/csv; charset=utf-8", LISTS[name](filler.actor, filler.response_id))
        return Content(*forms.media_content(version.id, name))
    raise NotFound(what="地址")


def _id(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise NotFound(what="表单") from None


def _form_list(asked: Asked, filler: Filler) -> bytes:
    query = {name: values[0] for name, values in asked.query.items()}
    offered = forms.forms_offered(
        actor=filler.actor,
        response_id=filler.response_id,
        code=query.get("formID", ""),
        every=query.get("listAllVersions", "").lower() == "true",
    )
    listed = (
        ListedForm(
            one.code,
            one.title,
            one.version,
            one.hash,
            f"{asked.root}/forms/{one.version_id}/form.xml",
            f"{asked.root}/forms/{one.version_id}/manifest.xml" if one.media else "",
        )
        for one in offered
    )
    return openrosa.form_list(listed, verbose=query.get("verbose", "").lower() == "true")


def _manifest(asked: Asked, filler: Filler, version: Any) -> bytes:
    files = [*forms.media_list(version.id)]
    for name in version.lists:
        if name in LISTS:
            content = LISTS[name](filler.actor, filler.response_id)
            files.append((name, hashlib.md5(content, usedforsecurity=False).hexdigest()))
    media = f"{asked.root}/forms/{version.id}/media"
    return openrosa.manifest(ListedFile(name, digest, f"{media}/{quote(name)}") for name, digest in files)


# -- submissions -------------------------------------------------------------------------------------


async def _submission(asked: Asked, filler: Filler, receive: Receive) -> Response:
    """Take one POST: 201, or 202 while files are still to come. Raises what keeps it out."""
    content_type = asked.headers.get(b"content-type", b"").decode("latin-1")
    body = await arrived(receive)
    try:
        boundary = boundary_of(content_type)
        # What has files waits for the disk, and is unpacked beside the event loop; what has none costs less than that.
        if body.has_files:
            sent = await _in(_sealing, _unpacked, body, boundary, filler)
        else:
            sent = _unpacked(body, boundary, filler)
    finally:
        body.close()
    result = await _written(sent, filler)
    english = asked.language == "en"
    if sent.incomplete and result.missing:
        said = "Received; more files are to come." if english else "已收到，等待其余附件。"
        return 202, {"Content-Type": openrosa.XML}, openrosa.envelope(said, "submit_success")
    said = "Received." if english else "填报已收到。"
    return 201, {"Content-Type": openrosa.XML}, openrosa.envelope(said, "submit_success")


def _unpacked(body: Arrived, boundary: bytes, filler: Filler) -> Unpacked:
    with body.opened() as data:
        return unpacked(data, boundary, filler.response_id)


async def _written(one: Unpacked, filler: Filler) -> Taken:
    """What became of a submission once it is on disk. Raises the problem that kept it out, Overloaded."""
    sent = Sent(filler.actor, filler.response_id, one.xml, one.files, filler.area_id, one.incomplete)
    try:
        [result] = await field_writer().put([sent])
    except Problem:
        unneeded(one.files.values(), ())
        raise
    if isinstance(result, Problem):
        raise result
    taken: Taken = result
    return taken


def field_take(sent: Sequence[Sent], now: datetime) -> list[Taken | Problem]:
    """Take the submissions that wait in one transaction; where that fails, each alone. Never raises."""
    try:
        return submissions_take(sent=sent, now=now)
    except (DatabaseError, InterfaceError) as error:
        if not isinstance(error, DataError | IntegrityError | ProgrammingError):
            log.warning("field: submissions wait for the database: %s", str(error).strip().partition("\n")[0])
            connection.close()  # the next batch begins with a fresh one
            return [problem_of_database(error)] * len(sent)
        log.exception("field: a submission could not be taken")
    except Exception:
        log.exception("field: a submission could not be taken")
    return [field_take([one], now)[0] for one in sent] if len(sent) > 1 else [Unexpected()]


def field_writer() -> Writer:
    """The writer of the running event loop, started on first use."""
    global _writer
    if _writer is None or _writer.loop is not asyncio.get_running_loop():
        _writer = Writer(settings.API_WAITING, field_take, "submissions")
    return _writer


async def close_field() -> None:
    """Write what waits and let go of the database, when the server goes down."""
    global _writer
    if _writer is not None and _writer.loop is asyncio.get_running_loop():
        await _writer.close()
    _writer = None
    await asyncio.get_running_loop().run_in_executor(_door, _close_connection)


def _close_connection() -> None:
    connection.close()  # the one of the thread that this runs in
