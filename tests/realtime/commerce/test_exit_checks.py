"""Checks at the exit over the server: who is looked at, what is found, and what it leads to."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone

from core.orders import checks
from core.orders.models import ExitCheck, Order
from core.trail.models import CommandNote
from realtime.server import Server
from realtime.testing import trolley_client
from tests.realtime.commerce.test_commerce_edges import reloaded
from tests.realtime.conftest import World, make_world
from tests.realtime.paying import GOOD, http, level, shopping, stocked


async def bought(server: Server, world: World, quantity: int = 2) -> dict[str, Any]:
    """Let somebody buy of the first product; return the order as they see it."""
    await stocked(server, world)
    token = await asyncio.to_thread(world.token)
    async with trolley_client(server, token) as phone:
        await shopping(phone, world, quantity)
        begun = await phone.command("payment.create")
        await phone.command("payment.confirm", payment_id=begun["payment_id"], card=GOOD)
    await (await server.running()).settled()
    async with http(server, token) as web:
        order: dict[str, Any] = (await web.get(f"/api/orders/{begun['payment_id']}")).json()
    return order


async def test_staff_scans_the_trolley_and_hears_what_is_missing_and_what_is_unpaid(
    world: World, server: Server
) -> None:
    order = await bought(server, world)
    path = f"/api/branches/{world.branch.code}/checks"
    async with http(server, await asyncio.to_thread(world.staff)) as desk:
        answer = await desk.post(path, json={"pass": order["exit_pass"]["code"]})
        begun = answer.json()
        assert (answer.status_code, begun["outcome"]) == (201, None), begun
        assert [(each["name"], each["quantity"]) for each in begun["items"]] == [("Product 0", 2)]
        check = f"{path}/{begun['id']}"
        await desk.post(f"{check}/scan", json={"barcode": world.products[0].barcode})
        found = (
            await desk.post(f"{check}/scan", json={"barcode": world.products[1].barcode, "quantity": 2})
        ).json()["found"]
        assert [(each["name"], each["quantity"]) for each in found] == [("Product 0", 1), ("Product 1", 2)]
        answer = await desk.post(f"{check}/scan", json={"barcode": "nobodys"})
        assert (answer.status_code, answer.json()["code"]) == (404, "product_not_found")

        done = (await desk.post(f"{check}/finish")).json()
        assert (done["outcome"], done["amount_due"], done["refund_due"]) == ("differences", 99, 100)
        (missing,), (unpaid,) = done["missing"], done["unpaid"]
        assert missing == {**missing, "item_id": begun["items"][0]["item_id"], "quantity": 1, "amount": 100}
        assert unpaid == {"item_id": None, "name": "Product 1", "quantity": 2, "amount": 99}
        paid = (await desk.post(f"{check}/settle", json={"method": "cash"})).json()
        assert paid["amount_due"] == 0
        assert await level(server, world, 1) == (8, 0)
        answer = await desk.post(path, json={"pass": order["exit_pass"]["code"]})
        assert (answer.status_code, answer.json()["code"]) == (409, "check_over")
    row = await asyncio.to_thread(ExitCheck.objects.get, pk=order["id"])
    assert (row.outcome, row.missing_units, row.unpaid_units) == ("differences", 1, 2)
    noted = CommandNote.objects.filter(what__startswith="check.").order_by("at")
    assert await asyncio.to_thread(lambda: [each.what for each in noted]) == [
        "check.begin",
        "check.finish",
        "check.settle",
    ]


async def test_a_check_is_of_its_own_branch(world: World, server: Server) -> None:
    order = await bought(server, world)
    other = await asyncio.to_thread(make_world)
    path = f"/api/branches/{world.branch.code}/checks"
    async with (
        http(server, await asyncio.to_thread(world.staff)) as desk,
        http(server, await asyncio.to_thread(other.staff, "foreign")) as abroad,
        http(server, await asyncio.to_thread(world.token)) as shopper,
    ):
        body = {"pass": order["exit_pass"]["code"]}
        assert (await shopper.post(path, json=body)).status_code == 403
        begun = (await desk.post(path, json=body)).json()
        theirs = f"/api/branches/{other.branch.code}/checks"
        assert (await abroad.post(theirs, json=body)).json()["code"] == "pass_unknown"
        answer = await abroad.post(f"{theirs}/{begun['id']}/finish")
        assert (answer.status_code, answer.json()["code"]) == (404, "check_not_found")
        assert (await desk.post(path, json={"pass": "nonsense"})).json()["code"] == "pass_malformed"
        assert (await desk.post(path, json={"code": "x"})).status_code == 400
        assert (await desk.post(f"{path}/{uuid4()}/finish")).status_code == 404


@pytest.mark.parametrize("rate", [0, 100])
async def test_the_exit_says_whether_to_check_by_the_branchs_rate(
    world: World, server: Server, rate: int
) -> None:
    order = await bought(server, world)
    world.branch.check_rate = rate
    await asyncio.to_thread(world.branch.save)
    await reloaded(server)
    async with http(server, await asyncio.to_thread(world.staff)) as desk:
        body = {"code": order["exit_pass"]["code"]}
        answer = await desk.post(f"/api/branches/{world.branch.code}/exit", json=body)
        assert answer.json()["check"] is (rate == 100)


def _visits(world: World, user_id: Any, outcomes: list[int | None]) -> None:
    """Let somebody have bought so often; of each, how many units a check found unpaid, None: no check."""
    now = timezone.now()
    for unpaid in outcomes:
        order_id = uuid4()
        Order.objects.create(
            order_id=order_id, branch_code=world.branch.code, chain_slug=world.chain.slug, user_id=user_id,
            reservation_id=uuid4(), status="paid", currency="INR", items_count=1, units=1, total=1,
            refunded=0, placed_at=now,
        )  # fmt: skip
        if unpaid is not None:
            ExitCheck.objects.create(
                order_id=order_id, branch_code=world.branch.code, chain_slug=world.chain.slug,
                user_id=user_id, checked_by=uuid4(), begun_at=now, finished_at=now, currency="INR",
                unpaid_units=unpaid,
            )  # fmt: skip


def _share(world: World, user_id: Any, rate: int) -> float:
    orders = [str(uuid4()) for _ in range(400)]
    return sum(checks.wanted(each, str(user_id), world.chain.slug, rate) for each in orders) / 400


def test_somebody_new_is_looked_at_as_everybody_is_and_a_record_makes_it_more_or_fewer(world: World) -> None:
    people: dict[str, list[int | None]] = {
        "new": [3, 3],
        "usual": [None] * 5,
        "trusted": [0] * 5,
        "suspect": [None, 2, None, None],
    }
    shares = {}
    for name, visits in people.items():
        user_id = world.user(name).pk
        _visits(world, user_id, visits)
        shares[name] = _share(world, user_id, 20)
    # 400 draws each: five standard deviations around 0.2 are 0.1.
    assert 0.1 < shares["new"] < 0.3
    assert 0.1 < shares["usual"] < 0.3
    assert shares["trusted"] < 0.18
    assert 0.67 < shares["suspect"] < 0.93


def test_the_draw_is_the_same_however_often_it_is_asked_for(world: World) -> None:
    orders = [str(uuid4()) for _ in range(50)]
    user_id = str(world.user().pk)
    first = [checks.wanted(each, user_id, world.chain.slug, 50) for each in orders]
    assert [checks.wanted(each, user_id, world.chain.slug, 50) for each in orders] == first
    assert 5 < sum(first) < 45
