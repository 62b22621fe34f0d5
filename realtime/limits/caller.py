"""The caller's address: set as the ASGI scope's ``client`` before anything reads it."""

from __future__ import annotations

from django.conf import settings

from core.web.client_address import client_address, one_caller
from realtime.asgi import Message
from realtime.auth import header


def with_caller(scope: Message) -> Message:
    """Return the scope with the caller's address, where a trusted proxy names another than its own."""
    forwarded = header(scope["headers"], b"x-forwarded-for")
    if forwarded is None:
        return scope
    client = scope.get("client")
    peer = client[0] if client else None
    address = client_address(peer, forwarded, settings.TRUSTED_PROXIES)
    return scope if address == peer else {**scope, "client": (address, 0)}


def address_of(scope: Message) -> str:
    """Return the name under which the caller's address is counted."""
    client = scope.get("client")
    return one_caller(client[0]) if client else "unix"
