from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("messaging", "0001_messaging")]
    operations = [
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("channel", "inapp"), ("state", "sent")), fields=["person"], name="delivery_unread"
            ),
        ),
    ]
