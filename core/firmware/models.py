"""Firmware releases (reference data), and what the projection writes of rollouts."""

from __future__ import annotations

import uuid

from django.conf import settings
from django.core.files.storage import FileSystemStorage, Storage
from django.core.validators import RegexValidator
from django.db import models

from core.accounts.models import User


def storage() -> Storage:
    """Return where the files lie."""
    return FileSystemStorage(settings.FIRMWARE_DIR)


def _name(release: Release, _: str) -> str:
    return f"{release.pk}.bin"


class Release(models.Model):
    """One version of the Pis' software, signed by its makers; never changed once it is there."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    version = models.CharField(
        max_length=40,
        unique=True,
        validators=[RegexValidator(r"^[0-9A-Za-z][0-9A-Za-z.+_-]*$", "Letters, digits, . + _ and - only.")],
    )
    file = models.FileField(storage=storage, upload_to=_name)
    size = models.PositiveBigIntegerField(editable=False)
    sha256 = models.CharField(max_length=64, editable=False)
    signature = models.CharField(max_length=88)
    """Ed25519 over ``signing.statement``, in base64."""
    notes = models.TextField(blank=True)
    is_withdrawn = models.BooleanField(default=False)
    """No new rollout may bring it out."""
    uploaded_by = models.ForeignKey(User, on_delete=models.SET_NULL, related_name="+", null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return self.version


class Rollout(models.Model):
    """A release on its way to many devices. Projected from the journal of ``rollout/<id>``."""

    id = models.UUIDField(primary_key=True)
    release_id = models.UUIDField()
    version = models.CharField(max_length=40)
    chain_slug = models.CharField(max_length=50, db_index=True)
    branch_code = models.CharField(max_length=40, blank=True, db_index=True)
    """Empty: devices of the whole chain."""
    status = models.CharField(max_length=20)
    reason = models.CharField(max_length=20, blank=True)
    batch_size = models.IntegerField()
    max_failure_rate = models.FloatField()
    user_id = models.UUIDField(null=True, blank=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    seq = models.BigIntegerField(default=0)

    class Meta:
        ordering = ["-started_at"]

    def __str__(self) -> str:
        return f"{self.version} {self.status}"


class RolloutDevice(models.Model):
    """One device in a rollout. Projected; ``id`` is ``<rollout>:<device>``."""

    id = models.CharField(max_length=80, primary_key=True)
    rollout_id = models.UUIDField(db_index=True)
    device_id = models.UUIDField(db_index=True)
    place = models.IntegerField()
    """In the order in which devices are offered the firmware."""
    state = models.CharField(max_length=20)
    detail = models.CharField(max_length=500, blank=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "firmware_rollout_device"
        ordering = ["rollout_id", "place"]

    def __str__(self) -> str:
        return f"{self.device_id} {self.state}"
