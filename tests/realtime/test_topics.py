"""Topics: snapshot plus events is the state, whatever the connection goes through (invariant 7)."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from actors.runtime import ManualClock
from core.fleet.models import Trolley
from core.tenancy.models import Branch
from realtime.server import Server, limits
from realtime.testing import CommandRefused, TrolleyClient, trolley_client
from realtime.topics.events.cart import UNNUMBERED
from tests.realtime.conftest import World


class Copy:
    """A client's copy of a topic, kept by snapshots and events alone."""

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self.epoch = ""
        self.offset = -1
        self.data: dict[str, Any] = {}
        self.resumed = 0
        self.frames: list[dict[str, Any]] = []
        """All that came, for the folds of the pages."""

    @property
    def position(self) -> dict[str, Any]:
        """What to resume from."""
        return {"epoch": self.epoch, "offset": self.offset} if self.epoch else {}

    def take(self, frame: dict[str, Any]) -> None:
        """Apply a frame; offsets must follow each other, those of the events beside them apart."""
        if frame.get("name") in UNNUMBERED:
            return
        self.frames.append(frame)
        if frame["type"] == "snapshot":
            self.epoch, self.offset, self.data = frame["epoch"], frame["offset"], frame["data"]
        elif frame["type"] == "subscribed":
            assert frame["recovered"] is True
            self.resumed += 1
        else:
            assert frame["offset"] == self.offset + 1
            self.offset = frame["offset"]
            _APPLY[self.topic.partition(":")[0]](self.data, frame["name"], frame["data"])


def _apply_cart(cart: dict[str, Any], name: str, data: dict[str, Any]) -> None:
    items = {item["id"]: item for item in cart["items"]}
    for item in [data["item"]] if "item" in data else data.get("items", []):
        items[item["id"]] = item
    if name == "ItemRemoved":
        del items[data["item_id"]]
    if name == "CartCleared" or data.get("cleared"):
        items = {}
    if name == "SessionAttached":
        held = {"session_id": data["session_id"], "trolley_id": data["trolley_id"]}
        cart["sessions"] = [*cart["sessions"], held]
    if name == "SessionDetached":
        cart["sessions"] = [each for each in cart["sessions"] if each["session_id"] != data["session_id"]]
        cart["saved"] = data["saved"]
    if name == "LinesRestored":
        cart["saved"] = None
    cart["items"] = list(items.values())
    cart["checkout"] = data.get("checkout", cart["checkout"])
    if name in ("CheckoutRefused", "CheckoutCancelled", "CheckoutExpired"):
        cart["saved"] = data["saved"]
    cart["vouchers"] = data.get("vouchers", cart["vouchers"])
    for field in (
        "revision",
        "items_count",
        "total_items",
        "total_price",
        "currency",
        "updated_at",
        "budget_status",
        "budget",
    ):
        cart[field] = data[field]
    assert sum(round(item["line_total"] * 100) for item in cart["items"]) == round(cart["total_price"] * 100)


def _apply_session(copy: dict[str, Any], name: str, data: dict[str, Any]) -> None:
    copy["session"] = data["session"]


def _apply_branch(copy: dict[str, Any], name: str, data: dict[str, Any]) -> None:
    if "trolley" in data:
        _put(copy["trolleys"], "trolley_id", data["trolley"])
        copy["counters"] = data["counters"]
    elif "device" in data:
        _put(copy["devices"], "device_id", data["device"])
    else:
        changed = next(each for each in copy["trolleys"] if each["trolley_id"] == data["trolley_id"])
        changed.update(cart_total=data["cart_total"], cart_units=data["cart_units"])


def _put(things: list[dict[str, Any]], key: str, thing: dict[str, Any]) -> None:
    for place, each in enumerate(things):
        if each[key] == thing[key]:
            things[place] = thing
            return
    things.append(thing)


_APPLY = {"cart": _apply_cart, "session": _apply_session, "branch": _apply_branch}


def _folded_by_the_pages(frames: list[dict[str, Any]], node: str) -> dict[str, Any]:
    """Return what the pages' own folds make of the frames."""
    program = Path(__file__).with_name("folding.mjs")
    run = subprocess.run(
        [node, str(program)], input=json.dumps(frames), capture_output=True, text=True, check=False
    )
    assert run.returncode == 0, run.stderr
    folded: dict[str, Any] = json.loads(run.stdout)
    return folded


def _stable(topic: str, data: dict[str, Any]) -> dict[str, Any]:
    """Leave out what moves without an event: when a session would end."""
    if topic == "session" and data["session"] is not None:
        return {"session": {**data["session"], "expires_at": None}}
    if topic == "session":
        return {"session": None}
    if topic == "cart":
        return {**data, "items": sorted(data["items"], key=lambda item: item["id"])}
    return data


