"""A second factor: codes of an authenticator app (RFC 6238), and recovery codes.

django-otp keeps the secrets and counts wrong codes; a code counts once. Blocking, all of it.
"""

from __future__ import annotations

import base64
import io
import secrets
from typing import NamedTuple

import segno
from django.db import transaction
from django_otp import match_token
from django_otp.plugins.otp_static.models import StaticDevice, StaticToken
from django_otp.plugins.otp_totp.models import TOTPDevice

from core.accounts.models import User
from core.accounts.principals import has_second_factor
from core.problems import Problem

RECOVERY_CODES = 10
_NAME = "authenticator"


class Enrolment(NamedTuple):
    """What an authenticator app is set up with; worth nothing until a code confirms it."""

    secret: str
    """In base32, to be typed."""
    otpauth_url: str
    qr_svg: str
    """The address as an SVG picture."""


def is_on(user: User) -> bool:
    """Return whether the account has a second factor."""
    return has_second_factor(user)


def matches(user: User, code: str) -> bool:
    """Return whether the code is the app's, or one of the recovery codes; either counts once."""
    return match_token(user, code.strip().lower().replace(" ", "")) is not None


def check(user: User, code: str | None) -> None:
    """Raise the 401 unless the account has no second factor, or the code is its."""
    if not is_on(user):
        return
    if not code:
        raise Problem(401, "otp_required", "This account has a second factor: send its code as otp.")
    if not matches(user, code):
        raise Problem(401, "otp_wrong", "The code of the second factor is wrong, or was used before.")


def enrol(user: User) -> Enrolment:
    """Begin a second factor; what was begun before and not confirmed is forgotten. Raises the 409."""
    if is_on(user):
        raise Problem(409, "second_factor_there", "This account has a second factor already.")
    with transaction.atomic():
        TOTPDevice.objects.filter(user=user).delete()
        device = TOTPDevice.objects.create(user=user, name=_NAME, confirmed=False)
    secret = base64.b32encode(device.bin_key).decode().rstrip("=")
    picture = io.BytesIO()
    segno.make(device.config_url, error="m").save(picture, "svg", scale=4, border=2, xmldecl=False, nl=False)
    return Enrolment(secret, str(device.config_url), picture.getvalue().decode())


def confirm(user: User, code: str) -> list[str]:
    """Turn the second factor on with the app's first code; return recovery codes. Raises the 400 or 409."""
    if is_on(user):
        raise Problem(409, "second_factor_there", "This account has a second factor already.")
    device = TOTPDevice.objects.filter(user=user, confirmed=False).first()
    if device is None:
        raise Problem(409, "second_factor_not_begun", "Begin with the secret first.")
    with transaction.atomic():
        if not device.verify_token(code.strip()):
            raise _wrong()
        device.confirmed = True
        device.save(update_fields=["confirmed"])
        return _new_codes(user)


def renew_codes(user: User, code: str) -> list[str]:
    """Return new recovery codes in place of the old ones. Raises the 400 or 409."""
    _must_match(user, code)
    with transaction.atomic():
        return _new_codes(user)


def remove(user: User, code: str) -> None:
    """Turn the second factor off. Raises the 400 or 409."""
    _must_match(user, code)
    forget(user)


def forget(user: User) -> None:
    """Turn it off without a code: by an admin, for a user who lost phone and recovery codes."""
    with transaction.atomic():
        TOTPDevice.objects.filter(user=user).delete()
        StaticDevice.objects.filter(user=user).delete()


def _must_match(user: User, code: str) -> None:
    if not is_on(user):
        raise Problem(409, "second_factor_off", "This account has no second factor.")
    if not matches(user, code):
        raise _wrong()


def _wrong() -> Problem:
    return Problem(400, "otp_wrong", "The code of the second factor is wrong, or was used before.")


def _new_codes(user: User) -> list[str]:
    device, _ = StaticDevice.objects.get_or_create(user=user, name=_NAME)
    device.token_set.all().delete()
    codes = [secrets.token_hex(5) for _ in range(RECOVERY_CODES)]
    StaticToken.objects.bulk_create(StaticToken(device=device, token=code) for code in codes)
    return codes
