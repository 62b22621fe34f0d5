"""Long lists of a branch, in front of Django: the same answers in a fraction of the processor's time.

Who asks plainly, about a branch that they watch, is answered here. Everything else goes on to Django: other
parameters, and whatever is to be refused.
"""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from urllib.parse import parse_qsl
from uuid import UUID

from django.db import DatabaseError, connections

from core.accounts.principals import may
from core.config.database import fresh_connections
from core.fleet.directory import BranchInfo
from core.fleet.rentals import api as rentals
from core.fleet.trolleys import branch_api as trolleys
from core.telemetry import api as telemetry
from realtime.asgi import App, Message, Receive, Send
from realtime.auth import bearer, header
from realtime.http.responses import is_secure, refuse_host, respond
from realtime.problems import Problem
from realtime.shared import Shared

log = logging.getLogger(__name__)

Read = Callable[[], bytes]
_PATH = re.compile(
    r"/api/(?:v1/)?(?:branches/(?P<of_rows>[^/]+)/(?P<rows>carts|rentals/history)"
    r"|telemetry/branches/(?P<of_samples>[^/]+))/?"
)


class ListThreads:
    """Threads that read lists: while the database works for one, another shows what it got."""

    def __init__(self, count: int = 4) -> None:
        self._all = [ThreadPoolExecutor(1, "lists") for _ in range(count)]
        self._free: asyncio.LifoQueue[ThreadPoolExecutor] = asyncio.LifoQueue()
        for each in self._all:
            self._free.put_nowait(each)

    async def run(self, read: Read) -> bytes:
        """Return what ``read`` returns, from a thread."""
        thread = await self._free.get()
        try:
            return await asyncio.get_running_loop().run_in_executor(thread, fresh_connections()(read))
        finally:
            self._free.put_nowait(thread)

    def stop(self) -> None:
        """Close the threads' connections and end them."""
        for each in self._all:
            each.submit(connections.close_all)
            each.shutdown()


class Lists:
    """ASGI application of the lists; what is not theirs goes to ``fallback``."""

    def __init__(self, shared: Shared, threads: ListThreads, fallback: App) -> None:
        self._shared, self._threads, self._fallback = shared, threads, fallback

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Answer a request, here or there."""
        found = _PATH.fullmatch(scope["path"]) if scope["method"] == "GET" else None
        read = None if found is None else await self._reading(scope, found)
        body = None if read is None else await self._read(read)
        if body is None:
            await self._fallback(scope, receive, send)
        else:
            await respond(scope, send, 200, body, [])

    async def _read(self, read: Read) -> bytes | None:
        """Return what was read; None where the database fails, which Django tells in its own words."""
        try:
            return await self._threads.run(read)
        except DatabaseError as error:
            log.warning("a list was not read: %s", error)
            return None

    async def _reading(self, scope: Message, found: re.Match[str]) -> Read | None:
        """Return what reads the list; None where Django is to answer."""
        branch = await self._watched(scope, found["of_rows"] or found["of_samples"])
        query: bytes = scope["query_string"]
        if branch is None or (query and found["rows"]):
            return None
        if found["rows"] == "carts":
            return partial(trolleys.FIRST_PAGE.answer, UUID(branch.id), _address(scope))
        if found["rows"]:
            return partial(rentals.FIRST_PAGE.answer, branch.code, _address(scope))
        window = telemetry.plain_window(parse_qsl(query.decode("latin-1"), keep_blank_values=True))
        return None if window is None else partial(telemetry.branch_answer, UUID(branch.id), window)

    async def _watched(self, scope: Message, text: str) -> BranchInfo | None:
        """Return the branch of that id or code, if the caller is a person who watches it."""
        branch = self._shared.services.fleet.directory.find_branch(text)
        if branch is None:
            return None
        try:
            refuse_host(scope)
            token = bearer(header(scope["headers"], b"authorization"))
            who = (await self._shared.authenticator.identify(token)).principal
        except Problem:
            return None
        return branch if who.kind == "user" and may(who, "branch.watch", branch.chain, branch.code) else None


def _address(scope: Message) -> str:
    """Return the address that was asked for, as Django has it."""
    scheme = "https" if is_secure(scope) else "http"
    return f"{scheme}://{header(scope['headers'], b'host')}{scope['path']}"
