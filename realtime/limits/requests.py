"""Limits of a request before its authentication: size, time and rate.

It stands in front of everything else, so nothing of a stranger's is read into memory beyond a
megabyte or written to disk. The same limits hold under every ASGI server; what a server must see
for itself (headers that never end, how many connections) is in ``uvicorn.py`` and ``daphne.py``.
"""

from __future__ import annotations

import asyncio
import contextlib
import math
from collections.abc import Awaitable, Callable
from typing import NamedTuple

from realtime.asgi import App, Message, Receive, Send
from realtime.limits.allowances import Allowances, Rates
from realtime.limits.attempts import Attempts
from realtime.limits.logins import Logins
from realtime.limits.server import LINGER_S
from realtime.problems import Problem

AccountOf = Callable[[str], "tuple[str, bool] | None"]
"""Bearer token -> (account, whether it is counted by its address too), if that is in memory."""


class RequestLimits(NamedTuple):
    """In bytes and seconds."""

    head_bytes: int = 64 * 1024
    body_bytes: int = 1024 * 1024
    body_s: float = 30.0
    """For a whole ordinary body."""
    upload_s: float = 600.0
    """For a whole upload."""


class Upload(NamedTuple):
    """A larger body, which only those may send who have shown who they are."""

    most_bytes: int
    admitted: Callable[[Message], Awaitable[bool]]
    """Scope -> whether the caller may send it at all."""


class RequestRefused(Exception):
    """The body broke a limit while it was read."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.detail)
        self.problem = problem


_PASSES = "/x/"
"""Whoever has a camera may try a code there; staff check codes by a command, which is not counted."""
_COUNTED = ("/api/", "/x/", "/admin/")


class RequestGuard:
    """ASGI middleware for HTTP. ``upload_of`` names the routes that take more than ``body_bytes``."""

    def __init__(
        self,
        app: App,
        limits: RequestLimits,
        allowances: Allowances,
        attempts: Attempts,
        logins: Logins,
        *,
        address_of: Callable[[Message], str],
        account_of: AccountOf,
        upload_of: Callable[[Message], Upload | None],
        respond: Callable[..., Awaitable[None]],
    ) -> None:
        self._app = app
        self._limits = limits
        self._allowances = allowances
        self._attempts = attempts
        self._logins = logins
        self._address_of = address_of
        self._account_of = account_of
        self._upload_of = upload_of
        self._respond = respond

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one request, or refuse it with a problem document."""
        begun = False

        async def noting(message: Message) -> None:
            nonlocal begun
            begun = True
            if message.get("status") == 404 and scope["path"].startswith(_PASSES):
                self._attempts.failed("pass", None, self._address_of(scope))
            await send(message)

        try:
            checked = await self._checked(scope, receive)
            if self._logins.concerns(scope):
                await self._log_in(scope, await _whole(checked), noting)
            else:
                await self._app(scope, checked, noting)
        except RequestRefused as refused:
            # A response that has begun can only be cut off, which the server does at an exception.
            if begun:
                raise
            await self._refuse(scope, receive, send, refused.problem)

    async def _log_in(self, scope: Message, receive: Receive, send: Send) -> None:
        try:
            async with self._logins.place():
                await self._app(scope, receive, send)
        except Problem as problem:
            raise RequestRefused(problem) from problem

    async def _checked(self, scope: Message, receive: Receive) -> Receive:
        token, length, chunked = self._head(scope)
        self._count(scope, token)
        if scope["path"].startswith(_PASSES):
            try:
                self._attempts.take("pass", None, self._address_of(scope))
            except Problem as problem:
                raise RequestRefused(problem) from problem
        if length is None and not chunked:
            return receive
        most, within = self._limits.body_bytes, self._limits.body_s
        upload = self._upload_of(scope)
        if upload is not None and (chunked or (length or 0) > most):
            if not await upload.admitted(scope):
                raise RequestRefused(_too_large(most, length))
            most, within = upload.most_bytes, self._limits.upload_s
        if length is not None and length > most:
            raise RequestRefused(_too_large(most, length))
        return _bounded(receive, most, within)

    def _head(self, scope: Message) -> tuple[str | None, int | None, bool]:
        """Return the bearer token, the announced length, and whether the body comes in chunks."""
        size = len(scope.get("raw_path") or b"") + len(scope["query_string"])
        token: str | None = None
        length: int | None = None
        chunked = False
        for name, value in scope["headers"]:
            size += len(name) + len(value)
            if name == b"authorization" and value[:7].lower() == b"bearer ":
                token = value[7:].strip().decode("latin-1")
            elif name == b"content-length":
                if not value.isdigit():
                    raise RequestRefused(
                        Problem(400, "invalid_length", "Expected a number as Content-Length.")
                    )
                length = int(value) or None if len(value) < 20 else 10**20
            elif name == b"transfer-encoding":
                chunked = True
        if size > self._limits.head_bytes:
            detail = f"Expected at most {self._limits.head_bytes} bytes of address and headers, got {size}."
            raise RequestRefused(Problem(431, "headers_too_large", detail))
        return token, length, chunked

    def _count(self, scope: Message, token: str | None) -> None:
        if not scope["path"].startswith(_COUNTED):
            return
        known = None if token is None else self._account_of(token)
        account, by_address = (None, True) if known is None else known
        wait = self._allowances.request(account, self._address_of(scope) if by_address else None)
        if wait > 0:
            raise RequestRefused(_too_often(wait, self._allowances.rates, account is not None))

    async def _refuse(self, scope: Message, receive: Receive, send: Send, problem: Problem) -> None:
        if problem.status in (408, 413, 431):
            # What is left of the body is dropped, so the connection cannot serve another request.
            await self._respond(scope, _lingering(receive, send), problem, (b"connection", b"close"))
        else:
            await self._respond(scope, send, problem)


