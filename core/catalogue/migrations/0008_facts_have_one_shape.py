"""Empty what the admin let in of another shape: lists and details of the products could not be shown."""

from typing import Any

from django.db import migrations

from core.catalogue.facts import check_nutrition, check_tags
from core.shapes import mend


def forwards(apps: Any, schema_editor: Any) -> None:
    products = apps.get_model("catalogue", "Product").objects.all()
    mend(products, "nutrition_facts", check_nutrition, dict)
    mend(products, "dietary_tags", check_tags, list)


class Migration(migrations.Migration):
    dependencies = [("catalogue", "0007_voucher_limits")]
    operations = [migrations.RunPython(forwards, migrations.RunPython.noop)]
