"""Leave room on the pages of what every report updates.

PostgreSQL writes a changed row anew; on the same page that costs no index an entry.
"""

from __future__ import annotations

from typing import Any

from django.db import migrations

TABLES = ("fleet_trolley", "fleet_slot_shadow", "fleet_device_shadow")
SHARE = 50
"""Per cent of a page that inserts may fill."""


def leave_room(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        for table in TABLES:
            schema_editor.execute(f"ALTER TABLE {table} SET (fillfactor = {SHARE})")


def fill_up(apps: Any, schema_editor: Any) -> None:
    if schema_editor.connection.vendor == "postgresql":
        for table in TABLES:
            schema_editor.execute(f"ALTER TABLE {table} RESET (fillfactor)")


class Migration(migrations.Migration):
    dependencies = [("fleet", "0005_removed_devices")]
    operations = [migrations.RunPython(leave_room, fill_up)]
