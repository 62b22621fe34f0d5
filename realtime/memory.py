"""The process's memory: what the garbage collector passes over, and when what is spare is given back.

A command makes a hundred short-lived objects and no cycles, while actors, kept answers and catalogues only
grow: walking them every 700 allocations was a tenth of a command's time. So the collector comes seldom, and
what a crowd has left behind, cycles of its errors and pages that the C library keeps, would stay for hours.
In the first quiet moment after work it is collected and given back to the system.
"""

from __future__ import annotations

import asyncio
import ctypes
import gc
import time
from collections.abc import Callable

LOOK_EVERY_S = 30.0
_QUIET = 0.1
"""Share of one processor that a quiet process uses at the most."""


def spare_the_collector() -> None:
    """Let the garbage collector pass over what stays anyway, and come less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)


def give_back() -> None:
    """Collect cycles, and return what the C library keeps of freed memory, where it is glibc."""
    gc.collect()
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if trim is not None:
        trim(0)


class QuietMoments:
    """Calls ``act`` once in the first quiet moment after each time of work. Belongs to one loop.

    ``cpu`` returns the processor seconds that the process has used.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        act: Callable[[], None] = give_back,
        *,
        every_s: float = LOOK_EVERY_S,
        cpu: Callable[[], float] = time.process_time,
    ) -> None:
        self._loop = loop
        self._act = act
        self._every_s = every_s
        self._cpu = cpu
        self._before = cpu()
        self._worked = False
        self._next = loop.call_later(every_s, self._look)

    def stop(self) -> None:
        """Stop looking."""
        self._next.cancel()

    def _look(self) -> None:
        used = self._cpu() - self._before
        if used > _QUIET * self._every_s:
            self._worked = True
        elif self._worked:
            self._worked = False
            self._act()
        self._before = self._cpu()
        self._next = self._loop.call_later(self._every_s, self._look)
