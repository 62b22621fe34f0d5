"""``Idempotency-Key`` for the REST of Django: the same key again gives the first answer again.

The answer is kept in the transaction of its effect, so there is never one without the
other; of two requests at once the second waits for the first. Errors are not kept.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any, cast

from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from core.accounts.principals import Principal
from core.models import KeptAnswer
from core.problems import Problem
from core.rest import Renderer

LONGEST = 255
KEPT = timedelta(days=7)
_HEADERS = ("ETag", "Location")


def once(request: Request, answer: Callable[[], Response]) -> HttpResponseBase:
    """Return ``answer()`` in a transaction, or what it was the first time that key came.

    Raises a 422 problem for a key that came with another body before.
    """
    key = request.headers.get("Idempotency-Key")
    if key is None:
        with transaction.atomic():
            return answer()
    if not 0 < len(key) <= LONGEST:
        raise ValidationError({"Idempotency-Key": [f"Expected 1 to {LONGEST} characters, got {len(key)}."]})
    who = cast(Principal, request.auth)
    name = _digest(f"{who.label}\n{request.method} {request.path_info}\n{key}".encode())
    mark = _fingerprint(request)
    with transaction.atomic():
        try:
            with transaction.atomic():
                row = KeptAnswer.objects.create(key=name, fingerprint=mark)
        except IntegrityError:
            return _again(name, mark)
        response = answer()
        row.status = response.status_code
        row.body = Renderer().render(response.data)
        row.headers = {head: response[head] for head in _HEADERS if response.has_header(head)}
        row.save(force_update=True)
        return response


def purge() -> int:
    """Forget answers older than ``KEPT``; return how many. Blocking."""
    return KeptAnswer.objects.filter(at__lt=timezone.now() - KEPT).delete()[0]


def _again(name: str, mark: str) -> HttpResponse:
    row = KeptAnswer.objects.get(pk=name)
    if row.fingerprint != mark:
        raise Problem(422, "key_reused", "This Idempotency-Key came with another body before.")
    response = HttpResponse(bytes(row.body), status=row.status, content_type=Renderer.media_type)
    for head, value in row.headers.items():
        response[head] = value
    response["Idempotency-Replayed"] = "true"
    return response


def _fingerprint(request: Request) -> str:
    parts = request.data
    if hasattr(parts, "lists"):
        parts = {name: [_plain(value) for value in values] for name, values in parts.lists()}
    return _digest(json.dumps(parts, sort_keys=True, default=str).encode())


def _plain(value: Any) -> Any:
    if not isinstance(value, UploadedFile):
        return value
    digest = hashlib.sha256()
    for chunk in value.chunks():
        digest.update(chunk)
    value.seek(0)
    return digest.hexdigest()


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
