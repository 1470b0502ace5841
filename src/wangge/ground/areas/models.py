"""Areas 区划: the places that everything else happens in, their dated codes, and who covers whom."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from wangge.ground.kernel.ids import new_id


class Level(models.TextChoices):
    """What an area is, from the province down; districts and stations belong to the management tree."""

    PROVINCE = "province", "省"
    CITY = "city", "市"
    COUNTY = "county", "县（区）"
    TOWN = "town", "镇（街）"
    VILLAGE = "village", "村（居）"
    GRID = "grid", "网格"
    DISTRICT = "district", "功能区"
    STATION = "station", "派出所"


class Tree(models.TextChoices):
    """Which of the two trees an area stands in."""

    STATISTICAL = "statistical", "统计区划"
    MANAGEMENT = "management", "管理区划"


class OutlineKind(models.TextChoices):
    """How far an outline can be trusted; a schematic one 示意 is for looking at, never for measuring."""

    NONE = "", "无"
    SURVEYED = "surveyed", "实测"
    SCHEMATIC = "schematic", "示意"


class Area(models.Model):
    """Area 区划: one place in one tree. Its code may change (see `AreaCode`); its id never does.

    `parent` is the next area up in the statistical tree; a district or station stands below the
    city, county or district it answers to, and what it looks after is in `Membership`.
    `since` and `until` are days, `until` is the first day on which the area no longer exists.
    `outline` is a GeoJSON geometry, `lon` and `lat` a point to put its name at, both WGS84 degrees.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    level = models.CharField(max_length=12, choices=Level)
    tree = models.CharField(max_length=12, choices=Tree, default=Tree.STATISTICAL)
    name = models.CharField(max_length=80)
    short_name = models.CharField(max_length=80)
    kind = models.CharField(max_length=20, blank=True, default="")
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="children")
    since = models.DateField(null=True)
    until = models.DateField(null=True)
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    outline_kind = models.CharField(max_length=12, choices=OutlineKind, blank=True, default="")
    outline = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(since=None) | Q(until=None) | Q(until__gte=F("since")), name="area_ends_after_start"
            ),
            models.CheckConstraint(condition=~Q(level="grid") | Q(parent__isnull=False), name="area_grid_has_village"),
        ]
        indexes = [
            models.Index(fields=["tree", "level"], name="area_tree_level"),
            models.Index(fields=["name"], name="area_name"),
            models.Index(fields=["short_name"], name="area_short_name"),
        ]

    def __str__(self) -> str:
        return self.name


class AreaCode(models.Model):
    """The code an area holds, and the name it goes by, from one day up to another (exclusive).

    12 digits for a village (省 2, 市 2, 县 2, 镇 3, 村 3), fewer for what lies above it, 15 for a
    grid. `since` None: from before what is known. `until` None: still in force. Two areas never
    hold one code on the same day; the constraint holds for today, services hold it for the past.
    """

    area = models.ForeignKey(Area, models.CASCADE, related_name="codes")
    code = models.CharField(max_length=15)
    name = models.CharField(max_length=80)
    since = models.DateField(null=True)
    until = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["code"], condition=Q(until=None), name="area_code_one_holder"),
            models.UniqueConstraint(fields=["area"], condition=Q(until=None), name="area_code_one_in_force"),
            models.CheckConstraint(
                condition=Q(since=None) | Q(until=None) | Q(until__gt=F("since")), name="area_code_ends_after_start"
            ),
        ]
        indexes = [models.Index(fields=["code", "until"], name="area_code_until")]


class Membership(models.Model):
    """What a district or a station looks after, from one day up to another (exclusive)."""

    manager = models.ForeignKey(Area, models.CASCADE, related_name="member_rows")
    member = models.ForeignKey(Area, models.CASCADE, related_name="manager_rows")
    since = models.DateField()
    until = models.DateField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["manager", "member"], condition=Q(until=None), name="membership_once"),
        ]


class Cover(models.Model):
    """Which area covers which: every area itself, all above it, and all who manage any of those.

    A derived table, rebuilt whole after a change of areas. `depth` is the shortest way down, 0 for
    the area itself. A scope is filtered with
    `area_id__in=Cover.objects.filter(ancestor_id=X).values("area_id")`.
    """

    ancestor = models.ForeignKey(Area, models.CASCADE, related_name="+", db_index=False)
    area = models.ForeignKey(Area, models.CASCADE, related_name="+", db_index=False)
    depth = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["ancestor", "area"], name="cover_once")]
        indexes = [models.Index(fields=["area", "ancestor"], name="cover_upward")]


class AreasVersion(models.Model):
    """One row that counts the changes of areas, so that every process knows when to read them again."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1)
    number = models.BigIntegerField(default=0)
