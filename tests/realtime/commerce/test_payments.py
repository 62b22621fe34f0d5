"""Paying over sockets and HTTP with the sandbox: every card, every door, and what becomes of the money."""

from __future__ import annotations

import asyncio
import time
from typing import Any
from uuid import uuid4

import pytest

from actors.runtime import ManualClock
from core.accounts.models import Grant
from core.payments.models import Attempt, Payment, PaymentDetails, SandboxCharge, SandboxNotice
from core.payments.providers.registry import find
from core.payments.providers.sandbox import SIGNATURE, Sandbox
from core.payments.tasks import reconcile
from realtime.server import Server
from realtime.testing import CommandRefused, trolley_client
from tests.realtime.conftest import World, make_world
from tests.realtime.paying import (
    ASKS,
    DECLINED,
    FIRST,
    GOOD,
    LATE,
    TIMES_OUT,
    TWICE,
    http,
    level,
    shopping,
    state_of,
    stocked,
)

HOLD_S = 300.0


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(float(int(time.time())))


@pytest.fixture
def options(options: dict[str, Any], clock: ManualClock) -> dict[str, Any]:
    return {**options, "clock": clock}


@pytest.fixture
async def shop(world: World, server: Server) -> World:
    await stocked(server, world)
    return world


async def token(world: World, name: str = "shopper") -> str:
    return await asyncio.to_thread(world.token, name)


async def test_a_payment_ends_in_an_order_and_a_free_trolley(shop: World, server: Server) -> None:
    async with trolley_client(server, await token(shop)) as phone:
        started = await shopping(phone, shop)
        await phone.subscribe("cart")
        begun = await phone.command("payment.create")
        assert (begun["status"], begun["provider"], begun["amount"]) == ("pending", "sandbox", 200)
        assert begun["order_id"] is None
        assert {"number", "outcome", "title"} == set(begun["client"]["cards"][0])
        asked = await phone.event("cart", "PaymentRequested")
        assert asked["data"]["checkout"]["payment_id"] == begun["payment_id"]
        assert await level(server, shop) == (10, 2)
        with pytest.raises(CommandRefused) as refused:
            await phone.command("session.end", session_id=started["session_id"], outcome="paid")
        assert (refused.value.status, refused.value.code) == (409, "not_paid")
        done = await phone.command("payment.confirm", payment_id=begun["payment_id"], card=GOOD)
        assert done["status"] == "paid"
        paid = await phone.event("cart", "CheckoutPaid")
        assert paid["data"]["order_id"] == begun["payment_id"]
        assert (paid["data"]["items_count"], paid["data"]["checkout"]) == (0, None)
        ended = await phone.event("cart", "SessionDetached")
        assert ended["data"]["outcome"] == "paid"
        assert await level(server, shop) == (8, 0)
        again = await phone.command("session.end", session_id=started["session_id"], outcome="paid")
        assert again["outcome"] == "paid"
    async with http(server, await token(shop)) as client:
        seen = (await client.get(f"/api/payments/{begun['payment_id']}")).json()
        assert (seen["status"], seen["order_id"], seen["client"]) == ("paid", begun["payment_id"], {})
        order = (await client.get(f"/api/orders/{begun['payment_id']}")).json()
        assert (order["total"], order["status"]) == (200, "paid")
        till = dict.fromkeys(("method", "due", "received", "change"))
        paid = {"id": begun["payment_id"], "provider": "sandbox", "status": "paid"}
        assert order["payment"] == paid | till


async def test_the_same_over_http_and_the_same_key_is_the_same_payment(shop: World, server: Server) -> None:
    async with trolley_client(server, await token(shop)) as phone:
        await shopping(phone, shop)
    async with http(server, await token(shop)) as client:
        key = {"Idempotency-Key": "pay-1"}
        body = {"payment_method": "sandbox", "currency": "INR"}
        first = await client.post("/api/payments/create-from-cart", json=body, headers=key)
        assert first.status_code == 201, first.text
        payment_id = first.json()["payment_id"]
        again = await client.post("/api/payments/create-from-cart/", json=body, headers=key)
        assert (again.status_code, again.json()["payment_id"]) == (201, payment_id)
        other = await client.post("/api/payments/create-from-cart", json=body)
        assert other.json()["payment_id"] == payment_id, "a second click is the payment that goes on"
        reused = await client.post(
            "/api/payments/create-from-cart", json={"payment_method": "sandbox"}, headers=key
        )
        assert reused.status_code == 422
        path = f"/api/payments/{payment_id}/confirm"
        done = await client.post(path, json={"card": GOOD}, headers={"Idempotency-Key": "card-1"})
        assert (done.status_code, done.json()["status"]) == (200, "paid")
        repeated = await client.post(path, json={"card": GOOD}, headers={"Idempotency-Key": "card-1"})
        assert (repeated.status_code, repeated.json()["status"]) == (200, "paid")
        after = await client.post("/api/payments/create-from-cart", json=body, headers=key)
        assert (after.json()["payment_id"], after.json()["status"]) == (payment_id, "paid")


