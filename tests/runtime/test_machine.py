"""Any order of commands, repeats, failures, slow commits, crashes and takeovers keeps the invariants.

The numbers are those of the contract: 2 what was answered is in the journal and nothing is done twice
for one command id; 7 publications have no gap and no repeat; 9 of two owners the older changes
nothing; 10 the journal replayed from nothing gives the same state.
"""

from __future__ import annotations

from typing import Any

import hypothesis.strategies as st
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from actors.runtime import Address, AskError, MemoryJournal, Reply
from actors.runtime.entities.loading import load, replayed
from tests.runtime.domain import Add, Added, Look, Pay, Sign
from tests.runtime.harness import WAIT_S, World

KEYS = ("a", "b", "c")
keys = st.sampled_from(KEYS)
amounts = st.integers(-3, 6)
OPTIONS: dict[str, Any] = {"purse": {"snapshot_every": 5, "kept": 6}, "idle_s": 8.0, "max_active": 2}


class Machine(RuleBasedStateMachine):
    """Clients that repeat what got no answer, against systems that fail."""

    def __init__(self) -> None:
        super().__init__()
        self.store = MemoryJournal(kept=6)
        self.world = World(self.store, **OPTIONS)
        self.worlds = [self.world]
        self.sent: dict[str, tuple[Address, Any]] = {}
        self.done: dict[str, Any] = {}
        """Answers by command id; refusals may become answers, answers stay."""

    # --- what clients do --------------------------------------------------------

    def send(self, command_id: str) -> Reply[Any]:
        address, command = self.sent[command_id]
        return self.world.system.ask(address, command, command_id, timeout=600)

    def hear(self, command_id: str, reply: Reply[Any]) -> None:
        try:
            outcome = reply.get(timeout=WAIT_S)
        except AskError:
            return
        if outcome.answer is None:
            assert outcome.refusal is not None
            assert command_id not in self.done, "an answered command was refused later"
            return
        assert self.done.setdefault(command_id, outcome.answer) == outcome.answer

    def new(self, key: str, command: Any) -> str:
        command_id = f"command-{len(self.sent)}"
        self.sent[command_id] = (Address("purse", key), command)
        return command_id

    @rule(key=keys, by=amounts)
    def add(self, key: str, by: int) -> None:
        command_id = self.new(key, Add(by))
        self.hear(command_id, self.send(command_id))

    @rule(key=keys, to=keys, by=st.integers(1, 4))
    def pay(self, key: str, to: str, by: int) -> None:
        self.new(key, Pay(to, by))
        self.settle()

    @precondition(lambda self: self.sent)
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        command_id = data.draw(st.sampled_from(sorted(self.sent)))
        if isinstance(self.sent[command_id][1], Add):
            self.hear(command_id, self.send(command_id))

    @rule(news=st.lists(st.tuples(keys, amounts), min_size=1, max_size=6), data=st.data())
    def burst(self, news: list[tuple[str, int]], data: st.DataObject) -> None:
        """Several at once, with repeats among them in any order, while a commit is slow."""
        ids = [self.new(key, Add(by)) for key, by in news]
        order = data.draw(st.permutations(ids + ids[:2] + list(self.sent)[:2]))
        order = [each for each in order if isinstance(self.sent[each][1], Add)]
        with self.world.journal.held():
            replies = [(each, self.send(each)) for each in order]
            self.world.system.tell(Address("purse", "a"), Sign())
        for command_id, reply in replies:
            self.hear(command_id, reply)

    # --- what befalls the system ------------------------------------------------

    @rule(count=st.integers(1, 2))
    def commits_fail(self, count: int) -> None:
        self.world.journal.failures += [OSError("disk full")] * count

    @rule()
    def an_answer_of_the_database_is_lost(self) -> None:
        self.world.journal.lies.append(ConnectionError("gone"))

    @rule()
    def loads_fail(self) -> None:
        self.world.journal.load_failures.append(OSError("no connection"))

    @rule(seconds=st.sampled_from([0.5, 3.0, 20.0]))
    def time_passes(self, seconds: float) -> None:
        self.world.pass_time(seconds, step=2.0)

    @rule(keys=st.lists(keys, max_size=3))
    def crash(self, keys: list[str]) -> None:
        """kill -9 with commands under way that may or may not have been written."""
        under_way = [self.send(self.new(key, Add(1))) for key in keys]
        self.world.crash()
        self.restart()
        assert all(reply.done for reply in under_way)

    @rule(key=keys, to=keys)
    def crash_between_commit_and_tell(self, key: str, to: str) -> None:
        """A payment is in the journal, and nobody has been told of it."""
        self.settle()
        self.world.journal.last_gasp = True
        reply = self.send(self.new(key, Pay(to, 1)))
        self.world.quiet()
        if reply.done and reply.error is None:
            assert reply.value.refusal is not None
        self.world.crash()
        self.restart()

    @rule(key=keys)
    def takeover(self, key: str) -> None:
        """A second owner starts while the first still believes in itself."""
        old = self.world
        old.journal.failures.clear()
        old.quiet()
        self.restart()
        before = [len(self.store.load(Address("purse", k)).events) for k in KEYS]
        self.world.quiet()
        total = self.count()
        reply = old.system.ask(Address("purse", key), Add(1000), f"late-{len(self.worlds)}")
        assert reply_failed(reply)
        assert self.count() == total, before
        old.crash()

    def restart(self) -> None:
        self.world = World(self.store, clock=self.world.clock, **OPTIONS)
        self.worlds.append(self.world)

    # --- what must hold ---------------------------------------------------------

    def count(self) -> int:
        return sum(len(self.store.read(a, 0)) for a in self.store.addresses("purse"))

    def settle(self) -> None:
        """Let every retry come through, and repeat what got no answer."""
        self.world.journal.failures.clear()
        self.world.journal.lies.clear()
        self.world.journal.load_failures.clear()
        self.world.pass_time(70.0, step=10.0)
        for command_id in [each for each in self.sent if each not in self.done]:
            self.hear(command_id, self.send(command_id))
        self.world.pass_time(1.0)

    @invariant()
    def an_answered_command_is_in_the_journal_exactly_once(self) -> None:
        for command_id in self.done:
            address, _ = self.sent[command_id]
            recorded = [e for e in self.store.read(address, 0) if e.command_id == command_id]
            assert len(recorded) == 1, command_id

    @invariant()
    def publications_have_no_gap_and_no_repeat(self) -> None:
        for world in self.worlds:
            for key in KEYS:
                offsets = world.offsets(Address("purse", key))
                assert offsets == list(range(offsets[0], offsets[0] + len(offsets))) if offsets else True

    def teardown(self) -> None:
        try:
            self.settle()
            self.nothing_is_lost_or_made()
            self.replay_gives_the_same()
        finally:
            for world in self.worlds:
                world.stop()

    def nothing_is_lost_or_made(self) -> None:
        states = [self.world.ask(Address("purse", key), Look()).state for key in KEYS]
        events = [e for key in KEYS for e in self.store.read(Address("purse", key), 0)]
        ids = [(e.command_id, e.name) for e in events if e.command_id is not None and e.name == "Added"]
        assert len(ids) == len(set(ids))
        added = [self.sent[str(command_id)][1].by for command_id, _ in ids]
        assert sum(state.total for state in states) == sum(added)
        assert all(not state.open_pays for state in states)

    def replay_gives_the_same(self) -> None:
        kind = self.world.system._registry.kinds["purse"]
        for key in KEYS:
            address = Address("purse", key)
            outcome = self.world.ask(address, Look())
            live = without_memory(outcome.state)
            asked = self.world.system.state_at(address, outcome.seq).get(timeout=WAIT_S)
            assert without_memory(asked) == live
            assert without_memory(replayed(self.store, kind, address, outcome.seq)) == live
            assert without_memory(load(self.store, kind, address, None).state) == live
            assert all(isinstance(n.event, Added) or n.event for n in self.all_of(address))

    def all_of(self, address: Address) -> list[Any]:
        stretch = self.world.system.since(address, self.store.stream_epoch, 0).get(timeout=WAIT_S)
        return stretch.events  # type: ignore[no-any-return]


def without_memory(state: Any) -> Any:
    return (state.key, state.total, state.open_pays, state.alarm_at, state.rings)


def reply_failed(reply: Reply[Any]) -> bool:
    try:
        reply.get(timeout=WAIT_S)
    except AskError:
        return True
    return False


TestMachine = Machine.TestCase
TestMachine.settings = settings(max_examples=30, stateful_step_count=25, deadline=None)
