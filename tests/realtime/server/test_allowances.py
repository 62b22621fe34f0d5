"""Allowances: of a connection, an account, an address; on a clock that the test turns."""

from __future__ import annotations

from typing import Any

import pytest

from realtime.limits.allowances import Allowances, Meter, Rates
from realtime.limits.attempts import Attempts, PerMinute
from realtime.limits.connections import Connections, ConnectionsFull, Sockets
from realtime.limits.exchange import Exchange
from realtime.problems import Problem


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def allowances(clock: Clock) -> Allowances:
    return Allowances(Rates(connection=50, account=100, address=200), clock)


def taken(meter: Meter) -> int:
    """How many it gives until it gives no more."""
    count = 0
    while meter.take():
        count += 1
    return count


def test_a_connection_has_its_burst_and_then_its_rate(allowances: Allowances, clock: Clock) -> None:
    meter = allowances.meter("ann", None)
    assert taken(meter) == 50
    clock.now += 0.5
    assert taken(meter) == 25


def test_many_connections_of_one_account_share_its_allowance(allowances: Allowances, clock: Clock) -> None:
    meters = [allowances.meter("ann", None) for _ in range(100)]
    assert sum(taken(meter) for meter in meters) == 100
    clock.now += 1.0
    assert sum(taken(meter) for meter in meters) == 100


def test_many_accounts_of_one_address_share_its_allowance_beside_their_reserves(
    allowances: Allowances, clock: Clock
) -> None:
    meters = [allowances.meter(f"user{n}", "10.0.0.1") for n in range(100)]
    # Twice a second's worth as a burst, and four of each account's own.
    assert sum(taken(meter) for meter in meters) == pytest.approx(400 + 100 * 4, abs=100)
    clock.now += 1.0
    assert sum(taken(meter) for meter in meters) == pytest.approx(200 + 100 * 2, abs=100)


def test_who_shops_beside_a_flood_still_has_a_command_now_and_then(
    allowances: Allowances, clock: Clock
) -> None:
    flooders = [allowances.meter(f"flooder{n}", "10.0.0.1") for n in range(50)]
    for meter in flooders:
        taken(meter)
    honest = allowances.meter("honest", "10.0.0.1")
    for _ in range(20):
        clock.now += 0.5
        assert honest.take()
        for meter in flooders:
            taken(meter)


def test_staff_is_not_slowed_by_its_shops_address(allowances: Allowances) -> None:
    for n in range(50):
        taken(allowances.meter(f"flooder{n}", "10.0.0.1"))
    assert taken(allowances.meter("manager", None)) == 50


def test_a_request_over_the_allowance_hears_when_to_come_again(allowances: Allowances, clock: Clock) -> None:
    waits = [allowances.request("ann", "10.0.0.1") for _ in range(101)]
    assert waits[:100] == [0.0] * 100
    assert waits[100] == pytest.approx(0.01)
    clock.now += waits[100]
    assert allowances.request("ann", "10.0.0.1") == 0.0


def test_a_stranger_is_counted_by_address_alone(allowances: Allowances) -> None:
    assert [allowances.request(None, "10.0.0.1") for _ in range(400)] == [0.0] * 400
    assert allowances.request(None, "10.0.0.1") > 0
    assert allowances.request(None, "10.0.0.2") == 0.0


def test_what_other_processes_gave_out_is_missing_here(allowances: Allowances) -> None:
    meter = allowances.meter("ann", None)
    assert meter.take()
    found = dict(allowances.spent())
    assert set(found) == {"account:ann"}
    found["account:ann"].drain(90)
    assert sum(taken(allowances.meter("ann", None)) for _ in range(3)) <= 10


def test_connections_are_counted_in_all_and_by_address() -> None:
    connections = Connections(3, 2, lambda address: address == "proxy")
    connections.enter("a")
    connections.enter("a")
    with pytest.raises(ConnectionsFull, match="of one address"):
        connections.enter("a")
    connections.enter("proxy")
    with pytest.raises(ConnectionsFull, match="3 connections at a time"):
        connections.enter("b")
    connections.leave("a")
    connections.enter("b")
    assert connections.count == 3


def test_sockets_are_counted_by_account_and_by_address() -> None:
    sockets = Sockets(2, 3)
    assert sockets.enter("ann", "x")
    assert sockets.enter("ann", "y")
    assert not sockets.enter("ann", "z")
    assert sockets.enter("ben", "x")
    assert sockets.enter("cid", "x")
    assert not sockets.enter("dan", "x")
    sockets.leave("ann", "x")
    assert sockets.enter("dan", "x")


class SharedCounts:
    """What the exchange asks of Redis: numbers that all processes add to."""

    def __init__(self) -> None:
        self.numbers: dict[str, float] = {}
        self.asked: list[Any] = []

    def pipeline(self, transaction: bool) -> SharedCounts:
        self.asked = []
        return self

    def incrbyfloat(self, name: str, by: float) -> None:
        self.asked.append((name, by))

    def expire(self, name: str, seconds: int) -> None:
        self.asked.append(None)

    async def execute(self) -> list[Any]:
        found: list[Any] = []
        for each in self.asked:
            if each is not None:
                self.numbers[each[0]] = self.numbers.get(each[0], 0.0) + each[1]
            found.append(True if each is None else self.numbers[each[0]])
        return found


async def test_claims_in_one_process_are_missing_in_the_next_from_its_first_word_on() -> None:
    redis = SharedCounts()
    processes = []
    for _ in range(2):
        attempts = Attempts({"claim": PerMinute(6, 60)}, lambda: 0.0)
        exchange = Exchange(Allowances(Rates(), lambda: 0.0), attempts, "redis://nowhere", "t", lambda: 90.0)
        exchange._redis = redis  # type: ignore[assignment]
        processes.append((attempts, exchange))
    (here, tells), (there, hears) = processes
    for _ in range(4):
        here.take("claim", "somebody", None)
    await tells.round()
    there.take("claim", "somebody", None)
    await hears.round()
    there.take("claim", "somebody", None)
    with pytest.raises(Problem):
        there.take("claim", "somebody", None)


def test_a_crowd_from_ever_new_addresses_is_remembered_only_while_it_matters() -> None:
    now = 0.0
    allowances = Allowances(Rates(), lambda: now)
    for number in range(20_000):
        now += 0.001
        assert allowances.request(None, f"10.0.{number >> 8}.{number & 255}") == 0
    assert len(list(allowances.spent())) < 100, "each is as good as new after two milliseconds"
