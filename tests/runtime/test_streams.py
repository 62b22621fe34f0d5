"""Publications and resumption: no gap, no repeat, for durable and volatile entities."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from actors.runtime import Address, AskTimeout, Stretch, Unavailable
from tests.runtime.domain import Add, Added, Look
from tests.runtime.harness import BOARD, WAIT_S, A, B, World


def test_publications_number_every_event_once_and_carry_the_state(world: World) -> None:
    for _ in range(50):
        world.system.tell(A, Add(1))
    world.quiet()
    assert world.offsets(A) == list(range(1, 51))
    assert all(p.state.total == p.events[-1].offset for p in world.published)
    assert {p.epoch for p in world.published} == {world.journal.stream_epoch}


def test_since_gives_what_was_missed_even_after_a_restart(make: Callable[..., World]) -> None:
    first = make()
    for i in range(5):
        first.ask(A, Add(i))
    epoch = first.journal.stream_epoch
    second = make(first.crash())
    stretch = second.system.since(A, epoch, 3).get(timeout=WAIT_S)
    assert isinstance(stretch, Stretch)
    assert [(n.offset, n.event) for n in stretch.events] == [(4, Added(3)), (5, Added(4))]
    assert stretch.head == 5
    assert second.system.since(A, epoch, 5).get(timeout=WAIT_S) == Stretch(epoch, [], 5)
    assert len(second.system.since(A, epoch, 0).get(timeout=WAIT_S).events) == 5


def test_since_cannot_resume_another_epoch_or_a_place_that_never_was(world: World) -> None:
    world.ask(A, Add(1))
    assert world.system.since(A, "other", 0).get(timeout=WAIT_S) is None
    assert world.system.since(A, world.journal.stream_epoch, 2).get(timeout=WAIT_S) is None


def test_who_missed_too_much_takes_a_snapshot(world: World) -> None:
    for _ in range(3):
        for _ in range(400):
            world.system.tell(A, Add(1))
        world.quiet()
    assert world.ask(A, Look()).seq == 1200
    assert world.system.since(A, world.journal.stream_epoch, 1).get(timeout=WAIT_S) is None


def test_state_at_replays_the_journal_up_to_a_place(world: World) -> None:
    for _ in range(5):
        world.ask(A, Add(2))
    assert world.system.state_at(A, 3).get(timeout=WAIT_S).total == 6


def test_who_asks_for_much_of_a_journal_waits_behind_who_asks_for_little(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for each in (A, A, B):
        world.ask(each, Add(1))
    go, read, load = threading.Event(), [], world.journal.load

    def slowly(address: Address) -> Any:
        read.append(address)
        assert go.wait(WAIT_S)
        return load(address)

    monkeypatch.setattr(world.journal, "load", slowly)
    much = [world.system.state_at(A, 1) for _ in range(20)]
    little = world.system.state_at(B, 1)
    go.set()
    assert little.get(timeout=WAIT_S).total == 1
    assert read.index(B) <= 2
    assert [each.get(timeout=WAIT_S).total for each in much] == [1] * 20


def test_what_nobody_waits_for_any_more_is_not_read(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    world.ask(A, Add(1))
    entered, go, load = threading.Event(), threading.Event(), world.journal.load

    def slowly(address: Address) -> Any:
        entered.set()
        assert go.wait(WAIT_S)
        return load(address)

    monkeypatch.setattr(world.journal, "load", slowly)
    first = world.system.state_at(A, 1, timeout=60.0)
    given_up = [world.system.state_at(A, 1, timeout=1.0) for _ in range(20)]
    last = world.system.state_at(A, 1, timeout=60.0)
    assert entered.wait(WAIT_S)
    world.clock.advance(5.0)
    for each in given_up:
        with pytest.raises(AskTimeout):
            each.get(timeout=WAIT_S)
    before = world.journal.loads
    go.set()
    assert (first.get(timeout=WAIT_S).total, last.get(timeout=WAIT_S).total) == (1, 1)
    assert world.journal.loads == before + 2


def test_a_volatile_entity_counts_from_one_publishes_at_once_and_remembers(world: World) -> None:
    for i in range(1, 4):
        outcome = world.ask(BOARD, Add(i))
        assert outcome.seq == i
    assert world.journal.batches == []
    assert world.offsets(BOARD) == [1, 2, 3]
    stretch = world.system.since(BOARD, outcome.epoch, 1).get(timeout=WAIT_S)
    assert [n.event.by for n in stretch.events] == [2, 3]
    assert stretch.head == 3
    assert world.system.since(BOARD, outcome.epoch, 3).get(timeout=WAIT_S).events == []
    assert world.system.since(BOARD, outcome.epoch, 4).get(timeout=WAIT_S) is None
    assert world.system.since(BOARD, "other", 1).get(timeout=WAIT_S) is None


def test_a_volatile_entity_has_a_new_epoch_at_each_activation(make: Callable[..., World]) -> None:
    world = make(idle_s=8.0)
    first = world.ask(BOARD, Add(1))
    world.pass_time(30)
    second = world.ask(BOARD, Add(1))
    assert (second.seq, second.state.total) == (1, 1)
    assert second.epoch != first.epoch
    assert world.system.since(BOARD, first.epoch, 1).get(timeout=WAIT_S) is None


def test_a_volatile_history_is_bounded_by_count_and_age(world: World) -> None:
    epoch = world.ask(BOARD, Add(1)).epoch
    for _ in range(1100):
        world.ask(BOARD, Add(1))
    assert world.system.since(BOARD, epoch, 100).get(timeout=WAIT_S) is None
    assert len(world.system.since(BOARD, epoch, 101).get(timeout=WAIT_S).events) == 1000
    world.system.hold(BOARD)
    world.pass_time(700, step=100)
    world.ask(BOARD, Add(1))
    assert world.system.since(BOARD, epoch, 1000).get(timeout=WAIT_S) is None
    assert len(world.system.since(BOARD, epoch, 1101).get(timeout=WAIT_S).events) == 1


def test_events_whose_commit_only_seemed_to_fail_are_published_when_the_entity_is_loaded_again(
    world: World,
) -> None:
    world.ask(A, Add(1))
    world.journal.lies.append(ConnectionError("the answer was lost"))
    with pytest.raises(Unavailable):
        world.ask(A, Add(2))
    world.ask(A, Add(3))
    world.quiet()
    assert world.offsets(A) == [1, 2, 3]
    assert [p.state.total for p in world.published] == [1, 3, 6]


def test_a_subscriber_that_raises_disturbs_nobody(make: Callable[..., World]) -> None:
    world = make()

    def broken(publication: object) -> None:
        raise RuntimeError("a hub fell over")

    world.system._commits._publish = broken
    assert world.ask(A, Add(1)).seq == 1
    assert world.ask(A, Add(1)).seq == 2