async def test_an_empty_cart_is_refused_in_the_contracts_words(shop: World, server: Server) -> None:
    async with http(server, await token(shop)) as client:
        answer = await client.post("/api/payments/create-from-cart", json={"branch": shop.branch.code})
        problem = answer.json()
        assert answer.status_code == 400
        assert problem["error"].startswith("Cart is empty. Please add items first. Cart ID: ")
        assert problem["cart_id"] in problem["error"]
        assert problem["user_id"] == str(shop.user().pk)


async def test_what_is_asked_for_wrongly_is_named(shop: World, server: Server) -> None:
    async with trolley_client(server, await token(shop)) as phone:
        await shopping(phone, shop)
        for fields, code in (
            ({"payment_method": "gold"}, "unknown_payment_method"),
            ({"currency": "USD"}, "currency_mismatch"),
            ({"shipping_address": {"street": "x" * 5000}}, "invalid"),
        ):
            with pytest.raises(CommandRefused) as refused:
                await phone.command("payment.create", **fields)
            assert (refused.value.status, refused.value.code) == (400, code)
        begun = await phone.command("payment.create")
        for card in ("4242424242424241", "hello", "42"):
            with pytest.raises(CommandRefused) as refused:
                await phone.command("payment.confirm", payment_id=begun["payment_id"], card=card)
            assert (refused.value.status, refused.value.code) == (400, "not_understood")
        done = await phone.command("payment.confirm", payment_id=begun["payment_id"], card=GOOD)
        assert done["status"] == "paid"


async def test_not_enough_in_stock_is_named_before_anybody_pays(shop: World, server: Server) -> None:
    async with trolley_client(server, await token(shop)) as phone:
        await shopping(phone, shop, 11)
        with pytest.raises(CommandRefused) as refused:
            await phone.command("payment.create")
        assert (refused.value.status, refused.value.code) == (400, "insufficient_stock")


@pytest.mark.parametrize("card", [DECLINED, "5555555555554444"])
async def test_a_declined_card_leaves_the_cart_frozen_for_the_next_try(
    shop: World, server: Server, clock: ManualClock, card: str
) -> None:
    async with trolley_client(server, await token(shop)) as phone:
        await shopping(phone, shop)
        await phone.subscribe("cart")
        begun = await phone.command("payment.create")
        done = await phone.command("payment.confirm", payment_id=begun["payment_id"], card=card)
        assert (done["status"], done["reason"]) == ("declined", "card_declined")
        event = await phone.event("cart", "PaymentDeclined")
        assert event["data"]["detail"] == done["detail"]
        assert event["data"]["checkout"]["payment_id"] is None
        second = await phone.command("payment.create")
        assert second["payment_id"] != begun["payment_id"]
        assert second["expires_at"] == begun["expires_at"], "the time runs on"
        done = await phone.command("payment.confirm", payment_id=second["payment_id"], card=GOOD)
        assert done["status"] == "paid"


@pytest.mark.parametrize(("approve", "status"), [(True, "paid"), (False, "declined")])
async def test_a_card_that_asks_for_approval(shop: World, server: Server, approve: bool, status: str) -> None:
    async with trolley_client(server, await token(shop)) as phone:
        await shopping(phone, shop)
        begun = await phone.command("payment.create")
        asked = await phone.command("payment.confirm", payment_id=begun["payment_id"], card=ASKS)
        assert asked["status"] == "requires_action"
        done = await phone.command("payment.confirm", payment_id=begun["payment_id"], approve=approve)
        assert done["status"] == status


async def test_an_answer_that_got_lost_is_found_by_the_reconciliation(shop: World, server: Server) -> None:
    async with trolley_client(server, await token(shop)) as phone:
        await shopping(phone, shop)
        await phone.subscribe("cart")
        begun = await phone.command("payment.create")
        done = await phone.command("payment.confirm", payment_id=begun["payment_id"], card=TIMES_OUT)
        assert done["status"] == "processing"
        await asyncio.to_thread(_reconcile_later, begun["payment_id"])
        paid = await phone.event("cart", "CheckoutPaid")
        assert paid["data"]["order_id"] == begun["payment_id"]
    assert await level(server, shop) == (8, 0)
    asked = await asyncio.to_thread(_attempts, begun["payment_id"])
    assert asked[:3] == [("create", "Created"), ("confirm", "ProviderDown"), ("look_up", "Paid")]


def _attempts(payment_id: str) -> list[tuple[str, str]]:
    rows = Attempt.objects.filter(payment_id=payment_id).order_by("pk")
    return list(rows.values_list("asked", "outcome"))


