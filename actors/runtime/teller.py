"""Durable tells: told after the commit, and again until the receiver has committed too."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from actors.runtime.address import Address
from actors.runtime.errors import KeyReused
from actors.runtime.kind import Kind
from actors.runtime.mailbox import Told
from actors.runtime.pooled import Pooled

if TYPE_CHECKING:
    from actors.runtime.engine import Engine

log = logging.getLogger("actors")

_FIRST_RETRY_S = 0.1
_LONGEST_RETRY_S = 60.0


class NoSuchKind(LookupError):
    """A tell or ask names a kind that the system does not have."""


class Teller(Pooled):
    """The part of an entity that remembers which of its tells are under way."""

    __slots__ = ("life", "lost", "telling", "told", "woken")

    def __init__(self, engine: Engine, kind: Kind, address: Address) -> None:
        super().__init__(engine, kind, address)
        self.life = 1
        """Counts incarnations; what belongs to an earlier one is ignored."""
        self.lost = 0
        """The last incarnation that the writer gave up."""
        self.telling: dict[int, int] | None = None
        """How many durable tells of the event with this seq have not arrived."""
        self.told = 0
        """The watermark as the journal has it."""
        self.woken: bool | None = False
        """The journal's wake flag; None if a lost commit left it unknown."""

    def expect(self, seq: int, tells: Sequence[Any]) -> None:
        """Remember the durable tells of an event, before its commit."""
        count = 0
        for tell in tells:
            if tell.durable:
                count += 1
        if count:
            if self.telling is None:
                self.telling = {}
            self.telling[seq] = count

    def watermark(self, seq: int) -> int:
        """Return up to which seq every durable tell has arrived, ``seq`` being the last event's."""
        return min(self.telling) - 1 if self.telling else seq

    def send(self, effects: Sequence[tuple[int, Sequence[Any]]], hints: bool = True) -> None:
        """Tell what has become durable; ``hints`` False after a load, when only the durable ones count."""
        name = str(self.address)
        for seq, tells in effects:
            for i, tell in enumerate(tells):
                if tell.durable:
                    address = Address(tell.kind, tell.key)
                    number = f"{name}:{seq}:{i}" if tell.numbered else None
                    told = Told(self, seq, address, tell.command, number, name)
                    told.again = not hints
                    self.engine.deliver(address, told)
                elif hints:
                    self.engine.hint(tell, name)

    def hint(self, tells: Sequence[Any]) -> None:
        """Send tells that hang on a command, once."""
        name = str(self.address)
        for tell in tells:
            self.engine.hint(tell, name)

    def tell_arrived(self, told: Told) -> None:
        """A receiver has committed: move the watermark."""
        telling = self.telling
        if told.life != self.life or telling is None or told.seq not in telling:
            return
        telling[told.seq] -= 1
        if not telling[told.seq]:
            del telling[told.seq]
            if not telling:
                self.telling = None

    def tell_failed(self, told: Told, error: BaseException) -> None:
        """Tell again later, unless that can never help."""
        if told.life != self.life:
            return
        if isinstance(error, KeyReused | NoSuchKind):
            log.error("%s gives up telling %s: %s", self.address, told.address, error)
            self.tell_arrived(told)
            return
        wait = min(_FIRST_RETRY_S * 2.0**told.attempts, _LONGEST_RETRY_S)
        told.attempts += 1
        self.engine.timers.at(self.engine.now() + wait, told)

    def tell_again(self, told: Told) -> None:
        """The time to try again has come."""
        if told.life == self.life:
            told.again = True
            self.engine.deliver(told.address, told)
