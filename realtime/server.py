"""One process of the server: what starts in which order, and stops in the reverse.

References are read, then the actors take over their partition, then sockets are
served. Under Uvicorn the lifespan says when; Daphne has none, so there the first
request starts everything and the end of the process stops it.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import gc
import logging
from collections.abc import Callable, Sequence
from typing import Any

from channels.layers import get_channel_layer
from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from actors.messages.branch import NoteTrolley
from actors.runtime import AskError, Clock, LoopDispatcher, System, SystemClock
from actors.runtime.journal import Journal
from core import actor_port, checks, health, owner_jobs, reference
from core.database import in_thread
from core.fleet.rentals import sessions
from core.host import Host, References
from core.live_map.branches import load_branch
from core.payments.provider_calls import ProviderCalls as PaymentEdge
from core.telemetry import writer as telemetry
from core.telemetry.writer import Done, SampleRow, Samples
from realtime.alarm_notices import Notices
from realtime.auth import Authenticator
from realtime.background_jobs import Errands
from realtime.cluster.owner import Owner
from realtime.cluster.remote import RemoteSystem
from realtime.commands.services import services
from realtime.devices.links import Links
from realtime.devices.placements import Placements
from realtime.devices.revocations import Revocations
from realtime.django_bridge import Asked
from realtime.documents import openapi
from realtime.edge import Edge, Limits
from realtime.http.responses import send_problem
from realtime.http.routes import App, HotRoutes, Receive
from realtime.limits import daphne as limits_of_daphne
from realtime.limits.caller import address_of, with_caller
from realtime.limits.exchange import Exchange
from realtime.limits.requests import RequestGuard, RequestLimits
from realtime.limits.uploads import uploads
from realtime.sockets.routing import Websockets
from realtime.topics.hub import Message, Send
from realtime.topics.said import TROLLEY_CHANGED
from realtime.topics.streams import Topics

log = logging.getLogger(__name__)

STOP_WITHIN_S = 10.0


def limits() -> Limits:
    """Return the limits of a connection as the settings have them."""
    return Limits(
        max_message_bytes=settings.WS_MAX_MESSAGE_BYTES,
        max_queue_bytes=settings.WS_MAX_QUEUE_BYTES,
        commands_per_s=settings.WS_COMMANDS_PER_SECOND,
        commands_per_s_of_account=settings.ACCOUNT_COMMANDS_PER_SECOND,
        commands_per_s_of_address=settings.ADDRESS_COMMANDS_PER_SECOND,
        flood_s=settings.WS_FLOOD_S,
        sockets_of_account=settings.ACCOUNT_SOCKETS,
        sockets_of_address=settings.ADDRESS_SOCKETS,
        device_heartbeat_s=settings.DEVICE_HEARTBEAT_S,
        device_telemetry_s=settings.DEVICE_TELEMETRY_S,
        device_messages_per_s=settings.DEVICE_MESSAGES_PER_SECOND,
    )


class Running:
    """Everything between start and stop, on one loop.

    The role ``edge`` has no actors of its own and asks those of another process over the
    channel layer; the others own the actors and, with a ``layer``, answer edges.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        *,
        limits: Limits,
        role: str = "all",
        layer: Any = None,
        journal: Journal | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.loop = loop
        self.references = References()
        self.links = Links()
        self.host: Host | None = None
        self.remote: RemoteSystem | None = None
        self.owner: Owner | None = None
        self.errands: Errands | None = None
        self.revocations: Revocations | None = None
        self.placements: Placements | None = None
        self.payments: PaymentEdge | None = None
        channel = owner_jobs.owner_channel()
        if role == "edge":
            if layer is None:
                raise ImproperlyConfigured("ROLE: an edge needs REDIS_URL to reach the host")
            self.remote = RemoteSystem(layer, channel)
        else:
            self._own_actors(layer, channel, journal, clock)
        self.services = services(
            self.remote or self._own().system,
            self.references.directory,
            self.references.catalogue,
            self.references.people,
            ask_timeout_s=settings.ASK_TIMEOUT_S,
            find_session=sessions.find,
            now=(clock or SystemClock()).now,
        )
        self.notices = Notices(self.services.asking.actors, self.references.directory, self.references.people)
        self.topics = Topics(self.services, relay=self.remote or self.owner)
        self.edge = Edge(
            services=self.services,
            authenticator=Authenticator(self.references.people),
            topics=self.topics,
            links=self.links,
            keep_sample=self._keep_sample,
            limits=limits,
            allowed_origins=frozenset((*settings.ALLOWED_ORIGINS, *settings.CORS_ORIGINS)),
        )
        self._undo: list[Callable[[], Any]] = []
        self._samples: Samples | None = None
        self.references.listen(self._reloaded)

    exchange: Exchange | None = None
    """Of allowances with other processes."""

    def _own_actors(self, layer: Any, channel: str, journal: Journal | None, clock: Clock | None) -> None:
        """Be the process that has the actors, and with a layer their owner for others."""
        host = self.host = self._host(journal, clock)
        self.errands = Errands(host.system)
        self.revocations = Revocations(host.system, self.references.directory)
        self.placements = Placements(host.system, self.references.directory)
        if layer is not None:
            self.owner = Owner(
                layer, channel, host.system, self.links, self.references.changed, self.errands.run
            )
        self.payments = PaymentEdge(host.system.tell, settings.PAYMENT_WORKERS)
        host.system.edge("provider", self.payments.handle)
        host.system.edge("link", self.owner.link if self.owner is not None else self.links.handle)

    def _host(self, journal: Journal | None, clock: Clock | None) -> Host:
        return Host(
            journal=journal,
            dispatcher=LoopDispatcher(self.loop),
            clock=clock,
            publish=self._publish,
            references=self.references,
        )

    def _keep_sample(self, row: SampleRow, done: Done) -> None:
        self._telemetry().offer(row, done)

    def _telemetry(self) -> Samples:
        """Return the writer, started with the first sample: most processes have no devices."""
        if self._samples is None:
            self._samples = telemetry.start(self._samples_written)
            self._undo.append(self._samples.stop)
        return self._samples

    def _samples_written(self, answers: Sequence[tuple[Done, Exception | None]]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has closed: nobody waits any more
            self.loop.call_soon_threadsafe(_answer_all, answers)

    def _publish(self, publication: Any) -> None:
        self.topics.publish(publication)
        self.notices.publish(publication)

    def _own(self) -> Host:
        assert self.host is not None
        return self.host

    def _reloaded(self, what: str) -> None:
        if what == reference.PEOPLE:
            self.loop.call_soon_threadsafe(self.edge.authenticator.forget)
        if what == reference.DIRECTORY:
            self.loop.call_soon_threadsafe(self._recheck_devices)
            if self.host is not None:
                self._redraw(self.host.system)
            if self.revocations is not None:
                self.revocations.look()
            if self.placements is not None:
                self.placements.look()

    def _recheck_devices(self) -> None:
        """A device may have been revoked, or its token replaced."""
        self.edge.authenticator.forget()
        self.links.recheck()

    def _redraw(self, system: System) -> None:
        """Tell the maps that somebody watches what has changed of their trolleys; in the reloading thread."""
        streams = set(self.topics.hub.streams()) | (self.owner.streams() if self.owner is not None else set())
        for stream in streams:
            if stream.kind != "branch":
                continue
            for card in load_branch(stream.key).trolleys.values():
                try:
                    system.tell(stream, NoteTrolley(TROLLEY_CHANGED, card))
                except AskError as error:
                    log.warning("%s cannot be redrawn: %r", stream, error)

    def _announce(self, what: str) -> None:
        speaker = self.remote or self.owner
        if speaker is not None:
            self.loop.call_soon_threadsafe(speaker.announce, what)

    async def start(self) -> None:
        """Read the references, start the actors, open for publications and devices.

        Raises ImproperlyConfigured in production with the demo's accounts.
        """
        await in_thread(checks.refuse_demo_accounts)()
        await in_thread(self.references.start)()
        if self.host is not None:
            self.host.start()
            self._undo.append(health.register("actors", self._probe))
        self.links.start(self.loop)
        self.topics.start(self.loop)
        if self.errands is not None:
            self.errands.start()
        if self.revocations is not None:
            self.revocations.look()
        if self.placements is not None:
            self.placements.look()
        if self.owner is not None:
            self.owner.start()
        if self.remote is not None:
            await self.remote.start(self.topics, self.links, self.references.changed)
        self._undo.append(reference.subscribe(self._announce))
        if settings.REDIS_URL is not None:
            self.exchange = Exchange(self.edge.allowances, settings.REDIS_URL, settings.REDIS_PREFIX)
            self.exchange.start()
        asked = Asked(self.services.asking.actors, self.loop, settings.ASK_TIMEOUT_S)
        self._undo.append(actor_port.register(asked))
        if self.payments is not None:
            self.payments.start()
            self._undo.append(self.payments.stop)

    def _probe(self) -> None:
        if self._own().system.fenced:
            raise RuntimeError("another process has taken the actors over")
        why = self._own().system.why_not_writable()
        if why is not None:
            raise RuntimeError(f"the last commit failed: {why}")

    async def settled(self) -> None:
        """Return when nothing is under way any more: no command, no commit, no publication. For tests."""
        quiet = 0
        while quiet < 10:
            if self.host is not None:
                self.host.system.quiesce()
            await asyncio.sleep(0)
            calm = self.payments is None or self.payments.idle
            quiet = quiet + 1 if calm and self.topics.idle() else 0

    async def stop(self) -> None:
        """Stop in reverse order; what was begun is finished and answered first."""
        for part in (self.owner, self.remote, self.errands, self.exchange):
            if part is not None:
                await part.stop()
        self.stop_now()

    def stop_now(self) -> None:
        """Do the same without a running loop, at the end of the process; a second time does nothing."""
        if not self._undo:
            return
        while self._undo:
            self._undo.pop()()
        self.topics.stop()
        self.references.stop()
        if self.host is not None:
            self.host.stop(STOP_WITHIN_S)


def _spare_the_collector() -> None:
    """Let the garbage collector pass over what stays anyway, and come less often.

    A command makes a hundred short-lived objects and no cycles, while actors, kept answers and
    catalogues only grow: walking them every 700 allocations was a tenth of a command's time.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)


def _answer_all(answers: Sequence[tuple[Done, Exception | None]]) -> None:
    for done, error in answers:
        done(error)


def _guarded(app: App, edge: Edge) -> RequestGuard:
    """Return the application behind the limits that hold before anybody is known."""

    def account_of(token: str) -> tuple[str, bool] | None:
        identity = edge.authenticator.known(token)
        if identity is None:
            return None
        who = identity.principal
        return who.id, who.kind == "user" and not who.grants and not who.is_platform_admin

    limits = RequestLimits(
        settings.HTTP_MAX_HEAD_BYTES,
        settings.HTTP_MAX_BODY_BYTES,
        settings.HTTP_BODY_S,
        settings.HTTP_UPLOAD_S,
    )
    return RequestGuard(
        app,
        limits,
        edge.allowances,
        address_of=address_of,
        account_of=account_of,
        upload_of=uploads(edge.authenticator),
        respond=send_problem,
    )


class Server:
    """The ASGI application. ``options`` go to :class:`Running`, for tests."""

    def __init__(self, django: Any, **options: Any) -> None:
        self._django = django
        openapi.register()
        limits_of_daphne.install()
        self._options = options
        self._starting: asyncio.Future[Running] | None = None
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

    async def running(self) -> Running:
        """Return what runs, starting it if nobody has."""
        if self._starting is None:
            self._starting = asyncio.ensure_future(self._start())
        return await asyncio.shield(self._starting)

    async def _start(self) -> Running:
        layer = get_channel_layer() if settings.REDIS_URL else None
        options = {"limits": limits(), "role": settings.ROLE, "layer": layer, **self._options}
        running = Running(asyncio.get_running_loop(), **options)
        await running.start()
        self._http = _guarded(HotRoutes(running.edge, self._django), running.edge)
        self._websocket = Websockets(running.edge)
        if not self._lifespan:
            atexit.register(running.stop_now)
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
        _spare_the_collector()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await running.stop()
        await send({"type": "lifespan.shutdown.complete"})
