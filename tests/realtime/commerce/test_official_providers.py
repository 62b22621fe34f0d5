"""Whole purchases through the official SDKs, against a peer that speaks their providers' API."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from actors.runtime import ManualClock
from core.payments.providers import registry
from realtime.server import Server
from realtime.testing import trolley_client
from tests.payments import paypal_peer, razorpay_peer, shops, stripe_peer
from tests.payments.shops import Shop
from tests.realtime.conftest import World
from tests.realtime.paying import http, level, shopping, state_of, stocked

HOLD_S = 300.0


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(float(int(time.time())))


@pytest.fixture
def options(options: dict[str, Any], clock: ManualClock) -> dict[str, Any]:
    return {**options, "clock": clock}


@pytest.fixture(params=["stripe", "razorpay", "paypal"])
def bank(request: pytest.FixtureRequest, settings: Any) -> Iterator[Shop]:
    """An account at a provider, and the settings that name it."""
    with shops.AT[request.param]() as shop:
        settings.STRIPE_SECRET_KEY, settings.STRIPE_PUBLISHABLE_KEY = stripe_peer.KEY, stripe_peer.PUBLISHABLE
        settings.STRIPE_WEBHOOK_SECRET = stripe_peer.WEBHOOK_SECRET
        settings.RAZORPAY_KEY_ID, settings.RAZORPAY_KEY_SECRET = (
            razorpay_peer.KEY_ID,
            razorpay_peer.KEY_SECRET,
        )
        settings.RAZORPAY_WEBHOOK_SECRET = razorpay_peer.WEBHOOK_SECRET
        settings.PAYPAL_CLIENT_ID, settings.PAYPAL_CLIENT_SECRET = paypal_peer.CLIENT_ID, paypal_peer.SECRET
        settings.PAYPAL_WEBHOOK_ID = paypal_peer.WEBHOOK_ID
        settings.STRIPE_API_BASE = settings.RAZORPAY_API_BASE = settings.PAYPAL_API_BASE = shop.peer.url
        settings.PAYMENT_PROVIDER = request.param
        registry.forget()
        yield shop
    registry.forget()


@pytest.fixture
async def store(world: World, server: Server) -> World:
    await stocked(server, world)
    return world


def reference(bank: Shop) -> str:
    """The provider's id of the only payment there is."""
    (known,) = bank.peer.intents if bank.account.name == "stripe" else bank.peer.orders
    return str(known)


async def deliver(server: Server, bank: Shop, body: bytes, headers: dict[str, str]) -> tuple[int, str]:
    async with http(server) as door:
        headers = {**headers, "content-type": "application/json"}
        answer = await door.post(f"/api/payments/webhooks/{bank.account.name}", content=body, headers=headers)
        return answer.status_code, answer.json().get("code", "")


async def test_a_signed_notice_makes_the_order_and_a_refund_goes_back_the_same_way(
    store: World, server: Server, bank: Shop
) -> None:
    boss = await asyncio.to_thread(store.staff, "boss", "manager")
    async with trolley_client(server, await asyncio.to_thread(store.token)) as phone:
        await shopping(phone, store)
        begun = await phone.command("payment.create")
        assert (begun["provider"], begun["status"], begun["amount"]) == (bank.account.name, "pending", 200)
        assert set(begun["client"]) in (
            {"publishable_key", "client_secret"},
            {"key_id", "order_id"},
            {"approve_url"},
        )
        body, headers = bank.webhook(bank.pay(reference(bank)))
        assert await deliver(server, bank, body, {**headers, **bank.forged(body)}) == (400, "bad_signature")
        assert await level(server, store) == (10, 2)
        for _ in range(3):
            assert await deliver(server, bank, body, headers) == (200, "")
        assert await level(server, store) == (8, 0)
        order = await state_of(server, "order", begun["payment_id"])
        assert (order.purchase.total, order.phase) == (Decimal("200.00"), "paid")
    async with http(server, boss) as staff:
        path = f"/api/orders/{begun['payment_id']}/refund"
        answer = await staff.post(path, json={"reason": "torn", "amount": 50})
        assert answer.status_code in (200, 202), answer.text
        payment = await state_of(server, "payment", begun["payment_id"])
        assert [(each.amount, each.status) for each in payment.refunds] == [(Decimal("50.00"), "made")]
        assert [each["amount"] for each in bank.peer.refunds.values()] == [5000]


