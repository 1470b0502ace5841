"""Every Chinese text that the desk shows through gettext: in templates, in calls, and in tables of words."""

from __future__ import annotations

import ast
import re
from pathlib import Path

from wangge.doors.desk import actions, fill_words, screen_words
from wangge.doors.desk import words as desk_words
from wangge.doors.desk.pages import (
    briefings,
    checkpoints,
    coverage,
    forms,
    layers,
    map,
    submissions,
    tasks,
    tracing,
    venues,
    visits,
)
from wangge.doors.desk.templatetags import desk as tags
from wangge.doors.desk.templatetags import people
from wangge.duties.checkpoints.models.screening import ALERTS
from wangge.duties.checkpoints.queries import overview
from wangge.duties.matters import models
from wangge.duties.observation import words as observed
from wangge.duties.observation.queries.facilities import KINDS
from wangge.duties.observation.services import contacts, measures, referrals
from wangge.duties.rosters.models import RosterState, SearchState, SwapState
from wangge.duties.venues.models import DayCount
from wangge.duties.venues.models.orders import EFFECTS
from wangge.duties.venues.queries import lodging, readiness
from wangge.ground.journal.events import CATALOGUE
from wangge.ground.responses import vault
from wangge.spine.messaging.models import Delivery

VENUES = (
    *(venues.GROUPS, venues.STATES, venues.FIELD_NAMES, visits.ANSWERS, readiness.STATES, tasks.STATES, lodging.SHOWN),
    *(dict(choices) for choices in (EFFECTS, DayCount._meta.get_field("source").choices or [])),
)
# The events that timelines and the rows behind figures show.
SHOWN_EVENTS = ("matter.", "duty.", "screening.")
DESK = Path(actions.__file__).parent
IN_TEMPLATE = re.compile(r"""\{%\s*translate\s+(?:"([^"]*)"|'([^']*)')""")


def in_templates() -> set[str]:
    """The literal arguments of {% translate %}."""
    texts = (path.read_text() for path in DESK.rglob("*.html"))
    return {double or single for text in texts for double, single in IN_TEMPLATE.findall(text)}


def in_python() -> set[str]:
    """The literal arguments of gettext(…)."""
    found = set()
    for path in DESK.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            named = isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == "gettext"
            if named and isinstance(node.args[0], ast.Constant):
                found.add(node.args[0].value)
    return found


def in_tables() -> set[str]:
    """Words that reach gettext through a table: stages, sources, actions, states, event types."""
    tables = (tags.STAGES, tags.SEVERITIES, tags.FIRSTS, tags.CHANNELS, tags.PAGES, tags.LISTS, dict(tags.SOURCE_NAMES))
    tables += (dict(enumerate(word for _, *two in coverage.LEVELS.values() for word in two)), coverage.WHY)
    tables += (dict(briefings.WEEKDAYS), forms.HANDLERS, submissions.STATES)
    tables += (observed.ROLE_NAMES, observed.DOCUMENT_NAMES, observed.STATE_NAMES, observed.TRANSPORT_NAMES)
    tables += (observed.FIELD_NAMES, observed.SOURCE_NAMES)
    tables += (tags.PERSONAL, desk_words.OF_EVERY_REPORT, desk_words.FILLED, fill_words.WORDS)
    tables += (screen_words.WORDS, overview.STATES, checkpoints.FIELD_NAMES, dict(ALERTS))
    tables += (observed.BOARD_NAMES, people.SAID, observed.SETTING_NAMES, people.OUTCOMES, KINDS)
    words = {word for table in tables for word in table.values()}
    words |= {*map.MEASURES.values(), *map.LEVELS.values(), *(one.name for one in layers.LAYERS.values())}
    words |= {vault.DESTROYED}
    words |= {deed.name for deed in actions.DEEDS.values()}
    words |= {event.zh for event in CATALOGUE.values() if event.name.startswith(SHOWN_EVENTS)}
    words |= {word for table in VENUES for word in table.values()}
    care = (referrals.STAGES, referrals.RESULTS, measures.CAUSES, contacts.SETTINGS, contacts.KINDS)
    words |= {word for table in care for word in table.values()}
    words |= {word for _, name, why in tracing.WORDS for word in (name, why)}
    endings = models.Matter._meta.get_field("ending").choices or []
    states = Delivery._meta.get_field("state").choices or []
    searches = [*RosterState.choices, *SearchState.choices, *SwapState.choices]
    return words | {str(word) for _, word in [*endings, *states, *searches]} - {"—"}


def all_msgids() -> set[str]:
    return in_templates() | in_python() | in_tables()


def gaps(text: str) -> list[str]:
    """The places in a text that are filled in."""
    return sorted(re.findall(r"%(?:\([a-z]+\))?s|\{\}", text))
