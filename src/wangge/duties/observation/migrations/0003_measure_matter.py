"""A compulsory measure knows the matter under which police and institution work together."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("observation", "0002_seen_to_by_instant")]

    operations = [migrations.AddField("measure", "matter_id", models.UUIDField(null=True))]
