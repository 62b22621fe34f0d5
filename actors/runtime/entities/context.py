"""What an entity sees of the system around it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from actors.runtime.address import Address
from actors.runtime.entities.chunks import Chunk
from actors.runtime.entities.envelopes import Envelope
from actors.runtime.entities.loading import LoadedEntity
from actors.runtime.journal import Kept
from actors.runtime.kind import Kind, Publication
from actors.runtime.turns.dispatcher import Runnable


class EntityContext(Protocol):
    """The registry and the commits stand behind it. Everything here is for the dispatcher's thread alone,
    but for ``submit``."""

    turn: int
    """So many envelopes an entity takes before others have their turn."""
    stream_epoch: str
    """Names the journal's history."""

    @property
    def now(self) -> Callable[[], float]:
        """The clock's function."""

    @property
    def submit(self) -> Callable[[Runnable], None]:
        """Queues a turn, from any thread."""

    @property
    def used(self) -> Callable[[Any], None]:
        """Takes an entity that has a turn: it is the last to be sent to rest."""

    def at(self, when: float, job: Runnable) -> None:
        """Run the job at a time."""

    def due(self, address: Address, when: float) -> None:
        """Bring an entity its deadline, activating it if need be."""

    def fresh_id(self) -> str:
        """Return a command id for a command that came without one."""

    def fresh_epoch(self) -> str:
        """Return an epoch for one activation of a volatile entity."""

    def was_woken(self, address: Address) -> bool:
        """True once for an address that the journal's wake index named at start."""

    def activated(self, entity: Any) -> None:
        """Take note of an entity that became active."""

    def succeed(self, entity: Any) -> None:
        """Hand the mailbox of a passivated entity to the next one at its address."""

    def deliver(self, address: Address, envelope: Envelope) -> None:
        """Put an envelope into a mailbox, or give it to an edge."""

    def hint(self, tell: Any, sender: str) -> None:
        """Deliver a tell at most once; a volatile entity that is not active gets none."""

    def load(
        self,
        kind: Kind,
        address: Address,
        shown: int | None,
        then: Callable[[LoadedEntity], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Read an entity on another thread and go on with it on the dispatcher."""

    def kept(self, address: Address, command_id: str, then: Callable[[Kept | None], None]) -> None:
        """Look an old command up on another thread and go on with what was found on the dispatcher."""

    def append(self, chunk: Chunk) -> None:
        """Have the chunk written at the end of this round."""

    def publish(self, publication: Publication) -> None:
        """Hand out what has become durable."""

    def alarm(self, address: Address, what: str) -> None:
        """Report that this address needs attention: something failed that repeating does not mend."""
