"""Matters 事项 and everything that hangs on one."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from wangge.ground.accounts.models import Agency, Person
from wangge.ground.areas.models import Area
from wangge.ground.kernel.ids import new_id
from wangge.ground.responses.models import Response

STAGES = [
    ("push", "推送"),
    ("triage", "分流"),
    ("coordinate", "协调"),
    ("verify", "核查"),
    ("close", "待结案"),
    ("closed", "已结案"),
]
SOURCES = [
    ("phone", "电话"),
    ("wechat", "微信"),
    ("visit", "走访"),
    ("desk", "值班台"),
    ("checkpoint", "检疫点"),
    ("resident", "群众"),
    ("system", "系统对接"),
]


class Policy(models.Model):
    """The policy a matter was received under: kind, clocks, routes and boundary, kept word for word."""

    hash = models.CharField(max_length=64, primary_key=True)
    content = models.JSONField()

    class Meta:
        verbose_name_plural = "policies"


class Matter(models.Model):
    """One thing that has to be settled 事项.

    `stage` says what is awaited. `queue_at` orders queues: the deadline while the clock runs, the
    end of the pause while it does not. `level` counts escalations up the ladder from the area;
    `base_level` is where the ladder starts (raised by a reopening). `version` rises with every change.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.CharField(max_length=32)
    response = models.ForeignKey(
        Response, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    policy = models.ForeignKey(Policy, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    kind = models.CharField(max_length=40)
    severity = models.PositiveSmallIntegerField()
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    stage = models.CharField(max_length=12, choices=STAGES, default="push")
    pause = models.CharField(
        max_length=8, blank=True, default="", choices=[("", "—"), ("held", "挂起"), ("parked", "挂账")]
    )
    ending = models.CharField(
        max_length=10,
        blank=True,
        default="",
        choices=[
            ("", "—"),
            ("settled", "办结"),
            ("dismissed", "不予受理"),
            ("returned", "退回补充"),
            ("merged", "并案"),
        ],
    )
    outcome = models.CharField(max_length=40, blank=True, default="")
    lead = models.ForeignKey(Agency, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    handed_back = models.PositiveSmallIntegerField(default=0)
    arbiter = models.ForeignKey(Area, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    level = models.PositiveSmallIntegerField(default=0)
    base_level = models.PositiveSmallIntegerField(default=0)
    merged_into = models.ForeignKey(
        "self", null=True, on_delete=models.PROTECT, related_name="merged_from", db_index=False
    )
    exercise = models.BooleanField(default=False)
    received_at = models.DateTimeField()
    stage_since = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    queue_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    version = models.PositiveIntegerField(default=1)
    last_action = models.CharField(max_length=24, blank=True, default="")
    last_actor_id = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(stage="closed") | Q(ending=""), name="matter_open_has_no_ending"),
            models.CheckConstraint(
                condition=~Q(ending="merged") | Q(merged_into__isnull=False), name="matter_merged_somewhere"
            ),
            # Not `unique` at the field, which would bring an index for LIKE along; nobody asks for part of a number.
            models.UniqueConstraint(fields=["number"], name="matter_number_once"),
        ]
        indexes = [
            models.Index(fields=["queue_at", "id"], name="matter_queue", condition=~Q(stage="closed")),
            models.Index(fields=["stage", "queue_at", "id"], name="matter_stage_queue", condition=~Q(stage="closed")),
            models.Index(fields=["area", "queue_at", "id"], name="matter_area_queue", condition=~Q(stage="closed")),
            models.Index(fields=["-closed_at", "-id"], name="matter_closed", condition=Q(stage="closed")),
            models.Index(fields=["area", "-closed_at", "-id"], name="matter_area_closed", condition=Q(stage="closed")),
            models.Index(fields=["kind", "-closed_at", "-id"], name="matter_kind_closed", condition=Q(stage="closed")),
            models.Index(fields=["merged_into"], name="matter_merged", condition=Q(merged_into__isnull=False)),
        ]


class Report(models.Model):
    """What somebody told us 上报: each keeps its own times and reporter, however many make one matter.

    Words, names, phones and addresses are in the vault under the report's id; `fields` holds the
    form's fields that are not personal. `clock_wrong` marks a phone whose clock cannot be right.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="reports", db_constraint=False)
    source = models.CharField(max_length=12, choices=SOURCES)
    reporter = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    observed_at = models.DateTimeField()
    received_at = models.DateTimeField()
    clock_wrong = models.BooleanField(default=False)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    fields = models.JSONField(default=dict)


class Involvement(models.Model):
    """An agency asked to lead or join 牵头、协同, and how far it has come."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="involvements")
    agency = models.ForeignKey(Agency, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=6, choices=[("lead", "牵头"), ("joint", "协同")])
    asked_at = models.DateTimeField()
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    arrived_at = models.DateTimeField(null=True)
    worked_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["matter", "agency"], condition=Q(ended_at__isnull=True), name="involvement_once_at_a_time"
            ),
            models.UniqueConstraint(
                fields=["matter"], condition=Q(ended_at__isnull=True, role="lead"), name="involvement_one_lead"
            ),
        ]
        indexes = [
            models.Index(fields=["agency", "asked_at"], name="involvement_open", condition=Q(ended_at__isnull=True))
        ]


class Action(models.Model):
    """Something a person did or said on a matter; its words are in the vault under the action's id."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="actions")
    what = models.CharField(
        max_length=14,
        choices=[
            ("arrived", "到达现场"),
            ("worked", "现场处置"),
            ("verified", "核查通过"),
            ("failed", "核查未通过"),
            ("handed_back", "退回"),
            ("dismissed", "不予受理"),
            ("reopened", "重新打开"),
            ("hold", "申请挂起"),
            ("parked", "挂账"),
            ("closed", "结案"),
            ("triaged", "分流"),
        ],
    )
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, null=True, on_delete=models.PROTECT, related_name="+")
    method = models.CharField(max_length=12, blank=True, choices=[("spot", "现场核查"), ("call", "电话回访")])
    at = models.DateTimeField()


class Hold(models.Model):
    """A pause asked for 挂起申请, and who decided; words are in the vault under the action of the same id."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="holds")
    reason = models.CharField(max_length=24)
    asked_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    until = models.DateTimeField()
    decided_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True)
    approved = models.BooleanField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["matter"], condition=Q(approved__isnull=True), name="hold_one_asked")
        ]


class Merge(models.Model):
    """One matter merged into another 并案, with what is needed to undo it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    matter = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="+")
    into = models.ForeignKey(Matter, on_delete=models.PROTECT, related_name="+")
    stage = models.CharField(max_length=12)
    pause = models.CharField(max_length=8, blank=True)
    merged_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    merged_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["matter"], condition=Q(undone_at__isnull=True), name="merge_once_at_a_time")
        ]


class Surge(models.Model):
    """A surge 战时状态: a switch for an area and all it covers; it changes clocks by a factor.

    Why it was switched on is in the vault under this id as `reason`.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+")
    factor = models.FloatField()
    started_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["area"], condition=Q(ended_at__isnull=True), name="surge_one_per_area"),
            models.CheckConstraint(condition=Q(factor__gt=0), name="surge_factor_positive"),
        ]


class CaseCounter(models.Model):
    """The running number of an area's day: what the next case number is made from."""

    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    day = models.DateField()
    last = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["area", "day"], name="case_counter_once")]
