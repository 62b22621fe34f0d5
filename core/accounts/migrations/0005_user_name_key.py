from __future__ import annotations

from typing import Any

from django.db import migrations, models

from core.accounts.names import key


def fill(apps: Any, schema_editor: Any) -> None:
    """Give every account the key of its name; of two that look alike the older one has it."""
    users = apps.get_model("accounts", "User").objects
    seen: set[str] = set()
    for pk, username in users.order_by("date_joined", "pk").values_list("pk", "username"):
        if (found := key(username)) not in seen:
            seen.add(found)
            users.filter(pk=pk).update(name_key=found)


class Migration(migrations.Migration):
    dependencies = [("accounts", "0004_login")]
    operations = [
        migrations.AddField("user", "name_key", models.CharField(max_length=600, null=True, editable=False)),
        migrations.RunPython(fill, migrations.RunPython.noop),
        migrations.AlterField(
            "user", "name_key", models.CharField(max_length=600, null=True, editable=False, unique=True)
        ),
    ]
