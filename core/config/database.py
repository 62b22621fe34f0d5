"""Database work in threads that Django does not look after."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from typing import Any, ParamSpec, TypeVar

from channels.db import database_sync_to_async
from django.db import close_old_connections

P = ParamSpec("P")
T = TypeVar("T")


@contextmanager
def fresh_connections() -> Iterator[None]:
    """Drop broken and expired connections of this thread, before and after; also a decorator.

    What Django does around a request, for a thread of one's own.
    """
    close_old_connections()
    try:
        yield
    finally:
        close_old_connections()


def in_thread(function: Callable[P, T]) -> Callable[P, Coroutine[Any, Any, T]]:
    """Return ``function``, which may use the database, as a coroutine function that runs in a thread."""
    # Not "thread sensitive": that would queue every call of the process behind one thread.
    run: Callable[P, Coroutine[Any, Any, T]] = database_sync_to_async(function, thread_sensitive=False)
    return run
