"""Publishing forms 发布表单: from a workbook that somebody sends, and from the folder of a plan pack."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from wangge.ground.areas.permission import require
from wangge.ground.journal import services as journal
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import FormVersionTaken, InputInvalid, NotFound
from wangge.ground.responses.media import media_type
from wangge.ground.responses.queries import pack_of, response_running, wait_turn
from wangge.spine.forms import events
from wangge.spine.forms.models import Form, FormMedia, FormVersion
from wangge.spine.forms.queries.forms import forget
from wangge.spine.forms.xlsforms import ReadForm, read_form

MOST_MEDIA = 2 * 1024 * 1024


class Published(NamedTuple):
    """A version of a form, and whether it is new."""

    version: FormVersion
    fresh: bool


def form_publish(
    *,
    actor: Actor,
    response_id: UUID,
    file_name: str,
    content: bytes,
    now: datetime,
    media: Mapping[str, bytes] | None = None,
) -> Published:
    """Publish the form in a workbook. The same content twice changes nothing; a changed form has a new version.

    `media` are files that its questions show, by name. Raises FormInvalid with every mistake by sheet and row,
    UploadRefused for what is no workbook, FormVersionTaken.
    """
    response = response_running(response_id)
    require(actor, "form.publish", response.area_id)
    read = read_form(content, file_name)
    files = dict(media or {})
    _check_media(files, read)
    with transaction.atomic():
        wait_turn(response_id)
        form, _ = Form.objects.get_or_create(response_id=response_id, code=read.code, defaults={"title": read.title})
        kept = FormVersion.objects.filter(form=form, version=read.version).first()
        if kept is not None:
            if kept.hash != read.hash:
                raise FormVersionTaken(form=read.code, version=read.version)
            return Published(kept, fresh=False)
        version = _version_make(form, read, files, (file_name, content), actor, now)
        Form.objects.filter(id=form.id).update(title=read.title, open=True)
        journal.record(
            events.FORM_PUBLISHED,
            at=now,
            actor_id=actor.person_id,
            area_id=response.area_id,
            subject_id=form.id,
            response_id=response_id,
            exercise=response.exercise,
            form=read.code,
            version=read.version,
            hash=read.hash,
        )
    forget()
    return Published(version, fresh=True)


def _check_media(files: Mapping[str, bytes], read: ReadForm) -> None:
    for name, content in files.items():
        if name not in read.files:
            raise InputInvalid(field="media", why_zh=f"表单没有用到 {name}。", why_en=f"The form does not use {name}.")
        if len(content) > MOST_MEDIA or not media_type(content):
            raise InputInvalid(
                field="media",
                why_zh=f"{name} 须为不超过 2 MB 的图片、声音、录像或文本。",
                why_en=f"{name} must be a picture, sound, film or text of no more than 2 MB.",
            )


def _version_make(
    form: Form, read: ReadForm, files: Mapping[str, bytes], source: tuple[str, bytes], actor: Actor, now: datetime
) -> FormVersion:
    version = FormVersion.objects.create(
        form=form,
        version=read.version,
        xform=read.xform,
        hash=read.hash,
        questions=read.questions,
        lists=[name for name in read.files if name not in files],
        source=source[1],
        source_name=source[0][-120:],
        published_at=now,
        published_by_id=actor.person_id,
    )
    FormMedia.objects.bulk_create(
        FormMedia(
            version=version,
            name=name,
            media_type=media_type(content),
            hash=hashlib.md5(content, usedforsecurity=False).hexdigest(),
            content=content,
        )
        for name, content in files.items()
    )
    return version


def forms_publish_pack(*, actor: Actor, response_id: UUID, folder: Path, now: datetime) -> list[Published]:
    """Publish the forms of the pack that a response follows, from the pack's folder; those unchanged stay.

    A form's workbook has to bear the code under which the pack names it. Raises FormInvalid for the first that is
    unsound, and nothing of the others is taken back: publishing again goes on.
    """
    pack = pack_of(response_running(response_id))
    published = []
    for code, named in pack.forms.items():
        try:
            content = (folder / "forms" / named.file).read_bytes()
        except OSError:
            raise NotFound(what=f"表单文件 {named.file}") from None
        one = form_publish(actor=actor, response_id=response_id, file_name=named.file, content=content, now=now)
        if one.version.form.code != code:
            raise InputInvalid(
                field="form_id",
                why_zh=f"{named.file} 的 form_id 是 {one.version.form.code}，预案包里写的是 {code}。",
                why_en=f"{named.file} has the form_id {one.version.form.code}; the pack names it {code}.",
            )
        published.append(one)
    return published


@transaction.atomic
def form_switch(*, actor: Actor, response_id: UUID, code: str, open: bool, now: datetime) -> None:
    """Open a form or close it 启用、停用: a closed one is offered to nobody; what was begun in it is still taken."""
    response = response_running(response_id)
    require(actor, "form.publish", response.area_id)
    form = Form.objects.filter(response_id=response_id, code=code).first()
    if form is None:
        raise NotFound(what=f"表单 {code}")
    if Form.objects.filter(id=form.id).exclude(open=open).update(open=open):
        journal.record(
            events.FORM_OPENED if open else events.FORM_CLOSED,
            at=now,
            actor_id=actor.person_id,
            area_id=response.area_id,
            subject_id=form.id,
            response_id=response_id,
            exercise=response.exercise,
            form=code,
        )
    forget()
