"""Submissions shown whole 完整信息: to whoever may see personal data where it belongs, for a reason, each look kept."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import cache
from uuid import UUID

from django.db import transaction

from wangge.ground.areas.permission import may
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotPermitted
from wangge.ground.responses import vault
from wangge.spine.forms.queries.rows import Whole
from wangge.spine.forms.queries.submissions import Shown, submission_shown

FIELDS = ["xml"]


def whole_rows(*, actor: Actor, response_id: UUID, reason: str, now: datetime) -> Whole:
    """What lets a table show submissions whole: of each batch those where the actor may, once the looks are kept.

    Raises NotPermitted for whoever may nowhere, InputInvalid for what is no reason.
    """
    if not any("vault.unmask" in grant.verbs for grant in actor.grants):
        raise NotPermitted(verb="vault.unmask")
    vault.check_reason(reason)
    here = cache(lambda area_id: may(actor, "vault.unmask", area_id))

    def whole(batch: Sequence[tuple[UUID, UUID]]) -> Collection[UUID]:
        areas = {submission_id: area_id for submission_id, area_id in batch if here(area_id)}
        vault.looks_keep(actor=actor, response_id=response_id, areas=areas, fields=FIELDS, reason=reason, now=now)
        return areas.keys()

    return whole


@transaction.atomic
def submission_clear(*, actor: Actor, submission_id: UUID, reason: str, now: datetime) -> Shown:
    """One submission whole, once the look is kept. Raises NotFound, NotPermitted, InputInvalid for no reason."""
    row = submission_shown(actor=actor, submission_id=submission_id).row
    whole = whole_rows(actor=actor, response_id=row.response_id, reason=reason, now=now)
    if not whole([(row.id, row.area_id)]):
        raise NotPermitted(verb="vault.unmask")
    return submission_shown(actor=actor, submission_id=submission_id, whole=True)
