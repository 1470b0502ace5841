"""Bulletins 战报 as they were issued."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from wangge.ground.accounts.models import Person
from wangge.ground.areas.models import Area
from wangge.ground.kernel.ids import new_id
from wangge.ground.responses.models import Response


class Bulletin(models.Model):
    """One issued bulletin: its content is kept word for word, and printing reads nothing else.

    `since` is the cut-off of the one before, or the start of the response. `tx` and `event_id` say
    up to where the journal was counted, `seal_number` and `seal_head` which link of the seal stood
    then. `serial` runs from 1 within a response and area.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    response = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="+")
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+")
    serial = models.PositiveIntegerField()
    since = models.DateTimeField()
    cutoff = models.DateTimeField()
    tx = models.BigIntegerField()
    event_id = models.BigIntegerField()
    seal_number = models.BigIntegerField()
    seal_head = models.CharField(max_length=64)
    content = models.JSONField()
    issued_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    issued_at = models.DateTimeField()
    exercise = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["response", "area", "serial"], name="bulletin_serial_once"),
            models.CheckConstraint(condition=Q(cutoff__gt=F("since")), name="bulletin_covers_some_time"),
        ]
        indexes = [models.Index(fields=["response", "-cutoff", "-id"], name="bulletin_newest")]


class Schedule(models.Model):
    """A bulletin to be issued at a time of the day 定时发布, on the weekdays named by their ISO numbers.

    `planned_at` is the next planned instant, which becomes the cut-off; `due_at` when an engine looks at it: the
    same, or later after a failure. Both are null while the schedule rests.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    response = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="+", db_index=False)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+")
    at = models.TimeField()
    weekdays = models.CharField(max_length=7, default="1234567")
    planned_at = models.DateTimeField(null=True)
    due_at = models.DateTimeField(null=True)
    changed_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    changed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["response", "area", "at"], name="schedule_once"),
            models.CheckConstraint(
                condition=Q(planned_at__isnull=True, due_at__isnull=True) | Q(due_at__gte=F("planned_at")),
                name="schedule_due_when_planned",
            ),
        ]
        indexes = [models.Index(fields=["due_at"], name="schedule_due", condition=Q(due_at__isnull=False))]


class Subscription(models.Model):
    """Somebody, or a group's robot, who is told of an area's bulletins 订阅, on the channels chosen.

    `attach` is what a mail carries: "word", "pdf" or "" for the link only.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    response = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="+", db_index=False)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+", db_index=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    channels = models.JSONField()
    attach = models.CharField(
        max_length=4, blank=True, default="", choices=[("", "仅链接"), ("word", "Word"), ("pdf", "PDF")]
    )
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["response", "area", "person"], condition=Q(until__isnull=True), name="subscription_once"
            )
        ]
