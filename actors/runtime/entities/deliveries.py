"""Durable tells: sent after the commit, and repeated until the receiver has committed too."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from actors.runtime.address import Address
from actors.runtime.entities.context import EntityContext
from actors.runtime.entities.envelopes import OneWay
from actors.runtime.errors import KeyReused, NoSuchKind

log = logging.getLogger("actors")

_FIRST_RETRY_S = 0.1
_LONGEST_RETRY_S = 60.0


class Delivery(OneWay):
    """A durable tell under way, with a number or without."""

    __slots__ = ("address", "attempts", "deliveries", "seq")

    listens = True

    def __init__(
        self,
        deliveries: Deliveries,
        seq: int,
        address: Address,
        command: Any,
        command_id: str | None,
        principal: str,
    ) -> None:
        super().__init__(command, command_id, principal)
        self.deliveries = deliveries
        self.seq = seq
        self.address = address
        self.attempts = 0

    def resolve(self, value: Any) -> None:
        """The receiver has committed."""
        self.deliveries.arrived(self)

    def fail(self, error: BaseException) -> None:
        """Try again later, or give up if trying again cannot help."""
        self.deliveries.failed(self, error)

    def run(self) -> None:
        """Try again now; the timers call this."""
        self.deliveries.again(self)


class Deliveries:
    """The durable tells of one incarnation under way. A lost incarnation's are sent by the next."""

    __slots__ = ("_address", "_context", "cancelled", "under_way")

    def __init__(self, context: EntityContext, address: Address) -> None:
        self._context = context
        self._address = address
        self.under_way: dict[int, int] | None = None
        """How many durable tells of the event with this seq have not arrived."""
        self.cancelled = False
        """The incarnation was lost: nothing is told again."""

    def expect(self, seq: int, tells: Sequence[Any]) -> None:
        """Remember the durable tells of an event, before its commit."""
        count = 0
        for tell in tells:
            if tell.durable:
                count += 1
        if count:
            if self.under_way is None:
                self.under_way = {}
            self.under_way[seq] = count

    def watermark(self, seq: int) -> int:
        """Return up to which seq every durable tell has arrived, ``seq`` being the last event's."""
        return min(self.under_way) - 1 if self.under_way else seq

    def send(self, effects: Sequence[tuple[int, Sequence[Any]]], name: str, hints: bool = True) -> None:
        """Tell what has become durable, in the name of the entity's address.

        ``hints`` False after a load, when only the durable ones count.
        """
        context = self._context
        for seq, tells in effects:
            for i, tell in enumerate(tells):
                if tell.durable:
                    address = Address(tell.kind, tell.key)
                    number = f"{name}:{seq}:{i}" if tell.numbered else None
                    delivery = Delivery(self, seq, address, tell.command, number, name)
                    delivery.again = not hints
                    context.deliver(address, delivery)
                elif hints:
                    context.hint(tell, name)

    def arrived(self, delivery: Delivery) -> None:
        """A receiver has committed: move the watermark."""
        under_way = self.under_way
        if under_way is None or delivery.seq not in under_way:
            return
        under_way[delivery.seq] -= 1
        if not under_way[delivery.seq]:
            del under_way[delivery.seq]
            if not under_way:
                self.under_way = None

    def failed(self, delivery: Delivery, error: BaseException) -> None:
        """Tell again later, unless that can never help."""
        if self.cancelled:
            return
        if isinstance(error, KeyReused | NoSuchKind):
            log.error("%s gives up telling %s: %s", self._address, delivery.address, error)
            self.arrived(delivery)
            return
        wait = min(_FIRST_RETRY_S * 2.0**delivery.attempts, _LONGEST_RETRY_S)
        delivery.attempts += 1
        self._context.at(self._context.now() + wait, delivery)

    def again(self, delivery: Delivery) -> None:
        """The time to try again has come."""
        if not self.cancelled:
            delivery.again = True
            self._context.deliver(delivery.address, delivery)
