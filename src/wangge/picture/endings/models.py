"""The endings of responses, and with the one that was carried out the record of the destruction."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from wangge.ground.accounts.models import Person
from wangge.ground.kernel.ids import new_id
from wangge.ground.responses.models import Response


class Ending(models.Model):
    """An ending 终止: asked for, approved by another, carried out when its countdown is over.

    `due_at` is what was promised, `next_at` when an engine tries: the same, or later where something stood in the way.
    `begun_at` is the intent, written before the keys go; `done_at` that they went. `basis` is printed on the
    record, so nobody's data may stand in it. From the intent on, the row holds what the record shows: `counts`
    (fields by kind, subjects, and what there was of reports and the like), `fingerprints` of the keys by
    version, and which link of the journal's seal stood then.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    response = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="+", db_index=False)
    basis = models.CharField(max_length=200)
    asked_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    next_at = models.DateTimeField()
    approved_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    approved_at = models.DateTimeField(null=True)
    called_off_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    called_off_at = models.DateTimeField(null=True)
    begun_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)
    counts = models.JSONField(default=dict)
    fingerprints = models.JSONField(default=dict)
    seal_number = models.BigIntegerField(null=True)
    seal_head = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["response"], condition=Q(called_off_at__isnull=True), name="ending_one_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(approved_by__isnull=True) | ~Q(approved_by=F("asked_by")), name="ending_approved_by_another"
            ),
            models.CheckConstraint(
                condition=Q(begun_at__isnull=True) | Q(approved_at__isnull=False, called_off_at__isnull=True),
                name="ending_begun_when_approved",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_at"],
                name="ending_due",
                condition=Q(approved_at__isnull=False, called_off_at__isnull=True, done_at__isnull=True),
            )
        ]