def _reconcile_later(payment_id: str) -> None:
    """Run the task as it will be much later; the server's own round may be first."""
    row = Payment.objects.get(pk=payment_id)
    past = row.started_at.replace(year=row.started_at.year - 1)
    Payment.objects.filter(pk=payment_id).update(started_at=past)
    Attempt.objects.filter(payment_id=payment_id).update(at=past)
    reconcile()


@pytest.mark.parametrize(("card", "told"), [(TWICE, 2), (FIRST, 1)])
async def test_webhooks_that_come_twice_or_before_the_answer_change_nothing(
    shop: World, server: Server, card: str, told: int
) -> None:
    async with trolley_client(server, await token(shop)) as phone:
        await shopping(phone, shop)
        await phone.subscribe("cart")
        begun = await phone.command("payment.create")
        done = await phone.command("payment.confirm", payment_id=begun["payment_id"], card=card)
        assert done["status"] == "paid"
        await phone.event("cart", "CheckoutPaid")
    sandbox = await asyncio.to_thread(find, "sandbox")
    assert isinstance(sandbox, Sandbox)
    await asyncio.to_thread(sandbox.deliver_due)
    assert await level(server, shop) == (8, 0)
    rows = SandboxNotice.objects.filter(payment_id=begun["payment_id"])
    notices = await asyncio.to_thread(lambda: list(rows.values_list("event_id", "delivered_at")))
    assert len(notices) == told
    assert all(delivered is not None for _, delivered in notices)
    asked = await asyncio.to_thread(_attempts, begun["payment_id"])
    assert asked.count(("webhook", "Paid")) == len({event_id for event_id, _ in notices}) == 1
    state = await state_of(server, "payment", begun["payment_id"])
    assert (state.phase, state.refunds) == ("kept", ())


async def _late(shop: World, server: Server, clock: ManualClock, phone: Any) -> str:
    """Pay late: the reservation is over when the bank's word comes."""
    await phone.subscribe("cart")
    begun = await phone.command("payment.create", branch=shop.branch.code)
    done = await phone.command("payment.confirm", payment_id=begun["payment_id"], card=LATE)
    assert done["status"] == "processing"
    clock.advance(HOLD_S)
    await phone.event("cart", "CheckoutExpired")
    assert await level(server, shop) == (10, 0)
    return str(begun["payment_id"])


def _time_has_come(payment_id: str) -> None:
    """Let the sandbox's late payment be due, and its webhook be delivered."""
    row = SandboxCharge.objects.get(pk=payment_id)
    assert row.paid_at is not None
    past = row.paid_at.replace(year=row.paid_at.year - 1)
    SandboxCharge.objects.filter(pk=payment_id).update(paid_at=past)
    SandboxNotice.objects.filter(payment_id=payment_id).update(due_at=past)
    sandbox = find("sandbox")
    assert isinstance(sandbox, Sandbox)
    sandbox.deliver_due()


async def test_money_that_comes_after_the_reservation_buys_the_same_goods(
    shop: World, server: Server, clock: ManualClock
) -> None:
    async with trolley_client(server, await token(shop)) as phone:
        await phone.command("cart.add", product_id=str(shop.products[0].pk), quantity=2)
        payment_id = await _late(shop, server, clock, phone)
        await asyncio.to_thread(_time_has_come, payment_id)
        paid = await phone.event("cart", "CheckoutPaid")
        assert paid["data"]["order_id"] == payment_id
    assert await level(server, shop) == (8, 0)


async def test_money_that_comes_for_another_cart_goes_back(
    shop: World, server: Server, clock: ManualClock
) -> None:
    async with trolley_client(server, await token(shop)) as phone:
        await phone.command("cart.add", product_id=str(shop.products[0].pk), quantity=2)
        payment_id = await _late(shop, server, clock, phone)
        await phone.command("cart.add", product_id=str(shop.products[1].pk))
        await asyncio.to_thread(_time_has_come, payment_id)
        back = await phone.event("cart", "PaymentReturned")
        assert back["data"]["payment_id"] == payment_id
    state = await state_of(server, "payment", payment_id)
    assert (state.status, state.order_id) == ("refunded", None)
    assert ("refund", "Refunded") in await asyncio.to_thread(_attempts, payment_id)


async def test_staff_refunds_an_order_through_the_provider(shop: World, server: Server) -> None:
    async with trolley_client(server, await token(shop)) as phone:
        await shopping(phone, shop)
        begun = await phone.command("payment.create")
        await phone.command("payment.confirm", payment_id=begun["payment_id"], card=GOOD)
    await level(server, shop)
    async with trolley_client(
        server, await asyncio.to_thread(shop.staff, "boss", "manager"), f"/ws/branch/{shop.branch.code}/"
    ) as desk:
        asked = {"order_id": begun["payment_id"], "reason": "torn bag"}
        await desk.command("order.refund", amount=50, **asked)
        state = await state_of(server, "order", begun["payment_id"])
        assert (state.phase, str(state.refunded)) == ("partly_refunded", "50.00")
        await desk.command("order.refund", **asked)
    state = await state_of(server, "order", begun["payment_id"])
    assert (state.phase, str(state.refunded)) == ("refunded", "200.00")
    assert (await state_of(server, "payment", begun["payment_id"])).status == "refunded"


