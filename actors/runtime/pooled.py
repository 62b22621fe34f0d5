"""A pykka actor without a thread, a lock or an inbox of its own: it has turns on the shared dispatcher."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pykka

from actors.runtime.address import Address
from actors.runtime.kind import Kind
from actors.runtime.mailbox import Inbox, Letter, Note
from actors.runtime.reply import Reply

if TYPE_CHECKING:
    from actors.runtime.engine import Engine

COLD, LOADING, ACTIVE, PARKED, GONE = range(5)
"""Not loaded; being loaded; takes turns; refuses everything for a while; passivated."""


class _Stopped:
    """What pykka asks of ``actor_stopped``, read off the actor's status."""

    __slots__ = ("_actor",)

    def __init__(self, actor: Pooled) -> None:
        self._actor = actor

    def is_set(self) -> bool:
        return self._actor.status == GONE

    def set(self) -> None:
        """Passivation alone ends a pooled actor."""


class Pooled(pykka.Actor):
    """The three hooks that pykka gives to implementors of new kinds of actors, over a plain list.

    ``pykka.Actor.__init__`` is not called: the URN, the Event and the ActorRef that it makes
    cost 3 KB and 10 microseconds an actor; here they are made when somebody asks for them.
    """

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

    @staticmethod
    def _create_actor_inbox() -> Any:
        return []

    @staticmethod
    def _create_future() -> pykka.Future[Any]:
        return Reply()

    def _start_actor_loop(self) -> None:
        self.schedule()

    @property
    def actor_urn(self) -> str:  # type: ignore[override]
        """The address as a URN."""
        return f"urn:actor:{self.address}"

    @property
    def actor_inbox(self) -> Any:  # type: ignore[override]
        """The mailbox with pykka's methods."""
        return Inbox(self)

    @property
    def actor_stopped(self) -> Any:  # type: ignore[override]
        """Set once the actor is passivated."""
        return _Stopped(self)

    @property
    def _actor_ref(self) -> Any:  # type: ignore[override]
        return pykka.ActorRef(self)

    def post(self, command: Any, reply: Any = None) -> None:
        """Put a command into the mailbox, as pykka's ``tell`` and ``ask`` do."""
        letter: Letter = Note(command)
        if reply is not None:
            reply.command = command
            letter = reply
        self.mailbox.append(letter)
        self.schedule()

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
