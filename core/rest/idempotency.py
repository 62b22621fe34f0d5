"""``Idempotency-Key`` for the REST of Django: the same key again gives the first answer again.

Its scope is the route and the caller. The answer is kept in the transaction of its effect,
so there is never one without the other; of two requests at once the second waits for the
first. Errors are not kept. An answer may hold a token, and a body a password: the answer is
encrypted with a key made of the client's own, and of the body there is only a keyed digest.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from cryptography.fernet import Fernet
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.db import IntegrityError, transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response

from core.models import KeptAnswer
from core.problems import Problem
from core.rest.json import Renderer

LONGEST = 255
KEPT = timedelta(days=7)
_HEADERS = ("ETag", "Location", "Cache-Control")


def kept(request: Request) -> HttpResponse | None:
    """Return the answer that was given when the request's key came first, None if it never came.

    Raises a 422 problem for a key that came with another body, and ValidationError for what is no key.
    """
    key = _key(request)
    row = None if key is None else KeptAnswer.objects.filter(pk=_name(request, key)).first()
    return None if row is None or key is None else _again(row, request, key)


def once(request: Request, answer: Callable[[], Response]) -> HttpResponseBase:
    """Return ``answer()`` in a transaction, or what it was the first time that key came."""
    key = _key(request)
    if key is None:
        with transaction.atomic():
            return answer()
    with transaction.atomic():
        try:
            with transaction.atomic():
                row = KeptAnswer.objects.create(key=_name(request, key), fingerprint=_fingerprint(request))
        except IntegrityError:
            return _again(KeptAnswer.objects.get(pk=_name(request, key)), request, key)
        response = answer()
        _fill(row, response, key)
        row.save(force_update=True)
        return response


def keep(request: Request, response: Response) -> None:
    """Keep the answer to a command whose effect is not in this database's hands."""
    key = _key(request)
    if key is not None:
        row = KeptAnswer(key=_name(request, key), fingerprint=_fingerprint(request))
        _fill(row, response, key)
        # Of two at once the first is kept; the effect came once, whoever decided it saw to that.
        KeptAnswer.objects.bulk_create([row], ignore_conflicts=True)


def purge() -> int:
    """Forget answers older than ``KEPT``; return how many. Blocking."""
    return KeptAnswer.objects.filter(at__lt=timezone.now() - KEPT).delete()[0]


def _key(request: Request) -> str | None:
    key = request.headers.get("Idempotency-Key")
    if key is not None and not 0 < len(key) <= LONGEST:
        raise ValidationError({"Idempotency-Key": [f"Expected 1 to {LONGEST} characters, got {len(key)}."]})
    return key


def _name(request: Request, key: str) -> str:
    who = getattr(request.auth, "label", "nobody")
    return _digest(f"{who}\n{request.method} {request.path_info}\n{key}".encode("utf-8", "surrogatepass"))


def _again(row: KeptAnswer, request: Request, key: str) -> HttpResponse:
    if row.fingerprint != _fingerprint(request):
        raise Problem(422, "key_reused", "This Idempotency-Key came with another body before.")
    response = HttpResponse(
        _box(key).decrypt(bytes(row.body)), status=row.status, content_type=Renderer.media_type
    )
    for head, value in row.headers.items():
        response[head] = value
    response["Idempotency-Replayed"] = "true"
    return response


def _fill(row: KeptAnswer, response: Response, key: str) -> None:
    row.status = response.status_code
    row.body = _box(key).encrypt(Renderer().render(response.data))
    row.headers = {head: response[head] for head in _HEADERS if response.has_header(head)}


def _box(key: str) -> Fernet:
    secret = hmac.digest(
        settings.SIGNING_KEY.encode(), b"kept-answer:" + key.encode("utf-8", "surrogatepass"), "sha256"
    )
    return Fernet(base64.urlsafe_b64encode(secret))


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
    return hmac.new(settings.SIGNING_KEY.encode(), data, hashlib.sha256).hexdigest()
