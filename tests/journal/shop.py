"""A shop without a runtime: deciders driven by hand.

What they decide is collected as writes, so that a test chooses how commits are cut.
Tells leave after the commit of the event that tells them, as in the runtime.
"""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from msgspec.structs import replace

from actors.messages.cart import Offer
from actors.messages.trolley import Place, TrolleyRef
from actors.runtime.address import Address
from actors.runtime.journal import Journal, Recorded, Write
from core.entities import ENTITIES

PARTITION = "main"


def user(number: int) -> str:
    """Return the id of a user."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"user {number}"))


DEVICE = str(uuid.uuid5(uuid.NAMESPACE_OID, "device"))


def ref(number: int) -> TrolleyRef:
    """Return a trolley with a slot of its own."""
    place = Place(DEVICE, number)
    return TrolleyRef(f"TROLLEY_{number:02}", "BRANCH-001", "demo", number, "INR", place=place)


def offer(number: int, price: str = "49.50") -> Offer:
    """Return the offer of a product."""
    product_id = str(uuid.uuid5(uuid.NAMESPACE_OID, f"product {number}"))
    return Offer(product_id, f"{number:09}", f"Product № {number}", Decimal(price), "INR")


class Shop:
    """States of all entities, a clock, and the writes that wait for a commit."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.123_456
        self.states: dict[Address, Any] = {}
        self.seqs: dict[Address, int] = {}
        self.waiting: list[Write] = []
        self._told: list[tuple[str, str, Any, str]] = []
        self._counter = 0

    @property
    def quiet(self) -> bool:
        """Whether nothing waits for a commit."""
        return not self.waiting

    def state(self, kind: str, key: str) -> Any:
        """Return an entity's state."""
        address = Address(kind, key)
        if address not in self.states:
            self.states[address] = ENTITIES[kind].decider.initial(key)
        return self.states[address]

    def send(self, kind: str, key: str, command: Any) -> Any:
        """Carry out a command; return the decision on it."""
        self._counter += 1
        return self._decide(kind, key, command, f"command-{self._counter}")

    def _decide(self, kind: str, key: str, command: Any, command_id: str) -> Any:
        self.now += 0.010_101
        entity, address = ENTITIES[kind], Address(kind, key)
        state = self.state(kind, key)
        decision = entity.decider.decide(
            state, command, entity.decider.context(self.now, command_id, "user:x")
        )
        if decision.memory is not None:
            self.states[address] = decision.memory
        records: list[Recorded] = []
        for event in decision.events:
            state = entity.decider.evolve(state, event)
            seq = self.seqs[address] = self.seqs.get(address, 0) + 1
            first = not records
            records.append(self._record(entity, seq, event, command_id if first else None))
            for place, tell in enumerate(entity.decider.tells(state, event)):
                if tell.durable and tell.kind in ENTITIES:
                    self._told.append((tell.kind, tell.key, tell.command, f"{address}:{seq}:{place}"))
        if records:
            self.states[address] = state
            self.waiting.append(Write(address, tuple(records), decision.events, state, None, 0, None, None))
        return decision

    def _record(self, entity: Any, seq: int, event: Any, command_id: str | None) -> Recorded:
        name, version = entity.codec.event_name(event)
        data = entity.codec.encode_event(event)
        return Recorded(seq, name, version, data, command_id, None, None, None, "user:x", self.now)

    def commit(self, journal: Journal, epoch: int, snapshots: bool = False) -> None:
        """Commit what waits as one batch, one write an entity, then deliver what was told."""
        batch = coalesce(self.waiting)
        self.waiting = []
        if snapshots:
            batch = [_with_snapshot(write) for write in batch]
        assert journal.commit(PARTITION, epoch, batch).refused == {}
        told, self._told = self._told, []
        for tell in told:
            self._decide(*tell)


def coalesce(writes: Sequence[Write]) -> list[Write]:
    """Return one write an entity, with all its events and its last state."""
    merged: dict[Address, Write] = {}
    for write in writes:
        old = merged.get(write.address)
        if old is not None:
            write = replace(
                write, events=(*old.events, *write.events), decoded=(*old.decoded, *write.decoded)
            )
        merged[write.address] = write
    return list(merged.values())


def _with_snapshot(write: Write) -> Write:
    codec = ENTITIES[write.address.kind].codec
    return replace(write, snapshot=codec.encode_state(write.state), snapshot_version=codec.state_version)
