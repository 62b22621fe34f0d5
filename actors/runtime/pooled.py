"""Something with an address and a mailbox that has turns on the shared dispatcher."""

from __future__ import annotations

from typing import TYPE_CHECKING

from actors.runtime.address import Address
from actors.runtime.kind import Kind
from actors.runtime.mailbox import Letter

if TYPE_CHECKING:
    from actors.runtime.engine import Engine

COLD, LOADING, ACTIVE, PARKED, GONE = range(5)
"""Not loaded; being loaded; takes turns; refuses everything for a while; passivated."""


class Pooled:
    """An address, a mailbox, and the way to a turn."""

    __slots__ = ("address", "engine", "kind", "mailbox", "scheduled", "status", "used")

    def __init__(self, engine: Engine, kind: Kind, address: Address) -> None:
        self.engine = engine
        self.kind = kind
        self.address = address
        self.mailbox: list[Letter] = []
        """Mostly empty, and a deque's first block is 600 bytes an actor; letters are few enough to move."""
        self.scheduled = False
        """True while a turn is queued, or will be when the load is through."""
        self.status = COLD
        self.used = 0.0
        """When it had its last turn."""

    def __str__(self) -> str:
        return str(self.address)

    def schedule(self) -> None:
        """See to it that there will be a turn; from any thread.

        Append first, then look at ``scheduled``; a turn that ends clears ``scheduled`` first, then looks
        at the mailbox. So one of the two sees the other. Scheduled twice does no harm.
        """
        if not self.scheduled:
            self.scheduled = True
            self.engine.submit(self)

    def run(self) -> None:
        """Have a turn."""
        raise NotImplementedError
