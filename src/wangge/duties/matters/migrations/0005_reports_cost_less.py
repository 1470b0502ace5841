"""A report costs the database less: no check of its matter's reference, no index for parts of a number."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("matters", "0004_closed_by_kind"),
    ]

    operations = [
        migrations.AlterField(
            model_name="matter",
            name="number",
            field=models.CharField(max_length=32),
        ),
        migrations.AddConstraint(
            model_name="matter",
            constraint=models.UniqueConstraint(fields=("number",), name="matter_number_once"),
        ),
        migrations.AlterField(
            model_name="report",
            name="matter",
            field=models.ForeignKey(
                db_constraint=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="reports",
                to="matters.matter",
            ),
        ),
    ]
