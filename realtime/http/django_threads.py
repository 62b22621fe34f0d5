"""Threads in which Django answers: kept from one request to the next, with their database connections.

Django gives each request a thread of its own and ends it with the request. A connection that is to be kept
for a while (``CONN_MAX_AGE``) belongs to its thread, so it was never used again, and stayed open until the
garbage collector came by: sixteen people who read lists had all connections that PostgreSQL gives.
"""

from __future__ import annotations

import asyncio
from concurrent.futures import Future, ThreadPoolExecutor

from asgiref.sync import ThreadSensitiveContext
from django.db import connections

from realtime.asgi import App, Message, Receive, Send

KEPT = 16
"""Threads that wait for requests; more come when there is more to do, and go when that is done."""


class DjangoThreads:
    """Lends each request a thread. Of the loop's thread; :meth:`stop` closes what is kept."""

    def __init__(self, kept: int = KEPT) -> None:
        self._most = kept
        self._idle: list[ThreadPoolExecutor] = []
        self._stopped = False

    def serving(self, django: App) -> App:
        """Return the application, with each request in a thread that is kept."""

        async def serve(scope: Message, receive: Receive, send: Send) -> None:
            thread = self._idle.pop() if self._idle else ThreadPoolExecutor(1, "django")
            try:
                async with ThreadSensitiveContext(executor=thread):
                    await django(scope, receive, send)
            finally:
                self._await(thread)

        return serve

    def stop(self) -> None:
        """Close the connections of the threads that wait, and end them; those at work end after it."""
        self._stopped = True
        while self._idle:
            _end(self._idle.pop(), wait=True)

    def _await(self, thread: ThreadPoolExecutor) -> None:
        """Take the thread back when it is done: a view continues after its client has disconnected."""
        loop = asyncio.get_running_loop()

        def done(_: Future[None]) -> None:
            try:
                loop.call_soon_threadsafe(self._take_back, thread)
            except RuntimeError:  # the loop has closed: nobody asks any more
                _end(thread)

        thread.submit(_nothing).add_done_callback(done)

    def _take_back(self, thread: ThreadPoolExecutor) -> None:
        if self._stopped or len(self._idle) >= self._most:
            _end(thread)
        else:
            self._idle.append(thread)


def _end(thread: ThreadPoolExecutor, *, wait: bool = False) -> None:
    thread.submit(connections.close_all)
    thread.shutdown(wait=wait)


def _nothing() -> None:
    """What a thread does when it has done all else."""
