"""The actor host: journal, kinds of entities, system and reference data, built from the settings.

Used by the server, management commands, tests and benchmarks. A host without a
``dispatcher`` runs the actors on a thread of its own.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Sequence
from typing import Any

from django.conf import settings
from django.db import DatabaseError, connections

from actors import branch, chain, notify
from actors.runtime import Clock, Dispatcher, Kind, Publication, System
from actors.runtime.journal import Journal
from core import reference
from core.accounts.people import People
from core.assistant.preferences.wants import WantsOfPeople
from core.catalogue.live.catalogue import Catalogue
from core.config.database import fresh_connections
from core.entities import ENTITIES
from core.fleet.directory import Directory
from core.fleet.rentals import sessions
from core.journal import guard
from core.journal.store import SqlJournal
from core.live_map.branches import load_branch, load_chain
from core.replay.opening import open_journal

log = logging.getLogger(__name__)

_LOOK_S = 1.0


def kinds(snapshot_every: int = 200) -> Sequence[Kind]:
    """Return every kind of entity: the durable ones, and the aggregates made of hints."""
    durable = [
        Kind(entity.name, entity.decider, entity.codec, snapshot_every=snapshot_every)
        for entity in ENTITIES.values()
    ]
    return (
        *durable,
        Kind("branch", branch.DECIDER, durable=False, load=fresh_connections()(load_branch)),
        Kind("chain", chain.DECIDER, durable=False, load=fresh_connections()(load_chain)),
        Kind("notify", notify.DECIDER, durable=False),
    )


class References:
    """Reference data in memory, reloaded in a thread of its own whenever it changes."""

    def __init__(self) -> None:
        self.directory = Directory()
        self.people = People()
        self.wants = WantsOfPeople()
        self._catalogues: dict[str, Catalogue] = {}
        self._wanted: set[str] = set()
        self._asked = dict.fromkeys(self._parts, 0)
        self._read = dict(self._asked)
        """How often each part was to be reloaded, and up to which of those it has been."""
        self._progress = threading.Condition()
        self._wake = threading.Event()
        self._lost = False
        self._stopping = False
        self._versions: dict[str, int] = {}
        self._thread: threading.Thread | None = None
        self._unsubscribe: Callable[[], object] | None = None
        self._listeners: list[Callable[[str], None]] = []

    def catalogue(self, chain_slug: str) -> Catalogue:
        """Return the chain's catalogue; of a chain that is not known, an empty one."""
        catalogue = self._catalogues.get(chain_slug)
        if catalogue is None:
            return Catalogue(chain_slug)
        return catalogue

    def reload(self) -> None:
        """Read everything. Blocking."""
        self.directory.reload()
        self._reload_catalogues()
        self.wants.reload()
        self.people.load_managers()
        self.people.load(sessions.holders())

    def start(self) -> None:
        """Read everything, then follow the changes. Blocking until all is read."""
        # Before the reload: what is changed from here on is either read by it, or noticed later.
        self._versions = reference.versions()
        self.reload()
        subscribed, followed = reference.subscribe(self.changed), reference.follow(self.wait)
        self._unsubscribe = lambda: (subscribed(), followed())
        self._thread = threading.Thread(target=self._follow, name="reference", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop to follow changes of reference data."""
        if self._unsubscribe is not None:
            self._unsubscribe()
            self._unsubscribe = None
        self._stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(5)
            self._thread = None

    def listen(self, listener: Callable[[str], None]) -> None:
        """Call ``listener(what)`` in the reloading thread after each reload."""
        self._listeners.append(listener)

    def changed(self, what: str) -> None:
        """Reload that part soon; from any thread. Announcements that come close together are one."""
        with self._progress:
            self._asked[what] += 1
        self._wanted.add(what)
        self._wake.set()

    def wait(self, seconds: float) -> None:
        """Block until all that was announced so far is read, or that time is over; from any thread."""
        with self._progress:
            asked = dict(self._asked)
            self._progress.wait_for(lambda: all(self._read[what] >= asked[what] for what in asked), seconds)

    def _follow(self) -> None:
        try:
            self._reload_what_changes()
        finally:
            # Only the thread that has made a connection may close it, and it is kept until somebody does.
            connections.close_all()

    def _reload_what_changes(self) -> None:
        while True:
            # Commands and workers announce nothing here, so what they changed is asked for.
            self._wake.wait(_LOOK_S)
            self._wake.clear()
            if self._stopping:
                return
            versions = self._look()
            self._wanted |= {what for what, number in versions.items() if number != self._versions.get(what)}
            self._versions = versions
            while self._wanted:
                first = next(what for what in self._parts if what in self._wanted)
                self._wanted.discard(first)
                self._reload(first)

    def _look(self) -> dict[str, int]:
        try:
            with fresh_connections():
                versions = reference.versions()
        except DatabaseError:
            if not self._lost:
                log.warning("the database could not be asked for changes", exc_info=True)
            self._lost = True
            return self._versions
        self._lost = False
        return versions

    def _reload(self, what: str) -> None:
        with fresh_connections():
            self._read_part(what)

    def _read_part(self, what: str) -> None:
        with self._progress:
            asked = self._asked[what]
        try:
            self._parts[what](self)
        except Exception:
            log.exception("reference data could not be reloaded: %s", what)
            return
        for listener in self._listeners:
            listener(what)
        with self._progress:
            self._read[what] = asked
            self._progress.notify_all()

    def _reload_branches(self) -> None:
        self.directory.reload_branches()
        self._know_chains()

    def _reload_directory(self) -> None:
        self.directory.reload(self._let_branches_through)
        self._know_chains()

    def _know_chains(self) -> None:
        """Read the catalogues of chains that have come."""
        for each in self.directory.chains():
            if each.slug not in self._catalogues:
                self._reload_catalogue(each.slug)

    def _let_branches_through(self) -> None:
        """Read a changed setting while something long is read: somebody waits for it to count."""
        if reference.BRANCHES in self._wanted:
            self._wanted.discard(reference.BRANCHES)
            self._read_part(reference.BRANCHES)

    def _reload_catalogues(self) -> None:
        for each in self.directory.chains():
            self._let_branches_through()
            self._reload_catalogue(each.slug)

    def _reload_catalogue(self, slug: str) -> None:
        catalogue = self._catalogues.get(slug) or Catalogue(slug)
        catalogue.reload()
        self._catalogues[slug] = catalogue

    def _reload_people(self) -> None:
        self.people.reload()

    def _reload_wants(self) -> None:
        self.wants.reload()

    def _nothing(self) -> None:
        """Logins are not kept here; who keeps them listens."""

    _parts: dict[str, Callable[[Any], None]] = {
        reference.BRANCHES: _reload_branches,
        reference.DIRECTORY: _reload_directory,
        reference.CATALOGUE: _reload_catalogues,
        reference.PEOPLE: _reload_people,
        reference.LOGINS: _nothing,
        reference.PREFERENCES: _reload_wants,
    }
    """In the order in which what has changed at once is read: what is quick, and waited for, first."""


class Host:
    """A journal, the actor system on it, and the reference data that commands take along."""

    def __init__(
        self,
        *,
        journal: Journal | None = None,
        dispatcher: Dispatcher | None = None,
        clock: Clock | None = None,
        publish: Callable[[Publication], None] | None = None,
        references: References | None = None,
    ) -> None:
        self.references = references or References()
        self.journal: Journal = journal or open_journal(
            settings.DATABASES["default"], marks=settings.JOURNAL_MARKS
        )
        self.system = System(
            kinds(settings.JOURNAL_SNAPSHOT_EVERY),
            self.journal,
            partition=settings.PARTITION,
            clock=clock,
            publish=publish,
            mailbox_size=settings.ACTOR_MAILBOX_SIZE,
            idle_s=settings.ACTOR_IDLE_S,
            max_active=settings.ACTOR_MAX_ACTIVE,
            dispatcher=dispatcher,
        )

    def start(self) -> None:
        """Start the system: takes over the partition. The references are started by their owner.

        Raises JournalDamaged if the journal has lost what was answered and nobody has accepted that.
        """
        if isinstance(self.journal, SqlJournal):
            guard.look(self.journal, settings.PARTITION, settings.ACCEPT_JOURNAL_LOSS)
        self.system.start()

    def stop(self, timeout: float = 10.0) -> None:
        """Finish what has begun, then close the journal."""
        try:
            if not self.system.stop(timeout):
                log.warning("the actors did not come to rest within %s s", timeout)
        finally:
            self.journal.close()
