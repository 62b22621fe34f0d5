"""The journal's tables. The stores speak SQL to them; only ``migrate`` and the admin know these classes."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

ENTITY_LENGTH = 200
COMMAND_LENGTH = 200


class Event(models.Model):
    """One thing that happened to one entity. Never changed, never deleted."""

    pk = models.CompositePrimaryKey("entity", "seq")
    entity = models.CharField(max_length=ENTITY_LENGTH)
    seq = models.BigIntegerField()
    name = models.CharField(max_length=64)
    version = models.SmallIntegerField()
    data = models.TextField()
    """JSON text as the codec wrote it; a text column keeps it to the byte and is cheaper than jsonb."""
    command_id = models.CharField(max_length=COMMAND_LENGTH, null=True)
    fingerprint = models.BigIntegerField(null=True)
    settles = models.CharField(max_length=COMMAND_LENGTH, null=True)
    """Null with an answer: the event's own command is what the answer answers."""
    answer = models.TextField(null=True)
    principal = models.CharField(max_length=COMMAND_LENGTH)
    at = models.FloatField()
    epoch = models.BigIntegerField()

    class Meta:
        db_table = "journal_event"
        constraints = [
            models.UniqueConstraint(
                fields=["entity", "command_id"],
                condition=Q(command_id__isnull=False),
                name="journal_event_command",
            ),
        ]
        indexes = [
            models.Index(
                fields=["entity", "settles"],
                condition=Q(settles__isnull=False),
                name="journal_event_settles",
            ),
        ]


class Snapshot(models.Model):
    """An entity's state at a seq; optional, replaced by the next."""

    entity = models.CharField(max_length=ENTITY_LENGTH, primary_key=True)
    seq = models.BigIntegerField()
    version = models.SmallIntegerField()
    data = models.TextField()

    class Meta:
        db_table = "journal_snapshot"


class Wake(models.Model):
    """Which entities must be activated at start, and how far their tells have been delivered."""

    entity = models.CharField(max_length=ENTITY_LENGTH, primary_key=True)
    wake = models.BooleanField(null=True)
    told = models.BigIntegerField(null=True)

    class Meta:
        db_table = "journal_wake"
        indexes = [models.Index(fields=["entity"], condition=Q(wake=True), name="journal_wake_true")]


class Partition(models.Model):
    """Who may write: every commit names the epoch and counts itself."""

    name = models.CharField(max_length=100, primary_key=True)
    epoch = models.BigIntegerField()
    commits = models.BigIntegerField(default=0)
    """Grows by one a commit, so that an owner can tell whether a commit it lost sight of was made."""

    class Meta:
        db_table = "journal_partition"


class Commit(models.Model):
    """One commit with events: what it wrote, and a checksum over that and the commit before."""

    pk = models.CompositePrimaryKey("partition_name", "number")
    partition_name = models.CharField(max_length=100)
    number = models.BigIntegerField()
    """From 1, without a gap."""
    epoch = models.BigIntegerField()
    at = models.FloatField()
    entities = models.TextField()
    """JSON: entity, first and last seq, in the order of the checksum."""
    checksum = models.CharField(max_length=64)

    class Meta:
        db_table = "journal_commit"


class Fact(models.Model):
    """Facts of this journal as a whole: ``stream_epoch`` names its history."""

    name = models.CharField(max_length=50, primary_key=True)
    value = models.CharField(max_length=200)

    class Meta:
        db_table = "journal_meta"
