"""Several processes: one owns the actors, another serves people and devices, Redis is between them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from channels_redis.pubsub import RedisPubSubChannelLayer
from django.conf import settings
from django.core.asgi import get_asgi_application

from core import owner_jobs, reference
from core.host import kinds
from core.orders import passes
from realtime.cluster import messages as envelope
from realtime.process import Process
from realtime.server import Server, limits
from realtime.testing import CommandRefused, trolley_client
from tests.realtime.buying import bought
from tests.realtime.conftest import World
from tests.realtime.devices.test_devices import pi
from tests.realtime.paying import ASKS, level, shopping, stocked


@pytest.fixture
def options(redis_url: str, redis_prefix: str, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setattr(settings, "REDIS_PREFIX", redis_prefix)
    return {
        "limits": replace(
            limits(),
            commands_per_s=1e6,
            commands_per_s_of_account=0,
            commands_per_s_of_address=0,
            close_deadline_s=0.5,
        ),
        "layer": RedisPubSubChannelLayer(hosts=[redis_url], prefix=redis_prefix),
    }


@asynccontextmanager
async def _an_edge(options: dict[str, Any], redis_url: str, prefix: str) -> AsyncIterator[Server]:
    own = {**options, "layer": RedisPubSubChannelLayer(hosts=[redis_url], prefix=prefix)}
    application = Server(get_asgi_application(), role="edge", **own)
    running = await application.running()
    yield application
    await running.stop()
    await own["layer"].flush()


@pytest.fixture
async def edge(
    server: Server, options: dict[str, Any], redis_url: str, redis_prefix: str
) -> AsyncIterator[Server]:
    """A second process' server, but for being in this one."""
    async with _an_edge(options, redis_url, redis_prefix) as application:
        yield application
    await options["layer"].flush()


@pytest.fixture
async def third(
    edge: Server, options: dict[str, Any], redis_url: str, redis_prefix: str
) -> AsyncIterator[Server]:
    """One more edge."""
    async with _an_edge(options, redis_url, redis_prefix) as application:
        yield application


async def test_an_edge_carries_commands_and_topics(world: World, server: Server, edge: Server) -> None:
    token = await asyncio.to_thread(world.token)
    async with trolley_client(edge, token) as phone, trolley_client(server, token) as tablet:
        await phone.subscribe("cart")
        await phone.subscribe("session")
        started = await phone.command("session.start", trolley_id=world.trolleys[3])
        assert (await phone.snapshot("session"))["epoch"] == started["session_id"]
        await tablet.command("cart.add", barcode=world.barcode)
        added = await phone.event("cart", "ItemAdded")
        assert added["data"]["total_price"] == 100.0
        with pytest.raises(CommandRefused) as refused:
            await phone.command("cart.remove", item_id=str(uuid4()))
        assert refused.value.code == "item_not_found"
        id_ = str(uuid4())
        await phone.command("cart.add", id=id_, barcode=world.barcode)
        with pytest.raises(CommandRefused) as refused:
            await phone.command("cart.add", id=id_, barcode=world.barcode, quantity=2)
        assert refused.value.code == "key_reused"
        ended = await phone.command("session.end", session_id=started["session_id"])
        assert ended["items_cleared"] == 1
        assert (await phone.snapshot("session"))["epoch"] == "none"


