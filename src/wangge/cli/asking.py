"""What commands ask for alike: an area by its code, an instant, a response; and who they act as."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from django.conf import settings

from wangge.cli.wording import say
from wangge.ground.areas.queries import area_by_code
from wangge.ground.areas.tree import AreaNode
from wangge.ground.kernel.clock import parse_instant
from wangge.ground.kernel.permission import Actor, system_actor
from wangge.ground.kernel.problems import AreaUnknown
from wangge.ground.responses.queries import response_by_code, response_current

if TYPE_CHECKING:
    from wangge.ground.responses.models import Response


def operator(*verbs: str) -> Actor:
    """Whoever may run commands on this machine, allowed what the command needs and no more."""
    return system_actor("operator", *verbs)


def area(code: str) -> AreaNode:
    """The area with a code. Raises AreaUnknown."""
    node = area_by_code(code.strip())
    if node is None:
        raise AreaUnknown(area=code)
    return node


def response(code: str | None) -> Response:
    """The response with a code, or the one that is running."""
    return response_by_code(code) if code else response_current()


class Instant(click.ParamType[datetime]):
    """An ISO 8601 instant; without a zone it is local time."""

    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            return parse_instant(str(value))
        except ValueError:
            self.fail(
                say(f"“{value}”不是时间，应如 2020-02-05T20:00。", f"“{value}” is no time such as 2020-02-05T20:00."),
                param,
                ctx,
            )


INSTANT = Instant()


def pack_folder(text: str) -> Path:
    """A pack's folder: a path, or the name of one in the packs that come with the program."""
    path = Path(text)
    return path if path.is_dir() or "/" in text else Path(settings.PACK_FOLDER) / text