async def _shop(phone: TrolleyClient, world: World, dice: random.Random, state: dict[str, Any]) -> None:
    """Do one random thing; refusals are part of life."""
    product = str(dice.choice(world.products).pk)
    actions = [
        ("cart.add", {"product_id": product, "quantity": dice.randint(1, 3)}),
        ("cart.add", {"product_id": product}),
        ("cart.clear", {}),
        ("cart.restore", {}),
        ("cart.checkout", {"branch": world.branch.code}),
        ("cart.cancel_checkout", {}),
        ("session.heartbeat", {}),
        ("budget.set", {"amount": dice.randint(1, 900), "period": dice.choice(["trip", "week", "month"])}),
        ("budget.remove", {}),
    ]
    if state.get("items"):
        item = dice.choice(state["items"])
        actions.append(("cart.set_quantity", {"item_id": item, "quantity": dice.randint(0, 5)}))
        actions.append(("cart.remove", {"item_id": item}))
    if state.get("session"):
        actions.append(("session.end", {"session_id": state["session"]}))
    else:
        actions += [("session.start", {"trolley_id": dice.choice(world.trolleys)})] * 3
    name, fields = dice.choice(actions)
    try:
        answer = await phone.command(name, **fields)
    except CommandRefused as refused:
        assert refused.status < 500
        return
    if name == "session.start":
        state["session"] = answer["session_id"]
    if name == "session.end":
        state["session"] = None
    if name == "cart.add":
        state.setdefault("items", []).append(answer["item"]["id"])


async def _burst(phone: TrolleyClient, world: World, dice: random.Random) -> None:
    """Pipeline several adds, so that one commit holds the events of several commands."""
    ids = [
        await phone.begin("cart.add", product_id=str(dice.choice(world.products).pk))
        for _ in range(dice.randint(2, 6))
    ]
    for id_ in ids:
        await phone.reply(id_)


async def _drain(watcher: TrolleyClient, copy: Copy) -> None:
    """Take every frame of the topic that the server has sent by the time it answers a ping."""
    await watcher.command("ping")
    while watcher.kept:
        frame = watcher.kept.popleft()
        if frame.get("topic") == copy.topic:
            copy.take(frame)


async def _live_with_cuts(
    server: Server, world: World, copy: Copy, shopper: str, watcher: str, path: str, seed: int
) -> None:
    """Let somebody shop while the watcher's connection is cut again and again."""
    dice = random.Random(seed)
    state: dict[str, Any] = {}
    async with trolley_client(server, shopper) as phone:
        for _ in range(12):
            async with trolley_client(server, watcher, path) as watching:
                id_ = await watching.begin("subscribe", topic=copy.topic, **copy.position)
                for _ in range(dice.randint(0, 6)):
                    await _shop(phone, world, dice, state)
                if dice.random() < 0.5:
                    await _burst(phone, world, dice)
                await watching.reply(id_)
                await (await server.running()).settled()
                await _drain(watching, copy)
            for _ in range(dice.randint(0, 3)):
                await _shop(phone, world, dice, state)


async def _fresh(server: Server, topic: str, watcher: str, path: str) -> dict[str, Any]:
    async with trolley_client(server, watcher, path) as other:
        return await other.subscribe(topic)


async def _catch_up(server: Server, copy: Copy, watcher: str, path: str) -> None:
    async with trolley_client(server, watcher, path) as watching:
        await watching.command("subscribe", topic=copy.topic, **copy.position)
        await (await server.running()).settled()
        await _drain(watching, copy)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("topic", ["cart", "session", "branch"])
async def test_snapshot_and_events_are_the_state_under_random_cuts(
    world: World, server: Server, topic: str, seed: int, node: str
) -> None:
    shopper = await asyncio.to_thread(world.token)
    watcher, path = shopper, "/ws/shopper/"
    if topic == "branch":
        topic, path = f"branch:{world.branch.code}", f"/ws/branch/{world.branch.code}/"
        watcher = await asyncio.to_thread(world.staff)
    copy = Copy(topic)
    await _live_with_cuts(server, world, copy, shopper, watcher, path, seed)
    await _catch_up(server, copy, watcher, path)
    fresh = await _fresh(server, topic, watcher, path)
    assert (copy.epoch, copy.offset) == (fresh["epoch"], fresh["offset"])
    assert _stable(topic, copy.data) == _stable(topic, fresh["data"])
    assert copy.resumed > 0 or topic == "session"
    folded = await asyncio.to_thread(_folded_by_the_pages, copy.frames, node)
    assert _stable(topic, folded) == _stable(topic, fresh["data"])