def _too_large(most: int, length: int | None) -> Problem:
    got = "more" if length is None else str(length)
    return Problem(413, "body_too_large", f"Expected at most {most} bytes, got {got}.")


def _too_often(wait: float, rates: Rates, known: bool) -> Problem:
    limit = rates.account if known else rates.address
    whose = "one account" if known else "one address"
    return Problem(
        429,
        "too_many_requests",
        f"Expected at most {limit:g} requests a second of {whose}.",
        retry_after=max(1, math.ceil(wait)),
        limit=int(limit),
        window_s=1,
    )


def _bounded(receive: Receive, most: int, within: float) -> Receive:
    """Return a ``receive`` that ends in RequestRefused past ``most`` bytes or ``within`` seconds."""
    loop = asyncio.get_running_loop()
    until = loop.time() + within
    got = 0
    whole = False

    async def receiving() -> Message:
        nonlocal got, whole
        if whole:
            return await receive()
        try:
            async with asyncio.timeout_at(until):
                message = await receive()
        except TimeoutError:
            raise RequestRefused(
                Problem(408, "body_too_slow", f"Expected the whole body within {within:g} seconds.")
            ) from None
        got += len(message.get("body", b""))
        if got > most:
            raise RequestRefused(_too_large(most, None))
        whole = not message.get("more_body", False)
        return message

    return receiving


def _lingering(receive: Receive, send: Send) -> Send:
    """Return a ``send`` that ends the response when the client has stopped sending, or after a moment."""

    async def sending(message: Message) -> None:
        if message["type"] != "http.response.body" or message.get("more_body", False):
            await send(message)
            return
        await send({**message, "more_body": True})
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(LINGER_S):
                while (await receive()).get("more_body", False):
                    pass
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    return sending


async def _whole(receive: Receive) -> Receive:
    """Return a ``receive`` that has the whole body already."""
    messages = [await receive()]
    while messages[-1].get("more_body", False):
        messages.append(await receive())

    async def receiving() -> Message:
        return messages.pop(0) if messages else await receive()

    return receiving
