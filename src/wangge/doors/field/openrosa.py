"""What OpenRosa 1.0 answers look like: headers, envelopes, the list of forms and the manifest of a form: pure.

Source: docs.getodk.org/openrosa. Clients refuse an answer without the two headers, and a whole list for one entry that
is incomplete.
"""

from __future__ import annotations

from collections.abc import Iterable
from email.utils import formatdate
from typing import NamedTuple
from xml.sax.saxutils import escape

XML = "text/xml; charset=utf-8"
HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


class ListedForm(NamedTuple):
    """One form of a list; `manifest_url` is "" for one that needs no files."""

    form_id: str
    name: str
    version: str
    hash: str
    download_url: str
    manifest_url: str


class ListedFile(NamedTuple):
    """One file of a manifest."""

    filename: str
    hash: str
    download_url: str


def headers(most: int, now: float) -> dict[str, str]:
    """What every answer carries."""
    return {
        "X-OpenRosa-Version": "1.0",
        "X-OpenRosa-Accept-Content-Length": str(most),
        "Date": formatdate(now, usegmt=True),
        "Cache-Control": "no-store",
    }


def envelope(message: str, nature: str) -> bytes:
    """What became of a request, in words that the client shows."""
    return (
        f'{HEAD}<OpenRosaResponse xmlns="http://openrosa.org/http/response" items="0">'
        f'<message nature="{nature}">{escape(message)}</message></OpenRosaResponse>'
    ).encode()


def form_list(forms: Iterable[ListedForm], *, verbose: bool) -> bytes:
    """The forms that somebody may fill in."""
    entries = "".join(_listed(form, verbose) for form in forms)
    return f'{HEAD}<xforms xmlns="http://openrosa.org/xforms/xformsList">{entries}</xforms>'.encode()


def _listed(form: ListedForm, verbose: bool) -> str:
    described = f"<descriptionText>{escape(form.name)}</descriptionText>" if verbose else ""
    manifest = f"<manifestUrl>{escape(form.manifest_url)}</manifestUrl>" if form.manifest_url else ""
    return (
        f"<xform><formID>{escape(form.form_id)}</formID><name>{escape(form.name)}</name>"
        f"<version>{escape(form.version)}</version><hash>md5:{form.hash}</hash>{described}"
        f"<downloadUrl>{escape(form.download_url)}</downloadUrl>{manifest}</xform>"
    )


def manifest(files: Iterable[ListedFile]) -> bytes:
    """The files that go with a form."""
    entries = "".join(
        f"<mediaFile><filename>{escape(file.filename)}</filename><hash>md5:{file.hash}</hash>"
        f"<downloadUrl>{escape(file.download_url)}</downloadUrl></mediaFile>"
        for file in files
    )
    return f'{HEAD}<manifest xmlns="http://openrosa.org/xforms/xformsManifest">{entries}</manifest>'.encode()
