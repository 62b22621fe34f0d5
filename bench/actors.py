"""The actor runtime alone: messages a second, memory of an actor, activation and passivation.

``python -m bench.actors [--json] [--quick]``. The journal is in memory, so what is measured is the
runtime's own work for a command: mailbox, turn, decide, evolve, encode, group commit, answer.
Rates are of several runs, the lowest and the median; processor time, which a busy machine does not
stretch, is of the whole run: bringing up the actors, the tasks that ask, and the journal's thread.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import json
import statistics
import time
import zlib
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec

from actors.runtime import Address, Kind, LoopDispatcher, MemoryJournal, System, ThreadDispatcher
from actors.runtime.journal import Loaded

ACTORS = 10_000
RUNS = 5
_PAGE = 4096


class Context(NamedTuple):
    """What comes in with a command."""

    now: float
    command_id: str
    principal: str


class Decision(msgspec.Struct, frozen=True):
    """The shape that the runtime reads."""

    events: tuple[Any, ...] = ()
    answer: Any = None
    refusal: Any = None
    pending: bool = False
    settles: tuple[Any, ...] = ()
    memory: Any = None
    hints: tuple[Any, ...] = ()


class Count(msgspec.Struct, frozen=True, tag="Count"):
    """Makes one event."""

    by: int


class Ask(msgspec.Struct, frozen=True, tag="Ask"):
    """Makes none."""


class Look(msgspec.Struct, frozen=True, tag="Look"):
    """Answered by the runtime."""


class Counted(msgspec.Struct, frozen=True, tag="Counted"):
    """The event."""

    by: int


class Sum(msgspec.Struct, frozen=True, tag="Sum"):
    """The answer."""

    total: int


class State(msgspec.Struct, frozen=True):
    """As small as a state can be."""

    total: int = 0


class Counter:
    """The smallest decider."""

    context = Context
    look = Look
    on_deadline = Ask()

    def initial(self, key: str) -> State:
        """Nothing counted."""
        return State()

    def decide(self, state: State, command: Any, ctx: Context) -> Decision:
        """Count or answer."""
        if type(command) is Count:
            return Decision((Counted(command.by),), Sum(state.total + command.by))
        return Decision((), Sum(state.total))

    def evolve(self, state: State, event: Any) -> State:
        """Count."""
        return State(state.total + event.by)

    def tells(self, state: State, event: Any) -> tuple[Any, ...]:
        """Nobody."""
        return ()

    def deadline(self, state: State) -> float | None:
        """Never."""
        return None

    def awake(self, state: State, now: float) -> State:
        """As it was."""
        return state


class Codec:
    """JSON."""

    state_version = 1

    def __init__(self) -> None:
        self._event = msgspec.json.Decoder(Counted)
        self._state = msgspec.json.Decoder(State)
        self._answer = msgspec.json.Decoder(Sum)
        encode = msgspec.json.Encoder().encode
        self._encode = encode
        self.encode_event: Callable[[Any], bytes] = encode
        self.encode_state: Callable[[Any], bytes] = encode
        self.encode_answer: Callable[[Any], bytes] = encode

    def event_name(self, event: Any) -> tuple[str, int]:
        """The only event."""
        return "Counted", 1

    def decode_event(self, name: str, version: int, data: bytes) -> Any:
        """The event."""
        return self._event.decode(data)

    def decode_state(self, data: bytes, version: int) -> Any:
        """The snapshot."""
        return self._state.decode(data)

    def decode_answer(self, data: bytes) -> Any:
        """The answer."""
        return self._answer.decode(data)

    def fingerprint(self, command: Any) -> int:
        """Of the body."""
        return zlib.crc32(self._encode(command))


class Stored(MemoryJournal):
    """A journal in which every address has 150 events behind a snapshot, without keeping any."""

    def load(self, address: Address) -> Loaded:
        """The same for all."""
        return Loaded(b'{"total":150}', 1, 150, (), (), 150)


def kind() -> Kind:
    """The kind under test."""
    return Kind("counter", Counter(), Codec())


def resident() -> int:
    """Bytes of this process in memory."""
    gc.collect()
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * _PAGE


ADDRESSES = [Address("counter", f"c{i}") for i in range(ACTORS)]


async def _live(system: System) -> None:
    for start in range(0, ACTORS, 1000):
        await asyncio.gather(*(system.ask(a, Look(), timeout=60) for a in ADDRESSES[start : start + 1000]))


async def _clients(system: System, count: int, command: Any, ids: bool, clients: int = 256) -> float:
    """``clients`` tasks, each with one ask under way, as sockets do."""
    turn = 0

    async def client() -> None:
        nonlocal turn
        ask = system.ask
        while turn < count:
            turn += 1
            await ask(ADDRESSES[turn * 7919 % ACTORS], command, f"{turn}" if ids else None)

    started = time.perf_counter()
    await asyncio.gather(*(client() for _ in range(clients)))
    return count / (time.perf_counter() - started)


async def _tells(system: System, count: int, command: Any) -> float:
    """Tells as fast as they are taken; over when the last one is durable."""
    started = time.perf_counter()
    for i in range(count):
        system.tell(ADDRESSES[i * 7919 % ACTORS], command)
        if i % 2000 == 1999:
            await asyncio.sleep(0)
    await asyncio.gather(*(system.ask(a, Look(), timeout=60) for a in ADDRESSES[:1000]))
    while system.stats().backlog:
        await asyncio.sleep(0)
    return count / (time.perf_counter() - started)


def _threads(system: System, count: int, command: Any) -> float:
    """One thread asks in batches of 1,000 and waits for them; the turns are on another thread."""
    started = time.perf_counter()
    for start in range(0, count, 1000):
        replies = [
            system.ask(ADDRESSES[i * 7919 % ACTORS], command, timeout=60) for i in range(start, start + 1000)
        ]
        for reply in replies:
            reply.get()
    return count / (time.perf_counter() - started)


def on_loop(measure: Callable[[System], Any]) -> float:
    """One run on a loop with 10,000 live actors."""

    async def run() -> float:
        system = System([kind()], MemoryJournal(), dispatcher=LoopDispatcher(asyncio.get_running_loop()))
        system.start()
        await _live(system)
        gc.collect()
        gc.freeze()
        try:
            rate: float = await measure(system)
        finally:
            system.stop()
            gc.unfreeze()
        return rate

    try:
        import uvloop
    except ImportError:
        return asyncio.run(run())
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        return runner.run(run())


def on_thread(measure: Callable[[System], float]) -> float:
    """One run on a thread with 10,000 live actors."""
    system = System([kind()], MemoryJournal(), dispatcher=ThreadDispatcher())
    system.start()
    for start in range(0, ACTORS, 1000):
        for reply in [system.ask(a, Look(), timeout=60) for a in ADDRESSES[start : start + 1000]]:
            reply.get()
    gc.collect()
    gc.freeze()
    try:
        return measure(system)
    finally:
        system.stop()
        gc.unfreeze()


def rates(count: int, runs: int) -> dict[str, dict[str, float]]:
    """Messages a second."""
    plain, durable = Ask(), Count(1)
    ways: dict[str, Callable[[], float]] = {
        "ask, no event, 256 tasks on a loop": lambda: on_loop(lambda s: _clients(s, count, plain, False)),
        "ask, durable, 256 tasks on a loop": lambda: on_loop(lambda s: _clients(s, count, durable, False)),
        "ask, durable, with command ids": lambda: on_loop(lambda s: _clients(s, count, durable, True)),
        "tell, no event, on a loop": lambda: on_loop(lambda s: _tells(s, count, plain)),
        "tell, durable, on a loop": lambda: on_loop(lambda s: _tells(s, count, durable)),
        "ask, durable, between threads": lambda: on_thread(lambda s: _threads(s, count, durable)),
    }
    return {name: _several(way, count, runs) for name, way in ways.items()}


def _several(way: Callable[[], float], count: int, runs: int) -> dict[str, float]:
    measured, spent = [], []
    for _ in range(runs):
        before = time.process_time()
        measured.append(way())
        spent.append(time.process_time() - before)
    return {
        "min": round(min(measured)),
        "median": round(statistics.median(measured)),
        "cpu_us_a_message": round(statistics.median(spent) / count * 1e6, 1),
    }


def memory() -> dict[str, float]:
    """Bytes an actor, and growth over 100,000 addresses when only 1,000 may be active."""
    system = System([kind()], MemoryJournal())
    system.start()
    system.ask(Address("counter", "first"), Look()).get()
    before = resident()
    for a in ADDRESSES:
        system.ask(a, Look(), timeout=60)
        if len(a.key) == 5 and a.key.endswith("99"):
            system.quiesce()
    system.quiesce()
    each = (resident() - before) / ACTORS
    system.stop()
    del system
    few = System([kind()], Stored(), max_active=1000)
    few.start()
    sizes = []
    for i in range(100_000):
        few.ask(Address("counter", f"k{i}"), Look(), timeout=60)
        if i % 1000 == 999:
            few.quiesce()
        if i in (9_999, 99_999):
            sizes.append(resident())
    active = few.stats().active
    few.stop()
    return {
        "bytes_an_actor": round(each),
        "growth_from_10000_to_100000_known_bytes": sizes[1] - sizes[0],
        "active": active,
    }


def activation(count: int) -> dict[str, float]:
    """Seconds from an ask to a passivated actor to its answer, one after the other."""
    system = System([kind()], Stored())
    system.start()
    took = []
    for i in range(count):
        started = time.perf_counter()
        system.ask(Address("counter", f"a{i}"), Look()).get()
        took.append(time.perf_counter() - started)
    system.stop()
    took.sort()
    return {"median_ms": took[count // 2] * 1e3, "p99_ms": took[count * 99 // 100] * 1e3}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--quick", action="store_true", help="one short run each")
    options = parser.parse_args()
    count, runs = (20_000, 1) if options.quick else (200_000, RUNS)
    figures = {
        "memory": memory(),
        "activation": activation(1000),
        "messages_a_second": rates(count, runs),
        "actors": ACTORS,
        "messages": count,
        "runs": runs,
    }
    if options.json:
        print(json.dumps(figures, indent=2))
        return
    for section, values in figures.items():
        print(f"{section}: {json.dumps(values, indent=2) if isinstance(values, dict) else values}")


if __name__ == "__main__":
    main()
