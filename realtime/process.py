"""The parts of one process, from start to stop: with the actors, or as an edge that calls another's.

Everything starts in order on one exit stack and stops in the reverse; a start that fails stops what it had
begun. What commands have begun is finished and answered before the journal is closed, because the parts
that let new ones in were started last.
"""

from __future__ import annotations

import asyncio
import atexit
import contextlib
import logging
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

from actors.messages.branch import NoteEdit, NoteTrolley
from actors.runtime import Address, AskError, Clock, LoopDispatcher, System, SystemClock
from actors.runtime.journal import Journal
from actors.runtime.kind import Publication
from core import actor_port, checks, owner_jobs, reference
from core.config.database import in_thread
from core.fleet.directory import BranchInfo
from core.fleet.rentals import sessions
from core.host import Host, References
from core.live_map.branches import load_branch
from core.payments.provider_calls import ProviderCalls
from core.telemetry import writer as telemetry
from core.telemetry.writer import Done, SampleRow, Samples
from core.web import health
from realtime.alarm_notices import ALARMS, Notices
from realtime.auth import Authenticator
from realtime.background_jobs import BackgroundJobs
from realtime.cluster.owner import Owner
from realtime.cluster.remote import RemoteSystem
from realtime.devices.expectations import Expectations
from realtime.devices.links import Links
from realtime.devices.placements import Placements
from realtime.devices.revocations import Revocations
from realtime.django_bridge import AskBridge
from realtime.http.django_threads import DjangoThreads
from realtime.http.lists import ListThreads
from realtime.limits.attempts import Attempts
from realtime.limits.exchange import Exchange
from realtime.pipeline.asking import Actors
from realtime.pipeline.keys import KeyStore, MemoryKeys, RedisKeys, UsedKeys
from realtime.pipeline.services import services
from realtime.price_notices import PriceNotices
from realtime.shared import Limits, Shared
from realtime.sockets.recheck import recheck
from realtime.terms import Terms
from realtime.topics.feeds import EDITED
from realtime.topics.followups import CartFollowups
from realtime.topics.streams import Holder, Relay, Topics

log = logging.getLogger(__name__)

STOP_WITHIN_S = 10.0


