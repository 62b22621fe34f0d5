"""Branches decide whether a code typed by hand is enough to claim a trolley."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tenancy", "0004_resumes_sessions"),
    ]

    operations = [
        migrations.AddField(
            model_name="branch",
            name="signed_qr_only",
            field=models.BooleanField(db_default=False, default=False),
        ),
    ]
