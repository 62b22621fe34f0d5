"""Asking the actors: what a command begins, what it ends in, ids."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Awaitable, Callable
from typing import Any, Protocol, TypeVar

import msgspec

from actors.kit.decider import Look
from actors.runtime.address import Address
from actors.runtime.asks import Askable, Outcome, Pending
from actors.runtime.errors import AskError, KeyReused
from core.accounts.principals import Principal
from core.config.database import in_thread
from realtime.problems import from_error, from_refusal

T = TypeVar("T")
A = TypeVar("A")
A_co = TypeVar("A_co", covariant=True)
_new = tuple.__new__
_KEY = re.compile(r"[A-Za-z0-9_-]{1,64}")


class Accepted(Protocol[A_co]):
    """The outcome of a command that was not refused: the runtime's Outcome, whose answer is there."""

    @property
    def answer(self) -> A_co:
        """What the command declares, e.g. ``Claimed`` of a ``Claim``."""

    @property
    def state(self) -> Any:
        """The entity's state after the command; for a repeat, its state now."""

    @property
    def seq(self) -> int:
        """Of the entity's last event with this command."""

    @property
    def epoch(self) -> str:
        """What ``seq`` counts in."""

    @property
    def replayed(self) -> bool:
        """Whether this is the kept answer of a repeat."""


class Actors(Protocol):
    """The actor system, in this process or at the other end of Redis; see the runtime's System.

    What an ask returns can be awaited, or takes ``add_done_callback``; it gives an Outcome.
    """

    def ask(
        self,
        address: Address,
        command: Any,
        command_id: str | None = None,
        principal: str = "",
        timeout: float = 5.0,
    ) -> Pending[Outcome[Any]]:
        """Send a command; never waits."""

    def tell(
        self, address: Address, command: Any, command_id: str | None = None, principal: str = ""
    ) -> None:
        """Send a command without an answer."""

    def since(self, address: Address, epoch: str, offset: int) -> Pending[Any]:
        """Return a reply of what a stream has had since, or of None."""

    def state_at(self, address: Address, seq: int) -> Pending[Any]:
        """Return a reply of the state after event ``seq``."""


class Answer(msgspec.Struct, frozen=True, gc=False):
    """What a command answers: the data of its reply, and the outcome behind it for other views of it."""

    data: Any
    outcome: Accepted[Any] | None = None
    """None if no actor was asked."""

    @property
    def accepted(self) -> Accepted[Any]:
        """The outcome of a command that always asks an actor."""
        assert self.outcome is not None
        return self.outcome


class Asking:
    """Sends commands to entities on behalf of a principal."""

    def __init__(self, actors: Actors, timeout_s: float = 5.0) -> None:
        self.actors = actors
        self._timeout = timeout_s

    def ask(
        self, kind: str, key: str, command: Askable[A], who: Principal, command_id: str | None = None
    ) -> Pending[Outcome[A]]:
        """Ask the entity; the command id is scoped to the principal. Returns the pending reply."""
        if command_id is not None and key != who.id:
            command_id = f"{who.id}:{command_id}"
        address = _new(Address, (kind, key))
        return self.actors.ask(address, command, command_id, f"{who.kind}:{who.id}", self._timeout)

    async def outcome(self, pending: Awaitable[Outcome[A]]) -> Accepted[A]:
        """Return the accepted outcome of an ask. Raises Problem for refusals and failures."""
        try:
            outcome: Any = await pending
        except Exception as error:
            raise from_error(error) from error
        if outcome.refusal is not None:
            raise from_refusal(outcome.refusal)
        accepted: Accepted[A] = outcome
        return accepted

    async def as_it_was(self, repeat: Accepted[A]) -> Accepted[A]:
        """Return the outcome of a cart's repeated command with the cart right after the first time."""
        outcome: Any = repeat
        if outcome.state.revision == outcome.seq:
            return repeat
        state = await self.actors.state_at(Address("cart", outcome.state.user_id), outcome.seq)
        accepted: Accepted[A] = msgspec.structs.replace(outcome, state=state)
        return accepted

    async def look(self, kind: str, key: str, who: Principal) -> Accepted[None]:
        """Return the outcome of a Look: the state after every earlier commit."""
        return await self.outcome(self.ask(kind, key, Look(), who))

    async def used_before(self, who: Principal, command_id: str) -> bool:
        """Return whether the caller's cart knows that id of an earlier command."""
        try:
            await self.ask("cart", who.id, Look(), who, command_id)
        except KeyReused:
            return True
        except AskError:
            return False
        return False


async def in_database(function: Callable[..., T], *args: Any) -> T:
    """Run something that may touch the database, in a thread."""
    return await in_thread(function)(*args)


_ids: list[str] = []
_IDS_AT_ONCE = 256
_FORM = b"xxxxxxxx-xxxx-4xxx-axxx-xxxxxxxxxxxx "
_DICE = [place for place, letter in enumerate(_FORM) if letter == ord("x")]
"""Where an id has a digit of its own."""


def new_id() -> str:
    """Return a random UUID (version 4) as text.

    The randomness of many is fetched at once: a call of the system for each costs a microsecond, and
    gives up the interpreter lock in the middle of a command. They are written at once as well, digit by
    digit of all of them.
    """
    try:
        return _ids.pop()
    except IndexError:
        dice = os.urandom(len(_DICE) * _IDS_AT_ONCE // 2).hex().encode()
        text = bytearray(_FORM * _IDS_AT_ONCE)
        for number, place in enumerate(_DICE):
            text[place :: len(_FORM)] = dice[number :: len(_DICE)]
        _ids.extend(text.decode().split())
        return _ids.pop()


def scoped_key(text: str) -> str:
    """Return an Idempotency-Key as a command id: itself if it is plain, else a digest of it."""
    if _KEY.fullmatch(text):
        return text
    return f"k{hashlib.sha256(text.encode()).hexdigest()[:40]}"
