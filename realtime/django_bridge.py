"""Django's views ask the actors of this process: the other side of core/actor_port.py."""

from __future__ import annotations

import asyncio
from concurrent.futures import TimeoutError as TookTooLong
from typing import Any

import msgspec

from actors.runtime import Address
from core import problems
from realtime.pipeline.asking import Actors
from realtime.problems import from_error

_GRACE_S = 2.0
"""More than the ask's own timeout, for a loop that is busy."""


class AskBridge:
    """Brings an ask from a view's thread to the loop, and its outcome back."""

    def __init__(self, actors: Actors, loop: asyncio.AbstractEventLoop, timeout_s: float) -> None:
        self._actors = actors
        self._loop = loop
        self._timeout_s = timeout_s

    def __call__(
        self, kind: str, key: str, command: msgspec.Struct, command_id: str | None, principal: str
    ) -> Any:
        """Return the Outcome; raises core's Problem for what the runtime raises."""
        asking = self._ask(Address(kind, key), command, command_id, principal)
        future = asyncio.run_coroutine_threadsafe(asking, self._loop)
        try:
            return future.result(self._timeout_s + _GRACE_S)
        except Exception as error:
            if isinstance(error, TookTooLong):
                future.cancel()
            found = from_error(error)
            raise problems.Problem(found.status, found.code, found.detail, **found.extra) from error

    async def _ask(self, address: Address, command: Any, command_id: str | None, principal: str) -> Any:
        return await self._actors.ask(address, command, command_id, principal, self._timeout_s)
