"""The server is killed with -9 while people pay; whatever was paid is one order's, or was given back.

Invariants 2, 3, 6 and 10, and no payment is ever lost: in the end the books of the sandbox, which a kill
of ours does not touch, are held against the orders and the refunds.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import random
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.system.demo import furnished
from tests.system.payers import Payer
from tests.system.store import Store
from tests.system.walkers import WITHIN_S, Walker

ROUNDS = 3
PAYERS = 6
HURRY = {"CHECKOUT_HOLD_S": "2", "PAYMENT_RECONCILE_S": "1"}
OVER = ("paid", "declined", "refunded", "failed")

_BOOKS = """
import json, django
django.setup()
from collections import Counter
from django.db.models import Sum
from core.inventory.models import StockLevel
from core.orders.models import Order, OrderItem
from core.payments.models import Payment, SandboxCharge, SandboxRefund
taken = {str(row.pk): f"{row.amount:.4f}" for row in SandboxCharge.objects.exclude(paid_at=None)}
units = Counter()
for item in OrderItem.objects.all():
    units[str(item.product_id) + (f"/{item.variant_id}" if item.variant_id else "")] += item.quantity
back = SandboxRefund.objects.values_list("payment_id").annotate(Sum("amount"))
print(json.dumps({
    "taken": taken,
    "orders": {str(row.pk): f"{row.total:.4f}" for row in Order.objects.all()},
    "back": {str(payment_id): f"{amount:.4f}" for payment_id, amount in back},
    "sold": {row.sku: row.sold for row in StockLevel.objects.filter(sold__gt=0)},
    "units": units,
    "unsettled": [
        str(row.pk)
        for row in Payment.objects.filter(unsettled=True)
        if row.status not in ("pending", "requires_action")
    ],
}))
"""


@pytest.fixture(params=["sqlite", "postgres"])
def hurried(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    """A server whose reservations last two seconds, and that asks after a second."""
    sqlite = f"sqlite:///{tmp_path}/store.sqlite3"
    url = request.getfixturevalue("new_postgres_url") if request.param == "postgres" else sqlite
    with furnished(url, tmp_path, **HURRY) as store:
        yield store


@pytest.mark.timeout(600)
def test_no_payment_is_lost_however_often_the_power_is_cut(hurried: Store) -> None:
    store, dice = hurried, random.Random(7)
    people = store.shoppers(PAYERS)
    store.start()
    barcodes = store.barcodes(people[0][1])
    payers = [Payer(*person, random.Random(i), barcodes) for i, person in enumerate(people[:PAYERS])]
    for each in range(ROUNDS):
        asyncio.run(_pay_until_killed(store, payers, dice.randint(30, 90)))
        store.start()
        assert store.process is not None, f"round {each}"
    asyncio.run(_repeat(store, payers))
    payments = {payment_id: payer.token for payer in payers for payment_id in payer.payments}
    _wait_until_settled(store, payments)
    store.stop()
    store.manage("check_journal")
    books = json.loads(store.run("-c", _BOOKS).splitlines()[-1])
    assert len(books["taken"]) > ROUNDS, "too little was paid for the kills to mean anything"
    _no_money_is_lost(books)


async def _pay_until_killed(store: Store, payers: list[Payer], answers: int) -> None:
    """Kill it in the middle of things, when so many answers have come."""
    enough, count = asyncio.Event(), itertools.count(1)
    for payer in payers:
        payer.heard = lambda: enough.set() if next(count) >= answers else None
    walks = [asyncio.create_task(payer.walk(store.socket_url("/ws/shopper/"))) for payer in payers]
    await asyncio.wait_for(enough.wait(), WITHIN_S)
    store.kill()
    await asyncio.wait_for(asyncio.gather(*walks), WITHIN_S)


async def _repeat(store: Store, payers: list[Payer]) -> None:
    walkers: list[Walker] = [*payers]
    await asyncio.gather(*(walker.settle(store.socket_url("/ws/shopper/")) for walker in walkers))


def _wait_until_settled(store: Store, payments: dict[str, str]) -> None:
    """Nobody owes a word on what somebody has paid; what nobody has confirmed may wait for ever."""
    deadline = time.monotonic() + WITHIN_S
    waiting = dict(payments)
    while waiting:
        for payment_id, token in list(waiting.items()):
            view = store.get(f"/api/payments/{payment_id}", token)
            if _is_over(view):
                del waiting[payment_id]
        time.sleep(0.1)
        assert time.monotonic() < deadline, f"still waiting for {waiting}: {store.log()}"


def _is_over(view: dict[str, Any]) -> bool:
    if view["status"] == "paid":
        return view["order_id"] is not None
    return view["status"] in (*OVER, "pending", "requires_action")


def _no_money_is_lost(books: dict[str, Any]) -> None:
    taken, orders, back = books["taken"], books["orders"], books["back"]
    assert set(orders) | set(back) == set(taken)
    assert not set(orders) & set(back)
    assert {**orders, **back} == taken
    assert books["sold"] == books["units"]
    assert books["unsettled"] == []
