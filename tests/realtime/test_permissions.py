"""Who may do and see what over sockets and hot HTTP (invariant 8)."""

from __future__ import annotations

import asyncio
import itertools
from collections import defaultdict
from contextlib import AsyncExitStack
from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any
from uuid import uuid4

import httpx
import msgspec
import pytest
from django.utils import timezone
from msgspec.structs import replace

from actors.messages.money.purchase import NO_PURCHASE
from actors.order import State as OrderState
from actors.payment import State as PaymentState
from core.accounts.principals import PERMISSIONS
from core.fleet.models import Session, Trolley
from core.tenancy.models import Branch
from realtime.commands.table import TABLE
from realtime.pipeline.row import Command, fixed_by_path, own
from realtime.server import Server
from realtime.testing import CommandRefused, TrolleyClient, trolley_client
from tests.realtime.conftest import World, make_world

ROLES = ("shopper", "staff", "manager", "chain_admin", "foreign_manager", "platform_admin", "device")


@pytest.fixture
def other(world: World) -> World:
    """Another chain."""
    return make_world()


def _token(world: World, other: World, role: str) -> str:
    if role == "shopper":
        return world.token()
    if role == "foreign_manager":
        return other.staff("foreign", "manager")
    if role == "platform_admin":
        return world.token("platform", is_superuser=True)
    if role == "device":
        return world.device_token()
    return world.staff(role, role, whole_chain=role == "chain_admin")


WATCH = {
    "branch": {"staff", "manager", "chain_admin", "platform_admin"},
    "chain": {"chain_admin", "platform_admin"},
}


@pytest.mark.parametrize("role", ROLES)
async def test_sockets_and_topics_of_staff_are_for_their_own_branch(
    other: World, world: World, server: Server, role: str
) -> None:
    token = await asyncio.to_thread(_token, world, other, role)
    for kind, key in (("branch", world.branch.code), ("chain", world.chain.slug)):
        allowed = role in WATCH[kind]
        async with trolley_client(server, token, f"/ws/{kind}/{key}/") as socket:
            if not allowed:
                assert await socket.closed() == 4403
                continue
            snapshot = await socket.subscribe(f"{kind}:{key}")
            assert snapshot["type"] == "snapshot"


@pytest.mark.parametrize("role", ["shopper", "staff", "foreign_manager"])
async def test_the_shoppers_socket_gives_no_way_around(
    other: World, world: World, server: Server, role: str
) -> None:
    token = await asyncio.to_thread(_token, world, other, role)
    async with trolley_client(server, token) as phone:
        for topic in (f"branch:{world.branch.code}", f"chain:{world.chain.slug}", "branch:none"):
            if role == "staff" and topic.endswith(world.branch.code):
                continue
            with pytest.raises(CommandRefused) as refused:
                await phone.command("subscribe", topic=topic)
            assert refused.value.status == 403
        for topic in ("carts", "cart:someone", "trolley:x", "branch:"):
            with pytest.raises(CommandRefused) as refused:
                await phone.command("subscribe", topic=topic)
            assert (refused.value.status, refused.value.code) == (404, "unknown_topic")


async def test_a_shopper_neither_starts_nor_ends_for_somebody_else(
    other: World, world: World, server: Server
) -> None:
    one, two = [await asyncio.to_thread(world.token, name) for name in ("one", "two")]
    foreign = await asyncio.to_thread(other.staff)
    async with (
        trolley_client(server, one) as mine,
        trolley_client(server, two) as theirs,
        trolley_client(server, foreign) as abroad,
    ):
        session = (await mine.command("session.start", trolley_id=world.trolleys[0]))["session_id"]
        item = (await mine.command("cart.add", barcode=world.barcode))["item"]["id"]
        for stranger in (theirs, abroad):
            for name, fields, status in (
                ("session.end", {"session_id": session}, 404),
                ("session.heartbeat", {"session_id": session}, 404),
                ("cart.remove", {"item_id": item}, 404),
                ("cart.add", {"barcode": world.barcode, "session_id": session}, 404),
            ):
                with pytest.raises(CommandRefused) as refused:
                    await stranger.command(name, **fields)
                assert refused.value.status == status
        with pytest.raises(CommandRefused) as refused:
            await theirs.command(
                "session.start", trolley_id=world.trolleys[1], user_id=str(world.user("one").pk)
            )
        assert refused.value.status == 403
        assert (await mine.subscribe("cart"))["data"]["total_items"] == 1


