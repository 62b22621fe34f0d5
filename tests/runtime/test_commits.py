"""The group commit: what goes together, and what a failure takes with it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any

import pytest

from actors.runtime import Address, Conflict, Unavailable
from actors.runtime.entities.chunks import Chunk
from actors.runtime.entities.incarnation import Incarnation
from actors.runtime.entities.loading import LoadedEntity
from actors.runtime.errors import Unstorable
from actors.runtime.journal import CommitResult, Write
from actors.runtime.writer import RING, WriteQueue, Writer
from tests.runtime.domain import Add, Alarm, Look, Pay, Peek, Share, Total
from tests.runtime.harness import WAIT_S, A, B, C, World


def test_what_queues_while_a_commit_runs_goes_into_the_next_one(world: World) -> None:
    with world.journal.held():
        world.system.tell(A, Add(1))
        world.journal.wait_for_commit()
        for i in range(40):
            world.system.tell(Address("purse", f"p{i % 20}"), Add(1))
        world.ask(C, Look())
    world.quiet()
    first, *rest = world.journal.batches
    assert [w.address for w in first] == [A]
    assert sum(len(w.events) for batch in rest for w in batch) == 40
    assert len(rest) <= 2


def test_an_entity_has_one_write_a_batch_with_its_last_state(world: World) -> None:
    with world.journal.held():
        world.system.tell(B, Add(1))
        world.journal.wait_for_commit()
        for _ in range(3):
            world.system.tell(A, Add(1))
            world.ask(C, Look())  # so that each Add is in a round of its own
    world.quiet()
    writes = [w for batch in world.journal.batches for w in batch if w.address == A]
    assert [len(w.events) for w in writes] == [3]
    assert [e.seq for e in writes[0].events] == [1, 2, 3]
    assert writes[0].state.total == 3
    assert [e.by for e in writes[0].decoded] == [1, 1, 1]


def test_a_failed_commit_answers_unavailable_and_the_next_message_finds_the_old_state(world: World) -> None:
    world.ask(A, Add(5))
    world.journal.failures.append(OSError("disk full"))
    with pytest.raises(Unavailable):
        world.ask(A, Add(1))
    outcome = world.ask(A, Add(2))
    assert (outcome.answer, outcome.seq) == (Total(7), 2)


def test_everything_built_on_lost_events_is_lost_with_them(world: World) -> None:
    world.ask(A, Add(5))
    with world.journal.held():
        lost = [world.system.ask(A, Add(1))]
        world.journal.wait_for_commit()
        for command in (Add(1), Peek(), Look()):
            lost.append(world.system.ask(A, command))
            world.ask(C, Look())
        world.journal.failures.append(OSError("disk full"))
    for reply in lost:
        with pytest.raises(Unavailable):
            reply.get(timeout=WAIT_S)
    world.quiet()
    assert world.ask(A, Look()).state.total == 5
    assert world.offsets(A) == [1]
    written = [e.seq for batch in world.journal.batches for w in batch if w.address == A for e in w.events]
    assert written == [1], "a store need not notice the gap itself"


def test_a_command_whose_commit_failed_may_be_tried_again_under_its_id(world: World) -> None:
    world.journal.failures.append(OSError("disk full"))
    with pytest.raises(Unavailable):
        world.ask(A, Add(5), "c")
    outcome = world.ask(A, Add(5), "c")
    assert (outcome.answer, outcome.replayed) == (Total(5), False)


def test_a_commit_whose_answer_was_lost_is_found_by_the_repeat(world: World) -> None:
    world.journal.lies.append(ConnectionError("gone"))
    with pytest.raises(Unavailable):
        world.ask(A, Add(5), "c")
    outcome = world.ask(A, Add(5), "c")
    assert (outcome.answer, outcome.replayed) == (Total(5), True)
    assert world.ask(A, Look()).state.total == 5


def test_who_waits_for_a_pending_command_hears_of_the_loss(world: World) -> None:
    world.ask(A, Add(5))
    with world.journal.held():
        waiting = world.system.ask(A, Pay("b", 1), "pay")
        world.journal.wait_for_commit()
        world.journal.failures.append(OSError("disk full"))
    with pytest.raises(Unavailable):
        waiting.get(timeout=WAIT_S)
    assert world.ask(A, Look()).state.total == 5


class Refusing:
    """Refuses the writes of some addresses, as a store does on a conflict or a poisoned row."""

    def __init__(self, world: World) -> None:
        self.errors: dict[Address, Exception] = {}
        self._commit = world.journal.store.commit
        world.journal.store.commit = self.commit

    def commit(self, partition: str, epoch: int, batch: list) -> CommitResult:  # type: ignore[type-arg]
        refused = {w.address: self.errors.pop(w.address) for w in batch if w.address in self.errors}
        result = self._commit(partition, epoch, [w for w in batch if w.address not in refused])
        return CommitResult({**result.refused, **refused})


@pytest.mark.parametrize("why", [Conflict("taken"), ValueError("poisoned")])
def test_a_refused_write_fails_its_own_entity_only(world: World, why: Exception) -> None:
    refusing = Refusing(world)
    with world.journal.held():
        world.system.tell(C, Add(1))
        world.journal.wait_for_commit()
        bad, good = world.system.ask(A, Add(1), "a"), world.system.ask(B, Add(2), "b")
        world.ask(Address("purse", "other"), Look())
        refusing.errors[A] = why
    with pytest.raises(Unavailable):
        bad.get(timeout=WAIT_S)
    assert good.get(timeout=WAIT_S).answer == Total(2)
    assert world.ask(A, Add(1), "a").answer == Total(1)


class Picky(Refusing):
    """Refuses each write with a certain amount in it, as a projection that cannot show it does."""

    def __init__(self, world: World, amount: int) -> None:
        super().__init__(world)
        self.amount = amount

    def commit(self, partition: str, epoch: int, batch: list) -> CommitResult:  # type: ignore[type-arg]
        for write in batch:
            if self.amount in [getattr(event, "by", None) for event in write.decoded]:
                self.errors[write.address] = ValueError("poisoned")
        return super().commit(partition, epoch, batch)


POISON = 13


def test_of_what_was_decided_together_only_the_poisoned_command_fails(world: World) -> None:
    Picky(world, POISON)
    world.ask(A, Add(1))
    with world.journal.held():
        world.system.tell(C, Add(1))
        world.journal.wait_for_commit()
        asked = [world.system.ask(A, Add(by), f"c{by}") for by in (2, POISON, 4)]
        asked.append(world.system.ask(A, Look()))
        world.system.tell(A, Add(8))
        repeated = world.system.ask(A, Add(2), "c2")
    with pytest.raises(Unavailable, match="poisoned"):
        asked[1].get(timeout=WAIT_S)
    assert [asked[at].get(timeout=WAIT_S).answer for at in (0, 2)] == [Total(3), Total(7)]
    assert asked[3].get(timeout=WAIT_S).state.total == 7
    world.quiet()
    assert world.ask(A, Look()).state.total == 15
    assert world.ask(A, Add(2), "c2").replayed
    with suppress(Unavailable):  # it came while its first was lost
        assert repeated.get(timeout=WAIT_S).answer == Total(3)
    assert [event.seq for event in world.journal.store.load(A).events] == [1, 2, 3, 4]


def test_what_was_built_on_a_poisoned_commit_is_decided_again_without_it(world: World) -> None:
    Picky(world, POISON)
    with world.journal.held():
        world.system.tell(C, Add(1))
        world.journal.wait_for_commit()
        bad = world.system.ask(A, Add(POISON))
        world.ask(B, Look())
    later = [world.system.ask(A, Add(1)) for _ in range(5)]
    with pytest.raises(Unavailable, match="poisoned"):
        bad.get(timeout=WAIT_S)
    assert [reply.get(timeout=WAIT_S).answer for reply in later] == [Total(n) for n in range(1, 6)]


def test_a_command_that_is_refused_each_time_fails_each_time_and_delays_nobody_for_long(world: World) -> None:
    Picky(world, POISON)
    for total in range(1, 20):
        asked = [world.system.ask(A, Add(by)) for by in (1, POISON)]
        assert asked[0].get(timeout=WAIT_S).answer == Total(total)
        with pytest.raises(Unavailable, match="poisoned"):
            asked[1].get(timeout=WAIT_S)


def test_another_writer_of_the_same_entity_is_noticed_and_loses_nothing(make: Callable[..., World]) -> None:
    first = make()
    first.ask(A, Add(5))
    second = make(first.journal.store, partition="another")  # a wrongly divided partition
    second.ask(A, Add(1))
    with pytest.raises(Unavailable):
        first.ask(A, Add(10), "c")
    assert first.ask(A, Add(10), "c").answer == Total(16)
    assert [e.seq for e in first.journal.store.load(A).events] == [1, 2, 3]


def test_of_two_owners_the_older_is_fenced_and_changes_nothing(make: Callable[..., World]) -> None:
    old = make()
    old.ask(A, Add(5))
    new = make(old.journal.store)
    with pytest.raises(Unavailable):
        old.ask(A, Add(100), "c")
    assert old.system.fenced
    with pytest.raises(Unavailable):
        old.ask(B, Look())
    with pytest.raises(Unavailable):
        old.system.tell(B, Add(1))
    assert new.ask(A, Add(1)).answer == Total(6)


def test_the_wake_flag_is_written_when_it_flips_and_not_again(make: Callable[..., World]) -> None:
    world = make(idle_s=8.0)
    world.ask(A, Alarm(5.0))
    world.ask(A, Add(1))
    world.ask(A, Alarm(6.0))
    world.pass_time(7.0)
    assert world.ask(A, Look()).state.rings == 1
    wakes = [w.wake for batch in world.journal.batches for w in batch]
    assert wakes == [True, None, None, None]
    assert list(world.journal.wakes()) == [A]
    world.pass_time(20.0)  # cleared when it goes to rest
    assert list(world.journal.wakes()) == []
    assert world.system.stats().active == 0


def test_a_snapshot_is_taken_every_so_many_events_and_loads_the_same_state(
    make: Callable[..., World],
) -> None:
    world = make(purse={"snapshot_every": 10})
    for i in range(25):
        world.ask(A, Add(1), f"c{i}")
    loaded = world.journal.store.load(A)
    assert loaded.snapshot_seq == 20
    assert len(loaded.events) == 5
    after = make(world.crash(), purse={"snapshot_every": 10})
    assert after.ask(A, Look()).state.total == 25
    assert after.ask(A, Add(1), "c3").replayed


def test_a_command_whose_event_cannot_be_stored_fails_alone(world: World) -> None:
    """Neighbours in the same entity and the same commit go on, and nobody is parked for it."""
    world.ask(A, Add(100))
    with world.journal.held():
        first = world.system.ask(B, Add(1))
        world.journal.wait_for_commit()
        bad = [world.system.ask(A, Pay("b\u0000", 1), f"bad-{i}") for i in range(20)]
        good = [world.system.ask(A, Add(1), f"good-{i}") for i in range(20)]
        mixed = [world.system.ask(A, Pay("b\u0000", 1)), world.system.ask(A, Pay("b", 1), "pay")]
    assert first.get(timeout=WAIT_S)
    assert [reply.get(timeout=WAIT_S).answer.total for reply in good] == list(range(101, 121))
    assert mixed[1].get(timeout=WAIT_S).answer == Total(119)
    for reply in [*bad, mixed[0]]:
        with pytest.raises(Unstorable):
            reply.get(timeout=WAIT_S)
    assert world.alarms == []
    world.quiet()
    assert len(world.journal.store.load(A).events) == 23


def test_a_backslash_before_u0000_can_be_stored(world: World) -> None:
    world.ask(A, Add(5))
    world.system.tell(A, Share("b\\u0000"))
    world.quiet()
    assert len(world.journal.store.load(A).events) == 2


def test_an_outage_is_logged_once_and_its_end_once(world: World, caplog: pytest.LogCaptureFixture) -> None:
    world.journal.failures += [OSError("no space left")] * 30
    for _ in range(30):
        with pytest.raises(Unavailable):
            world.ask(A, Add(1))
    assert world.ask(A, Add(1)).answer == Total(1)
    said = [line.getMessage() for line in caplog.records if line.name == "actors.journal"]
    assert len(said) == 2
    assert said[0].startswith("a commit of 1 entities failed")
    assert said[1].startswith("commits succeed again: 30 failed")


def test_a_system_says_why_it_cannot_write_and_finds_out_by_itself_when_it_can(world: World) -> None:
    assert world.system.why_not_writable() is None
    world.journal.failures += [OSError("no space left")] * 2
    with pytest.raises(Unavailable):
        world.ask(A, Add(1))
    assert str(world.system.why_not_writable()) == "no space left"  # a second try fails too
    world.quiet()
    deadline = time.monotonic() + WAIT_S
    while world.system.why_not_writable() is not None:
        assert time.monotonic() < deadline, "no try succeeded"
        world.quiet()
    assert world.journal.failures == []
    assert world.journal.batches == [[]] * len(world.journal.batches)


def test_stats_count_batches_and_what_is_active(world: World) -> None:
    for i in range(5):
        world.ask(Address("purse", str(i)), Add(1))
    stats = world.system.stats()
    assert (stats.active, stats.mailbox_depth, stats.backlog, stats.fenced) == (5, 0, 0, False)
    assert 1 <= stats.batches <= 5
    assert stats.commit_seconds > 0


def incarnation(world: World, address: Address) -> Incarnation:
    """An entity that has just been loaded, and has no history."""
    entity = world.system._registry.entity(address)
    return Incarnation(entity, LoadedEntity(entity.kind.initial(address.key), 0, 0, None, [], []), 0.0)


class Recorder:
    """A journal that notes which events of which entities it is given together."""

    def __init__(self) -> None:
        self.commits: list[dict[str, list[Any]]] = []

    def commit(self, partition: str, epoch: int, batch: Sequence[Write]) -> CommitResult:
        self.commits.append({str(write.address): list(write.events) for write in batch})
        return CommitResult({})


def test_events_that_may_wait_let_others_be_written_first_and_no_entity_overtakes_itself(
    world: World,
) -> None:
    journal: Any = Recorder()
    queue = WriteQueue()
    writer = Writer(queue, journal, "p", 1, lambda batch: None, lambda batch: None, 1000)
    authors: dict[str, Incarnation] = {}

    def chunk(name: str, event: str, *, patient: bool) -> Chunk:
        author = authors.setdefault(name, incarnation(world, Address("purse", name)))
        events: list[Any] = [event]
        return Chunk(author, None, 1, records=events, decoded=events, patient=patient)

    queue.offer([chunk(f"p{n}", "first", patient=True) for n in range(200)])
    queue.offer([chunk("p199", "second", patient=False), chunk("b", "prompt", patient=False)])
    writer.on_receive(RING)
    assert [len(commit) for commit in journal.commits] == [101, 64, 36]
    assert next(iter(journal.commits[0])) == "purse/b"
    assert journal.commits[2]["purse/p199"] == ["first", "second"]
    writer.actor_ref.stop(block=False)


def test_nothing_that_may_wait_is_written_before_all_that_may_not(world: World) -> None:
    journal: Any = Recorder()
    queue = WriteQueue()
    writer = Writer(queue, journal, "p", 1, lambda batch: None, lambda batch: None, 2)
    first = incarnation(world, A)
    authors = [incarnation(world, C), first, incarnation(world, B), first]
    queue.offer([Chunk(each, None, 1, patient=n == 0) for n, each in enumerate(authors)])
    writer.on_receive(RING)
    assert [list(commit) for commit in journal.commits] == [["purse/a", "purse/b"], ["purse/a", "purse/c"]]
    writer.actor_ref.stop(block=False)
