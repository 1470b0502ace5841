"""What the endpoints share: who calls, which area and response a code means, writes answered once."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpRequest
from ninja.responses import Status
from ninja.security import HttpBearer
from pydantic import BaseModel

from wangge.doors.api.tokens import actor_calling, secret_of
from wangge.ground.accounts.answered import answered_once
from wangge.ground.areas.tree import AreaNode, tree
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import AreaUnknown, IdempotencyKeyMissing, NotSignedIn
from wangge.ground.responses.queries import response_by_code, response_current


class Token(HttpBearer):
    """Signs a call in by its bearer token; `request.auth` is then the actor."""

    openapi_description = "An API token, as `wangge user token` issues it."

    def __call__(self, request: HttpRequest) -> Actor:
        return self.authenticate(request, secret_of(request.headers.get("Authorization", "")))

    def authenticate(self, request: HttpRequest, token: str) -> Actor:
        return actor_calling(token)


def actor_of_call(request: HttpRequest) -> Actor:
    """Who calls."""
    actor: object = getattr(request, "auth", None)
    if not isinstance(actor, Actor):
        raise NotSignedIn()
    return actor


def area_named(code: str) -> AreaNode:
    """The area that holds a code. Raises AreaUnknown."""
    node = tree().by_code(code)
    if node is None:
        raise AreaUnknown(area=code)
    return node


def response_named(code: str) -> UUID:
    """The response with a code, or the running one where none is named. Raises NotFound."""
    return (response_by_code(code) if code else response_current()).id


def key_of(request: HttpRequest) -> str:
    """The idempotency key of a write. Raises IdempotencyKeyMissing."""
    key = request.headers.get("Idempotency-Key", "")
    if not key:
        raise IdempotencyKeyMissing()
    return key


def once(
    request: HttpRequest, payload: BaseModel, status: int, work: Callable[[Actor, datetime], BaseModel]
) -> Status[dict[str, Any]]:
    """Do a write once under its key: sent again with the same content, it gets the same answer."""
    actor, now = actor_of_call(request), clock.now()
    body = f"{request.path}\n{payload.model_dump_json()}".encode()
    kept_status, answer = answered_once(
        actor=actor,
        key=key_of(request),
        body=body,
        now=now,
        work=lambda: (status, work(actor, now).model_dump(mode="json")),
    )
    return Status(kept_status, answer)
