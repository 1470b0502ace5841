"""People under a response: who they are, how they were found, whom they met."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from wangge.ground.accounts.models import Person
from wangge.ground.areas.models import Area
from wangge.ground.kernel.ids import new_id
from wangge.ground.responses.models import Response

ROLES = [
    ("arrival", "疫情发生地来（返）人员"),
    ("close_contact", "密切接触者"),
    ("secondary_contact", "密接的密接"),
    ("suspected", "疑似病例"),
    ("confirmed", "确诊病例"),
]
DOCUMENTS = [
    ("id_card", "居民身份证"),
    ("hk_mo_permit", "港澳居民来往内地通行证"),
    ("tw_permit", "台湾居民来往大陆通行证"),
    ("residence_permit", "港澳台居民居住证"),
    ("passport", "护照"),
    ("none", "无证件或未知"),
]


class Household(models.Model):
    """People who live together 同住户; what the home is called stands in the vault with its members."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    response = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="+", db_index=False)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+")


class Individual(models.Model):
    """Somebody recorded under a response 管理对象: an arrival, a contact, a suspected or confirmed case.

    Name, document number, phones and address are in the vault under this id, in the fields `name`, `document`,
    `phone`, `phone_2`, `address` and `note`. What stands here identifies nobody: the stages of an epidemic
    as instants and days, so that figures stay when the key is destroyed. `state`: "active", "over" (released, left or
    recovered), "withdrawn" (not what it was reported to be), "merged" (into another record).
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    response = models.ForeignKey(Response, on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.CharField(max_length=40, unique=True)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+", db_index=False)
    role = models.CharField(max_length=20, choices=ROLES)
    state = models.CharField(
        max_length=10,
        choices=[("active", "在管"), ("over", "已解除"), ("withdrawn", "不属实"), ("merged", "已并档")],
        default="active",
    )
    document_kind = models.CharField(max_length=20, choices=DOCUMENTS, default="none")
    household = models.ForeignKey(Household, null=True, on_delete=models.PROTECT, related_name="members")
    origin = models.CharField(max_length=60, blank=True)
    arrived_on = models.DateField(null=True)
    last_exposure_on = models.DateField(null=True)
    onset_on = models.DateField(null=True)
    identified_at = models.DateTimeField()
    notified_at = models.DateTimeField(null=True)
    quarantined_at = models.DateTimeField(null=True)
    isolated_at = models.DateTimeField(null=True)
    confirmed_at = models.DateTimeField(null=True)
    quarantined_when_confirmed = models.BooleanField(null=True)
    registered_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+", db_index=False)
    merged_into = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="+")
    exercise = models.BooleanField(default=False)
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(state="merged", merged_into__isnull=False)
                | (~Q(state="merged") & Q(merged_into__isnull=True)),
                name="individual_merged_somewhere",
            ),
        ]
        indexes = [
            models.Index(fields=["area", "state", "-identified_at", "-id"], name="individual_area"),
            models.Index(fields=["state", "-identified_at", "-id"], name="individual_newest"),
            models.Index(fields=["-confirmed_at"], name="individual_cases", condition=Q(confirmed_at__isnull=False)),
        ]


class NumberCounter(models.Model):
    """The running number of an area's day for records of people: what the next `Individual.number` is made from."""

    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+", db_index=False)
    day = models.DateField()
    last = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["area", "day"], name="individual_counter_once")]


class Origin(models.Model):
    """How a record came about 来源: a matter, a list, the desk; the same person may be reported many times.

    `matter_id` and `report_id` lead into the room of matters, which this one does not know. The matter is where the
    three parties (government, health, village) were told and acknowledged. `row_digest` marks a row of a sent list.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    individual = models.ForeignKey(Individual, on_delete=models.PROTECT, related_name="origins")
    source = models.CharField(
        max_length=8, choices=[("matter", "事项"), ("list", "名单"), ("desk", "登记"), ("contact", "流调")]
    )
    matter_id = models.UUIDField(null=True, db_index=True)
    report_id = models.UUIDField(null=True)
    row_digest = models.CharField(max_length=64, blank=True)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["report_id"], condition=Q(report_id__isnull=False), name="origin_report_once"
            ),
            models.UniqueConstraint(fields=["row_digest"], condition=~Q(row_digest=""), name="origin_row_once"),
        ]


class IndividualMerge(models.Model):
    """One record merged into another 并档, with what is needed to undo it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    individual = models.ForeignKey(Individual, on_delete=models.PROTECT, related_name="+")
    into = models.ForeignKey(Individual, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=10)
    merged_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    merged_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["individual"], condition=Q(undone_at__isnull=True), name="individual_merge_once_at_a_time"
            )
        ]


class Leg(models.Model):
    """One leg of a journey 行程; number of train or flight and seat are in the vault as `vehicle` under this id."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    individual = models.ForeignKey(Individual, on_delete=models.PROTECT, related_name="legs")
    on = models.DateField()
    departed_from = models.CharField(max_length=60, blank=True)
    arrived_at = models.CharField(max_length=60, blank=True)
    transport = models.CharField(
        max_length=8,
        choices=[
            ("train", "火车"),
            ("coach", "长途客车"),
            ("plane", "飞机"),
            ("car", "自驾"),
            ("ship", "轮船"),
            ("other", "其他"),
        ],
    )


class Contact(models.Model):
    """That two people met 接触: a case and somebody exposed to it, as an edge with its evidence.

    `infector` says that the case is held to be the source of the other's infection 传染来源. The evidence is in the
    vault as `evidence` under this id.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    case = models.ForeignKey(Individual, on_delete=models.PROTECT, related_name="contacts")
    exposed = models.ForeignKey(Individual, on_delete=models.PROTECT, related_name="exposures")
    setting = models.CharField(
        max_length=10,
        choices=[
            ("household", "同住"),
            ("work", "同事同学"),
            ("meal", "聚餐聚会"),
            ("travel", "同乘交通工具"),
            ("care", "照护诊疗"),
            ("other", "其他"),
        ],
    )
    last_on = models.DateField(null=True)
    infector = models.BooleanField(default=False)
    listed_by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    listed_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["case", "exposed"], name="contact_once"),
            models.CheckConstraint(condition=~Q(case=F("exposed")), name="contact_of_two"),
            models.UniqueConstraint(fields=["exposed"], condition=Q(infector=True), name="contact_one_source"),
        ]


class Dependant(models.Model):
    """Somebody who depends on a person under observation 被照料人: a child, an elderly or a sick person.

    Who it is and what is needed stand in the vault as `name` and `need` under this id. When the carer is taken away, a
    care matter is opened; `matter_id` is the one.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    carer = models.ForeignKey(Individual, on_delete=models.PROTECT, related_name="dependants")
    kind = models.CharField(
        max_length=8, choices=[("child", "儿童"), ("elderly", "老人"), ("sick", "病人"), ("disabled", "残疾人")]
    )
    alone = models.BooleanField(default=True)
    matter_id = models.UUIDField(null=True)
    named_at = models.DateTimeField()


class Correction(models.Model):
    """A field of a record put right 更正; a personal value before and after is in the vault as `before`, `after`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    individual = models.ForeignKey(Individual, on_delete=models.PROTECT, related_name="corrections")
    field = models.CharField(max_length=40)
    before = models.CharField(max_length=80, blank=True)
    after = models.CharField(max_length=80, blank=True)
    by = models.ForeignKey(Person, null=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
