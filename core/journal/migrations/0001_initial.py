"""The journal's tables."""

from __future__ import annotations

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Fact",
            fields=[
                ("name", models.CharField(max_length=50, primary_key=True, serialize=False)),
                ("value", models.CharField(max_length=200)),
            ],
            options={
                "db_table": "journal_meta",
            },
        ),
        migrations.CreateModel(
            name="Partition",
            fields=[
                ("name", models.CharField(max_length=100, primary_key=True, serialize=False)),
                ("epoch", models.BigIntegerField()),
                ("commits", models.BigIntegerField(default=0)),
            ],
            options={
                "db_table": "journal_partition",
            },
        ),
        migrations.CreateModel(
            name="Snapshot",
            fields=[
                ("entity", models.CharField(max_length=200, primary_key=True, serialize=False)),
                ("seq", models.BigIntegerField()),
                ("version", models.SmallIntegerField()),
                ("data", models.TextField()),
            ],
            options={
                "db_table": "journal_snapshot",
            },
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "entity", "seq", blank=True, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("entity", models.CharField(max_length=200)),
                ("seq", models.BigIntegerField()),
                ("name", models.CharField(max_length=64)),
                ("version", models.SmallIntegerField()),
                ("data", models.TextField()),
                ("command_id", models.CharField(max_length=200, null=True)),
                ("fingerprint", models.BigIntegerField(null=True)),
                ("settles", models.CharField(max_length=200, null=True)),
                ("answer", models.TextField(null=True)),
                ("principal", models.CharField(max_length=200)),
                ("at", models.FloatField()),
                ("epoch", models.BigIntegerField()),
            ],
            options={
                "db_table": "journal_event",
                "indexes": [
                    models.Index(
                        condition=models.Q(("settles__isnull", False)),
                        fields=["entity", "settles"],
                        name="journal_event_settles",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(
                        condition=models.Q(("command_id__isnull", False)),
                        fields=("entity", "command_id"),
                        name="journal_event_command",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Wake",
            fields=[
                ("entity", models.CharField(max_length=200, primary_key=True, serialize=False)),
                ("wake", models.BooleanField(null=True)),
                ("told", models.BigIntegerField(null=True)),
            ],
            options={
                "db_table": "journal_wake",
                "indexes": [
                    models.Index(
                        condition=models.Q(("wake", True)), fields=["entity"], name="journal_wake_true"
                    )
                ],
            },
        ),
    ]
