"""What happens at a provider itself: its own refunds, disputes, and refunds that come back from the bank."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest

from core.payments.models import Attempt, SandboxCharge, SandboxRefund
from core.payments.providers import sandbox_desk
from core.payments.reconciliation import catch_up
from realtime.server import Server
from realtime.testing import trolley_client
from tests.payments.shops import Shop
from tests.realtime.commerce.test_official_providers import (
    bank,
    clock,
    deliver,
    options,
    reference,
    store,
)
from tests.realtime.conftest import World
from tests.realtime.paying import http, shopping, state_of

__all__ = ["bank", "clock", "options", "store"]


async def sold(store: World, server: Server, bank: Shop) -> str:
    """Sell for 200.00; return the order's id."""
    async with trolley_client(server, await asyncio.to_thread(store.token)) as phone:
        await shopping(phone, store)
        begun = await phone.command("payment.create")
        body, headers = bank.webhook(bank.pay(reference(bank)))
        assert await deliver(server, bank, body, headers) == (200, "")
        await kept(server, begun["payment_id"])
        return str(begun["payment_id"])


async def kept(server: Server, order_id: str) -> None:
    """Wait until the cart has said what was paid for, and the order stands."""
    async with asyncio.timeout(30):
        while (await state_of(server, "payment", order_id)).phase != "kept":
            await asyncio.sleep(0.01)
        while (await state_of(server, "order", order_id)).phase == "new":
            await asyncio.sleep(0.01)


async def tell(server: Server, bank: Shop, body: bytes, webhook: bool) -> None:
    """Have our side hear of it: by its webhook, or by looking for what no webhook brought."""
    if webhook:
        headers = bank.signed(body)
        for _ in range(2):
            assert await deliver(server, bank, body, headers) == (200, "")
    assert await asyncio.to_thread(catch_up, bank.account.name) >= (not webhook)


async def order_of(server: Server, store: World, order_id: str) -> dict[str, Any]:
    """The order as a manager reads it, once the books are written."""
    for kind in ("payment", "order"):
        await state_of(server, kind, order_id)
    async with http(server, await asyncio.to_thread(store.staff, "boss", "manager")) as staff:
        answer = await staff.get(f"/api/orders/{order_id}")
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found


async def alarms_of(server: Server, store: World) -> list[tuple[str, str]]:
    state = await state_of(server, "alarms", store.branch.code)
    return [(each.kind, each.about.detail) for each in state.active.values()]


@pytest.mark.parametrize("webhook", [True, False], ids=["webhook", "no_webhook"])
async def test_a_refund_on_the_providers_own_pages_is_in_the_order(
    store: World, server: Server, bank: Shop, webhook: bool
) -> None:
    order_id = await sold(store, server, bank)
    await tell(server, bank, bank.peer.desk_refund(reference(bank), 5000), webhook)
    order = await order_of(server, store, order_id)
    assert (order["status"], order["refunded"]) == ("partly_refunded", 50)
    [refund] = order["refunds"]
    assert (refund["source"], refund["status"], refund["amount"]) == ("provider", "made", 50)
    async with http(server, await asyncio.to_thread(store.staff, "manager", "manager")) as staff:
        path = f"/api/orders/{order_id}/refund"
        more = await staff.post(path, json={"reason": "torn", "amount": 151})
        assert (more.status_code, more.json()["left"]) == (400, 150)
    await tell(server, bank, bank.peer.bounce(), webhook)
    order = await order_of(server, store, order_id)
    assert (order["status"], order["refunded"], order["refunds"][0]["status"]) == ("paid", 0, "failed")


@pytest.mark.parametrize("webhook", [True, False], ids=["webhook", "no_webhook"])
async def test_a_refund_of_ours_that_comes_back_from_the_bank_is_failed_and_can_be_made_anew(
    store: World, server: Server, bank: Shop, webhook: bool
) -> None:
    order_id = await sold(store, server, bank)
    async with http(server, await asyncio.to_thread(store.staff, "manager", "manager")) as staff:
        path = f"/api/orders/{order_id}/refund"
        assert (await staff.post(path, json={"reason": "torn"})).status_code == 202
        await asyncio.sleep(0)
        payment = await state_of(server, "payment", order_id)
        assert [each.status for each in payment.refunds] == ["made"]
        assert (await order_of(server, store, order_id))["status"] == "refunded"
        await tell(server, bank, bank.peer.bounce(), webhook)
        order = await order_of(server, store, order_id)
        assert (order["status"], order["refunded"]) == ("paid", 0)
        [refund] = order["refunds"]
        assert (refund["source"], refund["status"]) == ("staff", "failed")
        assert "could not give the money back" in refund["detail"]
        assert await alarms_of(server, store) == [("refund_failed", refund["detail"])]
        assert (await staff.post(path, json={"reason": "again", "amount": 20})).status_code == 202
        assert (await state_of(server, "payment", order_id)).refunded == Decimal("20.00")


