"""A trolley with a slot has a lock: the branch's setting that could say otherwise goes."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("tenancy", "0002_places"),
    ]

    operations = [
        migrations.RemoveField(model_name="branch", name="has_lock_hardware"),
    ]