@pytest.mark.parametrize("command", [each for each in TABLE if each.routes], ids=lambda each: each.name)
async def test_no_route_of_the_table_answers_without_a_token(
    world: World, server: Server, command: Any
) -> None:
    transport = httpx.ASGITransport(app=server)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        for route in command.routes:
            path = route.path.format_map(defaultdict(lambda: str(uuid4())))
            answer = await http.request(route.method, f"/api{path}")
            assert answer.status_code == 401


# --- every row of the table, in every role, at every place, over both transports ----------------

PLACES = ("own", "sibling", "foreign")
_DENIED = "There is no such thing here."


@dataclass
class Spot:
    """A branch with one of everything that a command may name."""

    chain: str
    branch: str
    trolley: str
    product: str
    holder: str
    order: str
    payment: str
    session: str

    def fields(self, name: str) -> dict[str, Any]:
        """Return a body of that command about this place and somebody else's things."""
        alarm = {"branch": self.branch, "alarm_id": str(uuid4())}
        stock = {"branch": self.branch, "product_id": self.product}
        bodies: dict[str, dict[str, Any]] = {
            "session.start": {"trolley_id": self.trolley, "user_id": self.holder},
            "session.heartbeat": {"session_id": self.session},
            "session.end": {"session_id": self.session},
            "cart.add": {"trolley_id": self.trolley, "product_id": self.product},
            "payment.confirm": {"payment_id": self.payment},
            "payment.get": {"payment_id": self.payment},
            "trolley.unlock": {"trolley_id": self.trolley, "reason": "stuck"},
            "trolley.lock": {"trolley_id": self.trolley},
            "trolley.maintenance": {"trolley_id": self.trolley, "on": False},
            "trolley.missing": {"trolley_id": self.trolley, "on": False, "reason": "seen"},
            "trolley.close_rental": {"trolley_id": self.trolley, "reason": "pushed back by hand"},
            "rental.change": {"branch": self.branch, "rental_id": str(uuid4()), "notes": "squeaks"},
            "trolley.assign": {"branch": self.branch, "trolley_id": self.trolley, "user_id": self.holder},
            "trolley.return": {"branch": self.branch, "trolley_id": self.trolley},
            "alarm.acknowledge": alarm,
            "alarm.release": alarm,
            "alarm.snooze": {**alarm, "minutes": 15, "reason": "ordered"},
            "alarm.clear": alarm,
            "help.answer": alarm,
            "stock.receive": {"branch": self.branch, "lines": [{"product_id": self.product, "quantity": 1}]},
            "stock.adjust": {**stock, "delta": 1, "reason": "counted"},
            "till.look": {"branch": self.branch, "code": "none"},
            "till.settle": {"branch": self.branch, "code": "none", "method": "cash"},
            "check.begin": {"branch": self.branch, "pass": "none"},
            "check.scan": {"branch": self.branch, "check_id": str(uuid4()), "barcode": "1"},
            "check.finish": {"branch": self.branch, "check_id": str(uuid4())},
            "check.settle": {"branch": self.branch, "check_id": str(uuid4()), "method": "cash"},
            "price.what_if": {"branch": self.branch, "items": [{"product_id": self.product}]},
            "approval.list": {"branch": self.branch},
            "approval.settle": {"branch": self.branch, "approval_id": str(uuid4()), "approve": True},
            "order.verify_exit": {"branch": self.branch, "code": "none"},
            "order.refund": {"order_id": self.order, "reason": "broken"},
        }
        return bodies[name]


def _spot(world: World, branch: Branch) -> Spot:
    trolley = Trolley.objects.filter(branch=branch).first() or Trolley.objects.create(
        trolley_id=f"T-{uuid4().hex[:8]}", branch=branch, cart_number=1
    )
    holder = str(world.user("holder").pk)
    session = Session.objects.create(
        session_id=uuid4(), trolley_code=trolley.trolley_id, user_id=holder, branch_code=branch.code,
        started_at=timezone.now(),
    )  # fmt: skip
    return Spot(
        world.chain.slug, branch.code, trolley.trolley_id, str(world.products[0].pk), holder,
        str(uuid4()), str(uuid4()), str(session.pk),
    )  # fmt: skip


@pytest.fixture
def spots(world: World, other: World) -> dict[str, Spot]:
    """The branch in which the roles are granted, another of its chain, and one of another chain."""
    sibling = Branch.objects.create(
        chain=world.chain, code=f"S-{uuid4().hex[:6]}", name="Sibling", city="Pune"
    )
    return {
        "own": _spot(world, world.branch),
        "sibling": _spot(world, sibling),
        "foreign": _spot(other, other.branch),
    }


