"""Clocks: one row each, with the deadline stored and the ledger it is computed from."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from wangge.ground.kernel.ids import new_id


class Clock(models.Model):
    """A deadline for one thing, e.g. what="matter.triage" of a subject.

    `ledger` lists the running intervals as [start, end] instants in ISO form, the last one open
    while the clock runs; between them it was paused. `step` is the next escalation step (0 is the
    reminder at 50%, n is n × 100%), `next_at` the instant it falls due, null when none follows.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    subject_id = models.UUIDField()
    what = models.CharField(max_length=40)
    unit = models.CharField(max_length=16)
    seconds = models.PositiveIntegerField()
    state = models.CharField(
        max_length=8, choices=[("running", "运行"), ("paused", "挂起"), ("stopped", "停止")], default="running"
    )
    ledger = models.JSONField()
    started_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    stopped_at = models.DateTimeField(null=True)
    step = models.PositiveSmallIntegerField(default=0)
    last_step = models.PositiveSmallIntegerField(default=0)
    next_at = models.DateTimeField(null=True)
    pause_ends_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["subject_id", "what"], condition=~Q(state="stopped"), name="clock_one_alive"
            ),
            models.CheckConstraint(condition=~Q(state="paused") | Q(due_at__isnull=True), name="clock_paused_no_due"),
        ]
        indexes = [
            models.Index(
                fields=["next_at", "id"], name="clock_next", condition=Q(state="running", next_at__isnull=False)
            ),
            models.Index(fields=["pause_ends_at"], name="clock_pause_ends", condition=Q(state="paused")),
        ]


class CalendarDay(models.Model):
    """A local day worked or off against the official calendar 本地调整."""

    on = models.DateField(primary_key=True)
    working = models.BooleanField()
    note = models.CharField(max_length=120, blank=True)
