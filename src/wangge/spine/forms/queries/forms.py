"""Which forms there are, in which version, and what somebody may fill in."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import Exists, OuterRef, Subquery

from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotFound, NotPermitted
from wangge.ground.responses.packs.schema import FormDef
from wangge.ground.responses.queries import pack_of, response_by_id
from wangge.spine.forms.models import FormMedia, FormVersion
from wangge.spine.forms.rules import Path, Question, leaves

LOOK_AGAIN_SECONDS = 2.0


class Offered(NamedTuple):
    """A form as lists show it: its newest version and whether that asks for files."""

    id: UUID
    code: str
    title: str
    open: bool
    version_id: UUID
    version: str
    hash: str
    published_at: Any
    media: bool


@dataclass(frozen=True)
class Known:
    """A version as submissions are read by it."""

    id: UUID
    form_id: UUID
    code: str
    version: str
    questions: Sequence[Question]
    files: frozenset[Path]


def forms(response_id: UUID, *, closed: bool = False, code: str = "", every: bool = False) -> list[Offered]:
    """The forms of a response with their newest versions, or every version, by title; one query.

    Closed ones only where they are asked for.
    """
    newest = FormVersion.objects.filter(form=OuterRef("form_id")).order_by("-published_at", "-id").values("id")[:1]
    rows = FormVersion.objects.filter(form__response_id=response_id)
    if not every:
        rows = rows.filter(id=Subquery(newest))
    if not closed:
        rows = rows.filter(form__open=True)
    if code:
        rows = rows.filter(form__code=code)
    rows = rows.annotate(shown=Exists(FormMedia.objects.filter(version=OuterRef("id"))))
    names = ("form_id", "form__code", "form__title", "form__open", "id", "version", "hash", "published_at")
    found = rows.order_by("form__title", "form__code", "-published_at", "-id").values_list(*names, "lists", "shown")
    return [Offered._make((*named, bool(lists) or shown)) for *named, lists, shown in found]


def forms_offered(*, actor: Actor, response_id: UUID, code: str = "", every: bool = False) -> list[Offered]:
    """The open forms that the actor may fill in. Raises NotPermitted for whoever may fill in none."""
    require_filler(actor)
    return forms(response_id, code=code, every=every)


def require_filler(actor: Actor) -> None:
    """Raise NotPermitted for whoever may fill in forms nowhere."""
    if not any("form.submit" in grant.verbs for grant in actor.grants):
        raise NotPermitted(verb="form.submit")


def form_version(*, actor: Actor, response_id: UUID, code: str) -> FormVersion:
    """The newest version of an open form, to be filled in by the actor. Raises NotPermitted, NotFound."""
    offered = forms_offered(actor=actor, response_id=response_id, code=code)
    if not offered:
        raise NotFound(what=f"表单 {code}")
    return FormVersion.objects.select_related("form").get(id=offered[0].version_id)


def version_by_id(*, actor: Actor, response_id: UUID, version_id: UUID) -> FormVersion:
    """One version of a response's forms, for a client that was told of it. Raises NotPermitted, NotFound."""
    require_filler(actor)
    found = FormVersion.objects.select_related("form").filter(id=version_id, form__response_id=response_id).first()
    if found is None:
        raise NotFound(what="表单")
    return found


def versions(response_id: UUID, code: str) -> list[FormVersion]:
    """All versions of a form, the newest first, without their content. Raises NotFound."""
    rows = FormVersion.objects.filter(form__response_id=response_id, form__code=code)
    found = list(rows.select_related("form", "published_by").defer("xform", "source").order_by("-published_at", "-id"))
    if not found:
        raise NotFound(what=f"表单 {code}")
    return found


def version_of(response_id: UUID, code: str, version: str) -> FormVersion:
    """One version with its content, for whoever keeps forms. Raises NotFound."""
    found = FormVersion.objects.filter(form__response_id=response_id, form__code=code, version=version).first()
    if found is None:
        raise NotFound(what=f"表单 {code} {version}")
    return found


def media_list(version_id: UUID) -> list[tuple[str, str]]:
    """The files published with a version: name and MD5."""
    return list(FormMedia.objects.filter(version_id=version_id).order_by("name").values_list("name", "hash"))


def media_content(version_id: UUID, name: str) -> tuple[str, bytes]:
    """Media type and content of one of them. Raises NotFound."""
    found = FormMedia.objects.filter(version_id=version_id, name=name).first()
    if found is None:
        raise NotFound(what=f"文件 {name}")
    return found.media_type, bytes(found.content)


def form_def(response_id: UUID, code: str) -> FormDef | None:
    """What the pack says that a form serves; None for one that the pack does not name."""
    return pack_of(response_by_id(response_id)).forms.get(code)


# -- what submissions are read by, remembered ---------------------------------------------------------

_known: dict[UUID, tuple[float, Mapping[tuple[str, str], Known]]] = {}


def versions_known(response_id: UUID) -> Mapping[tuple[str, str], Known]:
    """Every version of a response's forms by code and version; what is remembered is looked at again after seconds."""
    asked_at, found = _known.get(response_id, (0.0, {}))
    if not asked_at or time.monotonic() - asked_at > LOOK_AGAIN_SECONDS:
        asked_at = time.monotonic()
        found = _looked_up(response_id, found)
        _known[response_id] = asked_at, found
    return found


def _looked_up(response_id: UUID, before: Mapping[tuple[str, str], Known]) -> Mapping[tuple[str, str], Known]:
    """The versions by code and version; a version never changes, so only new ones are read whole."""
    rows = FormVersion.objects.filter(form__response_id=response_id)
    by_id = {one.id: one for one in before.values()}
    ids = list(rows.values_list("id", flat=True))
    for row in (
        rows.filter(id__in=[one for one in ids if one not in by_id]).select_related("form").defer("xform", "source")
    ):
        files = frozenset(path for path, question in leaves(row.questions) if question["type"] == "binary")
        by_id[row.id] = Known(row.id, row.form_id, row.form.code, row.version, row.questions, files)
    return {(by_id[one].code, by_id[one].version): by_id[one] for one in ids}


def forget() -> None:
    """Drop what is remembered of versions."""
    _known.clear()
