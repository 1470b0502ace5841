"""Responses, the pack versions they follow, and the sealed fields and files of people's data."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from wangge.ground.accounts.models import Person
from wangge.ground.areas.models import Area
from wangge.ground.kernel.ids import new_id


class PackVersion(models.Model):
    """A plan pack 预案包 as it was loaded: the compiled content, kept for as long as anything refers to it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.CharField(max_length=60)
    name = models.CharField(max_length=120)
    version = models.CharField(max_length=30)
    content_hash = models.CharField(max_length=64, unique=True)
    content = models.JSONField()
    loaded_at = models.DateTimeField()


class Response(models.Model):
    """A declared response 疫情响应: purpose, legal basis and authority are what allow personal data at all."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    code = models.CharField(max_length=40, unique=True)
    name = models.CharField(max_length=120)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+")
    pack = models.ForeignKey(PackVersion, on_delete=models.PROTECT, related_name="+")
    purpose = models.TextField()
    legal_basis = models.TextField()
    authority = models.CharField(max_length=120)
    exercise = models.BooleanField(default=False)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    destroyed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(purpose="") & ~Q(legal_basis="") & ~Q(authority=""), name="response_is_founded"
            ),
            models.CheckConstraint(
                condition=Q(destroyed_at__isnull=True) | Q(ended_at__isnull=False), name="response_ends_before_its_keys"
            ),
        ]


class VaultField(models.Model):
    """One field of personal data, sealed under its response's key and bound to its row and name.

    `sealed` is the 12-byte nonce and the AES-256-GCM ciphertext; `index` is a keyed digest for
    exact search, or null for what is never searched.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    response = models.ForeignKey(
        Response, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    subject_id = models.UUIDField()
    field = models.CharField(max_length=40)
    kind = models.CharField(max_length=16)
    key_version = models.PositiveSmallIntegerField()
    sealed = models.BinaryField()
    index = models.BinaryField(max_length=16, null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject_id", "field"], name="vault_field_once")]
        indexes = [models.Index(fields=["response", "index"], name="vault_search", condition=Q(index__isnull=False))]


class Evidence(models.Model):
    """A sealed file 证据 in the folder beside the vault, named by its row's id; see `evidence`.

    `sha256` is that of the content and stands in the journal too, so that nobody can put another file in its place.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    response = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="+", db_index=False)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    media_type = models.CharField(max_length=40)
    received_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "evidence"
        constraints = [models.UniqueConstraint(fields=["sha256", "response"], name="evidence_once")]


class Unmasking(models.Model):
    """Who looked at whose full data, by which role, where and when; the journal holds the fact.

    The reason given is in the vault under the id of this row.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    response = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="+", db_index=False)
    person = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=60)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+", db_index=False)
    subject_id = models.UUIDField(db_index=True)
    fields = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["-at", "-id"], name="unmasking_newest")]


class Rotation(models.Model):
    """A change of a response's keys 更换密钥: to which version, and how far the fields are sealed anew.

    `last_id` is the field that the walk has come to, `next_at` when it goes on. The walk is done again after
    `current_at` lies far enough back that nobody can still be writing under the old keys.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    response = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="+", db_index=False)
    version = models.PositiveSmallIntegerField()
    begun_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    begun_at = models.DateTimeField()
    current_at = models.DateTimeField(null=True)
    next_at = models.DateTimeField()
    last_id = models.UUIDField(null=True)
    total = models.PositiveBigIntegerField()
    done = models.PositiveBigIntegerField(default=0)
    damaged = models.PositiveBigIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["response"], condition=Q(finished_at__isnull=True), name="rotation_one_at_a_time"
            )
        ]
