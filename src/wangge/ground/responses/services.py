"""Loading packs and declaring responses."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import transaction

from wangge.ground.accounts.services import role_save
from wangge.ground.areas.permission import require
from wangge.ground.journal import services as journal
from wangge.ground.kernel.ids import new_id
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import DataDestroyed, InputInvalid, NotFound, ResponseEnded
from wangge.ground.responses import events
from wangge.ground.responses.keys import keys_make
from wangge.ground.responses.models import PackVersion, Response, Rotation
from wangge.ground.responses.packs.schema import Pack
from wangge.ground.responses.queries import response_by_id


@transaction.atomic
def pack_load(*, actor: Actor, pack: Pack, now: datetime) -> PackVersion:
    """Keep a checked pack and bring its roles into force; the same content twice changes nothing."""
    require(actor, "pack.load", None)
    kept = PackVersion.objects.filter(content_hash=pack.content_hash).first()
    if kept is not None:
        return kept
    for role in pack.roles.values():
        role_save(
            actor=actor,
            code=role.code,
            name=role.name,
            name_en=role.name_en,
            verbs=list(role.verbs),
            stands=role.stands,
        )
    kept = PackVersion.objects.create(
        code=pack.code,
        name=pack.name,
        version=pack.version,
        content_hash=pack.content_hash,
        content=pack.as_json(),
        loaded_at=now,
    )
    journal.record(
        events.PACK_LOADED,
        at=now,
        actor_id=actor.person_id,
        subject_id=kept.id,
        pack=pack.code,
        version=pack.version,
        content_hash=pack.content_hash,
    )
    return kept


@transaction.atomic
def response_open(
    *,
    actor: Actor,
    code: str,
    name: str,
    area_id: UUID,
    pack_id: UUID,
    purpose: str,
    legal_basis: str,
    authority: str,
    started_at: datetime,
    now: datetime,
    exercise: bool = False,
) -> Response:
    """Declare a response 启动响应 and make its keys; purpose, basis and authority may not be empty."""
    require(actor, "response.declare", area_id)
    stated = {"purpose": purpose, "legal_basis": legal_basis, "authority": authority, "code": code, "name": name}
    for field, value in stated.items():
        if not value.strip():
            raise InputInvalid(field=field, why_zh="此项不能为空。", why_en="This may not be empty.")
    if Response.objects.filter(code=code).exists():
        raise InputInvalid(field="code", why_zh=f"响应 {code} 已存在。", why_en=f"Response {code} exists already.")
    if not PackVersion.objects.filter(id=pack_id).exists():
        raise NotFound(what="预案包")
    response = Response.objects.create(
        id=new_id(),
        code=code,
        name=name,
        area_id=area_id,
        pack_id=pack_id,
        purpose=purpose,
        legal_basis=legal_basis,
        authority=authority,
        exercise=exercise,
        started_at=started_at,
    )
    keys_make(response.id)
    _record(events.RESPONSE_OPENED, response, actor, now, code=code, pack=str(pack_id))
    return response


@transaction.atomic
def response_end(*, actor: Actor, response_id: UUID, now: datetime) -> None:
    """End a response 终止响应: from now on it takes no report and no new personal data. Its keys stay."""
    response = response_by_id(response_id)
    require(actor, "response.declare", response.area_id)
    if not Response.objects.filter(id=response_id, ended_at__isnull=True).update(ended_at=now):
        raise ResponseEnded(name=response.name)
    _record(events.RESPONSE_ENDED, response, actor, now, code=response.code)


@transaction.atomic
def response_resume(*, actor: Actor, response_id: UUID, now: datetime) -> None:
    """Let an ended response go on, as long as its keys are there."""
    response = response_by_id(response_id)
    require(actor, "response.declare", response.area_id)
    if not Response.objects.filter(id=response_id, destroyed_at__isnull=True).update(ended_at=None):
        raise DataDestroyed()
    _record(events.RESPONSE_RESUMED, response, actor, now, code=response.code)


@transaction.atomic
def response_give_up_keys(*, actor: Actor, response_id: UUID, now: datetime) -> bool:
    """Write down that the keys of an ended response are to go, before they do; False where it was written before."""
    require(actor, "response.destroy", response_by_id(response_id).area_id)
    kept = Response.objects.filter(id=response_id, ended_at__isnull=False, destroyed_at__isnull=True)
    if not kept.update(destroyed_at=now):
        return False
    Rotation.objects.filter(response_id=response_id, finished_at__isnull=True).update(finished_at=now)
    return True


def _record(event: str, response: Response, actor: Actor, now: datetime, **data: str) -> None:
    journal.record(
        event,
        at=now,
        actor_id=actor.person_id,
        area_id=response.area_id,
        subject_id=response.id,
        response_id=response.id,
        exercise=response.exercise,
        **data,
    )


@transaction.atomic
def response_change_pack(*, actor: Actor, response_id: UUID, pack_id: UUID, now: datetime) -> None:
    """Let a response follow another pack version; matters already received keep the policy they came with."""
    response = Response.objects.filter(id=response_id).first()
    pack = PackVersion.objects.filter(id=pack_id).first()
    if response is None or pack is None:
        raise NotFound(what="响应或预案包")
    require(actor, "response.declare", response.area_id)
    Response.objects.filter(id=response_id).update(pack_id=pack_id)
    _record(
        events.RESPONSE_PACK_CHANGED,
        response,
        actor,
        now,
        pack=pack.code,
        version=pack.version,
        content_hash=pack.content_hash,
    )
