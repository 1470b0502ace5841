"""The journal: one row for everything that happened, written once and never touched again."""

from __future__ import annotations

from django.db import models
from django.db.models import Value


class Event(models.Model):
    """One thing that happened. References only, never personal data.

    `tx` is the writing transaction on PostgreSQL (0 on SQLite, where one writer at a time makes
    ids follow commits). Readers go by (tx, id), see `readers`. On PostgreSQL the table is
    partitioned by month of `at`, and `id` is unique by its sequence.
    """

    id = models.BigAutoField(primary_key=True)
    tx = models.BigIntegerField(db_default=Value(0))
    type = models.CharField(max_length=64)
    at = models.DateTimeField()
    observed_at = models.DateTimeField(null=True)
    actor_id = models.UUIDField(null=True)
    area_id = models.UUIDField(null=True)
    subject_id = models.UUIDField(null=True)
    response_id = models.UUIDField(null=True)
    exercise = models.BooleanField(default=False)
    data = models.JSONField(default=dict)

    class Meta:
        db_table = "journal_event"
        indexes = [
            models.Index(fields=["tx", "id"], name="journal_event_position"),
            models.Index(fields=["type", "at"], name="journal_event_type_at"),
            models.Index(fields=["subject_id"], name="journal_event_subject"),
            models.Index(fields=["area_id", "at"], name="journal_event_area_at"),
        ]

    @property
    def position(self) -> tuple[int, int]:
        """Where the event stands in the order that readers follow."""
        return (self.tx, self.id)


class Cursor(models.Model):
    """How far one reader has come. The row is also the reader's lock."""

    reader = models.CharField(max_length=40, primary_key=True)
    tx = models.BigIntegerField(default=-(2**62))
    event_id = models.BigIntegerField(default=0)


class StuckEvent(models.Model):
    """An event that a reader's follow-up could not be done for, kept to be tried again."""

    reader = models.CharField(max_length=40)
    tx = models.BigIntegerField()
    event_id = models.BigIntegerField()
    follow = models.CharField(max_length=120)
    attempts = models.PositiveIntegerField(default=1)
    next_try_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["reader", "tx", "event_id", "follow"], name="stuck_event_once")]
        indexes = [models.Index(fields=["next_try_at"], name="stuck_event_next_try")]


class Seal(models.Model):
    """A sealed block of up to 1,000 events, chained to the block before it.

    `digests` is 24 bytes an event, in reading order: its id (8 bytes, big-endian) and the first
    16 bytes of the SHA-256 of its canonical form. `chain` = SHA-256(previous chain + digests).
    """

    number = models.BigIntegerField(primary_key=True)
    count = models.PositiveIntegerField()
    last_tx = models.BigIntegerField()
    last_event_id = models.BigIntegerField()
    digests = models.BinaryField()
    chain = models.BinaryField(max_length=32)
    sealed_at = models.DateTimeField()
