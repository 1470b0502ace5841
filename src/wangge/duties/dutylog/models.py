"""The duty log 台账: what is done and counted but needs no handling."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from wangge.ground.accounts.models import Agency, Person, Post
from wangge.ground.areas.models import Area
from wangge.ground.kernel.ids import new_id
from wangge.ground.responses.models import Response


class Entry(models.Model):
    """One line of the duty log, of a kind that the pack defines. Never edited, never deleted.

    `quantities` holds whole numbers by the codes of the kind. A wrong entry is countered 冲正: a
    second one of the same content with `sign` −1 that `corrects` it, so that both stay to be seen.
    The note is in the vault under the entry's id.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    response = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    post = models.ForeignKey(Post, null=True, on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, null=True, on_delete=models.PROTECT, related_name="+")
    place_kind = models.CharField(max_length=40)
    quantities = models.JSONField()
    observed_at = models.DateTimeField()
    received_at = models.DateTimeField()
    sign = models.SmallIntegerField(default=1, choices=[(1, "登记"), (-1, "冲正")])
    corrects = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="countered_by")
    exercise = models.BooleanField(default=False)

    class Meta:
        verbose_name_plural = "entries"
        constraints = [
            models.UniqueConstraint(
                fields=["corrects"], condition=Q(corrects__isnull=False), name="entry_countered_once"
            ),
            models.CheckConstraint(
                condition=Q(sign=1, corrects__isnull=True) | Q(sign=-1, corrects__isnull=False),
                name="entry_counter_has_its_entry",
            ),
        ]
        indexes = [
            models.Index(fields=["area", "-received_at", "-id"], name="entry_area"),
            models.Index(fields=["person", "-received_at", "-id"], name="entry_person"),
            models.Index(fields=["-received_at", "-id"], name="entry_newest"),
        ]


class ImportedRow(models.Model):
    """The mark of a row of a sent table that has become an entry, so that the same row sent again is known.

    `digest` is a keyed digest of what the row says and of which of the equal rows of its file it was.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    response = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="+", db_index=False)
    digest = models.CharField(max_length=64)
    entry = models.OneToOneField(Entry, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["response", "digest"], name="imported_row_once")]
