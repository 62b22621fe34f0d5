"""What a subscriber missed and what an entity was: from the journal, or a volatile entity's memory."""

from __future__ import annotations

import logging
from collections import OrderedDict, deque
from collections.abc import Callable
from functools import partial
from typing import Any, NamedTuple

from actors.runtime.address import Address
from actors.runtime.asks import Expiry, Pending
from actors.runtime.entities.entity import ACTIVE
from actors.runtime.entities.loading import Loader, numbered, state_at
from actors.runtime.errors import Unavailable
from actors.runtime.journal import Journal
from actors.runtime.kind import Kind, Stretch
from actors.runtime.registry import Registry
from actors.runtime.turns.handover import Handover
from actors.runtime.turns.timers import TimedCall

log = logging.getLogger("actors")

MAX_STRETCH = 1000
"""Who missed more events than this takes a snapshot instead."""


class _Read(NamedTuple):
    read: Callable[[], Any]
    reply: Pending[Any]


class Streams:
    """Reads behind the entities' backs. Each gives a ``Pending`` that raises Unavailable or AskTimeout.

    The journal is read for one of them at a time, the streams in turn: to replay a long history takes the
    interpreter's time, of which commands come first, and who asks much waits for no one but himself.
    """

    def __init__(
        self, registry: Registry, journal: Journal, loader: Loader, handover: Handover, expiry: Expiry
    ) -> None:
        self._registry = registry
        self._journal = journal
        self._loader = loader
        self._handover = handover
        self._expiry = expiry
        self._waiting: OrderedDict[Address, deque[_Read]] = OrderedDict()
        self._is_reading = False
        self.open = False
        """False: the journal is not read any more, or not yet."""

    def since(self, address: Address, epoch: str, offset: int, timeout: float) -> Pending[Stretch | None]:
        """Return the events after ``offset`` to come, or None if the stream cannot be resumed there."""
        kind = self._registry.kinds[address.kind]
        if kind.durable:
            return self._asked(address, lambda: self._missed(kind, address, epoch, offset), timeout)
        reply: Pending[Stretch | None] = Pending(timeout, self._handover)
        self._expiry.add(reply)
        self._registry.submit(TimedCall(lambda: reply.resolve(self._remembered(address, epoch, offset))))
        return reply

    def state_at(self, address: Address, seq: int, timeout: float) -> Pending[Any]:
        """Return the state after event ``seq``, from the journal; slow."""
        kind = self._registry.kinds[address.kind]
        return self._asked(address, lambda: state_at(self._journal, kind, address, seq), timeout)

    def _missed(self, kind: Kind, address: Address, epoch: str, offset: int) -> Stretch | None:
        if epoch != self._registry.stream_epoch or offset < 0:
            return None
        # One earlier is read too: an offset that the journal never reached is not a place to resume from.
        upto = offset + MAX_STRETCH + 1
        records = self._journal.read(address, max(offset - 1, 0), upto)
        if (offset and (not records or records[0].seq != offset)) or (records and records[-1].seq == upto):
            return None
        codec = kind.codec
        assert codec is not None
        events = numbered(codec, [record for record in records if record.seq > offset])
        return Stretch(epoch, events, events[-1].offset if events else offset)

    def _remembered(self, address: Address, epoch: str, offset: int) -> Stretch | None:
        entity = self._registry.entities.get(address)
        incarnation = entity.incarnation if entity is not None and entity.status == ACTIVE else None
        if incarnation is None or incarnation.epoch != epoch:
            return None
        history, seq = incarnation.history or (), incarnation.seq
        first = history[0].offset if history else seq + 1
        if not first - 1 <= offset <= seq:
            return None
        return Stretch(epoch, [event for event in history if event.offset > offset], seq)

    def _asked(self, address: Address, read: Callable[[], Any], timeout: float) -> Pending[Any]:
        reply: Pending[Any] = Pending(timeout, self._handover)
        if not self.open:
            reply.fail(Unavailable("the system is not running"))
            return reply
        self._expiry.add(reply)
        self._registry.submit(TimedCall(lambda: self._enqueue(address, _Read(read, reply))))
        return reply

    # --- on the dispatcher --------------------------------------------------------

    def _enqueue(self, address: Address, read: _Read) -> None:
        self._waiting.setdefault(address, deque()).append(read)
        if not self._is_reading:
            self._read_next()

    def _read_next(self) -> None:
        """Begin the next read that somebody still waits for."""
        while self._waiting:
            address, queue = self._waiting.popitem(last=False)
            read, reply = queue.popleft()
            if queue:
                self._waiting[address] = queue
            if not reply.done:
                self._is_reading = True
                self._loader.read(read, partial(self._found, reply), partial(self._failed, reply))
                return

    def _found(self, reply: Pending[Any], found: Any) -> None:
        self._is_reading = False
        reply.resolve(found)
        self._read_next()

    def _failed(self, reply: Pending[Any], error: Exception) -> None:
        self._is_reading = False
        log.error("the journal could not be read", exc_info=error)
        reply.fail(Unavailable(f"the journal could not be read: {error}"))
        self._read_next()