class Process:
    """What both kinds of process have: reference data, topics, and what sockets and HTTP routes share."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        actors: Actors,
        references: References,
        *,
        limits: Limits,
        links: Links,
        relay: Relay | None,
        holder: Holder | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.loop = loop
        self.references = references
        self.django_threads = DjangoThreads()
        self.list_threads = ListThreads()
        self.links = links
        self.services = services(
            actors,
            references.directory,
            references.catalogue,
            references.people,
            references.wants,
            attempts=Attempts(limits.attempts, time.monotonic),
            keys=UsedKeys(_key_store()),
            ask_timeout_s=settings.ASK_TIMEOUT_S,
            find_session=sessions.find,
            now=(clock or SystemClock()).now,
        )
        self.topics = Topics(self.services, relay=relay, holder=holder)
        self.followups = CartFollowups(self.topics)
        self.shared = Shared(
            services=self.services,
            authenticator=Authenticator(references.people),
            topics=self.topics,
            links=links,
            keep_sample=self._keep_sample,
            limits=limits,
            allowed_origins=frozenset((*settings.ALLOWED_ORIGINS, *settings.CORS_ORIGINS)),
        )
        self._samples: Samples | None = None
        self._stack = AsyncExitStack()
        references.listen(self._reloaded)

    # --- life ---------------------------------------------------------------------

    async def start(self) -> None:
        """Read the references, start the actors, open for publications and devices.

        Raises ImproperlyConfigured in production with the demo's accounts.
        """
        async with AsyncExitStack() as stack:
            self._stack = stack
            stack.push_async_callback(self.services.keys.close)
            stack.callback(self.django_threads.stop)
            stack.callback(self.list_threads.stop)
            await in_thread(checks.refuse_demo_accounts)()
            await in_thread(self.references.start)()
            stack.callback(self.references.stop)
            await self._start_actors(stack)
            self.links.start(self.loop)
            self.topics.start(self.loop)
            stack.callback(self.topics.stop)
            self.followups.start()
            stack.push_async_callback(self.followups.stop)
            await self._start_parts(stack)
            stack.callback(reference.subscribe(self._announce))
            if settings.REDIS_URL is not None:
                exchange = Exchange(
                    self.shared.allowances, self.services.attempts, settings.REDIS_URL, settings.REDIS_PREFIX
                )
                exchange.start()
                stack.push_async_callback(exchange.stop)
            asked = AskBridge(self.services.asking.actors, self.loop, settings.ASK_TIMEOUT_S)
            stack.callback(actor_port.register(asked))
            self._stack = stack.pop_all()

    async def _start_actors(self, stack: AsyncExitStack) -> None:
        """Start what answers commands, before anybody can give one."""

    async def _start_parts(self, stack: AsyncExitStack) -> None:
        """Start what needs the topics."""

    async def stop(self) -> None:
        """Stop in reverse order; what was begun is finished and answered first."""
        atexit.unregister(self.stop_now)
        await self._stack.aclose()

    def stop_at_exit(self) -> None:
        """Stop at the end of the process if it was not stopped before."""
        atexit.register(self.stop_now)

    def stop_now(self) -> None:
        """Do the same at the end of the process, where the loop has stopped; a second time does nothing."""
        if not self.loop.is_closed():
            self.loop.run_until_complete(self.stop())

    async def settled(self) -> None:
        """Return when nothing is under way any more: no command, no commit, no publication. For tests."""
        quiet = 0
        while quiet < 10:
            calm = self._rest()
            await asyncio.sleep(0)
            quiet = quiet + 1 if calm and self.topics.idle() else 0

    def _rest(self) -> bool:
        """Wait for the actors of this process; return whether nothing else of it is under way."""
        return True

    # --- telemetry ------------------------------------------------------------------

    def _keep_sample(self, row: SampleRow, done: Done) -> None:
        self._telemetry().offer(row, done)

    def _telemetry(self) -> Samples:
        """Return the writer, started with the first sample: most processes have no devices."""
        if self._samples is None:
            self._samples = telemetry.start(self._samples_written)
            self._stack.callback(self._samples.stop)
        return self._samples

    def _samples_written(self, answers: Sequence[tuple[Done, Exception | None]]) -> None:
        with contextlib.suppress(RuntimeError):  # the loop has closed: nobody waits any more
            self.loop.call_soon_threadsafe(_answer_all, answers)

    # --- reference data ---------------------------------------------------------------

    def _reloaded(self, what: str) -> None:
        """Use the reloaded data; in the reloading thread."""
        if what == reference.LOGINS:
            self.loop.call_soon_threadsafe(self.shared.authenticator.forget)
            asyncio.run_coroutine_threadsafe(recheck(self.shared), self.loop)
        if what == reference.DIRECTORY:
            self.loop.call_soon_threadsafe(self._recheck_devices)

    def _recheck_devices(self) -> None:
        """A device may have been revoked, or its token replaced."""
        self.shared.authenticator.forget()
        self.links.recheck()

    def _announce(self, what: str) -> None:
        """Tell the other processes that reference data has changed; from any thread."""


class OwnerProcess(Process):
    """The process that has the actors; with a channel layer it answers edges too."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        *,
        limits: Limits,
        layer: Any = None,
        journal: Journal | None = None,
        clock: Clock | None = None,
    ) -> None:
        references, links = References(), Links()
        self.host = Host(
            journal=journal,
            dispatcher=LoopDispatcher(loop),
            clock=clock,
            publish=self._publish,
            references=references,
        )
        system = self.host.system
        self.jobs = BackgroundJobs(system, clock or SystemClock())
        self.owner = (
            None
            if layer is None
            else Owner(layer, owner_jobs.owner_channel(), system, links, references.changed, self.jobs.run)
        )
        super().__init__(
            loop,
            system,
            references,
            limits=limits,
            links=links,
            relay=self.owner,
            holder=system,
            clock=clock,
        )
        directory = references.directory
        self.notices = Notices(system, directory, references.people)
        self.revocations = Revocations(system, directory)
        self.expectations = Expectations(system, directory)
        self.placements = Placements(system, directory)
        self.terms = Terms(system, directory)
        self.prices = PriceNotices(system, references.catalogue, self._followed, self.services)
        self._drawn: dict[str, tuple[BranchInfo | None, tuple[str, ...]]] = {}
        self.payments = ProviderCalls(system.tell, settings.PAYMENT_WORKERS)
        system.edge("provider", self.payments.handle)
        system.edge("link", links.handle if self.owner is None else self.owner.link)

    async def _start_actors(self, stack: AsyncExitStack) -> None:
        stack.callback(self.host.stop, STOP_WITHIN_S)
        self.host.start()
        stack.callback(health.register("actors", self._probe))

    async def _start_parts(self, stack: AsyncExitStack) -> None:
        self.payments.start()
        stack.callback(self.payments.stop)
        self.jobs.start()
        stack.push_async_callback(self.jobs.stop)
        self.revocations.look()
        self.placements.look()
        self.prices.look()
        await in_thread(self.terms.look)()
        await in_thread(self.expectations.look)()
        if self.owner is not None:
            self.owner.start()
            stack.push_async_callback(self.owner.stop)

    def _publish(self, publication: Publication) -> None:
        self.topics.publish(publication)
        if publication.address.kind == ALARMS:  # here, for it saves every other publication a call
            self.notices.publish(publication)

    def _probe(self) -> None:
        if self.host.system.fenced:
            raise RuntimeError("another process has taken the actors over")
        why = self.host.system.why_not_writable()
        if why is not None:
            raise RuntimeError(f"the last commit failed: {why}")

    def _rest(self) -> bool:
        self.host.system.quiesce()
        return self.payments.idle

    def _announce(self, what: str) -> None:
        if self.owner is not None:
            self.loop.call_soon_threadsafe(self.owner.announce, what)

    def _reloaded(self, what: str) -> None:
        super()._reloaded(what)
        if what == reference.DIRECTORY:
            self.revocations.look()
            self.expectations.look()
            self.placements.look()
        if what in (reference.BRANCHES, reference.DIRECTORY):
            self.terms.look()
            self._redraw(self.host.system)
        if what == reference.CATALOGUE:
            self.prices.look()

    def _followed(self) -> set[Address]:
        """Return the streams that somebody follows, here or at an edge; from any thread."""
        return set(self.topics.hub.streams()) | (set() if self.owner is None else self.owner.streams())

    def _redraw(self, system: System) -> None:
        """Push changes of branches to the maps being watched; in the reloading thread."""
        for stream in self._followed():
            if stream.kind != "branch":
                continue
            trolleys = load_branch(stream.key).trolleys
            notes: list[Any] = [NoteTrolley(EDITED, card) for card in trolleys.values()]
            branch = (self.references.directory.branch(stream.key), tuple(trolleys))
            if self._drawn.get(stream.key) != branch:
                self._drawn[stream.key] = branch
                notes.append(NoteEdit(branch[1]))
            for note in notes:
                try:
                    system.tell(stream, note)
                except AskError as error:
                    log.warning("%s cannot be redrawn: %r", stream, error)


class EdgeProcess(Process):
    """A process without actors: it serves people and devices, and calls the owner over the channel layer."""

    def __init__(self, loop: asyncio.AbstractEventLoop, *, limits: Limits, layer: Any) -> None:
        if layer is None:
            raise ImproperlyConfigured("ROLE: an edge needs REDIS_URL to reach the host")
        self.remote = RemoteSystem(layer, owner_jobs.owner_channel())
        super().__init__(loop, self.remote, References(), limits=limits, links=Links(), relay=self.remote)

    async def _start_parts(self, stack: AsyncExitStack) -> None:
        await self.remote.start(self.topics, self.links, self.references.changed)
        stack.push_async_callback(self.remote.stop)

    def _announce(self, what: str) -> None:
        self.loop.call_soon_threadsafe(self.remote.announce, what)


def _key_store() -> KeyStore:
    if settings.REDIS_URL is None:
        return MemoryKeys()
    return RedisKeys(settings.REDIS_URL, settings.REDIS_PREFIX)


def _answer_all(answers: Sequence[tuple[Done, Exception | None]]) -> None:
    for done, error in answers:
        done(error)
