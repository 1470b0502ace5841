"""Plans of observation, the checks they ask for, what was found, and the rooms where people stay."""

from __future__ import annotations

from datetime import UTC, datetime

from django.db import models
from django.db.models import F, Q

from wangge.duties.observation.models.people import Individual
from wangge.ground.accounts.models import Agency, Person
from wangge.ground.areas.models import Area
from wangge.ground.kernel.ids import new_id

# When nothing more is due; not the last instant there is, so that it can be shown in any zone.
NEVER = datetime(9999, 1, 1, tzinfo=UTC)


class Facility(models.Model):
    """A place with rooms for people 场所: an observation site, a fever clinic, an isolation ward.

    `agency` is who runs it; a clinic answers referrals by the posts of that agency.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=80)
    kind = models.CharField(
        max_length=8, choices=[("site", "集中医学观察点"), ("clinic", "发热门诊"), ("ward", "隔离病区")]
    )
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, null=True, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "facilities"
        constraints = [
            models.UniqueConstraint(fields=["area", "name"], name="facility_once_in_its_area"),
        ]


class Room(models.Model):
    """A room with beds 房间; `taken` is kept as people come and go and never exceeds `beds`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    facility = models.ForeignKey(Facility, on_delete=models.PROTECT, related_name="rooms")
    name = models.CharField(max_length=20)
    beds = models.PositiveSmallIntegerField(default=1)
    taken = models.PositiveSmallIntegerField(default=0)
    closed = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["facility", "name"], name="room_once_in_its_facility"),
            models.CheckConstraint(condition=Q(taken__lte=F("beds")), name="room_not_overfull"),
        ]


class Plan(models.Model):
    """A plan of medical observation 医学观察 by the protocol in force when it began; one runs at a time.

    `slots` are the local times of day by which each check has to be in, as "HH:MM". `next_due_at` is when the next
    check is due, the instant that the engine watches. `attend_at` is the oldest check that is owed, or the next one:
    by it alone the board is in order, first who is missing (it is past), then who is due, then who is done for today.
    `made` and `missed` are kept as checks come and go by. `link_digest` is the SHA-256 of the secret in the person's
    own link, empty where none was handed out. `fever_tenths` and temperatures are in tenths of a degree Celsius.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    individual = models.ForeignKey(Individual, on_delete=models.PROTECT, related_name="plans")
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+", db_index=False)
    setting = models.CharField(max_length=8, choices=[("home", "居家"), ("facility", "集中"), ("hospital", "住院")])
    room = models.ForeignKey(Room, null=True, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=8, choices=[("running", "进行中"), ("ended", "已结束")], default="running")
    outcome = models.CharField(
        max_length=10,
        blank=True,
        choices=[
            ("released", "期满解除"),
            ("admitted", "转入收治"),
            ("moved", "转换方式"),
            ("lifted", "排除解除"),
            ("left", "移交去往地"),
            ("died", "死亡"),
        ],
    )
    protocol = models.CharField(max_length=20)
    exposure_on = models.DateField()
    started_at = models.DateTimeField()
    ends_on = models.DateField()
    slots = models.JSONField()
    fever_tenths = models.PositiveSmallIntegerField()
    next_due_at = models.DateTimeField(null=True)
    attend_at = models.DateTimeField(default=NEVER)
    made = models.PositiveSmallIntegerField(default=0)
    missed = models.PositiveSmallIntegerField(default=0)
    symptomatic = models.BooleanField(default=False)
    link_digest = models.CharField(max_length=64, blank=True)
    started_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    ended_at = models.DateTimeField(null=True)
    exercise = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["individual"], condition=Q(state="running"), name="plan_one_running"),
            models.UniqueConstraint(fields=["link_digest"], condition=~Q(link_digest=""), name="plan_link_once"),
            models.CheckConstraint(
                condition=Q(state="running", outcome="", ended_at__isnull=True)
                | (Q(state="ended", ended_at__isnull=False, next_due_at__isnull=True) & ~Q(outcome="")),
                name="plan_ends_with_an_outcome",
            ),
        ]
        indexes = [
            models.Index(
                fields=["next_due_at", "id"], name="plan_due", condition=Q(state="running", next_due_at__isnull=False)
            ),
            models.Index(fields=["attend_at", "id"], name="plan_board", condition=Q(state="running")),
            models.Index(fields=["area", "attend_at", "id"], name="plan_board_area", condition=Q(state="running")),
        ]


class Check(models.Model):
    """One check of a plan 监测: the day, which of the day's checks, what was measured and found.

    `symptoms` are codes of the pack. A note is in the vault as `note` under this id. A check entered wrong is replaced
    by another one; the first stays, with `replaced_by` set. A check that nobody made is not a row: `Plan.missed`
    counts it and the journal tells it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="checks", db_index=False)
    day = models.DateField()
    slot = models.PositiveSmallIntegerField()
    temperature_tenths = models.PositiveSmallIntegerField(null=True)
    symptoms = models.JSONField(default=list)
    source = models.CharField(max_length=6, choices=[("staff", "医护"), ("self", "本人"), ("batch", "批量")])
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    observed_at = models.DateTimeField()
    at = models.DateTimeField()
    replaced_by = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "day", "slot"], condition=Q(replaced_by__isnull=True), name="check_once"
            ),
        ]
        indexes = [models.Index(fields=["plan", "day"], name="check_of_plan")]


class Alarm(models.Model):
    """Something that must become a matter at once 预警: a check missed, a fever, a symptom.

    `flows` opens the matter and sets `matter_id`; a further alarm of the same kind, while that matter is open, is added
    to it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="alarms")
    what = models.CharField(max_length=8, choices=[("missed", "漏测"), ("fever", "发热"), ("symptom", "出现症状")])
    day = models.DateField()
    slot = models.PositiveSmallIntegerField()
    at = models.DateTimeField()
    matter_id = models.UUIDField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["plan", "what", "day", "slot"], name="alarm_once")]