@pytest.fixture
def shared_keys(redis_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before the processes are made: they find Redis themselves as well."""
    monkeypatch.setattr(settings, "REDIS_URL", redis_url)


async def test_a_key_used_at_one_process_is_known_at_every_other(
    shared_keys: None, world: World, server: Server, edge: Server, third: Server
) -> None:
    staff = await asyncio.to_thread(world.staff)
    key, there = str(uuid4()), world.trolleys[0]
    processes = (edge, third, server)
    async with trolley_client(edge, staff) as desk:
        first = await desk.command("trolley.unlock", id=key, trolley_id=there, reason="stuck")
    for process in processes:
        async with trolley_client(process, staff) as desk:
            for other in (world.trolleys[1], "NO_SUCH_TROLLEY"):
                with pytest.raises(CommandRefused) as refused:
                    await desk.command("trolley.unlock", id=key, trolley_id=other, reason="stuck")
                assert (refused.value.status, refused.value.code) == (422, "key_reused")
            assert await desk.command("trolley.unlock", id=key, trolley_id=there, reason="stuck") == first


async def test_a_shopper_at_an_edge_pays_and_hears_of_it(world: World, server: Server, edge: Server) -> None:
    await stocked(edge, world)
    async with trolley_client(edge, await asyncio.to_thread(world.token)) as phone:
        await shopping(phone, world)
        await phone.subscribe("cart")
        begun = await phone.command("payment.create")
        assert begun["client"]["cards"]
        asked = await phone.command("payment.confirm", payment_id=begun["payment_id"], card=ASKS)
        assert asked["status"] == "requires_action"
        done = await phone.command("payment.confirm", payment_id=begun["payment_id"], approve=True)
        assert done["status"] == "paid"
        paid = await phone.event("cart", "CheckoutPaid")
        assert paid["data"]["order_id"] == begun["payment_id"]
        assert (await phone.event("cart", "SessionDetached"))["data"]["outcome"] == "paid"
    assert await level(server, world) == (8, 0)


async def test_an_edge_lets_goods_out_and_gives_money_back(
    world: World, server: Server, edge: Server
) -> None:
    order_id = await bought(server, world, 2)
    code = await asyncio.to_thread(passes.code_of, UUID(order_id))
    manager = await asyncio.to_thread(world.staff, "manager", "manager")
    async with trolley_client(edge, manager) as desk:
        passed = await desk.command("order.verify_exit", branch=world.branch.code, code=code)
        assert (passed["total_items"], passed["total"]) == (2, 200.0)
        with pytest.raises(CommandRefused) as refused:
            await desk.command("order.refund", order_id=order_id, amount=200.01, reason="torn")
        assert (refused.value.code, refused.value.problem["left"]) == ("refund_too_high", 200.0)
        begun = await desk.command("order.refund", order_id=order_id, reason="torn")
        assert (begun["amount"], begun["left"]) == (200.0, 0)


async def test_a_topic_is_resumed_at_another_process(world: World, server: Server, edge: Server) -> None:
    token = await asyncio.to_thread(world.token)
    async with trolley_client(server, token) as phone:
        position = await phone.subscribe("cart")
        await phone.command("cart.add", barcode=world.barcode)
    async with trolley_client(edge, token) as phone:
        resumed = await phone.subscribe("cart", position["epoch"], position["offset"])
        assert (resumed["recovered"], (await phone.event("cart"))["offset"]) == (True, 1)


async def test_the_map_is_live_at_an_edge(world: World, server: Server, edge: Server) -> None:
    staff, shopper = await asyncio.to_thread(world.staff), await asyncio.to_thread(world.token)
    topic = f"branch:{world.branch.code}"
    async with (
        trolley_client(edge, staff, f"/ws/branch/{world.branch.code}/") as board,
        trolley_client(server, shopper) as phone,
    ):
        snapshot = await board.subscribe(topic)
        assert len(snapshot["data"]["trolleys"]) == len(world.trolleys)
        await phone.command("session.start", trolley_id=world.trolleys[2])
        assigned = await board.event(topic, "TrolleyAssigned")
        assert assigned["data"]["trolley"]["assigned_to"] == world.user().username


async def test_http_at_an_edge_shows_the_cart_of_the_command(
    world: World, server: Server, edge: Server
) -> None:
    token = await asyncio.to_thread(world.token)
    transport = httpx.ASGITransport(app=edge)  # type: ignore[arg-type]
    headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": "k"}
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as http:
        body = {"product_id": str(world.products[0].pk)}
        first = await http.post("/api/cart/add", json=body)
        assert first.json()["cart"]["total_items"] == 1
        assert (await http.post("/api/cart/add", json=body)).content == first.content


async def test_a_lock_is_opened_through_the_process_that_has_the_pi(
    world: World, server: Server, edge: Server
) -> None:
    token = await asyncio.to_thread(world.token)
    async with pi(edge, world) as device, trolley_client(server, token) as phone:
        await device.hello()
        await phone.command("session.start", trolley_id=world.trolleys[0])
        assert (await device.take("command"))["slot"] == 0


@pytest.mark.parametrize("manager_at", ["owner", "edge", "third"])
async def test_a_manager_at_any_process_sees_the_frames_of_a_bus_at_another(
    world: World, server: Server, edge: Server, third: Server, manager_at: str
) -> None:
    """The device is at the edge, but where the manager is at that too: then it is at the owner."""
    manager = await asyncio.to_thread(world.staff, "boss", "manager")
    device_id = str(world.device.pk)
    there = {"owner": server, "edge": edge, "third": third}[manager_at]
    frame = {
        "at": "2026-01-01T00:00:00Z",
        "dir": "in",
        "hex": "",
        "meaning": "no answer",
        "board": 2,
        "fault": True,
    }
    async with trolley_client(there, manager) as desk:
        with pytest.raises(CommandRefused) as away:
            await desk.command("device.inspect", device_id=device_id)
        assert away.value.code == "device_offline"
        async with pi(server if manager_at == "edge" else edge, world) as device:
            await device.hello()
            await desk.command("device.inspect", device_id=device_id, bus=1, seconds=20)
            assert (await device.take("inspect"))["bus"] == 1
            await device.send("frames", bus=1, dropped=0, frames=[frame])
            got = await desk.next(lambda each: each["type"] == "frames")
            assert (got["frames"][0]["board"], got["frames"][0]["fault"]) == (2, True)
            await desk.command("device.inspect", device_id=device_id, bus=1, seconds=0)
            assert (await device.take("inspect"))["seconds"] == 0
            await desk.command("device.inspect", device_id=device_id, bus=1, seconds=20)
        gone = await desk.next(lambda each: each["type"] == "inspection_ended")
        assert gone["reason"] == "offline"


async def test_every_kind_that_is_asked_can_be_asked_from_an_edge() -> None:
    assert {kind.name for kind in kinds()} == set(envelope._KINDS)


async def test_reference_data_changed_at_one_process_is_read_again_at_the_other(
    world: World, server: Server, edge: Server
) -> None:
    here, there = await edge.running(), await server.owner()
    assert here.remote is not None
    assert there.owner is not None
    heard: dict[str, asyncio.Event] = {"edge": asyncio.Event(), "owner": asyncio.Event()}
    loop = asyncio.get_running_loop()

    def listen(running: Process, name: str) -> None:
        def on(what: str) -> None:
            if what == reference.CATALOGUE:
                loop.call_soon_threadsafe(heard[name].set)

        running.references.listen(on)

    listen(here, "edge")
    listen(there, "owner")
    token = await asyncio.to_thread(world.token)
    async with trolley_client(edge, token) as phone:
        await phone.command("cart.clear")
    there.owner.announce(reference.CATALOGUE)
    await asyncio.wait_for(heard["edge"].wait(), 90)
    assert not heard["owner"].is_set()
    here.remote.announce(reference.CATALOGUE)
    await asyncio.wait_for(heard["owner"].wait(), 90)


async def test_without_an_owner_a_command_is_answered_with_503(
    world: World, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(settings, "ASK_TIMEOUT_S", 0.2)
    monkeypatch.setattr("realtime.cluster.remote._GRACE_S", 0.1)
    lonely = Server(get_asgi_application(), role="edge", **options)
    running = await lonely.running()
    token = await asyncio.to_thread(world.token)
    async with trolley_client(lonely, token) as phone:
        with pytest.raises(CommandRefused) as refused:
            await phone.command("cart.clear")
        assert (refused.value.status, refused.value.problem["retry_after"]) == (503, 1)
    await running.stop()
    await options["layer"].flush()


async def test_a_workers_job_reaches_the_owner_of_the_actors(
    server: Server,
    options: dict[str, Any],
    redis_url: str,
    redis_prefix: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A Celery worker has no actors and no runner; what it finds to do goes over Redis."""
    running = await server.owner()
    heard: asyncio.Future[tuple[str, str]] = asyncio.get_running_loop().create_future()
    worker = RedisPubSubChannelLayer(hosts=[redis_url], prefix=redis_prefix)
    with monkeypatch.context() as patch:
        patch.setattr(
            running.owner, "_run_job", lambda what, key: heard.done() or heard.set_result((what, key))
        )
        patch.setattr(owner_jobs, "_runners", [])
        patch.setattr(settings, "REDIS_URL", redis_url)
        patch.setattr(owner_jobs, "get_channel_layer", lambda: worker)
        for _ in range(30):  # one that comes before the owner listens is lost; the next round brings another
            await asyncio.to_thread(owner_jobs.send, "sweep_reservations", "BRANCH-001")
            await asyncio.wait((heard,), timeout=1)
            if heard.done():
                break
        assert heard.result() == ("sweep_reservations", "BRANCH-001")
    await options["layer"].flush()
