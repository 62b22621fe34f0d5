"""A purchase on the real runtime, dying at each commit in turn, before it or just after: nothing is lost.

Shopper, trolley, cart, stock, payment, order and till are the real ones; the provider keeps books of its own.
After the death another process stands up on the same journal, the shopper repeats what was not answered,
and it must end as if nothing had happened: one order, sold once, paid once.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest

from actors.kit.decider import Look
from actors.messages.cart import AddItem
from actors.messages.money.checkout import Checkout
from actors.messages.money.paying import RequestPayment
from actors.messages.money.payment import ConfirmPayment, FindPayment
from actors.messages.stock import Quantity, ReceiveStock
from actors.messages.trolley import Claim
from actors.runtime import Address, AskError, Kind, ManualClock, MemoryJournal, System
from core.entities import ENTITIES
from tests.domain.bank import Bank
from tests.journal.shop import offer, ref, user
from tests.runtime.harness import Faulty

KINDS = [Kind(each.name, each.decider, each.codec) for each in ENTITIES.values()]
WHO, SHOP, PAYMENT = user(1), "BRANCH-001", "0b6ff4ac-6d5c-4a3e-9c5a-1d2f3a4b5c6d"
RESERVATION = "7c0a3b1e-52f7-4c39-8ad4-9be1f1a2c3d4"
GOODS = offer(1)
STEPS: tuple[tuple[str, str, Any], ...] = (
    ("stock", SHOP, ReceiveStock((Quantity(GOODS.product_id, 10),))),
    ("trolley", "TROLLEY_01", Claim(ref=ref(1), user_id=WHO, session_id="session-1")),
    ("cart", WHO, AddItem(GOODS, 3, "session-1")),
    ("cart", WHO, RequestPayment(PAYMENT, "bank", "demo", None, Checkout(RESERVATION, SHOP, 300.0))),
    ("payment", PAYMENT, FindPayment()),
    ("payment", PAYMENT, ConfirmPayment("paid")),
)
WITHIN_S = 90.0


class Process:
    """A system on the journal; what the bank says comes back to it, if it still lives."""

    def __init__(self, journal: Any, clock: ManualClock, bank: Bank) -> None:
        self.journal = Faulty(journal)
        self.clock = clock
        self._bank = bank
        self.system = System(KINDS, self.journal, clock=clock)
        self.system.edge("provider", self._ask_bank)
        self.system.edge("link", lambda key, command: None)
        self.system.start()

    def _ask_bank(self, name: str, call: Any) -> None:
        for payment_id, word in self._bank.hear(call, self.clock.now()):
            with suppress(AskError):
                self.system.tell(Address("payment", payment_id), word)

    def do(self, number: int) -> Any:
        """Take a step and return its Outcome. Raises AskError."""
        kind, key, command = STEPS[number]
        # Who is killed hears nothing, so nobody needs to wait long for it.
        reply = self.system.ask(Address(kind, key), command, f"step-{number}", f"user:{WHO}", 5.0)
        self.system.quiesce(WITHIN_S)
        return reply.get(timeout=0.0 if self.journal.dead else WITHIN_S)

    def state(self, kind: str, key: str) -> Any:
        self.system.quiesce(WITHIN_S)
        return self.system.ask(Address(kind, key), Look()).get(timeout=WITHIN_S).state


def shop(process: Process, first: int = 0) -> int | None:
    """Take the steps from ``first`` on; return the one in which the process died, None: it lives."""
    for number in range(first, len(STEPS)):
        try:
            process.do(number)
        except (AskError, TimeoutError):
            return number
    process.system.quiesce(WITHIN_S)
    return len(STEPS) - 1 if process.journal.dead else None


def before(faulty: Faulty) -> None:
    faulty.dead = True


def after(faulty: Faulty) -> None:
    faulty.last_gasp = True


@pytest.mark.parametrize("death", [before, after])
def test_a_purchase_survives_a_death_at_every_commit(death: Callable[[Faulty], None]) -> None:
    for lives in itertools.count():
        journal, clock, bank = MemoryJournal(), ManualClock(1000.0), Bank()
        process = Process(journal, clock, bank)
        _die_at(process.journal, lives, death)
        died = shop(process)
        process.system.stop(0.5)
        if died is None:
            break
        heir = Process(journal, clock, bank)
        _live_on(heir, died)
        _is_bought_once(heir, bank)
        assert heir.system.stop(WITHIN_S)
    assert lives > len(STEPS), "a purchase is more commits than steps"


def _die_at(faulty: Faulty, lives: int, death: Callable[[Faulty], None]) -> None:
    """Let so many commits pass, then die."""
    store, count = faulty.store, itertools.count()

    class Counting:
        def __getattr__(self, name: str) -> Any:
            return getattr(store, name)

        def commit(self, *args: Any) -> Any:
            result = store.commit(*args)
            if next(count) == lives - 1:
                death(faulty)
            return result

    if lives:
        faulty.store = Counting()
    else:
        death(faulty)


def _live_on(heir: Process, died: int) -> None:
    """Repeat what was not answered, and let time pass until nobody waits for anything."""
    heir.system.quiesce(WITHIN_S)
    for number in range(died, len(STEPS)):
        heir.do(number)
    for _ in range(5):
        heir.clock.advance(1.0)
        heir.system.quiesce(WITHIN_S)


def _is_bought_once(heir: Process, bank: Bank) -> None:
    account = bank.accounts[PAYMENT]
    order, payment = heir.state("order", PAYMENT), heir.state("payment", PAYMENT)
    assert (order.phase, order.purchase.total, order.number) == ("paid", account.charge.amount, 1)
    assert (payment.phase, payment.order_id, payment.refunds) == ("kept", PAYMENT, ())
    assert (len(account.taken), account.given_back) == (1, {})
    level = heir.state("stock", SHOP).level(GOODS.product_id)
    assert (level.on_hand, level.reserved, level.sold) == (7, 0, 3)
    cart = heir.state("cart", WHO)
    assert (cart.lines, cart.checkout, cart.sessions) == ({}, None, ())
    assert cart.over("session-1").outcome == "paid"
    assert heir.state("trolley", "TROLLEY_01").phase == "available"
