"""What starts in which order, and stops in the reverse."""

from __future__ import annotations

import asyncio
import gc
import weakref
from typing import Any

import pytest
from django.core.asgi import get_asgi_application
from django.core.exceptions import ImproperlyConfigured

from core.host import Host, References
from core.payments.provider_calls import ProviderCalls
from realtime.background_jobs import BackgroundJobs
from realtime.process import Process
from realtime.server import Server
from realtime.topics.streams import Topics
from tests.realtime.conftest import World

PARTS = (References, Host, Topics, ProviderCalls, BackgroundJobs)
"""In the order in which they start."""


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Which part was started and stopped, as it happens."""
    heard: list[tuple[str, str]] = []

    def listen(part: type[Any], name: str) -> None:
        does = getattr(part, name)

        def tell(self: Any, *args: Any) -> Any:
            heard.append((name, part.__name__))
            return does(self, *args)

        monkeypatch.setattr(part, name, tell)

    for part in PARTS:
        listen(part, "start")
        listen(part, "stop")
    return heard


async def test_a_process_stops_in_the_reverse_of_its_start(
    world: World, options: dict[str, Any], heard: list[tuple[str, str]]
) -> None:
    running = await Server(get_asgi_application(), **options).running()
    await running.stop()
    names = [part.__name__ for part in PARTS]
    assert heard == [*(("start", name) for name in names), *(("stop", name) for name in reversed(names))]
    await running.stop()
    assert len(heard) == 2 * len(PARTS)


def test_a_process_that_has_stopped_is_kept_by_nobody(world: World, options: dict[str, Any]) -> None:
    async def start_and_stop() -> weakref.ref[Process]:
        running = await Server(get_asgi_application(), **options).running()
        await running.stop()
        return weakref.ref(running)

    kept = asyncio.run(start_and_stop())
    gc.collect()
    assert kept() is None


async def test_a_test_knows_of_no_world_but_its_own(world: World, server: Server) -> None:
    known = (await server.running()).references.directory.chains()
    assert [chain.slug for chain in known] == [world.chain.slug]


async def test_a_start_that_fails_stops_what_it_had_begun(
    world: World, options: dict[str, Any], heard: list[tuple[str, str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(self: Any, *args: Any) -> None:
        raise RuntimeError("no topics today")

    monkeypatch.setattr(Topics, "start", fail)
    with pytest.raises(RuntimeError, match="no topics today"):
        await Server(get_asgi_application(), **options).running()
    assert heard == [
        ("start", "References"),
        ("start", "Host"),
        ("stop", "Host"),
        ("stop", "References"),
    ]


async def test_an_edge_needs_a_channel_layer_and_has_no_actors(world: World, options: dict[str, Any]) -> None:
    with pytest.raises(ImproperlyConfigured, match="REDIS_URL"):
        await Server(get_asgi_application(), **options, role="edge", layer=None).running()
