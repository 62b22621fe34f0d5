"""What a subscriber missed and what an entity was: from the journal, or a volatile entity's memory."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from actors.runtime.address import Address
from actors.runtime.asks import Expiry, Pending
from actors.runtime.engine import Engine
from actors.runtime.errors import Unavailable
from actors.runtime.kind import Kind, Stretch
from actors.runtime.loader import numbered, state_at
from actors.runtime.pooled import ACTIVE
from actors.runtime.timers import Call

log = logging.getLogger("actors")

MAX_STRETCH = 1000
"""Who missed more events than this takes a snapshot instead."""


class Streams:
    """Reads behind the entities' backs. Each gives a ``Pending`` that raises Unavailable or AskTimeout."""

    def __init__(self, engine: Engine, expiry: Expiry) -> None:
        self._engine = engine
        self._expiry = expiry

    def since(self, address: Address, epoch: str, offset: int, timeout: float) -> Pending[Stretch | None]:
        """Return the events after ``offset`` to come, or None if the stream cannot be resumed there."""
        kind = self._engine.kinds[address.kind]
        if kind.durable:
            return self._reading(lambda: self._missed(kind, address, epoch, offset), timeout)
        reply: Pending[Stretch | None] = Pending(timeout, self._engine.handover)
        self._expiry.add(reply)
        self._engine.submit(Call(lambda: reply.resolve(self._remembered(address, epoch, offset))))
        return reply

    def state_at(self, address: Address, seq: int, timeout: float) -> Pending[Any]:
        """Return the state after event ``seq``, from the journal; slow."""
        kind = self._engine.kinds[address.kind]
        return self._reading(lambda: state_at(self._engine.journal, kind, address, seq), timeout)

    def _missed(self, kind: Kind, address: Address, epoch: str, offset: int) -> Stretch | None:
        if epoch != self._engine.stream_epoch or offset < 0:
            return None
        # One earlier is read too: an offset that the journal never reached is not a place to resume from.
        upto = offset + MAX_STRETCH + 1
        records = self._engine.journal.read(address, max(offset - 1, 0), upto)
        if (offset and (not records or records[0].seq != offset)) or (records and records[-1].seq == upto):
            return None
        codec = kind.codec
        assert codec is not None
        events = numbered(codec, [record for record in records if record.seq > offset])
        return Stretch(epoch, events, events[-1].offset if events else offset)

    def _remembered(self, address: Address, epoch: str, offset: int) -> Stretch | None:
        entity = self._engine.entities.get(address)
        if entity is None or entity.status != ACTIVE or entity.epoch != epoch:
            return None
        history = entity.history or ()
        first = history[0].offset if history else entity.seq + 1
        if not first - 1 <= offset <= entity.seq:
            return None
        return Stretch(epoch, [event for event in history if event.offset > offset], entity.seq)

    def _reading(self, read: Callable[[], Any], timeout: float) -> Pending[Any]:
        reply: Pending[Any] = Pending(timeout, self._engine.handover)
        if self._engine.writer is None:
            reply.fail(Unavailable("the system is not running"))
            return reply
        self._expiry.add(reply)

        def job() -> None:
            try:
                value = read()
            except Exception as error:
                log.exception("the journal could not be read")
                failed = Unavailable(f"the journal could not be read: {error}")
                self._engine.submit(Call(lambda: reply.fail(failed)))
            else:
                self._engine.submit(Call(lambda: reply.resolve(value)))

        self._engine.loader.submit(job)
        return reply
