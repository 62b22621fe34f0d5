"""The engine: virtual actors over a journal. Knows nothing of trolleys.

Give ``System`` the kinds of entities (a decider and a codec each) and a journal; ``start`` it;
``ask`` addresses. A command is decided by the one actor that owns the address, written in a
shared commit, and only then answered, published and told on.
"""

from actors.runtime.address import Address
from actors.runtime.asks import Askable, Outcome, Pending, Reply
from actors.runtime.errors import (
    AskError,
    AskTimeout,
    Conflict,
    Defect,
    Fenced,
    KeyReused,
    Overloaded,
    Unavailable,
)
from actors.runtime.kind import Codec, Kind, Numbered, Publication, Stretch
from actors.runtime.memory import MemoryJournal
from actors.runtime.system import Stats, System
from actors.runtime.turns.clock import Clock, ManualClock, SystemClock
from actors.runtime.turns.dispatcher import Dispatcher, LoopDispatcher, ThreadDispatcher

__all__ = [
    "Address",
    "AskError",
    "AskTimeout",
    "Askable",
    "Clock",
    "Codec",
    "Conflict",
    "Defect",
    "Dispatcher",
    "Fenced",
    "KeyReused",
    "Kind",
    "LoopDispatcher",
    "ManualClock",
    "MemoryJournal",
    "Numbered",
    "Outcome",
    "Overloaded",
    "Pending",
    "Publication",
    "Reply",
    "Stats",
    "Stretch",
    "System",
    "SystemClock",
    "ThreadDispatcher",
    "Unavailable",
]