# --- the door for providers --------------------------------------------------------------


async def test_a_webhook_without_the_providers_signature_is_refused(shop: World, server: Server) -> None:
    sandbox = await asyncio.to_thread(find, "sandbox")
    assert isinstance(sandbox, Sandbox)
    async with http(server) as client:
        path = "/api/payments/webhooks/sandbox"
        for signature in ({}, {SIGNATURE: "0" * 64}, {SIGNATURE: sandbox.sign(b"another body")}):
            answer = await client.post(path, content=b'{"event_id": "e"}', headers=signature)
            assert (answer.status_code, answer.json()["code"]) == (400, "bad_signature")
        garbage = b"not json"
        answer = await client.post(path, content=garbage, headers={SIGNATURE: sandbox.sign(garbage)})
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
        answer = await client.post("/api/payments/webhooks/gold", content=b"{}")
        assert (answer.status_code, answer.json()["code"]) == (404, "provider_not_found")


async def test_a_webhook_of_a_payment_that_is_not_ours_is_taken_and_does_nothing(
    shop: World, server: Server
) -> None:
    sandbox = await asyncio.to_thread(find, "sandbox")
    assert isinstance(sandbox, Sandbox)
    body = (
        f'{{"event_id": "{uuid4()}", "payment_id": "{uuid4()}", "capture": "c", "amount": 1, '
        '"currency": "INR", "at": 1}'
    ).encode()
    async with http(server) as client:
        headers = {SIGNATURE: sandbox.sign(body)}
        answer = await client.post("/api/payments/webhooks/sandbox/", content=body, headers=headers)
        assert (answer.status_code, answer.json()) == (200, {"received": True})


async def test_how_one_can_pay_is_said_to_everybody(shop: World, server: Server) -> None:
    async with http(server) as client:
        answer = (await client.get("/api/payments/providers")).json()
    assert answer["default"] == "sandbox"
    [sandbox] = [each for each in answer["providers"] if each["name"] == "sandbox"]
    assert GOOD in {card["number"] for card in sandbox["cards"]}


# --- whose it is ---------------------------------------------------------------------------


async def test_nobody_sees_or_confirms_anothers_payment_but_staff_looks(shop: World, server: Server) -> None:
    async with trolley_client(server, await token(shop)) as phone:
        await shopping(phone, shop)
        begun = await phone.command("payment.create")
    path = f"/api/payments/{begun['payment_id']}"
    elsewhere = await asyncio.to_thread(make_world)

    def stranger() -> str:
        user = shop.user("stranger")
        Grant.objects.create(user=user, role="manager", chain=elsewhere.chain)
        return shop.token("stranger")

    async with http(server, await asyncio.to_thread(stranger)) as client:
        assert (await client.get(path)).status_code == 404
        assert (await client.post(f"{path}/confirm", json={"card": GOOD})).status_code == 404
    async with http(server, await asyncio.to_thread(shop.staff)) as client:
        assert (await client.get(path)).status_code == 200
        assert (await client.post(f"{path}/confirm", json={"card": GOOD})).status_code == 404
    async with http(server, await token(shop)) as client:
        assert (await client.get(f"/api/payments/{uuid4()}")).status_code == 404


async def test_addresses_are_kept_beside_the_journal_and_erased_with_the_person(
    shop: World, server: Server
) -> None:
    async with trolley_client(server, await token(shop)) as phone:
        await shopping(phone, shop)
        home = {"street": "Baker Street 221b", "city": "London"}
        begun = await phone.command("payment.create", shipping_address=home, billing_address="the same")
    row = await asyncio.to_thread(PaymentDetails.objects.get, pk=begun["payment_id"])
    assert (row.shipping_address, row.billing_address) == (home, "the same")
    assert row.client["cards"]
    state = await state_of(server, "payment", begun["payment_id"])
    assert "Baker" not in repr(state)
    async with http(server, await token(shop)) as client:
        export = (await client.get("/api/me/export")).json()
        assert export["payment_details"][0]["shipping_address"] == home
        assert export["payments"][0]["payment_id"] == begun["payment_id"]
        assert "client" not in export["payment_details"][0]
        assert (await client.delete("/api/me")).status_code == 204
    row = await asyncio.to_thread(PaymentDetails.objects.get, pk=begun["payment_id"])
    assert (row.shipping_address, row.billing_address) == (None, None)