async def test_a_refund_that_the_provider_cannot_make_is_refused_at_once(
    store: World, server: Server, bank: Shop
) -> None:
    # Stripe and Razorpay count fils in tens, PayPal takes no dinars and no part of a forint.
    currency, odd, even = ("HUF", 1.50, 1) if bank.account.name == "paypal" else ("KWD", 1.255, 1.25)

    def in_another_currency() -> None:
        store.chain.currency = currency
        store.chain.save()

    await asyncio.to_thread(in_another_currency)
    running = await server.running()
    await asyncio.to_thread(running.references.reload)
    boss = await asyncio.to_thread(store.staff, "boss", "manager")
    async with trolley_client(server, await asyncio.to_thread(store.token)) as phone:
        await shopping(phone, store)
        begun = await phone.command("payment.create")
        body, headers = bank.webhook(bank.pay(reference(bank)))
        assert await deliver(server, bank, body, headers) == (200, "")
    await (await server.owner()).settled()  # the payment is answered before its order is written
    async with http(server, boss) as staff:
        path = f"/api/orders/{begun['payment_id']}/refund"
        answer = await staff.post(path, json={"reason": "torn", "amount": odd})
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_amount")
        assert "cannot take an amount of 1." in answer.json()["errors"]["amount"][0]
        order = await state_of(server, "order", begun["payment_id"])
        assert not order.refunds
        answer = await staff.post(path, json={"reason": "torn", "amount": even})
        assert answer.status_code == 202, answer.text


async def test_a_notice_that_never_comes_is_not_waited_for_by_who_comes_back_from_the_form(
    store: World, server: Server, bank: Shop
) -> None:
    async with trolley_client(server, await asyncio.to_thread(store.token)) as phone:
        await shopping(phone, store)
        begun = await phone.command("payment.create")
        bank.pay(reference(bank))
        done = await phone.command("payment.confirm", payment_id=begun["payment_id"])
        assert done["status"] == "paid"
        assert await level(server, store) == (8, 0)


async def test_a_refused_card_leaves_the_cart_for_another(store: World, server: Server, bank: Shop) -> None:
    async with trolley_client(server, await asyncio.to_thread(store.token)) as phone:
        await shopping(phone, store)
        begun = await phone.command("payment.create")
        first = reference(bank)
        bank.decline(first)
        done = await phone.command("payment.confirm", payment_id=begun["payment_id"])
        assert (done["status"], done["reason"]) == ("declined", "card_declined")
        again = await phone.command("payment.create")
        assert again["payment_id"] != begun["payment_id"]
        known = bank.peer.intents if bank.account.name == "stripe" else bank.peer.orders
        (second,) = known.keys() - {first}
        bank.pay(second)
        assert (await phone.command("payment.confirm", payment_id=again["payment_id"]))["status"] == "paid"


async def test_what_is_paid_after_the_goods_went_back_and_the_cart_changed_is_given_back(
    store: World, server: Server, bank: Shop, clock: ManualClock
) -> None:
    async with trolley_client(server, await asyncio.to_thread(store.token)) as phone:
        await shopping(phone, store)
        begun = await phone.command("payment.create")
        await phone.command("cart.cancel_checkout")
        await phone.command("cart.clear")
        body, headers = bank.webhook(bank.pay(reference(bank)))
        assert await deliver(server, bank, body, headers) == (200, "")
        payment = await state_of(server, "payment", begun["payment_id"])
        assert (payment.phase, [each.status for each in payment.refunds]) == ("returned", ["made"])
        assert [each["amount"] for each in bank.peer.refunds.values()] == [20000]
        assert await level(server, store) == (10, 0)


async def test_what_is_paid_an_hour_late_is_bought_if_the_cart_still_holds_it(
    store: World, server: Server, bank: Shop, clock: ManualClock
) -> None:
    async with trolley_client(server, await asyncio.to_thread(store.token)) as phone:
        await phone.command("cart.add", product_id=str(store.products[0].pk), quantity=2)
        begun = await phone.command("payment.create", branch=store.branch.code)
        clock.advance(HOLD_S + 1)
        assert await level(server, store) == (10, 0)
        clock.advance(3600)
        body, headers = bank.webhook(bank.pay(reference(bank)))
        assert await deliver(server, bank, body, headers) == (200, "")
        assert (await state_of(server, "payment", begun["payment_id"])).phase == "kept"
        assert await level(server, store) == (8, 0)
        assert list(bank.peer.refunds) == []
