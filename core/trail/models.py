"""Tables of the audit trail.

What is done is noted in the transaction that does it: by Django as a `Note`, by the actors' projection as a
`CommandNote`. Sealing gives each note its place in its chain and the hash that binds it to the one before.
"""

from __future__ import annotations

import uuid

from django.db import models


class TrailRecord(models.Model):
    """Fields that every table of the trail has of one action."""

    at = models.DateTimeField()
    who = models.CharField(max_length=80)
    """``user:<id>``, ``device:<id>`` or ``system``; never a name, which an erasure would have to find."""
    branch = models.CharField(max_length=40, blank=True, default="")
    what = models.CharField(max_length=60)
    subject = models.CharField(max_length=120)
    """What it was done to, e.g. ``trolley/TROLLEY_01``."""
    reason = models.TextField(blank=True, default="")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self.what} on {self.subject}"


class Note(TrailRecord):
    """A change of a row that waits to be sealed."""

    chain = models.CharField(max_length=50, blank=True, default="")
    """Slug; empty: of the platform."""
    changes = models.TextField(blank=True, default="")
    """JSON: field -> [before, after]."""


class CommandNote(TrailRecord):
    """A command of staff. Projected from the journal, and kept there."""

    id = models.UUIDField(primary_key=True)

    class Meta:
        indexes = [models.Index(fields=["at"], name="trail_command_at")]


class Head(models.Model):
    """The last entry of a chain; who holds the row of the empty name seals."""

    chain = models.CharField(max_length=50, primary_key=True)
    seq = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64, default="")

    def __str__(self) -> str:
        return f"{self.chain} {self.seq}"


class Entry(TrailRecord):
    """A sealed note: never changed, never deleted."""

    chain = models.CharField(max_length=50, blank=True, default="")
    seq = models.BigIntegerField()
    """In its chain, from 1 without a gap."""
    changes = models.TextField(blank=True, default="")
    source = models.UUIDField(null=True, unique=True)
    """Of a command's note, so that it is sealed once."""
    hash = models.CharField(max_length=64)
    """SHA-256 of the entry before's hash and all of this one, see ``sealing.digest``."""

    class Meta:
        constraints = [models.UniqueConstraint(fields=["chain", "seq"], name="trail_entry_place")]
        indexes = [
            models.Index(fields=["chain", "-id"], name="trail_entry_chain"),
            models.Index(fields=["branch", "-id"], name="trail_entry_branch"),
            models.Index(fields=["who", "-id"], name="trail_entry_who"),
        ]


def new_id(text: str) -> uuid.UUID:
    """Return the id of the command's note of one event, ``<entity>:<seq>``."""
    return uuid.uuid5(uuid.NAMESPACE_URL, f"trail:{text}")
