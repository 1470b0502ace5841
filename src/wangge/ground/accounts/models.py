"""Agencies, people, roles, and the posts that give people their rights."""

from __future__ import annotations

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models import Q

from wangge.ground.areas.models import Area
from wangge.ground.kernel.ids import new_id


class Agency(models.Model):
    """A body that leads or joins in settling matters 责任单位, for one area and all it covers."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    kind = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+")

    class Meta:
        verbose_name_plural = "agencies"
        constraints = [models.UniqueConstraint(fields=["kind", "area"], name="agency_once_per_kind_and_area")]


class PersonManager(BaseUserManager["Person"]):
    """Finds people by sign-in name without regard to letter case."""

    def get_by_natural_key(self, username: str | None) -> Person:
        return self.get(username=(username or "").strip().lower())


class Person(AbstractBaseUser):
    """Somebody who works with the system, or a program that connects to it (`is_program`).

    `leaves_at` is when an account in use is to go out of use; null where nothing is planned.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    username = models.CharField(max_length=60, unique=True)
    display_name = models.CharField(max_length=60)
    email = models.EmailField(blank=True)
    webhook_url = models.URLField(blank=True)
    language = models.CharField(max_length=10, default="zh-hans")
    is_program = models.BooleanField(default=False)
    is_active = models.BooleanField(default=True)
    leaves_at = models.DateTimeField(null=True)

    objects = PersonManager()
    USERNAME_FIELD = "username"
    REQUIRED_FIELDS = ["display_name"]

    class Meta:
        indexes = [models.Index(fields=["leaves_at"], name="person_leaving", condition=Q(leaves_at__isnull=False))]

    def __str__(self) -> str:
        return self.display_name


class Role(models.Model):
    """What a kind of post may do: its verbs. Loaded from the pack.

    `stands` says how the post meets a new matter: its responsible post, a desk that stands in and
    takes escalations, or neither.
    """

    code = models.CharField(max_length=40, primary_key=True)
    name = models.CharField(max_length=60)
    name_en = models.CharField(max_length=60, blank=True)
    verbs = models.JSONField(default=list)
    stands = models.CharField(max_length=12, blank=True, choices=[("responsible", "负责岗位"), ("desk", "值班台")])


class Post(models.Model):
    """A post 岗位: a role in an area, for an agency, for a time."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=120)
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="+")
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+")
    agency = models.ForeignKey(Agency, null=True, on_delete=models.PROTECT, related_name="+")
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["area", "role"], name="post_area_role")]
        constraints = [
            models.CheckConstraint(condition=Q(until__isnull=True) | Q(until__gt=models.F("since")), name="post_dates")
        ]


class Holding(models.Model):
    """Who holds a post from when to when; a deputy stands in for the holder."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="holdings")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="holdings")
    deputy = models.BooleanField(default=False)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gt=models.F("since")), name="holding_dates"
            ),
            models.UniqueConstraint(
                fields=["post", "person"], condition=Q(until__isnull=True), name="holding_once_at_a_time"
            ),
        ]


class RosteredTime(models.Model):
    """From when to when a roster is in force at a post: only those with a duty time then stand there."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="+", db_index=False)
    since = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(until__gt=models.F("since")), name="rostered_time_dates"),
            models.UniqueConstraint(fields=["post", "until", "since"], name="rostered_time_once"),
        ]


class DutyTime(models.Model):
    """One stretch of duty 值班时段: who is to be at a post from when to when, and whether they came.

    `ended_at` is when it ended early, because the roster was changed while it ran; `late_at` is when to say that
    nobody came, null once they have or it was said.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="+", db_index=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False)
    since = models.DateTimeField()
    until = models.DateTimeField()
    checked_in_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    late_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(until__gt=models.F("since")), name="duty_time_dates"),
            models.UniqueConstraint(fields=["post", "person", "since"], name="duty_time_once"),
        ]
        indexes = [
            models.Index(fields=["post", "until"], name="duty_time_post"),
            models.Index(fields=["person", "until"], name="duty_time_person"),
            models.Index(fields=["late_at"], name="duty_time_late", condition=Q(late_at__isnull=False)),
        ]


class ApiToken(models.Model):
    """A secret by which a program signs in; only its SHA-256 is kept."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="tokens")
    name = models.CharField(max_length=60)
    digest = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)


class AnsweredCall(models.Model):
    """A write that was answered, under the key its sender gave it; sent again, it gets the same answer.

    `body_hash` is the SHA-256 of what was sent, `answer` the JSON that went back: numbers, ids and
    instants, never personal data.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    key = models.CharField(max_length=80)
    body_hash = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    answer = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "key"], name="answered_call_once")]
