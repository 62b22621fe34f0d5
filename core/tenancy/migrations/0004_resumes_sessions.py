"""Branches decide whether a session that expired goes on with a sign of life."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tenancy", "0003_locks_are_derived"),
    ]

    operations = [
        migrations.AddField(
            model_name="branch",
            name="resumes_sessions",
            field=models.BooleanField(db_default=True, default=True),
        ),
    ]
