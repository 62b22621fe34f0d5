"""Empty floor plans and opening hours of another shape: one bad value blanked a branch's whole map."""

from typing import Any

from django.db import migrations, models

from core.shapes import mend
from core.tenancy import floor_plans, opening_hours
from core.tenancy.models import _first_language, empty_floor_plan


def forwards(apps: Any, schema_editor: Any) -> None:
    branches = apps.get_model("tenancy", "Branch").objects.all()
    mend(branches, "floor_plan", floor_plans.check, empty_floor_plan)
    mend(branches, "opening_hours", opening_hours.check, dict)


class Migration(migrations.Migration):
    dependencies = [("tenancy", "0006_chains_and_hours")]
    operations = [
        migrations.AlterField("branch", "opening_hours", models.JSONField(blank=True, default=dict)),
        migrations.AlterField("chain", "languages", models.JSONField(default=_first_language)),
        migrations.RunPython(forwards, migrations.RunPython.noop),
    ]
