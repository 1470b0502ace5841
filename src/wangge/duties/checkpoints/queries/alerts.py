"""Reading alerts: those that are no matter yet, one whole, and the last of a checkpoint or an area."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from wangge.duties.checkpoints.models import Alert, PersonForm
from wangge.ground.areas.permission import may
from wangge.ground.kernel.permission import Actor
from wangge.ground.kernel.problems import NotFound
from wangge.ground.responses import vault

__all__ = ["Alert", "alert_view", "alerts_waiting", "forms_waiting"]


def alerts_waiting(alert_ids: Iterable[UUID]) -> list[Alert]:
    """Those of some alerts that are no matter yet, with their checkpoints, the oldest first; locked until the
    transaction ends."""
    rows = Alert.objects.select_for_update(of=("self",)).select_related("checkpoint")
    rows = rows.filter(id__in=set(alert_ids), matter_id__isnull=True)
    return list(rows.order_by("received_at", "id"))


def forms_waiting(form_ids: Iterable[UUID]) -> list[PersonForm]:
    """Those of some person forms that no matter has got yet, with alert and checkpoint, the oldest first."""
    rows = PersonForm.objects.select_for_update(of=("self",)).filter(id__in=set(form_ids), report_id__isnull=True)
    return list(rows.select_related("alert__checkpoint").order_by("at", "id"))


def alert_view(
    alert_id: UUID, *, actor: Actor
) -> tuple[Alert, dict[str, str], list[tuple[PersonForm, dict[str, str]]]]:
    """An alert, what is known of it, and its person forms; personal fields are masked. Raises NotFound."""
    alert = Alert.objects.select_related("checkpoint", "person").filter(id=alert_id).first()
    if alert is None or not may(actor, "checkpoint.view", alert.area_id):
        raise NotFound(what="检疫警示")
    forms = list(PersonForm.objects.filter(alert=alert).select_related("person").order_by("at", "id"))
    found: dict[UUID, dict[str, str]] = {}
    if may(actor, "vault.view", alert.area_id):
        ids = [alert.id, *(one.id for one in forms)]
        found = vault.masked(actor=actor, area_id=alert.area_id, subject_ids=ids)
    return alert, found.get(alert.id, {}), [(one, found.get(one.id, {})) for one in forms]
