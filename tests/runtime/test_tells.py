"""Durable tells, hints and edges."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import pytest

from actors.runtime import MemoryJournal, Unavailable
from tests.runtime.domain import Add, Look, Pay, Raise, Ring, Share, Total
from tests.runtime.harness import BOARD, WAIT_S, A, B, C, World


def test_a_tell_leaves_only_after_the_commit(world: World) -> None:
    with world.journal.held():
        reply = world.system.ask(A, Ring())
        world.journal.wait_for_commit()
        world.ask(B, Look())
        assert world.bells == []
    reply.get(timeout=WAIT_S)
    world.quiet()
    assert [key for key, _ in world.bells] == ["a"]


def test_a_tell_that_was_not_delivered_before_a_crash_is_told_again(make: Callable[..., World]) -> None:
    first = make()
    first.ask(A, Add(5))
    with first.journal.held():
        waiting = first.system.ask(A, Pay("b", 3), "pay")
        first.journal.wait_for_commit()
        first.journal.lies.append(ConnectionError("died after the commit"))
    with pytest.raises(Unavailable):
        waiting.get(timeout=WAIT_S)
    store = first.crash()
    second = make(store)
    second.quiet()
    assert second.ask(A, Look()).state.total == 2
    assert second.ask(B, Look()).state.total == 3
    again = second.ask(A, Pay("b", 3), "pay")
    assert (again.answer, again.replayed) == (Total(2), True)


def test_a_tell_told_twice_changes_nothing_the_second_time(make: Callable[..., World]) -> None:
    first = make()
    first.ask(A, Add(5))
    first.ask(A, Pay("b", 3))
    store = first.crash()  # everything was delivered, but the watermark was not written
    assert store.load(A).told == 0
    second = make(store)
    second.quiet()
    assert second.ask(B, Look()).state.total == 3
    assert len(store.load(B).events) == 1
    assert len(store.load(A).events) == 3


def test_a_tell_without_a_number_is_told_again_until_it_is_durable_and_nothing_of_it_is_kept(
    make: Callable[..., World],
) -> None:
    first = make()
    first.ask(A, Add(5))
    first.ask(A, Share("b"))
    first.quiet()
    payer, payee = first.system._entities[A].incarnation, first.system._entities[B].incarnation
    assert (payer.deliveries.under_way, payee.commands) == (None, None)
    store = first.crash()  # everything was delivered, but the watermark was not written
    (filled,) = store.load(B).events
    assert (store.load(A).told, filled.command_id, filled.principal) == (0, None, "purse/a")
    second = make(store)
    second.quiet()
    assert second.system._entities[A].incarnation.deliveries.under_way is None
    assert len(store.load(B).events) == 1


def test_a_tell_whose_receivers_commit_fails_is_told_again(world: World) -> None:
    world.ask(A, Add(5))
    with world.journal.held():
        reply = world.system.ask(A, Pay("b", 3))
        world.journal.wait_for_commit()
    world.journal.failures.append(OSError("disk full"))  # for Paid itself or for Received
    world.pass_time(3)
    total = world.ask(A, Look()).state.total + world.ask(B, Look()).state.total
    assert total == 5
    assert reply.done


def test_a_tell_to_a_parked_address_arrives_when_it_is_open_again(world: World) -> None:
    for _ in range(5):
        world.system.tell(B, Raise())
    world.quiet()
    world.ask(A, Add(5))
    reply = world.system.ask(A, Pay("b", 3), timeout=60)
    world.quiet()
    assert not reply.done
    world.pass_time(5)
    assert reply.get(timeout=WAIT_S).answer == Total(2)


def test_an_edge_that_raises_is_told_again_with_growing_pauses(make: Callable[..., World]) -> None:
    world = make()
    tries: list[float] = []

    def broken(key: str, command: object) -> None:
        tries.append(world.clock.now())
        if len(tries) < 5:
            raise ConnectionError("the link is down")

    world.system.edge("bell", broken)
    world.ask(A, Ring())
    world.pass_time(10, step=0.1)
    assert len(tries) == 5
    pauses = [b - a for a, b in pairwise(tries)]
    assert pauses == sorted(pauses)


def test_a_hint_to_a_volatile_entity_that_nobody_activated_is_dropped(world: World) -> None:
    world.ask(A, Add(5))
    world.quiet()
    assert BOARD not in world.system._entities
    world.ask(BOARD, Look())
    world.ask(A, Add(2))
    world.quiet()
    assert world.ask(BOARD, Look()).state.total == 2


def test_a_snapshot_does_not_lose_a_tell_under_way(make: Callable[..., World]) -> None:
    world = make(purse={"snapshot_every": 2})
    ringing = [True]

    def broken(key: str, command: object) -> None:
        if ringing[0]:
            raise ConnectionError("the link is down")
        world.bells.append((key, command))

    world.system.edge("bell", broken)
    world.ask(A, Ring())
    for _ in range(20):
        world.ask(A, Add(1))
    store = world.crash()
    after = make(store, purse={"snapshot_every": 2})
    after.quiet()
    assert [key for key, _ in after.bells] == ["a"]
    assert after.ask(A, Look()).state.total == 20


def test_a_circle_of_payments_ends_with_every_coin(world: World) -> None:
    for address in (A, B, C):
        world.ask(address, Add(10))
    ring = {"a": "b", "b": "c", "c": "a"}
    replies = [
        world.system.ask(address, Pay(ring[address.key], 1), f"{address.key}{i}", timeout=60)
        for i in range(10)
        for address in (A, B, C)
    ]
    for reply in replies:
        reply.get(timeout=WAIT_S)
    world.quiet()
    states = [world.ask(address, Look()).state for address in (A, B, C)]
    assert sum(state.total for state in states) == 30
    assert all(not state.open_pays for state in states)


def test_a_tell_repeated_after_its_receiver_forgot_it_changes_nothing(make: Callable[..., World]) -> None:
    small = {"kept": 4, "snapshot_every": 5}
    first = make(MemoryJournal(kept=4), purse=small)
    first.ask(A, Add(5))
    first.ask(A, Pay("b", 3))
    for i in range(20):
        first.ask(B, Add(1), f"c{i}")
    store = first.crash()
    assert store.load(A).told == 0
    second = make(store, purse=small)
    second.quiet()
    assert second.ask(B, Look()).state.total == 23
    second.pass_time(200, step=10)  # and the payer has stopped telling
    assert store.load(A).told == 3


def test_tells_do_not_fill_the_memory_of_a_receiver_that_was_reloaded(make: Callable[..., World]) -> None:
    first = make()
    first.ask(A, Add(100))
    for i in range(30):
        first.ask(A, Pay("b", 1), f"p{i}")
    second = make(first.crash(), purse={"kept": 10})
    for i in range(30):
        second.ask(B, Add(1), f"c{i}")
    assert len(second.system._registry.entity(B).incarnation.commands) <= 12
