"""Reading responses and their packs."""

from __future__ import annotations

from functools import lru_cache
from uuid import UUID

from django.db.models import F, QuerySet
from pydantic import ValidationError

from wangge.ground.kernel.bulk import Question
from wangge.ground.kernel.prepared import prepared
from wangge.ground.kernel.problems import NotFound, PackOutdated, ResponseEnded
from wangge.ground.responses.models import PackVersion, Response
from wangge.ground.responses.packs.schema import Pack
from wangge.ground.responses.packs.wording import places


@lru_cache(maxsize=16)
def _compiled(pack_id: UUID) -> Pack:
    # A loaded pack version never changes, so its compiled form can be kept for good.
    code, version, content = PackVersion.objects.values_list("code", "version", "content").get(id=pack_id)
    try:
        return Pack.from_json(content)
    except ValidationError as error:
        raise PackOutdated(pack=code, version=version, why=places(error)) from None


def pack_of(response: Response) -> Pack:
    """The pack a response follows now. Raises PackOutdated."""
    return _compiled(response.pack_id)


def pack_by_id(pack_id: UUID) -> Pack:
    """The compiled content of one loaded pack version. Raises PackOutdated."""
    return _compiled(pack_id)


def response_by_code(code: str) -> Response:
    """The response with this code. Raises NotFound."""
    response = Response.objects.filter(code=code).first()
    if response is None:
        raise NotFound(what=f"响应 {code}")
    return response


def response_by_id(response_id: UUID) -> Response:
    """The response with this id. Raises NotFound."""
    found = _responses_with(response_id)
    if not found:
        raise NotFound(what="响应")
    return found[0]


def wait_turn(response_id: UUID) -> None:
    """Go one after the other with everybody else who asks this of the response, until the transaction ends.

    SQLite lets one transaction write at a time anyhow.
    """
    list(Response.objects.select_for_update(no_key=True).filter(id=response_id).values_list("id"))


def response_running(response_id: UUID) -> Response:
    """The response with this id, where it still takes reports and personal data. Raises NotFound, ResponseEnded."""
    response = response_by_id(response_id)
    if response.ended_at is not None:
        raise ResponseEnded(name=response.name)
    return response


@prepared
def _responses_with(response_id: UUID) -> QuerySet[Response]:
    return Response.objects.filter(id=response_id)


def followed_by(response_id: UUID) -> Question:
    """The question which pack version a response follows, whether it is an exercise, and when it ended."""
    return Question(Response, ("pack", "exercise", "ended_at"), "id = %s", [response_id])


def responses_open() -> list[Response]:
    """The responses that are running, the newest first; rehearsals after real ones."""
    return list(Response.objects.filter(ended_at__isnull=True).order_by("exercise", "-started_at"))


def responses_all() -> list[Response]:
    """All responses, those running first, the newest first among each."""
    return list(Response.objects.select_related("area").order_by(F("ended_at").desc(nulls_first=True), "-started_at"))


def response_current() -> Response:
    """The running real response that a door means when none is named, or the one that ended last. Raises NotFound.

    What an ended one has left is still read; whatever would be new in it is refused by the services.
    """
    running = responses_open() or list(Response.objects.order_by("exercise", "-ended_at")[:1])
    if not running:
        raise NotFound(what="进行中的响应，请先用 wangge response open 启动")
    return running[0]
