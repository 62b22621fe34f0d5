"""How the hot routes answer: status, body, and the headers that Django gives the other routes."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.http.request import split_domain_port, validate_host

from core.wire.rate_limits import rate_limit_fields
from realtime.asgi import Message, Send
from realtime.auth import header
from realtime.pipeline.asking import new_id
from realtime.problems import CONTENT_TYPE, Problem
from realtime.wire import encode

_LOCAL = (".localhost", "127.0.0.1", "[::1]")
"""What Django lets in while DEBUG is on and no hosts are named."""
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_EMPTY = frozenset({204, 304})


def refuse_host(scope: Message) -> None:
    """Refuse a request that was meant for another host, as Django does. Raises the 400."""
    host = header(scope["headers"], b"host") or ""
    allowed = tuple(settings.ALLOWED_HOSTS) or (_LOCAL if settings.DEBUG else ())
    if not _is_ours(host, allowed):
        raise Problem(400, "invalid_host", "Expected the name of this host in the header Host.")


@lru_cache(1024)
def _is_ours(host: str, allowed: tuple[str, ...]) -> bool:
    domain, _ = split_domain_port(host)
    return bool(domain) and validate_host(domain, allowed)


def request_id(scope: Message) -> str:
    """Return the client's or the proxy's name of the request if it has a plain one, else a new one."""
    given = header(scope["headers"], b"x-request-id")
    return given if given is not None and _REQUEST_ID.fullmatch(given) else new_id()


async def send_problem(scope: Message, send: Send, problem: Problem, *more: tuple[bytes, bytes]) -> None:
    """Answer a request with a problem document."""
    headers = list(more)
    retry_after = problem.extra.get("retry_after")
    if retry_after is not None:
        headers.append((b"retry-after", str(retry_after).encode()))
    if "limit" in problem.extra:
        limit, window_s = problem.extra["limit"], problem.extra["window_s"]
        fields = rate_limit_fields("requests", limit, window_s, 0, int(retry_after or 0))
        headers += [(name.lower().encode(), value.encode()) for name, value in fields.items()]
    if problem.status == 401:
        headers.append((b"www-authenticate", b"Bearer"))
    body = encode(problem.document(scope["path"]))
    await respond(scope, send, problem.status, body, headers, CONTENT_TYPE.encode())


async def respond(
    scope: Message,
    send: Send,
    status: int,
    body: bytes,
    headers: list[Any],
    content_type: bytes = b"application/json",
) -> None:
    """Answer a request. Unless ``headers`` set Cache-Control, it is no-store."""
    headers = [(b"x-content-type-options", b"nosniff"), *headers]
    if not any(name == b"cache-control" for name, _ in headers):
        headers.append((b"cache-control", b"no-store"))
    if settings.CORS_ORIGINS:
        headers += _cross_origin(scope)
    if settings.SECURE_HSTS_SECONDS and is_secure(scope):
        headers.append((b"strict-transport-security", _hsts()))
    if status not in _EMPTY:
        headers.append((b"content-type", content_type))
        headers.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b"" if scope["method"] == "HEAD" else body})


def _cross_origin(scope: Message) -> list[tuple[bytes, bytes]]:
    """Return what lets a page of another origin read the answer, as django-cors-headers does for Django's."""
    vary = (b"vary", b"origin")
    origin = header(scope["headers"], b"origin")
    if origin not in settings.CORS_ORIGINS:
        return [vary]
    exposed = ", ".join(settings.CORS_EXPOSE_HEADERS).encode()
    return [
        vary,
        (b"access-control-allow-origin", str(origin).encode()),
        (b"access-control-expose-headers", exposed),
    ]


def is_secure(scope: Message) -> bool:
    """Return whether the client uses TLS, to us or, by its header, to a trusted proxy."""
    if settings.SECURE_PROXY_SSL_HEADER is None:
        return bool(scope.get("scheme") == "https")
    name, value = settings.SECURE_PROXY_SSL_HEADER
    given = header(scope["headers"], name.removeprefix("HTTP_").replace("_", "-").lower().encode())
    return given is not None and given.split(",")[0].strip() == value


def _hsts() -> bytes:
    text = f"max-age={settings.SECURE_HSTS_SECONDS}"
    if settings.SECURE_HSTS_INCLUDE_SUBDOMAINS:
        text += "; includeSubDomains"
    if settings.SECURE_HSTS_PRELOAD:
        text += "; preload"
    return text.encode()
