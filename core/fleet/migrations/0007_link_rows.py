"""Number the rows of the devices' links by the events that change a link, as the projection does now.

It used to write the row with every event of the device, also for one that never said hello.
"""

from __future__ import annotations

from typing import Any

from django.db import migrations
from django.db.models import Max

LINK = ("DeviceConnected", "DeviceDisconnected", "DeviceRetired")


def renumber(apps: Any, schema_editor: Any) -> None:
    events = apps.get_model("journal", "Event").objects
    for row in apps.get_model("fleet", "DeviceShadow").objects.all():
        of_link = events.filter(entity=f"device/{row.device_id}", name__in=LINK)
        last = of_link.aggregate(last=Max("seq"))["last"]
        if last is None:
            row.delete()
        elif row.seq != last:
            row.seq = last
            row.save(update_fields=["seq"])


class Migration(migrations.Migration):
    dependencies = [("fleet", "0006_room_on_pages"), ("journal", "0001_initial")]
    operations = [migrations.RunPython(renumber, migrations.RunPython.noop)]