def _look_in(spots: dict[str, Spot], look: Any) -> Any:
    """Return a look that knows an order and a payment in each of the places."""
    states: dict[tuple[str, str], OrderState | PaymentState] = {}
    for spot in spots.values():
        there = replace(NO_PURCHASE, chain=spot.chain, branch=spot.branch)
        states["order", spot.order] = OrderState(
            spot.order, phase="paid", user_id=spot.holder, purchase=there
        )
        states["payment", spot.payment] = PaymentState(
            spot.payment, phase="kept", user_id=spot.holder, purchase=there
        )

    async def known(kind: str, key: str, who: Any) -> Any:
        state = states.get((kind, key))
        return await look(kind, key, who) if state is None else SimpleNamespace(state=state)

    return known


def _may(row: Command, role: str, place: str) -> bool:
    """Say what the table of permissions says, without the code that checks it."""
    if role == "platform_admin":
        return row.permission != "own"
    granted = "manager" if role == "foreign_manager" else role
    if granted not in PERMISSIONS.get(row.permission, ()):
        return False
    reach = {"foreign_manager": ("foreign",), "chain_admin": ("own", "sibling")}.get(role, ("own",))
    return place in reach


def _denied(problem: dict[str, Any], role: str) -> bool:
    """Return whether it was the role. To a shopper somebody else's session is none in their own cart."""
    if role == "shopper" and problem["code"] == "session_not_found":
        return True
    return problem["code"] == "forbidden" or problem["detail"] == _DENIED


async def _over_http(
    http: httpx.AsyncClient, role: str, row: Command, fields: dict[str, Any], spot: Spot
) -> bool:
    route = row.routes[0]
    names = {"branch_id": spot.branch, "cart_number": spot.trolley, **fields}
    path = "/api" + route.path.format_map(names)
    left = {name: value for name, value in fields.items() if name not in fixed_by_path(route)}
    answer = await http.request(route.method, path, json=None if route.method == "GET" else left)
    return answer.status_code >= 400 and _denied(answer.json(), role)


async def _over_a_socket(phone: TrolleyClient, role: str, row: Command, fields: dict[str, Any]) -> bool:
    try:
        await phone.command(row.name, **fields)
    except CommandRefused as refused:
        return _denied(refused.problem, role)
    return False


@pytest.mark.parametrize("role", ROLES)
async def test_every_command_of_the_table_is_for_those_whom_its_row_names(
    other: World,
    world: World,
    spots: dict[str, Spot],
    server: Server,
    monkeypatch: pytest.MonkeyPatch,
    role: str,
) -> None:
    running = await server.running()
    monkeypatch.setattr(running.services.asking, "look", _look_in(spots, running.services.asking.look))
    await asyncio.to_thread(running.references.reload)
    token = await asyncio.to_thread(_token, world, other, role)
    headers = {"Authorization": f"Bearer {token}"}
    transport = httpx.ASGITransport(app=server)  # type: ignore[arg-type]
    wrong: list[tuple[str, ...]] = []
    async with AsyncExitStack() as stack:
        http = await stack.enter_async_context(
            httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers)
        )
        phone = None if role == "device" else await stack.enter_async_context(trolley_client(server, token))
        for row, place in itertools.product((row for row in TABLE if row.where is not own), PLACES):
            fields, expected = spots[place].fields(row.name), _may(row, role, place)
            if role == "device":
                expected = expected and row.devices
            elif row.name == "trolley.return" and role == "shopper":
                expected = True  # Whether it was theirs is known where returns are matched.
            if await _over_http(http, role, row, fields, spots[place]) is expected:
                wrong.append((row.name, place, "http"))
            if (
                phone is not None
                and row.socket
                and await _over_a_socket(phone, role, row, fields) is expected
            ):
                wrong.append((row.name, place, "socket"))
    assert not wrong


@pytest.mark.parametrize("row", [row for row in TABLE if row.where is own], ids=lambda row: row.name)
def test_what_is_always_the_callers_own_can_name_nobody_else(row: Command) -> None:
    fields = set(row.body.__struct_fields__)
    assert row.permission == "own"
    assert not fields & {"user_id", "session_id", "trolley_id", "order_id", "payment_id"}


def test_a_row_that_does_not_say_who_may_give_it_does_not_load() -> None:
    row = TABLE[0]
    for change in ({"permission": "nobody.knows"}, {"permission": "trolley.operate", "where": own}):
        with pytest.raises(ValueError, match=row.name):
            msgspec.structs.replace(row, **change)
    fields = {
        name: getattr(row, name) for name in row.__struct_fields__ if name not in ("permission", "where")
    }
    with pytest.raises(TypeError, match="permission"):
        Command(**fields, where=own)
    with pytest.raises(TypeError, match="where"):
        Command(**fields, permission="own")
