"""Django answers in threads that are kept, and with them their database connections."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator
from typing import Any

import pytest
from asgiref.sync import ThreadSensitiveContext, sync_to_async

from realtime.http.django_threads import DjangoThreads

KEPT = 3


class Django:
    """An application as Django's: a context of its own within, and a view that is not of the loop."""

    def __init__(self) -> None:
        self.seen: list[threading.Thread] = []
        self.go_on = threading.Event()
        self.go_on.set()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        async with ThreadSensitiveContext():
            await sync_to_async(self.view)()

    def view(self) -> None:
        self.seen.append(threading.current_thread())
        self.go_on.wait(60)


@pytest.fixture
async def threads() -> AsyncIterator[DjangoThreads]:
    threads = DjangoThreads(KEPT)
    yield threads
    threads.stop()


async def ask(app: Any) -> None:
    await app({}, None, None)


async def idle(threads: DjangoThreads, count: int) -> None:
    """Return when so many threads wait; the test's own time limit holds."""
    while len(threads._idle) != count:
        await asyncio.sleep(0)


async def test_one_request_after_the_other_is_answered_in_the_same_thread(threads: DjangoThreads) -> None:
    django = Django()
    app = threads.serving(django)
    for _ in range(5):
        await ask(app)
        await idle(threads, 1)
    assert len(set(django.seen)) == 1


async def test_of_many_at_once_none_waits_for_another_and_few_threads_are_kept(
    threads: DjangoThreads,
) -> None:
    django = Django()
    django.go_on.clear()
    app = threads.serving(django)
    crowd = [asyncio.create_task(ask(app)) for _ in range(10)]
    while len(django.seen) < 10:
        await asyncio.sleep(0)
    django.go_on.set()
    await asyncio.gather(*crowd)
    await idle(threads, KEPT)
    assert len(set(django.seen)) == 10
    threads.stop()
    for thread in django.seen:
        await asyncio.to_thread(thread.join, 60)
        assert not thread.is_alive()


async def test_a_view_that_goes_on_after_its_caller_has_gone_is_in_nobodys_way(
    threads: DjangoThreads,
) -> None:
    django = Django()
    django.go_on.clear()
    app = threads.serving(django)
    gone = asyncio.create_task(ask(app))
    while not django.seen:
        await asyncio.sleep(0)
    gone.cancel()
    await asyncio.wait([gone])
    busy, before = django.seen[0], len(threads._idle)
    assert before == 0
    other = asyncio.create_task(ask(app))
    while len(django.seen) < 2:
        await asyncio.sleep(0)
    assert django.seen[1] is not busy
    django.go_on.set()
    await other
    await idle(threads, 2)


async def test_who_asks_after_the_end_is_answered_and_nothing_is_kept(threads: DjangoThreads) -> None:
    django = Django()
    threads.stop()
    await ask(threads.serving(django))
    await asyncio.to_thread(django.seen[0].join, 60)
    assert threads._idle == []
