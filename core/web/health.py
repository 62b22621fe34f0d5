"""Readiness of the server: /readyz. Liveness, /healthz, is answered in front of Django.

Readiness asks every probe. Those of the database, the journal's tables and the channel
layer are here; the actors register theirs when they start.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

import redis
from django.conf import settings
from django.db import connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.http import require_safe

Probe = Callable[[], None]
"""Returns if all is well, raises with the reason if not. May block for a moment."""

log = logging.getLogger(__name__)
_probes: dict[str, Probe] = {}
_failing: set[str] = set()


def register(name: str, probe: Probe) -> Callable[[], None]:
    """Ask this probe too; the same name again replaces it. Return the way to take it back."""
    _probes[name] = probe

    def forget() -> None:
        _probes.pop(name, None)

    return forget


@require_safe
def readyz(request: HttpRequest) -> HttpResponse:
    """Ready: every probe is content; else 503 with the names of those that are not."""
    probes = {"database": _database, "journal": _journal, "channel_layer": _channel_layer, **_probes}
    found = {name: _ask(name, probe) for name, probe in probes.items()}
    ready = all(found.values())
    body = {
        "status": "ok" if ready else "unavailable",
        "checks": {name: "ok" if well else "failing" for name, well in found.items()},
    }
    headers = {"Cache-Control": "no-store"} | ({} if ready else {"Retry-After": "5"})
    return JsonResponse(body, status=200 if ready else 503, headers=headers)


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _journal() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM journal_meta LIMIT 1")


def _channel_layer() -> None:
    # In memory it is part of the process; on Redis it needs the server.
    if settings.REDIS_URL is not None:
        with redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2) as client:
            client.ping()


def _ask(name: str, probe: Probe) -> bool:
    """Return whether the probe is content; say it once when that changes."""
    try:
        probe()
    except Exception:
        if name not in _failing:
            _failing.add(name)
            log.exception("not ready: %s", name)
        return False
    if name in _failing:
        _failing.discard(name)
        log.warning("ready again: %s", name)
    return True
