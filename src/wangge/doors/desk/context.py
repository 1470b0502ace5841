"""What every page of the desk needs: who is here, what waits unread, where the journal stands, what time it is."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.functional import SimpleLazyObject

from wangge.ground.journal.readers import head
from wangge.ground.kernel import clock
from wangge.ground.kernel.permission import Actor
from wangge.picture.endings.queries import LOOKERS
from wangge.spine.messaging.queries import unread_count

THEMES = ("light", "dark")
# The pages of the navigation, each with the verb that somebody needs for it to be of use.
NAVIGATION = (
    ("queue", "matter.view"),
    ("intake", "matter.report"),
    ("log", "duty.log"),
    ("fill", "form.submit"),
    ("people", "person.view"),
    ("board", "person.view"),
    ("venues", "venue.view"),
    ("checkpoints", "checkpoint.view"),
    ("map", "figure.view"),
    ("bulletin", "figure.view"),
    ("rosters", "roster.view"),
    ("coverage", "coverage.view"),
    ("clinic", "clinic.answer"),
    ("tracing", "person.view"),
    ("surge", "surge.switch"),
)
# What few people need and seldom: in the menu behind the name, each with the verbs of which one will do.
RARE = (("forms", ("form.submit", "form.publish")), ("responses", LOOKERS), ("accesses", ("vault.audit",)))


def look(request: HttpRequest) -> dict[str, Any]:
    """How a page looks and what time it shows; asks the database nothing."""
    theme = request.COOKIES.get("theme", "")
    return {
        "theme": theme if theme in THEMES else "",
        "keys_off": request.COOKIES.get("keys") == "off",
        "here_now": clock.now(),
        "demo_clock": bool(clock.offset()),
        "languages": settings.LANGUAGES,
        "language": getattr(request, "LANGUAGE_CODE", settings.LANGUAGE_CODE),
        "here": request.get_full_path(),
    }


def frame(request: HttpRequest) -> dict[str, Any]:
    """The frame round every page; what needs a query is asked only where a template shows it."""
    if not getattr(request, "user", None) or not request.user.is_authenticated:
        return look(request)
    actor: Actor = request.actor  # type: ignore[attr-defined]
    person_id = request.user.pk
    return look(request) | {
        "actor": actor,
        "nav": SimpleLazyObject(lambda: [name for name, verb in NAVIGATION if may_somewhere(actor, verb)]),
        "rare": SimpleLazyObject(lambda: _rare(actor)),
        "unread": SimpleLazyObject(lambda: unread_count(person_id)),
        "position": SimpleLazyObject(lambda: "{}.{}".format(*head())),
    }


def _rare(actor: Actor) -> list[str]:
    return [name for name, verbs in RARE if any(may_somewhere(actor, verb) for verb in verbs)]


def may_somewhere(actor: Actor, verb: str) -> bool:
    """Whether any post of the actor allows the verb in some area."""
    return any(verb in grant.verbs for grant in actor.grants)