async def test_a_resumed_cart_gets_exactly_what_it_missed(world: World, server: Server) -> None:
    token = await asyncio.to_thread(world.token)
    async with trolley_client(server, token) as phone:
        position = await phone.subscribe("cart")
        for _ in range(3):
            await phone.command("cart.add", barcode=world.barcode)
    async with trolley_client(server, token) as phone:
        answer = await phone.subscribe("cart", position["epoch"], position["offset"])
        assert (answer["recovered"], answer["offset"]) == (True, 3)
        assert [(await phone.event("cart"))["data"]["total_items"] for _ in range(3)] == [1, 2, 3]


async def test_an_epoch_or_offset_that_never_was_gets_a_snapshot(world: World, server: Server) -> None:
    token = await asyncio.to_thread(world.token)
    async with trolley_client(server, token) as phone:
        first = await phone.subscribe("cart")
        assert (await phone.subscribe("cart", "another", 0))["type"] == "snapshot"
        assert (await phone.subscribe("cart", first["epoch"], 99))["type"] == "snapshot"


async def test_the_session_topic_begins_and_ends_with_a_snapshot(world: World, server: Server) -> None:
    token = await asyncio.to_thread(world.token)
    async with trolley_client(server, token) as phone:
        none = await phone.subscribe("session")
        assert (none["epoch"], none["data"]) == ("none", {"session": None})
        started = await phone.command("session.start", trolley_id=world.trolleys[0])
        begun = await phone.snapshot("session")
        assert begun["epoch"] == started["session_id"]
        await phone.command("session.end", session_id=started["session_id"])
        ended = await phone.event("session", "SessionEnded")
        assert ended["data"] == {"session": None, "outcome": "abandoned"}
        assert (await phone.snapshot("session"))["epoch"] == "none"


async def test_nobody_sees_the_next_holders_session(world: World, server: Server) -> None:
    one, two = [await asyncio.to_thread(world.token, name) for name in ("one", "two")]
    async with trolley_client(server, one) as first, trolley_client(server, two) as second:
        await first.subscribe("session")
        mine = await first.command("session.start", trolley_id=world.trolleys[0])
        await first.snapshot("session")
        await first.command("session.end", session_id=mine["session_id"])
        await second.command("session.start", trolley_id=world.trolleys[0])
        await (await server.running()).settled()
        await first.command("ping")
        shown = [frame["data"]["session"] for frame in first.kept if frame.get("topic") == "session"]
        assert all(view is None or view["session_id"] == mine["session_id"] for view in shown)


async def test_a_topic_that_is_not_followed_any_more_is_silent(world: World, server: Server) -> None:
    token = await asyncio.to_thread(world.token)
    async with trolley_client(server, token) as phone:
        await phone.subscribe("cart")
        await phone.command("unsubscribe", topic="cart")
        await phone.command("cart.add", barcode=world.barcode)
        await (await server.running()).settled()
        await phone.command("ping")
        assert not phone.kept


async def test_the_map_shows_who_holds_a_trolley_by_name(world: World, server: Server) -> None:
    shopper, staff = await asyncio.to_thread(world.token), await asyncio.to_thread(world.staff)
    topic = f"branch:{world.branch.code}"
    async with trolley_client(server, staff, f"/ws/branch/{world.branch.code}") as board:
        snapshot = await board.subscribe(topic)
        assert snapshot["data"]["branch"]["city"] == "Pune"
        assert len(snapshot["data"]["trolleys"]) == len(world.trolleys)
        async with trolley_client(server, shopper) as phone:
            await phone.command("session.start", trolley_id=world.trolleys[0])
            assigned = await board.event(topic, "TrolleyAssigned")
            assert assigned["data"]["trolley"]["assigned_to"] == world.user().username
            assert assigned["data"]["counters"]["held"] == 1
            await phone.command("cart.add", barcode=world.barcode)
            total = await board.event(topic, "CartTotalChanged")
            assert total["data"] == {
                "trolley_id": world.trolleys[0], "cart_total": 100.0, "cart_units": 1,
            }  # fmt: skip


async def test_a_chain_admin_sees_the_counters_of_every_branch(world: World, server: Server) -> None:
    admin = await asyncio.to_thread(world.staff, "boss", "chain_admin", True)
    shopper = await asyncio.to_thread(world.token)
    topic = f"chain:{world.chain.slug}"
    staff = await asyncio.to_thread(world.staff)
    async with (
        trolley_client(server, admin, f"/ws/chain/{world.chain.slug}/") as office,
        trolley_client(server, staff, f"/ws/branch/{world.branch.code}/") as board,
        trolley_client(server, shopper) as phone,
    ):
        snapshot = await office.subscribe(topic)
        counters = snapshot["data"]["branches"][0]["counters"]
        assert (counters["available"], counters["unreachable"]) == (2, 2), "two are where no Pi is heard"
        await board.subscribe(f"branch:{world.branch.code}")
        await phone.command("session.start", trolley_id=world.trolleys[0])
        noted = await office.event(topic, "BranchNoted")
        assert noted["data"]["counters"]["held"] == 1


