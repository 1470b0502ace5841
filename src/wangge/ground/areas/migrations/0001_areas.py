import django.db.models.deletion
from django.db import migrations, models

import wangge.ground.kernel.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="AreasVersion",
            fields=[
                ("id", models.PositiveSmallIntegerField(default=1, primary_key=True, serialize=False)),
                ("number", models.BigIntegerField(default=0)),
            ],
        ),
        migrations.CreateModel(
            name="Area",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=wangge.ground.kernel.ids.new_id, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "level",
                    models.CharField(
                        choices=[
                            ("province", "省"),
                            ("city", "市"),
                            ("county", "县(区)"),
                            ("town", "镇(街)"),
                            ("village", "村(居)"),
                            ("grid", "网格"),
                            ("district", "功能区"),
                            ("station", "派出所"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "tree",
                    models.CharField(
                        choices=[("statistical", "统计区划"), ("management", "管理区划")],
                        default="statistical",
                        max_length=12,
                    ),
                ),
                ("name", models.CharField(max_length=80)),
                ("short_name", models.CharField(max_length=80)),
                ("kind", models.CharField(blank=True, default="", max_length=20)),
                ("since", models.DateField(null=True)),
                ("until", models.DateField(null=True)),
                ("lon", models.FloatField(null=True)),
                ("lat", models.FloatField(null=True)),
                (
                    "outline_kind",
                    models.CharField(
                        blank=True,
                        choices=[("", "无"), ("surveyed", "实测"), ("schematic", "示意")],
                        default="",
                        max_length=12,
                    ),
                ),
                ("outline", models.JSONField(null=True)),
                (
                    "parent",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="children", to="areas.area"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="AreaCode",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.CharField(max_length=15)),
                ("name", models.CharField(max_length=80)),
                ("since", models.DateField(null=True)),
                ("until", models.DateField(null=True)),
                (
                    "area",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="codes", to="areas.area"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Cover",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("depth", models.PositiveSmallIntegerField()),
                (
                    "ancestor",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="areas.area"
                    ),
                ),
                (
                    "area",
                    models.ForeignKey(
                        db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="areas.area"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Membership",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("since", models.DateField()),
                ("until", models.DateField(null=True)),
                (
                    "manager",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="member_rows", to="areas.area"
                    ),
                ),
                (
                    "member",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="manager_rows", to="areas.area"
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="area",
            index=models.Index(models.F("tree"), models.F("level"), name="area_tree_level"),
        ),
        migrations.AddIndex(
            model_name="area",
            index=models.Index(models.F("name"), name="area_name"),
        ),
        migrations.AddIndex(
            model_name="area",
            index=models.Index(models.F("short_name"), name="area_short_name"),
        ),
        migrations.AddConstraint(
            model_name="area",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("since", None), ("until", None), ("until__gte", models.F("since")), _connector="OR"
                ),
                name="area_ends_after_start",
            ),
        ),
        migrations.AddConstraint(
            model_name="area",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("level", "grid"), _negated=True), ("parent__isnull", False), _connector="OR"
                ),
                name="area_grid_has_village",
            ),
        ),
        migrations.AddIndex(
            model_name="areacode",
            index=models.Index(models.F("code"), models.F("until"), name="area_code_until"),
        ),
        migrations.AddConstraint(
            model_name="areacode",
            constraint=models.UniqueConstraint(
                condition=models.Q(("until", None)), fields=("code",), name="area_code_one_holder"
            ),
        ),
        migrations.AddConstraint(
            model_name="areacode",
            constraint=models.UniqueConstraint(
                condition=models.Q(("until", None)), fields=("area",), name="area_code_one_in_force"
            ),
        ),
        migrations.AddConstraint(
            model_name="areacode",
            constraint=models.CheckConstraint(
                condition=models.Q(("since", None), ("until", None), ("until__gt", models.F("since")), _connector="OR"),
                name="area_code_ends_after_start",
            ),
        ),
        migrations.AddIndex(
            model_name="cover",
            index=models.Index(models.F("area"), models.F("ancestor"), name="cover_upward"),
        ),
        migrations.AddConstraint(
            model_name="cover",
            constraint=models.UniqueConstraint(fields=("ancestor", "area"), name="cover_once"),
        ),
        migrations.AddConstraint(
            model_name="membership",
            constraint=models.UniqueConstraint(
                condition=models.Q(("until", None)), fields=("manager", "member"), name="membership_once"
            ),
        ),
    ]
