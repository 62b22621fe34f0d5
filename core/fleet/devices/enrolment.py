"""A device's way in and out: registering with a claim code, new tokens, being revoked."""

from __future__ import annotations

import re
from datetime import datetime
from typing import NamedTuple

from django.conf import settings
from django.db import IntegrityError, transaction
from django.utils import timezone

from core.accounts.credentials import tokens
from core.fleet.devices import claim_codes
from core.fleet.models import ClaimCode, Device
from core.problems import Problem

_MAC = re.compile(r"[0-9a-f]{12}")


class Enrolled(NamedTuple):
    """A registered device and its new token."""

    device: Device
    token: str
    is_new: bool


class Rotated(NamedTuple):
    """A new token, and until when the one before is accepted still."""

    token: str
    previous_until: datetime | None


def plain_mac(text: str) -> str | None:
    """Return a MAC address as ``b8:27:eb:01:02:03``, or None for what is none."""
    digits = re.sub(r"[:.\-]", "", text.strip()).lower()
    if not _MAC.fullmatch(digits) or digits in ("0" * 12, "f" * 12):
        return None
    return ":".join(digits[place : place + 2] for place in range(0, 12, 2))


def register(mac: str, serial: str, branch_code: str, code: str, name: str = "") -> Enrolled:
    """Register a Pi, or register it again: it keeps its id, and its older tokens end. Raises Problem.

    A Pi that another branch still has is refused: whoever knows its address could take it away.
    Once it is revoked there, it begins anew here; its history stays where it was made.
    """
    try:
        with transaction.atomic():
            claim = claim_codes.use(code, branch_code)
            if claim is None:
                raise Problem(
                    403, "claim_code_invalid", "The claim code is wrong, used or expired. Make a new one."
                )
            device, is_new = _device(mac, serial, claim)
            device.name = name or device.name or f"Pi {mac[-8:]}"
            device.is_revoked = False
            device.older_tokens = {}
            device.save()
            claim.device = device
            claim.save(update_fields=["device"])
    except IntegrityError:
        raise Problem(409, "device_conflict", "The device is being registered by another call.") from None
    return Enrolled(device, tokens.issue_device(device.pk, device.token_version), is_new)


def _device(mac: str, serial: str, claim: ClaimCode) -> tuple[Device, bool]:
    known = Device.objects.filter(mac=mac).first()
    if known is not None and known.branch_id != claim.branch_id:
        _let_go(known, "mac_address", "device_elsewhere")
        known = None
    twin = Device.objects.filter(serial=serial).first()
    if twin is not None and twin != known:
        _let_go(twin, "serial_number", "serial_in_use")
    if known is None:
        return Device(branch=claim.branch, mac=mac, serial=serial), True
    known.serial = serial
    known.token_version += 1
    return known, False


def _let_go(other: Device, field: str, code: str) -> None:
    """Take the identity from a revoked device; one that is in use keeps it. Raises the 409."""
    if not other.is_revoked:
        sentence = "A registered device has this one. Revoke that device first."
        raise Problem(409, code, sentence, errors={field: [sentence]})
    other.mac = other.serial = None
    other.save(update_fields=["mac", "serial"])


def rotate(device: Device, overlap_s: float | None = None) -> Rotated:
    """Give the device a new token; the one before is good for ``overlap_s`` more (default: a setting).

    Tokens that were replaced earlier keep the end that they were given then. An overlap of 0 ends them all.
    """
    overlap = settings.DEVICE_TOKEN_OVERLAP_S if overlap_s is None else overlap_s
    now = timezone.now().timestamp()
    if overlap > 0:
        lasting = {version: until for version, until in device.older_tokens.items() if until > now}
        device.older_tokens = {**lasting, str(device.token_version): now + overlap}
    else:
        device.older_tokens = {}
    device.token_version += 1
    device.save(update_fields=["token_version", "older_tokens"])
    return Rotated(tokens.issue_device(device.pk, device.token_version), device.previous_until)


def revoke(device: Device) -> None:
    """Refuse the device from now on; the process with its open link closes it."""
    device.is_revoked = True
    device.token_version += 1
    device.older_tokens = {}
    device.save(update_fields=["is_revoked", "token_version", "older_tokens"])


def remove(device: Device) -> None:
    """Take the device down for good: revoke it and free its addresses, boards and slots."""
    with transaction.atomic():
        revoke(device)
        for trolley in device.trolleys.all():
            trolley.place_device = trolley.place_slot = None
            trolley.save()
        device.controllers.all().delete()
        device.mac = device.serial = None
        device.removed_at = timezone.now()
        device.save(update_fields=["mac", "serial", "removed_at"])


def again(device: Device) -> Rotated:
    """Return a token of the present version once more, for a device whose answer was lost."""
    return Rotated(tokens.issue_device(device.pk, device.token_version), device.previous_until)
