"""Trolleys, devices and lock boards (reference data), and what the projections write of them.

Columns marked as projected are written by the journal's projector in raw SQL, in the
transaction of the events they come from. Nothing else may write them; every one has
a default in the database or may be null, so that an upsert can name only its own.
"""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from django.core.validators import MinValueValidator
from django.db import models
from django.db.models import Q

from core.accounts.models import User
from core.lines import LineField
from core.tenancy.models import Branch


def _nonce() -> str:
    return secrets.token_urlsafe(9)


class Device(models.Model):
    """A Raspberry Pi in a branch that owns one or more serial buses."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    branch = models.ForeignKey(Branch, on_delete=models.PROTECT, related_name="devices")
    name = LineField(max_length=80)
    mac = models.CharField(max_length=17, null=True, blank=True, unique=True)
    serial = models.CharField(max_length=60, null=True, blank=True, unique=True)
    firmware = models.CharField(max_length=40, blank=True)
    token_version = models.PositiveIntegerField(default=1)
    older_tokens = models.JSONField(default=dict, blank=True, editable=False)
    """Until when a token of an older version is accepted still: version (as text) to POSIX seconds."""
    is_revoked = models.BooleanField(default=False)
    removed_at = models.DateTimeField(null=True, blank=True)
    """Taken down for good: revoked, shown nowhere, without addresses; its history stays."""
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["branch", "name"]

    def __str__(self) -> str:
        return self.name

    def accepts(self, version: int, now: datetime) -> bool:
        """Return whether a token of that version is good at ``now``."""
        if self.is_revoked:
            return False
        until = self.older_until(version)
        return version == self.token_version or (until is not None and now < until)

    def older_until(self, version: int) -> datetime | None:
        """Return when a token of an older version ends; None for one that has no time left to it."""
        until = self.older_tokens.get(str(version))
        return None if until is None else datetime.fromtimestamp(until, UTC)

    @property
    def previous_until(self) -> datetime | None:
        """When the token before the present one ends."""
        return self.older_until(self.token_version - 1)


class ClaimCode(models.Model):
    """A manager's one-time leave for a Pi to register in a branch; see ``claims.py``."""

    branch = models.ForeignKey(Branch, on_delete=models.CASCADE, related_name="claim_codes")
    digest = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(User, on_delete=models.SET_NULL, related_name="+", null=True)
    made_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True, blank=True)
    device = models.ForeignKey(
        Device, on_delete=models.SET_NULL, related_name="claim_codes", null=True, blank=True
    )

    class Meta:
        ordering = ["-made_at"]

    def __str__(self) -> str:
        return f"claim code {self.pk} of {self.branch_id}"


class Controller(models.Model):
    """An RS485 lock board on one of a device's ports."""

    class Protocol(models.TextChoices):
        """The board's protocol."""

        KERONG = "kerong"
        MODBUS = "modbus"
        SIMULATOR = "simulator"

    class Polarity(models.TextChoices):
        """What a hook bit of 1 means: closed (normal) or open (inverted)."""

        NORMAL = "normal"
        INVERTED = "inverted"

    device = models.ForeignKey(Device, on_delete=models.CASCADE, related_name="controllers")
    port = models.CharField(max_length=120)
    address = models.PositiveSmallIntegerField()
    baudrate = models.PositiveIntegerField(default=19200)
    protocol = models.CharField(max_length=20, choices=Protocol, default=Protocol.KERONG)
    polarity = models.CharField(max_length=10, choices=Polarity, default=Polarity.NORMAL)

    class Meta:
        ordering = ["device", "port", "address"]
        constraints = [
            models.UniqueConstraint(
                fields=["device", "port", "address"], name="fleet_controller_address_unique"
            )
        ]

    def __str__(self) -> str:
        return f"{self.device} {self.port} board {self.address}"


PROJECTED = (
    "phase", "custody", "maintenance", "maintenance_notes", "session_id", "assigned_to", "assigned_at",
    "lock_desired", "lock_reported", "lock_at", "lock_fault", "last_seen", "seq",
    "at_device", "at_slot", "missing", "missing_reason", "staff_id", "staff_until",
)  # fmt: skip
"""Fields of Trolley that only the projection writes."""