@pytest.mark.parametrize("webhook", [True, False], ids=["webhook", "no_webhook"])
async def test_a_dispute_marks_the_order_and_calls_somebody_until_the_bank_decides(
    store: World, server: Server, bank: Shop, webhook: bool
) -> None:
    order_id = await sold(store, server, bank)
    await tell(server, bank, bank.peer.dispute(reference(bank), 20000), webhook)
    order = await order_of(server, store, order_id)
    assert order["dispute"] == {
        "status": "needs_response",
        "reason": "fraudulent",
        "amount": 200,
        "due_by": "2030-03-17T17:46:40.000Z",
    }  # fmt: skip
    assert await alarms_of(server, store) == [("payment_disputed", "fraudulent")]
    async with http(server, await asyncio.to_thread(store.staff, "manager", "manager")) as staff:
        refused = await staff.post(f"/api/orders/{order_id}/refund", json={"reason": "torn"})
        assert (refused.status_code, refused.json()["code"]) == (409, "nothing_to_refund")
    await tell(server, bank, bank.peer.decide("lost"), webhook)
    order = await order_of(server, store, order_id)
    assert (order["dispute"]["status"], order["dispute"]["due_by"]) == ("lost", None)
    assert await alarms_of(server, store) == []


@pytest.mark.parametrize("named", ["order-77/2026", "00000000-0000-4000-8000-000000000077", "", 77])
async def test_what_another_system_on_the_same_account_does_is_heard_and_not_ours(
    store: World, server: Server, bank: Shop, named: Any
) -> None:
    """A provider switches a webhook off that keeps refusing."""
    order_id = await sold(store, server, bank)
    if bank.account.name == "stripe":
        from tests.payments.stripe_peer import event

        thing = {**bank.peer.intents[reference(bank)], "id": "pi_999999", "metadata": {"payment_id": named}}
        body = event("payment_intent.succeeded", thing, "evt_other")
    elif bank.account.name == "paypal":
        (known,) = bank.peer.orders.values()
        capture = bank.peer.capture_written(reference(bank), known["captures"][0])
        related = {"related_ids": {"order_id": "ORDER999999"}}
        thing = {**capture, "id": "CAPTURE999999", "custom_id": named, "supplementary_data": related}
        body = bank.peer.event("PAYMENT.CAPTURE.COMPLETED", thing)
    else:
        from tests.payments.razorpay_peer import event as razorpay_event

        (known,) = bank.peer.payments.values()
        thing = {**known, "id": "pay_999999", "order_id": "order_999999", "notes": {"payment_id": named}}
        body = razorpay_event("payment.captured", payment=thing)
    assert await deliver(server, bank, body, bank.signed(body)) == (200, "")
    assert (await state_of(server, "payment", order_id)).refunds == ()
    assert not await asyncio.to_thread(Attempt.objects.exclude(payment_id=order_id).exists)


async def test_at_the_sandbox_itself_it_is_the_same(store: World, server: Server) -> None:
    async with trolley_client(server, await asyncio.to_thread(store.token)) as phone:
        await shopping(phone, store)
        begun = await phone.command("payment.create")
        await phone.command("payment.confirm", payment_id=begun["payment_id"], card="4242424242424242")
    order_id = begun["payment_id"]
    await kept(server, order_id)

    def give_back() -> None:
        assert sandbox_desk.give_back(SandboxCharge.objects.get(pk=order_id), Decimal("20.00"))
        assert sandbox_desk.give_back(SandboxCharge.objects.get(pk=order_id), Decimal("180.01")) is None

    await asyncio.to_thread(give_back)
    assert await asyncio.to_thread(catch_up, "sandbox") == 1
    assert await asyncio.to_thread(catch_up, "sandbox") == 0
    assert (await order_of(server, store, order_id))["refunded"] == 20
    bounced = await asyncio.to_thread(lambda: sandbox_desk.bounce(SandboxRefund.objects.get()))
    assert bounced
    assert await asyncio.to_thread(catch_up, "sandbox") == 1
    assert (await order_of(server, store, order_id))["status"] == "paid"
    opened = await asyncio.to_thread(
        lambda: sandbox_desk.dispute(SandboxCharge.objects.get(pk=order_id), "product_not_received")
    )
    assert opened is not None
    assert await asyncio.to_thread(catch_up, "sandbox") == 1
    assert (await order_of(server, store, order_id))["dispute"]["amount"] == 200
    assert await asyncio.to_thread(sandbox_desk.decide, opened, "won")
    assert await asyncio.to_thread(catch_up, "sandbox") == 1
    assert (await order_of(server, store, order_id))["dispute"]["status"] == "won"
