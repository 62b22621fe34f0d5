"""Paying through Stripe, Razorpay and PayPal: their SDKs, a peer that speaks their API, signed webhooks."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from django.conf import settings

from actors.messages.money.payment import CheckPayment
from actors.runtime import Address
from core.payments.models import Attempt, PaymentDetails
from core.payments.providers import registry
from realtime.server import Server
from realtime.testing import trolley_client
from tests.payments import paypal_peer, razorpay_peer, stripe_peer
from tests.payments.paypal_peer import PayPalPeer
from tests.payments.peers import DROP, LOSE, Peer
from tests.payments.razorpay_peer import RazorpayPeer
from tests.payments.stripe_peer import StripePeer
from tests.realtime.conftest import World
from tests.realtime.paying import http, level, shopping, state_of, stocked


class Abroad(NamedTuple):
    """A provider in another house."""

    name: str
    peer: Peer
    pay: Callable[[str], tuple[bytes, dict[str, str]]]
    """The shopper pays there; returns the webhook that tells of it."""
    secrets: tuple[str, ...]


def _stripe() -> tuple[Abroad, Callable[[], dict[str, Any]]]:
    peer = StripePeer()

    def pay(reference: str) -> tuple[bytes, dict[str, str]]:
        intent = peer.pay(reference)
        body = stripe_peer.event("payment_intent.succeeded", intent, event_id=f"evt_{uuid4().hex}")
        return body, stripe_peer.signature(body)

    keys = lambda: {
        "STRIPE_SECRET_KEY": stripe_peer.KEY,
        "STRIPE_PUBLISHABLE_KEY": stripe_peer.PUBLISHABLE,
        "STRIPE_WEBHOOK_SECRET": stripe_peer.WEBHOOK_SECRET,
        "STRIPE_API_BASE": peer.url,
    }
    secrets = (stripe_peer.KEY, stripe_peer.WEBHOOK_SECRET, "_secret_")
    return Abroad("stripe", peer, pay, secrets), keys


def _razorpay() -> tuple[Abroad, Callable[[], dict[str, Any]]]:
    peer = RazorpayPeer()

    def pay(reference: str) -> tuple[bytes, dict[str, str]]:
        payment = peer.attempt(reference)
        body = razorpay_peer.event("payment.captured", payment=payment)
        return body, razorpay_peer.signature(body, event_id=f"evt_{uuid4().hex}")

    keys = lambda: {
        "RAZORPAY_KEY_ID": razorpay_peer.KEY_ID,
        "RAZORPAY_KEY_SECRET": razorpay_peer.KEY_SECRET,
        "RAZORPAY_WEBHOOK_SECRET": razorpay_peer.WEBHOOK_SECRET,
        "RAZORPAY_API_BASE": peer.url,
    }
    return Abroad("razorpay", peer, pay, (razorpay_peer.KEY_SECRET, razorpay_peer.WEBHOOK_SECRET)), keys


def _paypal() -> tuple[Abroad, Callable[[], dict[str, Any]]]:
    peer = PayPalPeer()

    def pay(reference: str) -> tuple[bytes, dict[str, str]]:
        body = peer.event("PAYMENT.CAPTURE.COMPLETED", peer.pay(reference))
        return body, paypal_peer.signature(body, f"{peer.url}{paypal_peer.CERTIFICATE}")

    keys = lambda: {
        "PAYPAL_CLIENT_ID": paypal_peer.CLIENT_ID,
        "PAYPAL_CLIENT_SECRET": paypal_peer.SECRET,
        "PAYPAL_WEBHOOK_ID": paypal_peer.WEBHOOK_ID,
        "PAYPAL_API_BASE": peer.url,
    }
    return Abroad("paypal", peer, pay, (paypal_peer.SECRET, paypal_peer.TOKEN)), keys


@pytest.fixture(params=[_stripe, _razorpay, _paypal], ids=["stripe", "razorpay", "paypal"])
def abroad(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Abroad]:
    there, keys = request.param()
    with there.peer.running():
        for name, value in keys().items():
            monkeypatch.setattr(settings, name, value)
        registry.forget()
        yield there
    registry.forget()


async def _begun(phone: Any, abroad: Abroad, world: World) -> tuple[str, str]:
    """Begin to pay there; return our id and theirs."""
    await shopping(phone, world)
    await phone.subscribe("cart")
    begun = await phone.command("payment.create", payment_method=abroad.name)
    assert (begun["status"], begun["provider"]) == ("pending", abroad.name)
    assert begun["client"]
    state = (await phone.command("payment.confirm", payment_id=begun["payment_id"]))["status"]
    assert state == "pending", "nobody has paid"
    attempt = await asyncio.to_thread(Attempt.objects.filter(payment_id=begun["payment_id"]).first)
    return begun["payment_id"], attempt.reference


@pytest.mark.parametrize("door", ["webhook", "confirm", "both"])
async def test_a_payment_there_is_an_order_here(
    world: World, server: Server, abroad: Abroad, door: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await stocked(server, world)
    async with trolley_client(server, await asyncio.to_thread(world.token)) as phone:
        payment_id, reference = await _begun(phone, abroad, world)
        body, headers = abroad.pay(reference)
        async with http(server) as client:
            path = f"/api/payments/webhooks/{abroad.name}"
            forged = await client.post(path, content=body + b" ", headers=headers)
            assert (forged.status_code, forged.json()["code"]) == (400, "bad_signature")
            if door != "confirm":
                for _ in range(2):
                    told = await client.post(path, content=body, headers=headers)
                    assert (told.status_code, told.json()) == (200, {"received": True})
        if door != "webhook":
            done = await phone.command("payment.confirm", payment_id=payment_id)
            assert done["status"] == "paid"
        paid = await phone.event("cart", "CheckoutPaid")
        assert paid["data"]["order_id"] == payment_id
    assert await level(server, world) == (8, 0)
    kept = await asyncio.to_thread(PaymentDetails.objects.get, pk=payment_id)
    assert kept.client
    state = await state_of(server, "payment", payment_id)
    seen = _ours(caplog) + repr(state)
    assert not [secret for secret in abroad.secrets if secret in seen]


async def test_what_is_given_back_here_is_given_back_there(
    world: World, server: Server, abroad: Abroad
) -> None:
    await stocked(server, world)
    async with trolley_client(server, await asyncio.to_thread(world.token)) as phone:
        payment_id, reference = await _begun(phone, abroad, world)
        abroad.pay(reference)
        await phone.command("payment.confirm", payment_id=payment_id)
        await phone.event("cart", "CheckoutPaid")
    await level(server, world)
    boss = await asyncio.to_thread(world.staff, "boss", "manager")
    async with trolley_client(server, boss, f"/ws/branch/{world.branch.code}/") as desk:
        await desk.command("order.refund", order_id=payment_id, amount=50, reason="torn bag")
    order = await state_of(server, "order", payment_id)
    assert (order.phase, str(order.refunded)) == ("partly_refunded", "50.00")


async def test_an_answer_that_got_lost_there_makes_no_second_payment(
    world: World, server: Server, abroad: Abroad, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    await stocked(server, world)
    async with trolley_client(server, await asyncio.to_thread(world.token)) as phone:
        await shopping(phone, world)
        abroad.peer.fail(LOSE)
        begun = await phone.command("payment.create", payment_method=abroad.name)
        assert begun["status"] == "pending"
    made = abroad.peer.intents if abroad.name == "stripe" else abroad.peer.orders  # type: ignore[attr-defined]
    assert len(made) == 1
    assert not [secret for secret in abroad.secrets if secret in _ours(caplog)]


async def test_what_was_approved_at_paypal_by_somebody_who_never_came_back_is_captured_and_bought(
    world: World, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, keys = _paypal()
    with there.peer.running():
        for name, value in keys().items():
            monkeypatch.setattr(settings, name, value)
        registry.forget()
        await stocked(server, world)
        async with trolley_client(server, await asyncio.to_thread(world.token)) as phone:
            payment_id, reference = await _begun(phone, there, world)
            order = there.peer.approve(reference)  # type: ignore[attr-defined]
            body = there.peer.event("CHECKOUT.ORDER.APPROVED", order)  # type: ignore[attr-defined]
            headers = paypal_peer.signature(body, f"{there.peer.url}{paypal_peer.CERTIFICATE}")
            async with http(server) as client:
                told = await client.post("/api/payments/webhooks/paypal", content=body, headers=headers)
                assert told.status_code == 200, told.text
            assert (await state_of(server, "payment", payment_id)).status == "processing"
            running = await server.owner()
            await running.host.system.ask(Address("payment", payment_id), CheckPayment())
            paid = await phone.event("cart", "CheckoutPaid")
            assert paid["data"]["order_id"] == payment_id
        assert await level(server, world) == (8, 0)
    registry.forget()


async def test_a_webhook_that_cannot_be_verified_now_is_asked_for_again(
    world: World, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    there, keys = _paypal()
    with there.peer.running():
        for name, value in keys().items():
            monkeypatch.setattr(settings, name, value)
        registry.forget()
        there.peer.fail(DROP)
        body = there.peer.event("BILLING.PLAN.CREATED", {"id": "P-1"})  # type: ignore[attr-defined]
        headers = paypal_peer.signature(body, f"{there.peer.url}{paypal_peer.CERTIFICATE}")
        async with http(server) as client:
            path = "/api/payments/webhooks/paypal"
            told = await client.post(path, content=body, headers=headers)
            assert (told.status_code, told.json()["code"]) == (503, "provider_unavailable")
            assert (await client.post(path, content=body, headers=headers)).status_code == 200
    registry.forget()


def _ours(caplog: pytest.LogCaptureFixture) -> str:
    """What the server has logged, apart from the test's own client."""
    return "\n".join(record.getMessage() for record in caplog.records if record.name != "httpx")
