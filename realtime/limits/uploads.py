"""Which routes take a large body, how large, and from whom."""

from __future__ import annotations

import re
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore

from core.accounts.models import User
from core.config.database import in_thread
from realtime.asgi import Message
from realtime.auth import Authenticator, bearer, header
from realtime.limits.requests import Upload
from realtime.problems import Problem

_UUID = r"[0-9A-Fa-f-]{32,36}"
_PICTURE = re.compile(rf"/api(?:/v1)?/(?:products/{_UUID}/images|branches/[^/]+/floor-plan/pictures)/?")
_SHEET = re.compile(r"/api(?:/v1)?/imports/?")
_RELEASE = re.compile(r"/api(?:/v1)?/firmware/?")
_FORM_BYTES = 64 * 1024
"""What a form has beside its file."""


def uploads(authenticator: Authenticator) -> Callable[[Message], Upload | None]:
    """Return what names the upload that a request's scope is about, or None."""

    async def with_token(scope: Message) -> bool:
        try:
            identity = await authenticator.identify(bearer(header(scope["headers"], b"authorization")))
        except Problem:
            return False
        return identity.principal.has_role

    def upload_of(scope: Message) -> Upload | None:
        if scope["method"] not in ("POST", "PUT"):
            return None
        path = scope["path"]
        if path.startswith("/admin/"):
            most = max(settings.IMPORT_MAX_BYTES, settings.FIRMWARE_MAX_BYTES)
            return Upload(most + _FORM_BYTES, _with_session)
        for pattern, most in (
            (_PICTURE, settings.MEDIA_MAX_BYTES),
            (_SHEET, settings.IMPORT_MAX_BYTES),
            (_RELEASE, settings.FIRMWARE_MAX_BYTES),
        ):
            if pattern.fullmatch(path):
                return Upload(most + _FORM_BYTES, with_token)
        return None

    return upload_of


async def _with_session(scope: Message) -> bool:
    key = _session_key(header(scope["headers"], b"cookie"))
    if not key:
        return False
    return await in_thread(_is_staff)(key)


def _is_staff(key: str) -> bool:
    """Return whether the session belongs to a user of the admin. Blocking."""
    user_id = SessionStore(key).get(SESSION_KEY)
    return user_id is not None and User.objects.filter(pk=user_id, is_active=True, is_staff=True).exists()


def _session_key(cookies: str | None) -> str:
    try:
        found = SimpleCookie(cookies or "").get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return ""
    return "" if found is None else found.value
