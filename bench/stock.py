"""The stock's decider: microseconds to decide and apply a reservation of three lines among 10,000 SKUs.

``python -m bench.stock``. Pure Python in one thread: no journal, no mailbox.
"""

from __future__ import annotations

import time
import uuid

from actors import stock
from actors.kit.decider import Context
from actors.messages.stock import Quantity, ReceiveStock, ReleaseReservation, Reserve

SKUS, STANDING, RUNS = 10_000, 1_000, 20_000
TARGET_US = 15.0


def main() -> None:
    """Print the figures, and whether the target is reached."""
    skus = [str(uuid.uuid4()) for _ in range(SKUS)]
    state = _do(stock.State("B"), ReceiveStock(tuple(Quantity(sku, 1_000_000) for sku in skus)))
    names = [str(uuid.uuid4()) for _ in range(STANDING + RUNS)]

    def reserve(number: int) -> Reserve:
        lines = tuple(Quantity(skus[(number * 7 + place * 331) % SKUS], 1) for place in range(3))
        return Reserve(names[number], "user", lines, 400.0)

    for number in range(STANDING):
        state = _do(state, reserve(number))
    commands = [reserve(STANDING + number) for number in range(RUNS)]
    spent = []
    for command in commands:
        begin = time.perf_counter()
        after = _do(state, command)
        spent.append(time.perf_counter() - begin)
        # Given back at once, so that as many stand as before.
        state = _do(after, ReleaseReservation(command.reservation_id, "cancelled"))
    spent.sort()
    median = spent[RUNS // 2] * 1e6
    print(
        f"decide and evolve, 3 lines, {SKUS} SKUs, {STANDING} reservations: median {median:.1f} µs, ", end=""
    )
    print(f"99 of 100 below {spent[RUNS * 99 // 100] * 1e6:.1f} µs")
    print(f"target: below {TARGET_US:.0f} µs: {'reached' if median < TARGET_US else 'missed'}")


def _do(state: stock.State, command: object) -> stock.State:
    for event in stock.DECIDER.decide(state, command, Context(100.0, "c", "p")).events:
        state = stock.DECIDER.evolve(state, event)
    return state


if __name__ == "__main__":
    main()
