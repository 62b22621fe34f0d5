"""Taking a release in: measured, verified, then kept."""

from __future__ import annotations

import hashlib
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile

from core.accounts.models import User
from core.firmware import signing
from core.firmware.models import Release


def fill(release: Release, file: UploadedFile[Any]) -> None:
    """Measure the file and verify its signature; raises Django's ValidationError by field."""
    if not settings.FIRMWARE_PUBLIC_KEY:
        raise ValidationError({"signature": "The server has no FIRMWARE_PUBLIC_KEY to verify it with."})
    digest, size = hashlib.sha256(), 0
    for chunk in file.chunks():
        digest.update(chunk)
        size += len(chunk)
    if size > settings.FIRMWARE_MAX_BYTES:
        raise ValidationError({"file": f"Expected at most {settings.FIRMWARE_MAX_BYTES} bytes, got {size}."})
    release.size, release.sha256 = size, digest.hexdigest()
    message = signing.statement(release.version, release.size, release.sha256)
    if not signing.verify(settings.FIRMWARE_PUBLIC_KEY, release.signature, message):
        raise ValidationError(
            {"signature": "It is not the signature of this file and version by the configured key."}
        )


def measured(file: UploadedFile[Any], by: User, **fields: Any) -> Release:
    """Return a new release that is not kept yet; raises Django's ValidationError by field."""
    release = Release(file=file, uploaded_by=by, **fields)
    fill(release, file)
    return release
