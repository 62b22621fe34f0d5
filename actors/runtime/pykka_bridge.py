"""An entity as a Pykka actor, for code that uses Pykka's API.

The runtime's entities are plain objects that share one dispatcher: an actor of Pykka's own costs a thread or
3 KB and a lock. This file alone fits the two: a ``pykka.Actor`` with the three hooks that Pykka gives to
implementors of new kinds of actors (inbox, future, loop), whose messages become turns on the dispatcher.
Nothing in the server needs it; the writer, which blocks, is an ordinary ``pykka.ThreadingActor``.
"""

from __future__ import annotations

import queue
import sys
from collections.abc import Callable
from typing import Any, Protocol

import pykka

from actors.runtime.address import Address
from actors.runtime.asks import Pending, Reply
from actors.runtime.errors import AskTimeout


class Asks(Protocol):
    """The part of a ``System`` that the bridge uses."""

    def ask(self, address: Address, command: Any) -> Pending[Any]:
        """Send a command and return its outcome to come."""

    def tell(self, address: Address, command: Any) -> None:
        """Send a command without an answer."""


class BridgedFuture(pykka.Future[Any]):
    """Pykka's future over a ``Pending``: set once, awaited without blocking the loop."""

    def __init__(self) -> None:
        super().__init__()
        self.pending: Pending[Any] = Reply()

    def get(self, *, timeout: float | None = None) -> Any:
        """Wait for the result; by default as long as the ask waits. Raises pykka.Timeout."""
        if self._get_hook is not None:
            return super().get(timeout=timeout)
        try:
            return self.pending.get(timeout=timeout)
        except AskTimeout as late:
            raise pykka.Timeout(str(late)) from late

    def __await__(self) -> Any:
        return self.pending.__await__()

    def set(self, value: Any = None) -> None:
        """Give the result; raises queue.Full if there is one."""
        self._must_be_open()
        self.pending.resolve(value)

    def set_exception(self, exc_info: Any = None) -> None:
        """Give the exception of an exc_info triple, by default the one being handled; raises queue.Full."""
        self._must_be_open()
        kind, error, _ = exc_info or sys.exc_info()
        if error is None:
            error = kind() if kind is not None else RuntimeError("no exception is being handled")
        self.pending.fail(error)

    def set_get_hook(self, func: Callable[[float | None], Any]) -> None:
        """Let ``get`` call a function, as Pykka's ``map`` and its like do."""
        self._must_be_open()
        super().set_get_hook(func)

    def _must_be_open(self) -> None:
        if self.pending.done or self._get_hook is not None:
            raise queue.Full


class _Inbox:
    """Pykka's inbox: what is put in goes to the entity's mailbox."""

    def __init__(self, system: Asks, address: Address) -> None:
        self._system = system
        self._address = address

    def put(self, envelope: Any, /) -> None:
        """Take an envelope of Pykka's: its message is a command."""
        if envelope.reply_to is None:
            self._system.tell(self._address, envelope.message)
        else:
            envelope.reply_to.pending = self._system.ask(self._address, envelope.message)

    def get(self) -> Any:
        """Raise queue.Empty: the dispatcher has taken everything."""
        raise queue.Empty

    def empty(self) -> bool:
        """True: nothing waits here, see ``put``."""
        return True


class EntityActor(pykka.Actor):
    """The actor at an address, always alive: a message activates the entity, passivation ends nothing."""

    def __init__(self, system: Asks, address: Address) -> None:
        super().__init__()
        self.actor_urn = f"urn:actor:{address}"
        self.actor_inbox = _Inbox(system, address)
        self._actor_ref = pykka.ActorRef(self)

    @staticmethod
    def _create_actor_inbox() -> Any:
        return queue.SimpleQueue()  # until the address is known

    @staticmethod
    def _create_future() -> pykka.Future[Any]:
        return BridgedFuture()

    def _start_actor_loop(self) -> None:
        """The dispatcher is the loop, and runs already."""
