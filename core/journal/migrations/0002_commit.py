"""The chain of commits; events from before it are in none."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("journal", "0001_initial")]

    operations = [
        migrations.CreateModel(
            name="Commit",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "partition_name",
                        "number",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("partition_name", models.CharField(max_length=100)),
                ("number", models.BigIntegerField()),
                ("epoch", models.BigIntegerField()),
                ("at", models.FloatField()),
                ("entities", models.TextField()),
                ("checksum", models.CharField(max_length=64)),
            ],
            options={"db_table": "journal_commit"},
        ),
    ]
