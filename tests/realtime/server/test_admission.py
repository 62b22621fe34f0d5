"""How much of the crowd is let in during a turn of the loop; the processor's clock is turned by the test."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from functools import partial

import pytest

from realtime.limits.admission import AIM_S, MOST_UNDER_WAY, Admission
from realtime.server import Server
from realtime.testing import trolley_client
from tests.realtime.conftest import World


class Loop:
    """Calls what is to be called soon when the test says that a turn has passed."""

    def __init__(self) -> None:
        self.cpu = 0.0
        self.soon: list[Callable[[], None]] = []

    def call_soon(self, call: Callable[[], None]) -> None:
        self.soon.append(call)

    def turn(self, cost: float = 0.0) -> None:
        """Let a turn pass in which the thread worked for so many seconds."""
        self.cpu += cost
        calls, self.soon = self.soon, []
        for call in calls:
            call()


@pytest.fixture
def loop() -> Loop:
    return Loop()


@pytest.fixture
def crowd(loop: Loop) -> Admission:
    return Admission(loop, lambda: loop.cpu)  # type: ignore[arg-type]


def served(crowd: Admission, loop: Loop, turns: int, cost_each: float) -> list[int]:
    """Have a thousand wait; return how many began in each of the last turns."""
    begun = 0

    def begin() -> None:
        nonlocal begun
        begun += 1
        loop.cpu += cost_each

    counts = []
    for _ in range(turns):
        while crowd.waiting < 1000:
            crowd.connect(begin)
        begun = 0
        loop.turn()
        counts.append(begun)
    return counts


def test_who_is_alone_is_let_in_at_once(crowd: Admission, loop: Loop) -> None:
    for _ in range(100):
        assert crowd.enter()
        loop.turn(0.0001)
    assert loop.soon == []


@pytest.mark.parametrize(("each", "least", "most"), [(0.0001, 8, 30), (0.0004, 2, 8), (0.1, 2, 2)])
def test_a_turn_takes_about_as_long_as_is_aimed_at(
    crowd: Admission, loop: Loop, each: float, least: int, most: int
) -> None:
    counts = served(crowd, loop, 400, each)[-50:]
    assert least <= min(counts)
    assert max(counts) <= most


def test_after_a_long_turn_fewer_are_let_in_and_then_more_again(crowd: Admission, loop: Loop) -> None:
    before = served(crowd, loop, 100, 0.00005)[-1]
    loop.turn(20 * AIM_S)
    after = served(crowd, loop, 1, 0.00005)[-1]
    assert after < before
    assert served(crowd, loop, 100, 0.00005)[-1] > after


async def test_a_new_connection_goes_before_the_messages_that_wait_already() -> None:
    running = asyncio.get_running_loop()
    crowd, begun = Admission(running, lambda: 0.0), []

    async def message(number: int) -> None:
        await crowd.turn()
        begun.append(f"message {number}")

    messages = [asyncio.create_task(message(number)) for number in range(200)]
    await asyncio.sleep(0)
    crowd.connect(lambda: begun.append("connection"))
    await asyncio.gather(*messages)
    assert begun.index("connection") < 60
    assert [name for name in begun if name != "connection"] == [f"message {n}" for n in range(200)]


async def test_a_probe_that_comes_after_a_crowd_of_connections_does_not_wait_for_it(
    crowd: Admission, loop: Loop
) -> None:
    begun: list[int] = []
    for number in range(400):
        crowd.connect(partial(begun.append, number))
    loop.turn()
    crowd.connect(partial(begun.append, 400))
    here = len(begun)
    loop.turn()
    assert begun[here] == 400
    while crowd.waiting:
        loop.turn()
    assert sorted(begun) == list(range(401))


@pytest.mark.parametrize("kind", ["turn", "opening"])
async def test_a_crowd_of_connections_does_not_keep_the_others_from_their_turn(kind: str) -> None:
    crowd, begun = Admission(asyncio.get_running_loop(), lambda: 0.0), []

    def connection() -> None:
        begun.append("connection")
        crowd.connect(connection)  # as many come as are let in

    for _ in range(100):
        crowd.connect(connection)
    for _ in range(10):
        await getattr(crowd, kind)()
    assert len(begun) < 10_000


async def test_opening_sockets_and_messages_share_the_turns() -> None:
    crowd, begun = Admission(asyncio.get_running_loop(), lambda: 0.0), []

    async def wait(kind: str) -> None:
        await getattr(crowd, kind)()
        begun.append(kind)

    await asyncio.gather(*(wait(kind) for kind in ["turn"] * 200 + ["opening"] * 200))
    assert 50 < begun[:200].count("opening") < 150


async def test_who_gives_up_waiting_is_passed_over(loop: Loop) -> None:
    crowd = Admission(asyncio.get_running_loop(), lambda: 0.0)
    tasks = [asyncio.create_task(crowd.turn()) for _ in range(100)]
    await asyncio.sleep(0)
    for task in tasks[50:]:
        task.cancel()
    done = await asyncio.gather(*tasks, return_exceptions=True)
    assert [type(each) for each in done] == [type(None)] * 50 + [asyncio.CancelledError] * 50
    await crowd.turn()


async def test_shoppers_wait_for_their_turn_and_who_works_there_does_not(
    world: World, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    shopper, manager = [await asyncio.to_thread(make) for make in (world.token, world.staff)]
    room = asyncio.Event()

    async def turn(crowd: Admission) -> None:
        await room.wait()

    async with trolley_client(server, shopper) as phone, trolley_client(server, manager) as desk:
        monkeypatch.setattr(Admission, "enter", lambda crowd: False)
        monkeypatch.setattr(Admission, "turn", turn)
        waiting = asyncio.create_task(phone.command("ping"))
        for _ in range(20):
            await desk.command("ping")
        assert not waiting.done()
        room.set()
        assert await waiting == {}


async def test_no_more_commands_are_under_way_than_a_manager_can_wait_behind() -> None:
    crowd, begun = Admission(asyncio.get_running_loop(), lambda: 0.0), []

    async def command(number: int) -> None:
        await crowd.turn()
        crowd.under_way += 1
        begun.append(number)

    tasks = [asyncio.create_task(command(number)) for number in range(2 * MOST_UNDER_WAY)]
    for _ in range(100):
        await asyncio.sleep(0)
    under_way = len(begun)
    assert MOST_UNDER_WAY <= under_way < 2 * MOST_UNDER_WAY
    assert not crowd.enter()
    crowd.connect(lambda: begun.append(-1))
    await asyncio.sleep(0)
    assert begun[-1] == -1, "a connection does not wait for them"
    while crowd.waiting:
        crowd.ended()
        await asyncio.sleep(0)
    await asyncio.gather(*tasks)


async def test_who_asks_by_http_is_counted_until_the_answer() -> None:
    crowd = Admission(asyncio.get_running_loop(), lambda: 0.0)
    with pytest.raises(ZeroDivisionError):
        async with crowd.one():
            raise ZeroDivisionError
    async with AsyncExitStack() as stack:
        for _ in range(MOST_UNDER_WAY):
            await stack.enter_async_context(crowd.one())
        assert not crowd.enter()
    await asyncio.sleep(0)
    assert crowd.enter()
