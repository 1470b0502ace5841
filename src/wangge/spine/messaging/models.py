"""Deliveries: one row for each recipient and channel, from promise to proof."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from wangge.ground.accounts.models import Person
from wangge.ground.kernel.ids import new_id


class Delivery(models.Model):
    """One message to one person on one channel.

    `about` names what caused it (e.g. an event); the same cause, person and channel are told once.
    `params` holds a case number and a link's path, never personal data. `next_try_at` is when the
    sender looks at the row next; null once there is nothing left to do.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    about = models.CharField(max_length=80)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    channel = models.CharField(max_length=10)
    template = models.CharField(max_length=40)
    params = models.JSONField(default=dict)
    subject_id = models.UUIDField(null=True)
    exercise = models.BooleanField(default=False)
    state = models.CharField(
        max_length=10,
        default="pending",
        choices=[
            ("pending", "待发"),
            ("sending", "发送中"),
            ("sent", "已发"),
            ("delivered", "已送达"),
            ("read", "已读"),
            ("failed", "失败"),
        ],
    )
    attempts = models.PositiveSmallIntegerField(default=0)
    reason = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    next_try_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    read_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [models.UniqueConstraint(fields=["about", "person", "channel"], name="delivery_once")]
        indexes = [
            models.Index(fields=["next_try_at", "id"], name="delivery_due", condition=Q(next_try_at__isnull=False)),
            models.Index(fields=["person", "-id"], name="delivery_inbox", condition=Q(channel="inapp")),
            models.Index(fields=["person"], name="delivery_unread", condition=Q(channel="inapp", state="sent")),
            models.Index(fields=["subject_id"], name="delivery_subject"),
        ]
