"""Give every replaced token an end of its own; before, only the last one replaced had one."""

from __future__ import annotations

from typing import Any

from django.db import migrations, models


def carry_over(apps: Any, schema_editor: Any) -> None:
    for device in apps.get_model("fleet", "Device").objects.filter(previous_until__isnull=False):
        device.older_tokens = {str(device.token_version - 1): device.previous_until.timestamp()}
        device.save(update_fields=["older_tokens"])


class Migration(migrations.Migration):
    dependencies = [("fleet", "0007_link_rows")]
    operations = [
        migrations.AddField(
            "device", "older_tokens", models.JSONField(blank=True, default=dict, editable=False)
        ),
        migrations.RunPython(carry_over, migrations.RunPython.noop),
        migrations.RemoveField("device", "previous_until"),
    ]
