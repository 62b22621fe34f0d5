"""What lies in a mailbox."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

from actors.runtime.address import Address

if TYPE_CHECKING:
    from actors.runtime.teller import Teller


class Letter(Protocol):
    """A command on its way, with what its sender wants to hear of it. A ``Reply`` is one too."""

    command: Any
    command_id: str | None
    principal: str
    again: bool
    """True if it may have arrived before."""

    @property
    def is_tell(self) -> bool:
        """True if the sender only wants to know that it arrived, not the answer."""

    @property
    def listens(self) -> bool:
        """False if the sender wants to hear nothing at all."""

    @property
    def done(self) -> bool:
        """True if the sender has stopped waiting."""

    def resolve(self, value: Any) -> None:
        """The command was carried out and is durable."""

    def fail(self, error: BaseException) -> None:
        """The command was not carried out, as far as we know."""


class Note:
    """A command whose sender wants to hear nothing: a tell, a hint, a timer."""

    __slots__ = ("again", "command", "command_id", "principal")

    is_tell = True
    listens = False
    done = False

    def __init__(self, command: Any, command_id: str | None = None, principal: str = "") -> None:
        self.command = command
        self.command_id = command_id
        self.principal = principal
        self.again = False

    def resolve(self, value: Any) -> None:
        """Nobody listens."""

    def fail(self, error: BaseException) -> None:
        """Nobody listens."""


class Told(Note):
    """A durable tell, with a number or without: told again and again until its receiver has committed."""

    __slots__ = ("address", "attempts", "life", "sender", "seq")

    listens = True

    def __init__(
        self, sender: Teller, seq: int, address: Address, command: Any, command_id: str | None, principal: str
    ) -> None:
        super().__init__(command, command_id, principal)
        self.sender = sender
        self.life = sender.life
        self.seq = seq
        self.address = address
        self.attempts = 0

    def resolve(self, value: Any) -> None:
        """The receiver has committed."""
        self.sender.tell_arrived(self)

    def fail(self, error: BaseException) -> None:
        """Try again later, or give up if trying again cannot help."""
        self.sender.tell_failed(self, error)

    def run(self) -> None:
        """Try again now; the timers call this."""
        self.sender.tell_again(self)