class Trolley(models.Model):
    """A vehicle: who and where it is by reference, and what has become of it by projection."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    trolley_id = models.CharField(max_length=40, unique=True)
    branch = models.ForeignKey(Branch, on_delete=models.PROTECT, related_name="trolleys")
    cart_number = models.PositiveIntegerField(validators=[MinValueValidator(1)])
    qr_nonce = models.CharField(max_length=40, default=_nonce)
    """Signed into the printed QR; a new one makes old prints worthless."""
    is_active = models.BooleanField(default=True)
    place_device = models.ForeignKey(
        Device, on_delete=models.SET_NULL, related_name="trolleys", null=True, blank=True
    )
    place_slot = models.PositiveIntegerField(null=True, blank=True)
    """board address << 4 | lock number."""
    created_at = models.DateTimeField(auto_now_add=True)

    # Projected.
    phase = models.CharField(max_length=20, default="available", db_default="available")
    custody = models.CharField(max_length=20, default="unknown", db_default="unknown")
    maintenance = models.BooleanField(default=False, db_default=False)
    maintenance_notes = models.TextField(blank=True, default="", db_default="")
    session_id = models.UUIDField(null=True, blank=True)
    assigned_to = models.ForeignKey(
        User, on_delete=models.DO_NOTHING, related_name="+", null=True, blank=True, db_constraint=False
    )
    """No constraint: an erased account leaves its id behind, and nothing else."""
    assigned_at = models.DateTimeField(null=True, blank=True)
    lock_desired = models.CharField(max_length=10, default="unknown", db_default="unknown")
    lock_reported = models.CharField(max_length=10, default="unknown", db_default="unknown")
    lock_at = models.DateTimeField(null=True, blank=True)
    lock_fault = models.CharField(max_length=20, blank=True, default="", db_default="")
    last_seen = models.DateTimeField(null=True, blank=True)
    seq = models.BigIntegerField(default=0, db_default=0)
    """Journal seq of the trolley that these columns show."""

    at_device = models.UUIDField(null=True, blank=True)
    at_slot = models.IntegerField(null=True, blank=True)
    """Where it stands or left last, if that was ever another slot than its own."""
    missing = models.BooleanField(default=False, db_default=False)
    missing_reason = models.TextField(blank=True, default="", db_default="")
    staff_id = models.UUIDField(null=True, blank=True)
    """Who of the staff has it in hand, though it has no session."""
    staff_until = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["branch", "cart_number"]
        constraints = [
            models.UniqueConstraint(fields=["branch", "cart_number"], name="fleet_trolley_number_unique"),
            models.UniqueConstraint(fields=["place_device", "place_slot"], name="fleet_trolley_place_unique"),
            models.CheckConstraint(
                condition=Q(place_device__isnull=True, place_slot__isnull=True)
                | Q(place_device__isnull=False, place_slot__isnull=False),
                name="fleet_trolley_place_whole",
            ),
        ]

    def __str__(self) -> str:
        return self.trolley_id

    def save(self, *args: Any, update_fields: Iterable[str] | None = None, **kwargs: Any) -> None:
        """Save the reference columns; the projected ones of an existing row belong to the projection."""
        if update_fields is None and not self._state.adding:
            update_fields = [
                field.name
                for field in self._meta.concrete_fields
                if not field.primary_key and field.name not in PROJECTED
            ]
        super().save(*args, update_fields=update_fields, **kwargs)


class Session(models.Model):
    """One shopper's use of one trolley; kept for audit. Projected."""

    session_id = models.UUIDField(primary_key=True)
    trolley_code = models.CharField(max_length=40, db_index=True)
    branch_code = models.CharField(max_length=40, db_index=True)
    user_id = models.UUIDField(db_index=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    outcome = models.CharField(max_length=20, null=True, blank=True)
    items_cleared = models.IntegerField(null=True, blank=True)
    is_active = models.BooleanField(default=True, db_default=True)

    class Meta:
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return f"{self.trolley_code} {self.session_id}"


class Rental(models.Model):
    """Custody of a physical trolley, from leaving its slot to being back. Projected."""

    id = models.UUIDField(primary_key=True)
    trolley_code = models.CharField(max_length=40, db_index=True)
    branch_code = models.CharField(max_length=40, db_index=True)
    user_id = models.UUIDField(null=True, blank=True, db_index=True)
    start_time = models.DateTimeField()
    expected_return = models.DateTimeField(null=True, blank=True)
    """Null: it left without a session."""
    actual_return = models.DateTimeField(null=True, blank=True)
    status = models.CharField(max_length=20, default="active", db_default="active")
    """active, returned, lost (out still) or found (back)."""
    notes = models.TextField(blank=True, default="", db_default="")

    class Meta:
        ordering = ["-start_time"]
        indexes = [
            models.Index(fields=["branch_code", "-start_time"], name="fleet_rental_history"),
            models.Index(
                fields=["branch_code"], condition=Q(actual_return=None), name="fleet_rental_standing"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.trolley_code} {self.status}"


class DeviceShadow(models.Model):
    """What is known of a device's link. Projected."""

    device_id = models.UUIDField(primary_key=True)
    online = models.BooleanField(default=False, db_default=False)
    boot_id = models.CharField(max_length=80, blank=True, default="", db_default="")
    firmware = models.CharField(max_length=40, blank=True, default="", db_default="")
    connected_at = models.DateTimeField(null=True, blank=True)
    silent_boards = models.IntegerField(default=0, db_default=0)
    """A bit for each board that does not answer."""
    seq = models.BigIntegerField(default=0, db_default=0)

    class Meta:
        db_table = "fleet_device_shadow"

    def __str__(self) -> str:
        return f"{self.device_id} {'online' if self.online else 'offline'}"


class SlotShadow(models.Model):
    """The last report of a slot by its hardware. Projected; ``id`` is ``<device>:<slot>``."""

    id = models.CharField(max_length=60, primary_key=True)
    device_id = models.UUIDField()
    slot = models.IntegerField()
    hook = models.CharField(max_length=10, default="unknown", db_default="unknown")
    present = models.BooleanField(default=False, db_default=False)
    at = models.DateTimeField(null=True, blank=True)
    trolley_code = models.CharField(max_length=40, null=True, blank=True)

    class Meta:
        db_table = "fleet_slot_shadow"
        constraints = [models.UniqueConstraint(fields=["device_id", "slot"], name="fleet_slot_shadow_once")]

    def __str__(self) -> str:
        return self.id
