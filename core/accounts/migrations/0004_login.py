from __future__ import annotations

import uuid
from typing import Any

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import Count, Max, Min, Q


def logins_of_families(apps: Any, schema_editor: Any) -> None:
    """Make a login of every family of refresh tokens; one without a token that is good has ended."""
    token, login = apps.get_model("accounts", "RefreshToken"), apps.get_model("accounts", "Login")
    families = token.objects.values("family", "user").annotate(
        began=Min("issued_at"),
        seen=Max("issued_at"),
        good=Count("id", filter=Q(revoked_at=None)),
        ended=Max("revoked_at"),
    )
    login.objects.bulk_create(
        (
            login(
                id=row["family"],
                user_id=row["user"],
                began_at=row["began"],
                seen_at=row["seen"],
                ended_at=None if row["good"] else row["ended"],
                ended_by="" if row["good"] else "logout",
            )
            for row in families.iterator()
        ),
        batch_size=1000,
    )


class Migration(migrations.Migration):
    dependencies = [("accounts", "0003_user_language")]

    operations = [
        migrations.CreateModel(
            name="Login",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                ("began_at", models.DateTimeField()),
                ("seen_at", models.DateTimeField()),
                ("device", models.CharField(blank=True, default="", max_length=200)),
                ("address", models.CharField(blank=True, default="", max_length=45)),
                ("ended_at", models.DateTimeField(blank=True, null=True)),
                (
                    "ended_by",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("logout", "Logout"),
                            ("everywhere", "logout everywhere"),
                            ("reuse", "refresh token used twice"),
                            ("password", "new password"),
                            ("closed", "account closed"),
                            ("staff", "ended by an admin"),
                        ],
                        default="",
                        max_length=20,
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="logins",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.RunPython(logins_of_families, migrations.RunPython.noop),
    ]
