"""The envelopes in a mailbox: a command with what its sender expects back."""

from __future__ import annotations

from typing import Any, Protocol


class Envelope(Protocol):
    """A command on its way. A ``Reply`` is one, and so is a durable tell's ``Delivery``."""

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
        """False if the sender expects no answer at all."""

    @property
    def done(self) -> bool:
        """True if the sender has stopped waiting."""

    def resolve(self, value: Any) -> None:
        """The command was carried out and is durable."""

    def fail(self, error: BaseException) -> None:
        """The command was not carried out, as far as we know."""


class OneWay:
    """A command whose sender expects no answer: a tell, a hint, a timer."""

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
        """Drop it: a tell has no answer."""

    def fail(self, error: BaseException) -> None:
        """Drop it: a tell has no answer."""
