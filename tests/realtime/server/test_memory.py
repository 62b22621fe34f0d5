"""What a busy time has left behind is given back once, in the next quiet moment."""

from __future__ import annotations

import asyncio
import gc
import weakref
from collections.abc import Iterator

from realtime.memory import QuietMoments, give_back


class Circle:
    def __init__(self) -> None:
        self.myself = self


def test_cycles_are_freed() -> None:
    gc.disable()
    try:
        circle = weakref.ref(Circle())
        assert circle() is not None
        give_back()
        assert circle() is None
    finally:
        gc.enable()


def used(*shares: float) -> Iterator[float]:
    """The processor's seconds at each look, which is twice: before and after acting."""
    total = 0.0
    yield total
    for share in shares:
        total += share
        yield total
        yield total
    while True:
        yield total


async def test_once_after_each_time_of_work_and_never_during_it() -> None:
    seconds, acted = used(0, 1, 1, 0, 0, 1, 0.00001), []
    looks = 0

    def cpu() -> float:
        nonlocal looks
        looks += 1
        return next(seconds)

    moments = QuietMoments(
        asyncio.get_running_loop(), lambda: acted.append((looks - 2) // 2), every_s=0.001, cpu=cpu
    )
    while looks < 30:
        await asyncio.sleep(0.001)
    moments.stop()
    assert acted == [3, 6]
