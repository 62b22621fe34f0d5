"""The ASGI application: starts its process, and routes sockets and requests.

Under Uvicorn the lifespan says when; Daphne has none, so there the first
request starts everything and the end of the process stops it.
"""

from __future__ import annotations

import asyncio
import logging
import sys
from typing import Any

from channels.layers import get_channel_layer
from django.conf import settings

from core.periodic import prepare
from realtime.asgi import App, Message, Receive, Send
from realtime.documents import openapi
from realtime.http.lists import Lists
from realtime.http.responses import send_problem
from realtime.http.routes import HotRoutes
from realtime.limits import daphne as limits_of_daphne
from realtime.limits.attempts import PerMinute
from realtime.limits.caller import address_of, with_caller
from realtime.limits.logins import Logins
from realtime.limits.requests import RequestGuard, RequestLimits
from realtime.limits.uploads import uploads
from realtime.memory import QuietMoments, spare_the_collector
from realtime.process import EdgeProcess, OwnerProcess, Process
from realtime.shared import Limits, Shared
from realtime.sockets.routing import Websockets

log = logging.getLogger(__name__)


def limits() -> Limits:
    """Return the limits of a connection as the settings have them."""
    return Limits(
        max_message_bytes=settings.WS_MAX_MESSAGE_BYTES,
        max_queue_bytes=settings.WS_MAX_QUEUE_BYTES,
        commands_per_s=settings.WS_COMMANDS_PER_SECOND,
        commands_per_s_of_account=settings.ACCOUNT_COMMANDS_PER_SECOND,
        commands_per_s_of_address=settings.ADDRESS_COMMANDS_PER_SECOND,
        attempts={
            "claim": PerMinute(settings.ACCOUNT_CLAIMS_PER_MINUTE, settings.ADDRESS_CLAIMS_PER_MINUTE),
            "voucher": PerMinute(settings.ACCOUNT_CODES_PER_MINUTE, settings.ADDRESS_CODES_PER_MINUTE),
            "pass": PerMinute(settings.ACCOUNT_CODES_PER_MINUTE, settings.ADDRESS_CODES_PER_MINUTE),
            "help": PerMinute(settings.ACCOUNT_HELP_CALLS_PER_MINUTE, settings.ADDRESS_HELP_CALLS_PER_MINUTE),
        },
        flood_s=settings.WS_FLOOD_S,
        sockets_of_account=settings.ACCOUNT_SOCKETS,
        sockets_of_address=settings.ADDRESS_SOCKETS,
        device_heartbeat_s=settings.DEVICE_HEARTBEAT_S,
        device_telemetry_s=settings.DEVICE_TELEMETRY_S,
        device_messages_per_s=settings.DEVICE_MESSAGES_PER_SECOND,
    )


def _let_others_run() -> None:
    """Let threads take turns after a millisecond, not five.

    When the loop is busy, the writer of the journal waits so long for the interpreter after each statement
    of a commit; the other way round the loop waits for whatever thread decodes or draws.
    """
    sys.setswitchinterval(0.001)


def _guarded(app: App, shared: Shared) -> RequestGuard:
    """Return the application behind the limits that hold before anybody is known."""

    def account_of(token: str) -> tuple[str, bool] | None:
        identity = shared.authenticator.known(token)
        if identity is None:
            return None
        who = identity.principal
        return who.id, who.kind == "user" and not who.has_role

    limits = RequestLimits(
        settings.HTTP_MAX_HEAD_BYTES,
        settings.HTTP_MAX_BODY_BYTES,
        settings.HTTP_BODY_S,
        settings.HTTP_UPLOAD_S,
    )
    return RequestGuard(
        app,
        limits,
        shared.allowances,
        shared.services.attempts,
        Logins(settings.PASSWORD_HASHES_AT_ONCE, settings.PASSWORD_HASHES_WAITING),
        address_of=address_of,
        account_of=account_of,
        upload_of=uploads(shared.authenticator),
        respond=send_problem,
    )


class Server:
    """The ASGI application. ``options`` go to :class:`Process`, for tests."""

    def __init__(self, django: Any, **options: Any) -> None:
        self._django = django
        openapi.register()
        limits_of_daphne.install()
        prepare()
        self._options = options
        self._starting: asyncio.Future[Process] | None = None
        self._http: App
        self._websocket: App
        self._lifespan = False

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Serve one scope of any type."""
        kind = scope["type"]
        if kind == "lifespan":
            await self._live(receive, send)
            return
        if self._starting is None or not self._starting.done():
            await self.running()
        scope = with_caller(scope)
        if kind == "http":
            await self._http(scope, receive, send)
        elif kind == "websocket":
            await self._websocket(scope, receive, send)

    async def running(self) -> Process:
        """Return the running process, started on first use."""
        if self._starting is None:
            self._starting = asyncio.ensure_future(self._start())
        return await asyncio.shield(self._starting)

    async def owner(self) -> OwnerProcess:
        """Return what runs, where that has the actors. Raises TypeError in an edge."""
        running = await self.running()
        if not isinstance(running, OwnerProcess):
            raise TypeError(f"expected the process that has the actors, got {type(running).__name__}")
        return running

    async def _start(self) -> Process:
        layer = get_channel_layer() if settings.REDIS_URL else None
        options = {"limits": limits(), "role": settings.ROLE, "layer": layer, **self._options}
        kind = EdgeProcess if options.pop("role") == "edge" else OwnerProcess
        running: Process = kind(asyncio.get_running_loop(), **options)
        await running.start()
        django = running.django_threads.serving(self._django)
        lists = Lists(running.shared, running.list_threads, django)
        self._http = _guarded(HotRoutes(running.shared, lists), running.shared)
        self._websocket = Websockets(running.shared)
        if not self._lifespan:
            running.stop_at_exit()
        return running

    async def _live(self, receive: Receive, send: Send) -> None:
        self._lifespan = True
        await receive()
        try:
            running = await self.running()
        except Exception as error:
            log.exception("the server could not start")
            await send({"type": "lifespan.startup.failed", "message": str(error)})
            return
        spare_the_collector()
        _let_others_run()
        quiet = QuietMoments(running.loop)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        quiet.stop()
        await running.stop()
        await send({"type": "lifespan.shutdown.complete"})
