"""Threads and loops: where turns run, and how replies reach who waits."""

from __future__ import annotations

import asyncio
import queue
import threading

import pykka
import pytest

from actors.runtime import Address, Defect, LoopDispatcher, MemoryJournal, System, Unavailable
from actors.runtime.pykka_bridge import BridgedFuture, EntityActor
from tests.runtime.domain import Add, Look, Pay, PurseDecider, Raise, Total, kinds
from tests.runtime.harness import WAIT_S, A, B, World


class Where(PurseDecider):
    """Notes the thread that decides."""

    def __init__(self) -> None:
        self.threads: set[int] = set()

    def decide(self, state, command, ctx):  # type: ignore[no-untyped-def]
        self.threads.add(threading.get_ident())
        return super().decide(state, command, ctx)


async def test_on_a_loop_turns_run_on_the_loops_own_thread() -> None:
    where = Where()
    purse, board = kinds()
    purse.decide = where.decide
    system = System([purse, board], MemoryJournal(), dispatcher=LoopDispatcher(asyncio.get_running_loop()))
    system.start()
    outcomes = await asyncio.gather(*(system.ask(A, Add(1), f"c{i}") for i in range(100)))
    assert sorted(o.answer.total for o in outcomes) == list(range(1, 101))
    assert where.threads == {threading.get_ident()}
    assert system.stop()


async def test_a_thread_may_ask_a_system_on_a_loop() -> None:
    system = System(kinds(), MemoryJournal(), dispatcher=LoopDispatcher(asyncio.get_running_loop()))
    system.start()
    outcome = await asyncio.to_thread(lambda: system.ask(A, Add(1)).get(timeout=WAIT_S))
    assert outcome.answer == Total(1)
    assert await asyncio.to_thread(system.quiesce, WAIT_S)
    assert system.stop()


async def test_a_coroutine_may_await_a_system_on_a_thread(make) -> None:  # type: ignore[no-untyped-def]
    world: World = make()
    outcomes = await asyncio.gather(*(world.system.ask(A, Add(1)) for _ in range(50)))
    assert max(o.answer.total for o in outcomes) == 50
    again = world.system.ask(A, Look())
    assert (await again).state.total == 50
    assert (await again).state.total == 50
    with pytest.raises(Exception, match="Raise failed"):
        await world.system.ask(A, Raise())


async def test_stop_on_the_loop_finishes_the_work_before_it_returns() -> None:
    journal = MemoryJournal()
    system = System(kinds(), journal, dispatcher=LoopDispatcher(asyncio.get_running_loop()))
    system.start()
    await system.ask(A, Add(100))
    replies = [system.ask(A, Pay("b", 1), f"p{i}") for i in range(20)]
    assert system.stop(WAIT_S)
    assert all(reply.done for reply in replies)
    assert len(journal.load(B).events) == 20
    with pytest.raises(Unavailable):
        await system.ask(A, Look())


async def test_a_cancelled_waiter_disturbs_nobody() -> None:
    system = System(kinds(), MemoryJournal(), dispatcher=LoopDispatcher(asyncio.get_running_loop()))
    system.start()

    async def wait() -> None:
        await system.ask(A, Add(1))

    task = asyncio.create_task(wait())
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await system.ask(A, Add(1))).answer == Total(2)
    assert system.stop()


def test_many_threads_ask_at_once_and_every_command_counts_once(world: World) -> None:
    def work(n: int) -> None:
        replies = [world.system.ask(Address("purse", str(i % 5)), Add(1), f"{n}-{i}") for i in range(200)]
        for reply in replies:
            reply.get(timeout=WAIT_S)

    threads = [threading.Thread(target=work, args=(n,)) for n in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(WAIT_S)
    assert sum(world.ask(Address("purse", str(i)), Look()).state.total for i in range(5)) == 1200


def test_an_address_is_a_pykka_actor_on_the_shared_dispatcher(world: World) -> None:
    world.ask(A, Add(5))
    actor = EntityActor(world.system, A)
    assert isinstance(actor, pykka.Actor)
    ref = actor.actor_ref
    assert ref.is_alive()
    assert ref.actor_urn == "urn:actor:purse/a"
    assert ref.ask(Add(2), timeout=WAIT_S).answer == Total(7)
    ref.tell(Add(1))
    assert ref.ask(Look(), timeout=WAIT_S).state.total == 8
    mapped = ref.ask(Look(), block=False).map(lambda outcome: outcome.seq)
    assert mapped.get(timeout=WAIT_S) == 3
    with pytest.raises(Defect, match="Raise failed"):
        ref.ask(Raise(), timeout=WAIT_S)


def test_a_bridged_future_is_set_once_by_pykkas_rules() -> None:
    reply = BridgedFuture()
    reply.set(1)
    assert reply.get() == 1
    with pytest.raises(queue.Full):
        reply.set(2)
    failed = BridgedFuture()
    try:
        raise ValueError("no")
    except ValueError:
        failed.set_exception()
    with pytest.raises(ValueError, match="no"):
        failed.get()


def test_pykkas_registry_knows_the_writer_only(world: World) -> None:
    for i in range(20):
        world.ask(Address("purse", str(i)), Look())
    assert len(pykka.ActorRegistry.get_by_class_name("Entity")) == 0


async def test_a_loop_system_stopped_from_a_thread_fails_who_still_waits() -> None:
    system = System(kinds(), MemoryJournal(), dispatcher=LoopDispatcher(asyncio.get_running_loop()))
    system.start()
    await system.ask(A, Add(5))
    for _ in range(5):
        system.tell(B, Raise())
    await asyncio.to_thread(system.quiesce, WAIT_S)
    waiting = system.ask(A, Pay("b", 1), timeout=600)  # B is parked: the answer cannot come
    await asyncio.to_thread(system.stop, WAIT_S)
    with pytest.raises(Unavailable):
        await waiting
