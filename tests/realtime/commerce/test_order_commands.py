"""Orders over sockets and HTTP: the view, the exit pass at the door, refunds; and who may."""

from __future__ import annotations

import asyncio
import time
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import httpx
import pytest
from django.core import mail
from django.core.asgi import get_asgi_application

from actors.kit.decider import Look
from actors.messages.money.order import RefundFailed, RefundMade
from actors.runtime import ManualClock
from actors.runtime.address import Address
from core.fleet.models import Trolley
from core.tenancy.models import Branch, Chain
from realtime.server import Server
from realtime.testing import CommandRefused, trolley_client
from tests.realtime.buying import bought
from tests.realtime.conftest import World, make_world

PASS_S = 3600.0


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(float(int(time.time())))


@pytest.fixture
def options(options: dict[str, Any], clock: ManualClock) -> dict[str, Any]:
    return {**options, "clock": clock}


def http_of(server: Server, token: str) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=server)  # type: ignore[arg-type]
    headers = {"Authorization": f"Bearer {token}"}
    return httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers)


async def seen(server: Server, token: str, order_id: str) -> dict[str, Any]:
    async with http_of(server, token) as http:
        answer = await http.get(f"/api/orders/{order_id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


async def settle(server: Server, order_id: str, word: Any) -> None:
    """Let the payment say what became of a refund."""
    running = await server.owner()
    running.host.system.tell(Address("order", order_id), word)
    await running.settled()


async def test_an_order_is_the_shoppers_receipt_to_the_last_paisa(world: World, server: Server) -> None:
    order_id = await bought(server, world, 2, 3, 7)
    token = await asyncio.to_thread(world.token)
    async with http_of(server, token) as http:
        answer = await http.get(f"/api/orders/{order_id}")
        assert b'"total":350.95' in answer.content
        assert b'"unit_price":49.50' in answer.content
        order = answer.json()
        [row] = (await http.get("/api/orders")).json()["results"]
    assert (order["id"], order["number"], order["status"], order["currency"]) == (order_id, 1, "paid", "INR")
    assert [item["quantity"] for item in order["items"]] == [2, 3, 7]
    assert [str(item["line_total"]) for item in order["items"]] == ["200.0", "148.5", "2.45"]
    assert order["items"][0]["price_trace"] == [{"rule": "base", "unit_price": 100.0}]
    assert (order["items_count"], order["total_items"]) == (3, 12)
    assert order["receipt_url"].endswith(f"/orders/{order_id}")
    assert order["exit_pass"]["url"].endswith(f"/x/{order['exit_pass']['code']}")
    assert order["exit_pass"]["verified_at"] is None
    assert order["shop"]["name"] == "Branch"
    assert {name: order[name] for name in row} == row


async def test_orders_of_a_branch_are_numbered_one_after_the_other(world: World, server: Server) -> None:
    orders = [await bought(server, world) for _ in range(3)]
    token = await asyncio.to_thread(world.token)
    assert [(await seen(server, token, each))["number"] for each in orders] == [1, 2, 3]


async def test_the_list_is_ones_own_in_pages_and_can_be_filtered(world: World, server: Server) -> None:
    mine = [await bought(server, world, 1), await bought(server, world, 1, 1)]
    await bought(server, world, by="other")
    token, staff = await asyncio.to_thread(world.token), await asyncio.to_thread(world.staff)

    async def ids(token: str, **query: Any) -> list[str]:
        async with http_of(server, token) as http:
            answer = await http.get("/api/orders", params=query)
            assert answer.status_code == 200, answer.text
            return [row["id"] for row in answer.json()["results"]]

    assert set(await ids(token)) == set(mine)
    assert len(await ids(token, page_size=1, page=2)) == 1
    assert len(await ids(staff, branch=world.branch.code)) == 3
    assert await ids(staff, branch=world.branch.code, search="2") == [mine[1]]
    assert await ids(token, search="product 1") == [mine[1]]
    assert await ids(token, status="refunded") == []
    assert await ids(token, **{"from": "2100-01-01T00:00:00Z"}) == []
    assert await ids(staff) == []


async def test_a_branchs_orders_are_found_by_what_people_know_of_one(world: World, server: Server) -> None:
    mine, others = await bought(server, world, 1), await bought(server, world, 2, by="other")
    staff, branch = await asyncio.to_thread(world.staff), world.branch.code
    order = await seen(server, await asyncio.to_thread(world.token), mine)
    today = order["placed_at"][:10]

    async with http_of(server, staff) as http:
        for query, wanted in (
            ({"search": world.user().username}, [mine]),
            ({"customer": world.user().username[:-1]}, [mine]),
            ({"customer": "nobody at all"}, []),
            ({"search": order["exit_pass"]["code"]}, [mine]),
            ({"exit_code": order["exit_pass"]["url"]}, [mine]),
            ({"exit_code": "HELLO"}, []),
            ({"trolley_id": order["trolley_id"].lower()}, [others, mine]),
            ({"trolley_id": "no such"}, []),
            ({"min_total": str(order["total"] + 1)}, [others]),
            ({"max_total": str(order["total"])}, [mine]),
            ({"left": "true"}, []),
            ({"left": "false", "disputed": "false"}, [others, mine]),
            ({"disputed": "true"}, []),
            ({"from_day": today, "to_day": today}, [others, mine]),
            ({"from_day": "9999-12-31"}, []),
            ({"to_day": "0001-01-01"}, []),
        ):
            answer = await http.get("/api/orders", params={"branch": branch, **query})
            assert sorted(row["id"] for row in answer.json()["results"]) == sorted(wanted), query
        for wrong in ({"from_day": "01/31/2026"}, {"to_day": "yesterday"}, {"left": "perhaps"}):
            answer = await http.get("/api/orders", params={"branch": branch, **wrong})
            assert (answer.status_code, list(answer.json()["errors"])) == (400, list(wrong))


async def test_a_branchs_day_begins_at_its_own_midnight(world: World, server: Server) -> None:
    order_id = await bought(server, world)
    staff = await asyncio.to_thread(world.staff)
    placed = datetime.fromisoformat((await seen(server, staff, order_id))["placed_at"])
    for zone in ("Pacific/Kiritimati", "Pacific/Niue"):
        await asyncio.to_thread(Branch.objects.filter(pk=world.branch.pk).update, timezone=zone)
        day = placed.astimezone(ZoneInfo(zone)).date()
        async with http_of(server, staff) as http:
            for days, count in ((0, 1), (1, 0), (-1, 0)):
                other = (day + timedelta(days)).isoformat()
                query = {"branch": world.branch.code, "from_day": other, "to_day": other}
                assert (await http.get("/api/orders", params=query)).json()["count"] == count, (zone, days)


async def test_orders_are_summed_and_kept_as_a_file_by_the_same_filters(world: World, server: Server) -> None:
    mine = await bought(server, world, 1)
    await bought(server, world, 2, by="other")
    staff = await asyncio.to_thread(world.staff)
    await asyncio.to_thread(Branch.objects.filter(pk=world.branch.pk).update, timezone="Asia/Kolkata")
    query = {"branch": world.branch.code, "customer": world.user().username}
    async with http_of(server, staff) as http:
        [totals] = (await http.get("/api/orders/totals", params=query)).json()
        assert totals == {
            "currency": "INR", "orders": 1, "units": 1, "total": 100.0, "refunded": 0.0, "kept": 100.0,
        }  # fmt: skip
        both = (await http.get("/api/orders/totals", params={"branch": world.branch.code})).json()
        assert [each["orders"] for each in both] == [2]
        table = await http.get("/api/orders/export.csv", params=query)
    header, row = table.content.decode("utf-8-sig").splitlines()
    told = dict(zip(header.split(","), row.split(","), strict=True))
    assert (told["id"], told["total"], told["customer"]) == (mine, "100.00", world.user().username)
    assert told["placed_at"].endswith("+05:30")


async def test_staff_see_a_receipt_without_its_pass_and_who_gave_money_back(
    world: World, server: Server
) -> None:
    order_id = await bought(server, world)
    staff = await asyncio.to_thread(world.staff)
    manager = await asyncio.to_thread(world.staff, "manager", "manager")
    async with http_of(server, manager) as http:
        begun = await http.post(f"/api/orders/{order_id}/refund", json={"reason": "torn", "amount": "1.50"})
        assert begun.status_code == 202, begun.text
    await (await server.owner()).settled()
    theirs = await seen(server, staff, order_id)
    assert (theirs["mine"], theirs["exit_pass"]["code"], theirs["exit_pass"]["url"]) == (False, None, None)
    assert [each["by"] for each in theirs["refunds"]] == [world.user("manager").username]
    own = await seen(server, await asyncio.to_thread(world.token), order_id)
    assert own["mine"]
    assert own["exit_pass"]["code"]
    assert [(each["by"], each["reason"]) for each in own["refunds"]] == [(None, "torn")]


async def test_above_the_chains_limit_a_refund_is_asked_about_once_more(world: World, server: Server) -> None:
    order_id = await bought(server, world, 2)
    await asyncio.to_thread(Chain.objects.filter(pk=world.branch.chain.pk).update, refund_limit=Decimal(150))
    path = f"/api/orders/{order_id}/refund"
    async with http_of(server, await asyncio.to_thread(world.staff, "manager", "manager")) as http:
        for amount in ({}, {"amount": "150.01"}):
            asked = await http.post(path, json={"reason": "torn", **amount})
            assert (asked.status_code, asked.json()["code"]) == (409, "refund_unconfirmed")
            assert asked.json()["above"] == 150.0
        high = await http.post(path, json={"reason": "torn", "amount": 999})
        assert high.json()["code"] == "refund_too_high"
        below = await http.post(path, json={"reason": "torn", "amount": 50})
        assert below.status_code == 202
        confirmed = await http.post(path, json={"reason": "torn", "confirmed": True})
        assert confirmed.status_code == 202
        assert confirmed.json()["left"] == 0


async def test_the_receipt_is_mailed_when_the_order_has_its_number(
    world: World, options: dict[str, Any]
) -> None:
    user = await asyncio.to_thread(world.user, email=f"{uuid4().hex}@shop.example")
    server = Server(get_asgi_application(), **options)
    order_id = await bought(server, world)
    await (await server.owner()).stop()
    sent = [each for each in mail.outbox if each.to == [user.email]]
    assert [each.message()["Message-ID"] for each in sent] == [f"<receipt.{order_id}@localhost>"]


# --- the exit --------------------------------------------------------------------------


async def test_a_guard_lets_the_goods_out_once(world: World, server: Server) -> None:
    order_id = await bought(server, world, 2, 3)
    order = await seen(server, await asyncio.to_thread(world.token), order_id)
    code, url = order["exit_pass"]["code"], order["exit_pass"]["url"]
    branch = world.branch.code
    guard = await asyncio.to_thread(world.staff)
    async with trolley_client(server, guard) as gate:
        passed = await gate.command("order.verify_exit", branch=branch, code=url, id="look-1")
        assert passed["customer"] == world.user().username
        assert (passed["number"], passed["items_count"], passed["total_items"]) == (1, 2, 5)
        assert passed["items"][0] == {"name": "Product 0", "variant_name": None, "quantity": 2}
        assert (passed["trolley_id"], passed["total"]) == (world.trolleys[0], 348.5)
        again = await gate.command("order.verify_exit", branch=branch, code=url, id="look-1")
        assert again == passed, "the same key is the same look"
        with pytest.raises(CommandRefused) as refused:
            await gate.command("order.verify_exit", branch=branch, code=code.lower().replace("-", " "))
    assert (refused.value.status, refused.value.code) == (409, "pass_used")
    problem = refused.value.problem
    assert problem["verified_at"] == passed["verified_at"]
    assert problem["verified_by"] == world.user("staff").username
    order = await seen(server, guard, order_id)
    assert order["exit_pass"]["verified_at"] == passed["verified_at"]


async def test_an_old_pass_a_refunded_one_and_a_forged_one_are_told_apart(
    world: World, server: Server, clock: ManualClock
) -> None:
    shopper, guard = await asyncio.to_thread(world.token), await asyncio.to_thread(world.staff)
    first, second = await bought(server, world), await bought(server, world)
    codes = [(await seen(server, shopper, each))["exit_pass"]["code"] for each in (first, second)]
    await settle(server, second, RefundMade("of-the-bank", world.products[0].price * 1000))
    clock.advance(PASS_S + 1)
    async with http_of(server, guard) as http:

        async def says(code: str) -> tuple[int, str]:
            answer = await http.post(f"/api/branches/{world.branch.code}/exit", json={"code": code})
            return answer.status_code, answer.json()["code"]

        assert await says(codes[0]) == (409, "pass_expired")
        assert await says(codes[1]) == (409, "pass_refunded")
        forged = codes[0][:-1] + ("0" if codes[0][-1] != "0" else "1")
        assert await says(forged) == (404, "pass_unknown")
        assert await says("0000-0000-0000") == (404, "pass_unknown")
        assert await says("https://elsewhere.example/t/TROLLEY_01") == (400, "pass_malformed")


async def test_a_pass_of_another_branch_is_named_and_another_chains_is_unknown(
    world: World, server: Server
) -> None:
    def sister() -> Branch:
        return Branch.objects.create(chain=world.chain, code=f"{world.branch.code}-B", name="Sister")

    other, branch = await asyncio.to_thread(make_world), await asyncio.to_thread(sister)
    await asyncio.to_thread((await server.owner()).references.reload)
    code = (await seen(server, await asyncio.to_thread(world.token), await bought(server, world)))[
        "exit_pass"
    ]
    admin = await asyncio.to_thread(world.staff, "admin", "chain_admin", True)
    foreign = await asyncio.to_thread(other.staff)
    async with http_of(server, admin) as http:
        wrong = await http.post(f"/api/branches/{branch.code}/exit", json={"code": code["code"]})
        assert (wrong.status_code, wrong.json()["code"]) == (409, "pass_wrong_branch")
        assert wrong.json()["branch"] == world.branch.code
    async with http_of(server, foreign) as http:
        unknown = await http.post(f"/api/branches/{other.branch.code}/exit", json={"code": code["code"]})
        assert (unknown.status_code, unknown.json()["code"]) == (404, "pass_unknown")
        assert world.branch.code not in unknown.text.replace(str(unknown.json()["instance"]), "")


# --- refunds ---------------------------------------------------------------------------


async def test_a_manager_gives_money_back_and_the_shopper_sees_it(world: World, server: Server) -> None:
    order_id = await bought(server, world, 2)
    shopper = await asyncio.to_thread(world.token)
    manager = await asyncio.to_thread(world.staff, "manager", "manager")
    async with trolley_client(server, manager) as desk:
        begun = await desk.command(
            "order.refund", order_id=order_id, amount=50.25, reason="torn", id="give-1"
        )
        assert (begun["status"], begun["amount"], begun["left"]) == ("pending", 50.25, 149.75)
        again = await desk.command(
            "order.refund", order_id=order_id, amount=50.25, reason="torn", id="give-1"
        )
        assert again == begun, "a double click gives once"
    await settle(server, order_id, RefundMade(begun["refund_id"], world.products[0].price))
    order = await seen(server, shopper, order_id)
    assert (order["status"], order["refunded"]) == ("partly_refunded", 100.0)
    [refund] = order["refunds"]
    assert (refund["id"], refund["reason"], refund["status"]) == (begun["refund_id"], "torn", "made")


async def test_a_refund_that_fails_says_why_and_gives_nothing(world: World, server: Server) -> None:
    order_id = await bought(server, world, 1)
    manager = await asyncio.to_thread(world.staff, "manager", "manager")
    async with http_of(server, manager) as http:
        begun = await http.post(f"/api/orders/{order_id}/refund", json={"reason": "torn"})
        assert begun.status_code == 202
        more = await http.post(f"/api/orders/{order_id}/refund", json={"reason": "torn", "amount": 1})
        assert (more.status_code, more.json()["code"]) == (409, "nothing_to_refund")
    await settle(server, order_id, RefundFailed(begun.json()["refund_id"], "The card was closed."))
    order = await seen(server, manager, order_id)
    assert (order["status"], order["refunded"]) == ("paid", 0)
    assert [(each["status"], each["detail"]) for each in order["refunds"]] == [
        ("failed", "The card was closed.")
    ]


async def test_what_came_back_is_on_the_shelf_again(world: World, server: Server) -> None:
    order_id = await bought(server, world, 3)
    manager = await asyncio.to_thread(world.staff, "manager", "manager")
    item = (await seen(server, manager, order_id))["items"][0]["id"]
    async with http_of(server, manager) as http:
        path = f"/api/orders/{order_id}/refund"
        body = {"reason": "torn", "amount": 200, "restock": [{"item_id": item, "quantity": 2}]}
        assert (await http.post(path, json=body)).status_code == 202
        again = await http.post(path, json={**body, "amount": 1})
        assert (again.status_code, again.json()["code"], again.json()["left"]) == (400, "not_returnable", 1)
    running = await server.owner()
    await running.settled()
    stock = (await running.host.system.ask(Address("stock", world.branch.code), Look())).state
    assert stock.level(str(world.products[0].pk)).on_hand == 2
    assert (await seen(server, manager, order_id))["items"][0]["returned"] == 2


@pytest.mark.parametrize(
    "wrong",
    [
        *({"amount": amount} for amount in (0, -1, 0.001, 100.01, 10**12, "x", "NaN", "-Infinity", "0")),
        *({"reason": reason} for reason in ("", " ", "x" * 201)),
        *({"restock": [{"item_id": "x", "quantity": quantity}]} for quantity in (0, 1)),
        {"colour": "red"},
    ],
)
async def test_a_refund_that_makes_no_sense_is_refused(
    world: World, server: Server, wrong: dict[str, Any]
) -> None:
    order_id = await bought(server, world, 1)
    manager = await asyncio.to_thread(world.staff, "manager", "manager")
    async with http_of(server, manager) as http:
        answer = await http.post(f"/api/orders/{order_id}/refund", json={"reason": "torn", **wrong})
        assert answer.status_code == 400, answer.text
    assert (await seen(server, manager, order_id))["refunds"] == []


# --- who may ---------------------------------------------------------------------------

ROLES = ("shopper", "somebody", "staff", "manager", "chain_admin", "stranger", "platform")
SEES = dict.fromkeys(ROLES, 200) | {"somebody": 404, "stranger": 404}
LISTS = dict.fromkeys(ROLES, 200) | {"shopper": 404, "somebody": 404, "stranger": 404}
REFUNDS = dict.fromkeys(ROLES, 202) | {"shopper": 403, "somebody": 403, "staff": 403, "stranger": 404}
LETS_OUT = dict.fromkeys(ROLES, 200) | {"shopper": 403, "somebody": 403, "stranger": 404}


@pytest.mark.parametrize("role", ROLES)
async def test_each_role_may_what_is_its_own(world: World, server: Server, role: str) -> None:
    other = await asyncio.to_thread(make_world)
    await asyncio.to_thread((await server.owner()).references.reload)

    def token() -> str:
        if role in ("shopper", "somebody"):
            return world.token(role)
        if role == "stranger":
            return other.staff("stranger", "manager")
        if role == "platform":
            return world.token(role, is_superuser=True)
        return world.staff(role, role, whole_chain=role == "chain_admin")

    order_id = await bought(server, world)
    code = (await seen(server, await asyncio.to_thread(world.token), order_id))["exit_pass"]["code"]
    async with http_of(server, await asyncio.to_thread(token)) as http:
        found = await http.get(f"/api/orders/{order_id}")
        listed = await http.get(f"/api/orders?branch={world.branch.code}")
        out = await http.post(f"/api/branches/{world.branch.code}/exit", json={"code": code})
        refunded = await http.post(f"/api/orders/{order_id}/refund", json={"reason": "torn", "amount": 1})
        nothing = await http.post(f"/api/orders/{uuid4()}/refund", json={"reason": "torn"})
    statuses = (found.status_code, listed.status_code, out.status_code, refunded.status_code)
    assert statuses == (SEES[role], LISTS[role], LETS_OUT[role], REFUNDS[role])
    assert nothing.status_code == (403 if role in ("shopper", "somebody") else 404)


async def test_a_device_neither_lets_out_nor_gives_back(world: World, server: Server) -> None:
    order_id = await bought(server, world)
    assert await asyncio.to_thread(Trolley.objects.filter(branch=world.branch).exists)
    async with http_of(server, await asyncio.to_thread(world.device_token)) as http:
        out = await http.post(f"/api/branches/{world.branch.code}/exit", json={"code": "0000-0000-0000"})
        back = await http.post(f"/api/orders/{order_id}/refund", json={"reason": "torn"})
    assert (out.status_code, back.status_code) == (403, 403)