async def test_the_map_shows_a_trolley_that_was_edited(world: World, server: Server) -> None:
    staff = await asyncio.to_thread(world.staff)
    topic = f"branch:{world.branch.code}"
    async with trolley_client(server, staff) as board:
        await board.subscribe(topic)
        trolley = await asyncio.to_thread(lambda: Trolley.objects.get(trolley_id=world.trolleys[0]))
        trolley.is_active = False
        await asyncio.to_thread(trolley.save)
        changed = await board.event(topic, "TrolleyChanged")
        assert changed["data"]["trolley"]["is_active"] is False
        assert changed["data"]["counters"]["total"] == len(world.trolleys) - 1


async def test_the_map_follows_its_branchs_name_and_lets_go_of_a_trolley_that_was_moved(
    world: World, server: Server
) -> None:
    staff = await asyncio.to_thread(world.staff)
    topic = f"branch:{world.branch.code}"

    def edit() -> None:
        world.branch.name = "Market Square"
        world.branch.save()

    def move() -> None:
        other = Branch.objects.create(chain=world.chain, code=f"{world.branch.code}-2", name="Other")
        trolley = Trolley.objects.get(trolley_id=world.trolleys[3])
        trolley.branch = other
        trolley.save()

    async with trolley_client(server, staff) as board:
        await board.subscribe(topic)
        await asyncio.to_thread(edit)
        changed = (await board.event(topic, "BranchChanged"))["data"]
        assert (changed["branch"]["name"], changed["gone"]) == ("Market Square", [])
        await asyncio.to_thread(move)
        changed = (await board.event(topic, "BranchChanged"))["data"]
        assert changed["gone"] == [world.trolleys[3]]
        assert changed["counters"]["total"] == len(world.trolleys) - 1


class TestIdle:
    @pytest.fixture
    def clock(self) -> ManualClock:
        return ManualClock(1_800_000_000.0)

    @pytest.fixture
    def options(self, clock: ManualClock) -> dict[str, Any]:
        return {"limits": limits(), "clock": clock}

    async def test_a_map_that_somebody_looks_at_is_not_passivated(
        self, world: World, server: Server, clock: ManualClock
    ) -> None:
        staff = await asyncio.to_thread(world.staff)
        shopper = await asyncio.to_thread(world.token)
        topic = f"branch:{world.branch.code}"
        async with trolley_client(server, staff) as board:
            snapshot = await board.subscribe(topic)
            for _ in range(4):
                clock.advance(settings.ACTOR_IDLE_S)
                await (await server.running()).settled()
            async with trolley_client(server, shopper) as phone:
                await phone.command("session.start", trolley_id=world.trolleys[0])
                event = await board.event(topic)
            assert event["offset"] == snapshot["offset"] + 1
            assert (await board.subscribe(topic))["epoch"] == snapshot["epoch"]


class TestExpiry:
    @pytest.fixture
    def clock(self) -> ManualClock:
        return ManualClock(1_800_000_000.0)

    @pytest.fixture
    def options(self, clock: ManualClock) -> dict[str, Any]:
        return {"limits": limits(), "clock": clock}

    async def test_a_forgotten_session_expires_before_everybodys_eyes(
        self, world: World, server: Server, clock: ManualClock
    ) -> None:
        token = await asyncio.to_thread(world.token)
        async with trolley_client(server, token) as phone:
            for topic in ("cart", "session", "notifications"):
                await phone.subscribe(topic)
            await phone.command("session.start", trolley_id=world.trolleys[2])
            await phone.command("cart.add", barcode=world.barcode)
            clock.advance(31.0)
            expired = await phone.event("session", "SessionExpired")
            assert expired["data"] == {"session": None, "outcome": "expired"}
            notice = await phone.event("notifications", "SessionExpired")
            assert notice["data"]["trolley_id"] == world.trolleys[2]
            detached = await phone.event("cart", "SessionDetached")
            assert detached["data"]["saved"]["items_count"] == 1
            again = await phone.command("session.start", trolley_id=world.trolleys[2])
            assert again["restore"]["items_count"] == 1
            assert (await phone.command("cart.restore"))["restored"] == 1
