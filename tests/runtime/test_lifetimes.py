"""How entities come and go: activation, deadlines, passivation, the wake index."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from actors.runtime import Address, Unavailable
from tests.runtime.domain import Add, Alarm, Look, Pay, Peek, Ring, Sign, Total
from tests.runtime.harness import WAIT_S, A, B, World


def test_an_idle_entity_leaves_memory_and_comes_back_as_it_was(make: Callable[..., World]) -> None:
    world = make(idle_s=120.0)
    world.ask(A, Add(5), "c")
    world.pass_time(119, step=15)
    assert world.system.stats().active == 1
    world.pass_time(32, step=8)
    assert world.system.stats()[:2] == (0, 0)
    assert world.ask(A, Add(1)).answer == Total(6)
    assert world.ask(A, Add(5), "c").replayed


def test_use_keeps_an_entity_in_memory(make: Callable[..., World]) -> None:
    world = make(idle_s=20.0)
    for _ in range(10):
        world.ask(A, Sign())
        world.pass_time(10, step=5)
    assert world.ask(A, Look()).state.signs == 10


def test_over_the_bound_the_least_recently_used_go(make: Callable[..., World]) -> None:
    world = make(max_active=3)
    for key in "abc":
        world.ask(Address("purse", key), Add(1))
    world.ask(A, Look())
    world.ask(Address("purse", "d"), Add(1))
    world.quiet()
    assert {a.key for a in world.system._entities} == {"c", "a", "d"}
    assert world.ask(B, Add(1)).answer == Total(2)


def test_an_entity_with_an_uncommitted_event_does_not_rest(make: Callable[..., World]) -> None:
    world = make(max_active=1)
    with world.journal.held():
        reply = world.system.ask(A, Add(1))
        world.journal.wait_for_commit()
        for key in "bcd":
            world.ask(Address("purse", key), Look())
        assert A in world.system._entities
    assert reply.get(timeout=WAIT_S).answer == Total(1)


def test_an_entity_with_a_tell_under_way_and_an_asker_waiting_does_not_rest(
    make: Callable[..., World],
) -> None:
    world = make(idle_s=2.0)
    world.ask(A, Add(5))
    world.journal.load_failures += [OSError("no connection")] * 6  # the receiver cannot come
    reply = world.system.ask(A, Pay("b", 1), "p", timeout=600)
    world.pass_time(5, step=0.5)
    assert not reply.done
    assert A in world.system._entities
    world.pass_time(120)
    assert reply.get(timeout=WAIT_S).answer == Total(4)
    assert A not in world.system._entities


def test_a_held_entity_stays_until_it_is_released(make: Callable[..., World]) -> None:
    world = make(idle_s=8.0)
    world.system.hold(A)
    world.pass_time(30)
    assert world.system.stats().active == 1
    world.system.release(A)
    world.pass_time(30)
    assert world.system.stats().active == 0


def test_letters_that_come_at_the_very_end_reach_the_next_incarnation(world: World) -> None:
    world.ask(A, Add(1))
    old = world.system._registry.entity(A)
    world.quiet()
    assert old.passivate()
    reply = world.system.ask(A, Add(1))
    late = world.system.ask(B, Look())
    old.mailbox.append(world.system.ask(B, Peek()))  # an asker that had found the old one
    old.schedule()
    assert late.get(timeout=WAIT_S)
    assert reply.get(timeout=WAIT_S).answer == Total(2)
    world.quiet()
    assert not old.mailbox


def test_a_deadline_comes_at_its_time(world: World) -> None:
    world.ask(A, Alarm(30.0))
    world.pass_time(29.9, step=29.9)
    assert world.ask(A, Look()).state.rings == 0
    world.pass_time(0.2)
    assert world.ask(A, Look()).state.rings == 1


def test_a_deadline_that_moves_away_comes_later_and_one_that_comes_nearer_sooner(world: World) -> None:
    world.ask(A, Alarm(10.0))
    world.ask(A, Alarm(20.0))
    world.pass_time(15)
    assert world.ask(A, Look()).state.rings == 0
    world.pass_time(6)
    assert world.ask(A, Look()).state.rings == 1
    world.ask(A, Alarm(50.0))
    world.ask(A, Alarm(2.0))
    world.pass_time(3)
    assert world.ask(A, Look()).state.rings == 2


def test_a_deadline_survives_a_crash(make: Callable[..., World]) -> None:
    first = make()
    first.ask(A, Alarm(30.0))
    store = first.crash()
    first.clock.advance(100)
    second = make(store, clock=first.clock)
    second.quiet()
    assert second.ask(A, Look()).state.rings == 1


def test_a_deadline_survives_a_failed_commit(world: World) -> None:
    world.ask(A, Alarm(5.0))
    world.journal.failures.append(OSError("disk full"))
    with pytest.raises(Unavailable):
        world.ask(A, Add(1))
    world.pass_time(6)
    assert world.ask(A, Look()).state.rings == 1


def test_a_deadline_whose_commit_fails_is_tried_again(world: World) -> None:
    world.ask(A, Alarm(5.0))
    world.journal.failures += [OSError("disk full")] * 2
    world.pass_time(10)
    assert world.ask(A, Look()).state.rings == 1
    assert world.journal.failures == []


def test_an_entity_with_a_deadline_does_not_rest_for_a_load_would_give_it_a_fresh_timeout(
    make: Callable[..., World],
) -> None:
    world = make(idle_s=10.0)
    world.ask(A, Alarm(9.0))
    world.ask(B, Alarm(1000.0))
    world.pass_time(13)
    assert world.ask(A, Look()).state.rings == 1
    assert B in world.system._entities
    world.pass_time(1000, step=50)
    assert world.ask(B, Look()).state.rings == 1
    world.pass_time(13)
    assert B not in world.system._entities


def test_a_load_that_fails_refuses_and_is_tried_again(world: World) -> None:
    world.journal.load_failures.append(OSError("no connection"))
    with pytest.raises(Unavailable):
        world.ask(A, Add(1))
    world.pass_time(2)
    assert world.ask(A, Add(1)).answer == Total(1)


def test_a_clean_rest_leaves_nothing_to_wake(make: Callable[..., World]) -> None:
    world = make(idle_s=8.0)
    world.ask(A, Ring())
    assert list(world.journal.wakes()) == [A]
    world.pass_time(30)
    assert list(world.journal.wakes()) == []
    assert world.journal.store.load(A).told == 1
    before = world.journal.loads
    make(world.crash())
    assert world.journal.loads == before


def test_a_stale_wake_flag_is_cleared_in_the_next_life(make: Callable[..., World]) -> None:
    first = make()
    first.ask(A, Ring())
    second = make(first.crash(), idle_s=8.0)
    second.quiet()
    assert second.system.stats().active == 1
    second.pass_time(30)
    assert list(second.journal.wakes()) == []


def test_an_entity_without_history_is_not_written_for_being_looked_at(make: Callable[..., World]) -> None:
    world = make(idle_s=8.0)
    world.ask(A, Look())
    world.pass_time(30)
    assert world.system.stats().active == 0
    assert world.journal.batches == []
