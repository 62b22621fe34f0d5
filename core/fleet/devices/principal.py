"""The principal of a device whose token was verified."""

from __future__ import annotations

import msgspec
from django.utils import timezone

from core.accounts.credentials.tokens import DEVICES, Claims, TokenError
from core.accounts.principals import HeldRole, Principal, subject_id
from core.fleet.models import Device


def load_device(claims: Claims) -> Principal:
    """Return the principal of the device that the claims speak of; raises TokenError. Blocking.

    Refused when it was revoked, or when its token was rotated since.
    """
    return identify_device(claims)[1]


def identify_device(claims: Claims) -> tuple[Claims, Principal]:
    """Return the device's principal, and the claims with the end that its token has by now.

    A token that was rotated since ends with the overlap. Raises TokenError. Blocking.
    """
    device = Device.objects.select_related("branch__chain").filter(pk=subject_id(claims.subject)).first()
    if claims.audience != DEVICES or device is None or not device.accepts(claims.version, timezone.now()):
        raise TokenError(
            "token_invalid", "The device of this token is not registered, or its token was replaced."
        )
    until = device.older_until(claims.version)
    if claims.version != device.token_version and until is not None:
        expires_at = min(claims.expires_at, int(until.timestamp()))
        claims = msgspec.structs.replace(claims, expires_at=expires_at)
    grant = HeldRole("device", device.branch.chain.slug, device.branch.code)
    return claims, Principal("device", str(device.pk), device.name, grants=(grant,))
