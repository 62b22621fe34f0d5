"""Who is at the other end: tokens from headers and subprotocols, verified once and kept.

Verifying a signature and reading roles cost more than a cart command, so a verified
token is kept until it expires, and the person's roles for half a minute.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import NamedTuple

from core.accounts import principals
from core.accounts.credentials import tokens
from core.accounts.people import People
from core.accounts.principals import Principal
from core.apikeys import keys
from core.config.database import in_thread
from core.fleet.devices.principal import identify_device
from realtime.problems import Problem, unauthorised

ROLES_TTL_S = 30.0
"""How long a revoked role or a deactivated account may still work."""
_MOST = 50_000
_AT_ONCE = 2
"""Threads that look at tokens; more would take the interpreter, and the others' database, from everybody."""
BEARER = "bearer."


class Identity(NamedTuple):
    """A verified token: who, and until when."""

    principal: Principal
    expires_at: float
    checked_at: float
    login: str = ""
    """Of a person."""


class Authenticator:
    """Token -> Identity. Everything but a first sight and a refresh of roles is in memory."""

    def __init__(self, people: People, now: Callable[[], float] = time.time) -> None:
        self._people = people
        self._now = now
        self._known: dict[str, Identity] = {}
        self._looking = asyncio.Semaphore(_AT_ONCE)

    def known(self, token: str) -> Identity | None:
        """Return the identity if it is fresh in memory, without waiting for anything."""
        identity = self._known.get(token)
        if identity is None:
            return None
        now = self._now()
        if identity.expires_at <= now or now - identity.checked_at > ROLES_TTL_S:
            del self._known[token]
            return None
        return identity

    async def identify(self, token: str | None) -> Identity:
        """Return the principal of the token. Raises the 401 Problem."""
        if not token:
            raise unauthorised("not_authenticated", "Authentication credentials were not provided.")
        return self.known(token) or await self._look(token)

    async def _look(self, token: str) -> Identity:
        async with self._looking:
            identity = self.known(token)
            if identity is None:
                identity = await in_thread(self._verify)(token)
                if len(self._known) >= _MOST:
                    self._known.pop(next(iter(self._known)))
                self._known[token] = identity
        return identity

    async def identify_key(self, secret: str) -> Principal:
        """Return the principal of a chain's API key, from the database. Raises the 401 Problem."""
        try:
            return await in_thread(_of_key)(secret)
        except keys.KeyRefused:
            raise unauthorised("token_invalid", "This key is not known, or is over.") from None

    def _verify(self, token: str) -> Identity:
        try:
            claims, principal = self._principal(token)
        except tokens.TokenError as error:
            raise unauthorised(error.code, error.detail) from error
        if principal.kind == "user":
            self._people.note(principal.id, principal.username, principal.tier)
        return Identity(principal, claims.expires_at, self._now(), claims.login)

    def _principal(self, token: str) -> tuple[tokens.Claims, Principal]:
        try:
            claims = tokens.verify(token, tokens.USERS)
        except tokens.TokenError as error:
            if error.code == "token_expired":
                raise
            claims = tokens.verify(token, tokens.DEVICES)
            return identify_device(claims)
        return claims, principals.load(claims)

    async def standing(self, logins: Iterable[str]) -> dict[str, Principal]:
        """Return the principals of those logins that are still valid, from the database, by login."""
        return await in_thread(principals.of_logins)(set(logins))

    def forget(self) -> None:
        """Drop the cached roles; called when accounts or grants changed."""
        self._known.clear()


def _of_key(secret: str) -> Principal:
    return keys.principal(keys.find(secret))


def key_secret(authorization: str | None) -> str | None:
    """Return the secret of an Authorization header that names a chain's key, or None."""
    scheme, _, secret = (authorization or "").partition(" ")
    return secret.strip() if scheme.lower() == keys.SCHEME else None


def header(headers: Iterable[tuple[bytes, bytes]], name: bytes) -> str | None:
    """Return the value of a header (lower-case name), or None."""
    for key, value in headers:
        if key == name:
            return value.decode("latin-1")
    return None


def bearer(value: str | None) -> str | None:
    """Return the token of an Authorization header."""
    if value is None:
        return None
    scheme, _, token = value.partition(" ")
    if scheme.lower() != "bearer":
        raise Problem(401, "token_invalid", "Expected a bearer token.")
    return token.strip()


def offered(subprotocols: Iterable[str]) -> str | None:
    """Return the token that a browser passed as subprotocol ``bearer.<jwt>``."""
    return next((offer[len(BEARER) :] for offer in subprotocols if offer.startswith(BEARER)), None)
