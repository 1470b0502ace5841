"""The way through care: referrals to a clinic, and compulsory measures."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from wangge.duties.observation.models.people import Individual
from wangge.duties.observation.models.plans import Facility, Room
from wangge.ground.accounts.models import Person
from wangge.ground.kernel.ids import new_id


class Referral(models.Model):
    """Somebody sent to a fever clinic 转诊: asked, accepted, on the way, arrived, examined, answered.

    Who drives, the vehicle and words are in the vault under this id as `escort`, `vehicle` and `note`. `room` is where
    the clinic keeps a bed for this referral now; it is null again once the bed is free.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    individual = models.ForeignKey(Individual, on_delete=models.PROTECT, related_name="referrals")
    clinic = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="+")
    stage = models.CharField(
        max_length=10,
        choices=[
            ("asked", "已申请"),
            ("accepted", "已接收"),
            ("on_way", "转运中"),
            ("arrived", "已到诊"),
            ("examined", "已检查"),
            ("answered", "已反馈"),
            ("declined", "未接收"),
            ("cancelled", "已取消"),
        ],
        default="asked",
    )
    result = models.CharField(
        max_length=10,
        blank=True,
        choices=[("confirmed", "确诊"), ("suspected", "疑似"), ("observe", "继续观察"), ("ruled_out", "排除")],
    )
    room = models.ForeignKey(Room, null=True, on_delete=models.PROTECT, related_name="+")
    asked_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    set_out_at = models.DateTimeField(null=True)
    arrived_at = models.DateTimeField(null=True)
    examined_at = models.DateTimeField(null=True)
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    exercise = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["individual"],
                condition=~Q(stage__in=["answered", "declined", "cancelled"]),
                name="referral_one_open",
            ),
            models.CheckConstraint(
                condition=(Q(stage="answered") & ~Q(result="")) | (~Q(stage="answered") & Q(result="")),
                name="referral_answered_with_a_result",
            ),
        ]
        indexes = [
            models.Index(
                fields=["clinic", "asked_at", "id"],
                name="referral_clinic",
                condition=~Q(stage__in=["answered", "declined", "cancelled"]),
            )
        ]


class Measure(models.Model):
    """A compulsory measure against somebody who refuses isolation 强制隔离措施; it ends by itself.

    None is kept without the medical institution that asked for it, its legal basis, the authority that ordered it,
    start, review and end. `next_at` is the next instant at which the engine has to act: a warning, the review, the end.
    `matter_id` is the matter in the room of matters under which police and institution work together. Words said at a
    review or at the end are in the vault under this id as `note`.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    individual = models.ForeignKey(Individual, on_delete=models.PROTECT, related_name="measures")
    institution = models.CharField(max_length=80)
    legal_basis = models.CharField(max_length=200)
    authority = models.CharField(max_length=80)
    place = models.ForeignKey(Facility, null=True, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    review_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reviewed_at = models.DateTimeField(null=True)
    matter_id = models.UUIDField(null=True)
    next_at = models.DateTimeField(null=True)
    warned_at = models.DateTimeField(null=True)
    ordered_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True)
    cause = models.CharField(
        max_length=10,
        blank=True,
        choices=[("expired", "期满"), ("lifted", "提前解除"), ("complied", "已配合"), ("objection", "经申诉撤销")],
    )
    exercise = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(institution="") & ~Q(legal_basis="") & ~Q(authority=""), name="measure_is_founded"
            ),
            models.CheckConstraint(
                condition=Q(started_at__lt=F("ends_at"), review_at__gt=F("started_at"), review_at__lte=F("ends_at")),
                name="measure_in_order",
            ),
            models.UniqueConstraint(
                fields=["individual"], condition=Q(ended_at__isnull=True), name="measure_one_in_force"
            ),
        ]
        indexes = [models.Index(fields=["next_at", "id"], name="measure_due", condition=Q(next_at__isnull=False))]
