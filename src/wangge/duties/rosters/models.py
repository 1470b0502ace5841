"""Rosters 值班表 of a unit for some days: their seats, who fills them, leave, skills, searches, swaps, calendars."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from wangge.ground.accounts.models import Person, Post
from wangge.ground.areas.models import Area
from wangge.ground.kernel.ids import new_id
from wangge.ground.responses.models import Response


class Member(models.Model):
    """What rostering knows of somebody: skills, and whom they live with where both serve.

    `household` is the same for those of one household and says nothing else.
    """

    person = models.OneToOneField(Person, on_delete=models.PROTECT, primary_key=True, related_name="+")
    skills = models.JSONField(default=list)
    household = models.UUIDField(null=True)


class Leave(models.Model):
    """When somebody cannot serve 请假: leave that was asked for, or illness.

    `freed` are the seats that this left empty, by id.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    since = models.DateTimeField()
    until = models.DateTimeField()
    sick = models.BooleanField(default=False)
    entered_at = models.DateTimeField()
    freed = models.JSONField(default=list)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(until__gt=F("since")), name="leave_dates")]
        indexes = [models.Index(fields=["person", "until"], name="leave_person")]


class FixedDuty(models.Model):
    """What somebody does every week beside all rosters 固定勤务, such as a clinic on Tuesdays from nine to twelve.

    `kind` is one of the pack's, `days` are weekdays, Monday 0; `first_on` and `last_on` are the first and the last
    day on which it may begin, null: without end. One that was `dropped` was entered by mistake and never counted.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=40)
    post = models.ForeignKey(Post, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    days = models.JSONField()
    start = models.TimeField()
    minutes = models.PositiveSmallIntegerField()
    first_on = models.DateField()
    last_on = models.DateField(null=True)
    dropped = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(last_on__isnull=True) | Q(last_on__gte=F("first_on")), name="fixed_duty_dates"
            ),
            models.CheckConstraint(condition=Q(minutes__gte=1, minutes__lte=1440), name="fixed_duty_length"),
        ]


class RosterState(models.TextChoices):
    """A draft is worked on; what is published is in force; what was withdrawn is so no more, and may be again."""

    DRAFT = "draft", "草稿"
    PUBLISHED = "published", "已发布"
    WITHDRAWN = "withdrawn", "已撤回"


class Roster(models.Model):
    """A roster 值班表 of a unit, a station or a town, from one day up to another (exclusive).

    `version` counts its changes: who acts on an older one is told. `in_force_at` is when duties last followed it. While
    a search runs, it is the only one to change seats.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    response = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="+")
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+", db_index=False)
    since = models.DateField()
    until = models.DateField()
    pattern = models.CharField(max_length=40)
    state = models.CharField(max_length=12, choices=RosterState, default=RosterState.DRAFT)
    version = models.PositiveIntegerField(default=1)
    exercise = models.BooleanField(default=False)
    made_at = models.DateTimeField()
    published_at = models.DateTimeField(null=True)
    in_force_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(until__gt=F("since")), name="roster_dates")]
        indexes = [models.Index(fields=["area", "since"], name="roster_unit")]


class RosterSeat(models.Model):
    """One place to fill: a post in a shift, and who has it; `fixed` is set where it is not to be changed 固定班."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    roster = models.ForeignKey(Roster, on_delete=models.CASCADE, related_name="seats", db_index=False)
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="+", db_index=False)
    shift = models.CharField(max_length=40)
    since = models.DateTimeField()
    until = models.DateTimeField()
    number = models.PositiveSmallIntegerField(default=1)
    rank = models.PositiveSmallIntegerField(default=1)
    agency = models.CharField(max_length=40, blank=True, default="")
    skills = models.JSONField(default=list)
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    fixed = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["roster", "post", "shift", "since", "agency", "number"], name="roster_seat_once"
            ),
        ]
        indexes = [
            models.Index(fields=["roster", "since"], name="roster_seat_order"),
            models.Index(fields=["person", "since"], name="roster_seat_person"),
        ]


class SearchState(models.TextChoices):
    """Where a search for a better roster stands."""

    WAITING = "waiting", "等待"
    RUNNING = "running", "正在优化"
    DONE = "done", "已完成"
    STOPPED = "stopped", "已停止"
    BROKEN = "broken", "中断"


class Search(models.Model):
    """A search for a better roster: asked for, running in a process of its own, and how far it has come.

    `found` says for each rank how many seats are filled and how many could be at most. `beat_at` is the last sign
    of life; a search without one for a minute is over, and what it had found stands in the roster.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    roster = models.ForeignKey(Roster, on_delete=models.CASCADE, related_name="searches")
    state = models.CharField(max_length=12, choices=SearchState, default=SearchState.WAITING)
    seconds = models.PositiveIntegerField()
    asked_at = models.DateTimeField()
    beat_at = models.DateTimeField()
    stop = models.BooleanField(default=False)
    better = models.PositiveIntegerField(default=0)
    found = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["roster"], condition=Q(state__in=["waiting", "running"]), name="search_one_at_a_time"
            ),
        ]
        indexes = [models.Index(fields=["beat_at"], name="search_open", condition=Q(state__in=["waiting", "running"]))]


class SwapState(models.TextChoices):
    """A swap is asked for, accepted by the other, and approved."""

    ASKED = "asked", "待对方同意"
    ACCEPTED = "accepted", "待批准"
    APPROVED = "approved", "已换班"
    REFUSED = "refused", "未成"


class Swap(models.Model):
    """Somebody asks a colleague to take a seat 换班, for one of the colleague's in return or for none."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    seat = models.ForeignKey(RosterSeat, on_delete=models.CASCADE, related_name="+")
    back = models.ForeignKey(RosterSeat, null=True, on_delete=models.CASCADE, related_name="+")
    asker = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    asked = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=12, choices=SwapState, default=SwapState.ASKED)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["seat"], condition=Q(state__in=["asked", "accepted"]), name="swap_once_at_a_time"
            ),
        ]


class CalendarLink(models.Model):
    """The secret address of somebody's own duties for their calendar 日历订阅; only its SHA-256 is kept."""

    person = models.OneToOneField(Person, on_delete=models.PROTECT, primary_key=True, related_name="+")
    digest = models.CharField(max_length=64, unique=True)
    made_at = models.DateTimeField()


class PostHandover(models.Model):
    """Who goes off duty at a post hands over 交接班 to whoever comes next; what they wrote is in the vault.

    `due_at` is when the next one should have taken over at the latest; null where no roster says who is next.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    response = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="+")
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="+", db_index=False)
    by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    taken_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    taken_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["post", "at"], name="post_handover_post")]
