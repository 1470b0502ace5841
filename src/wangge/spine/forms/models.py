"""Forms, their versions, who fills them in with which key, and what was sent."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from wangge.ground.accounts.models import Person
from wangge.ground.areas.models import Area
from wangge.ground.kernel.ids import new_id
from wangge.ground.responses.models import Evidence, Response


class Form(models.Model):
    """A form 表单 of a response; its content stands in versions, of which the newest is filled in."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    response = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="+", db_index=False)
    code = models.CharField(max_length=40)
    title = models.CharField(max_length=120)
    open = models.BooleanField(default=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["response", "code"], name="form_once")]


class FormVersion(models.Model):
    """One published content of a form: the XLSForm that staff wrote, and the XForm that clients read.

    `questions` is the tree that answers are read by, see `rules`; `lists` names the files that the form asks for and
    that were not published with it, such as venues.csv; `hash` is the MD5 of the XForm, as OpenRosa wants it.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    form = models.ForeignKey(Form, on_delete=models.PROTECT, related_name="versions", db_index=False)
    version = models.CharField(max_length=40)
    xform = models.TextField()
    hash = models.CharField(max_length=32)
    questions = models.JSONField()
    lists = models.JSONField(default=list)
    source = models.BinaryField()
    source_name = models.CharField(max_length=120)
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["form", "version"], name="form_version_once")]
        indexes = [models.Index(fields=["form", "-published_at", "-id"], name="form_version_newest")]


class FormMedia(models.Model):
    """A file published with a version: a picture in a question, a list of choices."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    version = models.ForeignKey(FormVersion, on_delete=models.PROTECT, related_name="media", db_index=False)
    name = models.CharField(max_length=120)
    media_type = models.CharField(max_length=40)
    hash = models.CharField(max_length=32)
    content = models.BinaryField()

    class Meta:
        verbose_name_plural = "form media"
        constraints = [models.UniqueConstraint(fields=["version", "name"], name="form_media_once")]


class FieldKey(models.Model):
    """A key by which somebody's phone sends forms 填报密钥: theirs, in one area or in all of theirs, until revoked.

    Only the SHA-256 of the key is kept. A program has one as well as a person.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    response = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    area = models.ForeignKey(Area, null=True, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=60)
    digest = models.CharField(max_length=64, unique=True)
    issued_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    issued_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [models.Index(fields=["-issued_at", "-id"], name="field_key_newest")]


STATES = (
    ("incomplete", "附件未齐"),
    ("received", "待入账"),
    ("taken", "已入账"),
    ("refused", "待修正"),
    ("replaced", "已被更正取代"),
    ("discarded", "已作废"),
)


class Submission(models.Model):
    """A filled-in form 填报. What was sent lies unchanged in the vault, under the id of this row.

    `digest` is a keyed digest of it, by which a second sending is known. `subject_id` is the record that it became,
    `problem` the code of what its handler said against it, whose sentence is in the vault. `deprecated_id` is the
    instance that it corrects, which may come later.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    response = models.ForeignKey(
        Response, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    version = models.ForeignKey(
        FormVersion, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    form_id = models.UUIDField()
    instance_id = models.CharField(max_length=120)
    deprecated_id = models.CharField(max_length=120, blank=True)
    digest = models.BinaryField(max_length=16)
    person = models.ForeignKey(
        Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False
    )
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+", db_index=False, db_constraint=False)
    received_at = models.DateTimeField()
    state = models.CharField(max_length=10, choices=STATES)
    problem = models.CharField(max_length=40, blank=True)
    subject_id = models.UUIDField(null=True)
    exercise = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["instance_id", "response"], name="submission_once"),
            models.UniqueConstraint(
                fields=["deprecated_id", "response"], condition=~Q(deprecated_id=""), name="submission_edited_once"
            ),
        ]
        indexes = [
            models.Index(fields=["form_id", "id"], name="submission_form"),
            models.Index(fields=["area", "id"], name="submission_area"),
            models.Index(
                fields=["state", "id"],
                condition=Q(state__in=("incomplete", "received", "refused")),
                name="submission_waiting",
            ),
            models.Index(fields=["subject_id"], condition=Q(subject_id__isnull=False), name="submission_subject"),
        ]


class SubmissionFile(models.Model):
    """A file that a submission names in an answer; `place` is the answer's path, `evidence` null until it has come."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    submission = models.ForeignKey(Submission, on_delete=models.PROTECT, related_name="files", db_index=False)
    place = models.CharField(max_length=200)
    evidence = models.ForeignKey(Evidence, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["submission", "place"], name="submission_file_once")]
