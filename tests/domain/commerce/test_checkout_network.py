"""Shoppers at the checkout of one branch, over a network that reorders, repeats, delays and crashes.

Invariants 3, 4, 6 and 10 hold at every step; once the network is quiet, what the stock keeps is
exactly what the carts think it keeps.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from actors.messages.cart import AddItem, ClearCart, CloseSession, OpenSession, RestoreLines
from actors.messages.money.checkout import (
    CancelCheckout,
    CheckedOut,
    Checkout,
    CheckoutReserved,
    ReservationOverdue,
)
from actors.messages.stock import AdjustStock, Quantity, ReceiveStock, StockSold, SweepReservations
from tests.domain.network import World, check_replay, events
from tests.domain.things import offer

BRANCH = "B"
USERS = ("alice", "bob", "carol")
OFFERS = (offer("milk"), offer("bread", "0.335"), offer("tea", "9.99", variant="mint"))
SKUS = ("product-milk", "product-bread", "product-tea/mint")
users = st.sampled_from(USERS)


class Tills(RuleBasedStateMachine):
    """What may happen between carts and their branch's stock, in any order."""

    @initialize()
    def open(self) -> None:
        self.world = World()
        self.count = 0
        self.checkouts: dict[str, tuple[str, str]] = {}
        self.world.ask("stock", BRANCH, ReceiveStock(tuple(Quantity(sku, 6) for sku in SKUS)))

    @rule(user=users, product=st.sampled_from(OFFERS), quantity=st.integers(1, 4))
    def add(self, user: str, product: Any, quantity: int) -> None:
        self.world.ask("cart", user, AddItem(product, quantity))

    @rule(user=users, session=st.integers(1, 2))
    def begin(self, user: str, session: int) -> None:
        command = OpenSession(
            session_id=f"s{session}",
            trolley_id="T",
            branch=BRANCH,
            chain="demo",
            currency="INR",
            exclusive=True,
            restore_s=900.0,
        )
        self.world.post("cart", user, command)

    @rule(user=users, session=st.integers(1, 2), outcome=st.sampled_from(["paid", "abandoned", "expired"]))
    def end(self, user: str, session: int, outcome: Any) -> None:
        self.world.post("cart", user, CloseSession(f"s{session}", outcome))

    @rule(user=users, command=st.sampled_from([ClearCart(), RestoreLines(), CancelCheckout()]))
    def change(self, user: str, command: Any) -> None:
        self.world.ask("cart", user, command)

    @rule(user=users, product=st.sampled_from(OFFERS))
    def think_better_of_it(self, user: str, product: Any) -> None:
        """A checkout that is cancelled before the stock has heard of it."""
        self.world.ask("cart", user, AddItem(product, 1))
        self.checkout(user, 300.0)
        self.world.ask("cart", user, CancelCheckout())

    @rule(user=users, hold_s=st.sampled_from([0.1, 5.0, 300.0]))
    def checkout(self, user: str, hold_s: float) -> None:
        self.count += 1
        reservation_id = f"r-{self.count:02}"
        command_id = self.world.post("cart", user, Checkout(reservation_id, BRANCH, hold_s))
        self.checkouts[command_id] = (user, reservation_id)
        self.world.deliver(len(self.world.letters) - 1)

    @rule(user=users)
    def checkout_at_once(self, user: str) -> None:
        """The usual way, so that most runs have something reserved."""
        self.world.ask("cart", user, AddItem(OFFERS[0], 1))
        self.checkout(user, 300.0)
        self.world.settle()

    @rule(sku=st.sampled_from(SKUS), delta=st.integers(-3, 5))
    def adjust(self, sku: str, delta: int) -> None:
        self.world.post("stock", BRANCH, AdjustStock(sku=sku, reason="counted", delta=delta, low_at=3))

    @rule(user=users, number=st.integers(1, 20))
    def sweep(self, user: str, number: int) -> None:
        """A sweep, and an old letter of one."""
        self.world.post("stock", BRANCH, SweepReservations(60.0))
        kept = dict(self.world.actor("stock", BRANCH).state.reservations())
        reservation_id = f"r-{number:02}"
        if reservation_id in kept and self.world.now >= kept[reservation_id].expires_at + 60.0:
            owner = kept[reservation_id].user_id
            self.world.post("cart", owner, ReservationOverdue(reservation_id, BRANCH))

    # --- the network --------------------------------------------------------------

    @precondition(lambda self: self.world.letters)
    @rule(data=st.data(), again=st.booleans())
    def deliver(self, data: Any, again: bool) -> None:
        index = data.draw(st.integers(0, len(self.world.letters) - 1))
        self.world.deliver(index, again)

    @rule(seconds=st.sampled_from([0.05, 1.0, 5.0, 299.0, 400.0]))
    def wait(self, seconds: float) -> None:
        self.world.pass_time(seconds)

    @rule(again=st.integers(1, 4))
    def crash(self, again: int) -> None:
        self.world.crash(again)

    @rule()
    def settle(self) -> None:
        self.world.settle()
        kept = {key: each.user_id for key, each in self.world.actor("stock", BRANCH).state.reservations()}
        thought = {
            each.state.checkout.reservation_id: each.key
            for each in self.world.of("cart")
            if each.state.checkout is not None and each.state.checkout.reserved
        }
        assert kept == thought
        assert all(
            each.state.checkout is None or each.state.checkout.reserved for each in self.world.of("cart")
        )

    # --- invariants ---------------------------------------------------------------

    @invariant()
    def units_add_up(self) -> None:
        """Invariant 3."""
        if not hasattr(self, "world"):
            return
        actor = self.world.actor("stock", BRANCH)
        sold = dict.fromkeys(SKUS, 0)
        for event in events(actor, StockSold):
            for line in event.lines:
                sold[line.sku] += line.units
        for sku in SKUS:
            level = actor.state.level(sku)
            held = [
                line.units for _, each in actor.state.reservations() for line in each.lines if line.sku == sku
            ]
            assert 0 <= level.reserved == sum(held) <= level.on_hand
            assert level.sold == sold[sku]
            assert level.sold + level.on_hand == level.received

    @invariant()
    def a_reservation_is_the_whole_cart(self) -> None:
        """Invariants 4 and 6."""
        if not hasattr(self, "world"):
            return
        held = dict(self.world.actor("stock", BRANCH).state.reservations())
        for actor in self.world.of("cart"):
            state = actor.state
            assert state.total == sum((line.line_total for line in state.lines.values()), Decimal(0))
            frozen = state.checkout
            if frozen is not None and frozen.reserved:
                kept = {line.sku: line.units for line in held[frozen.reservation_id].lines}
                assert kept == {key: line.quantity for key, line in state.lines.items()}

    @invariant()
    def what_was_answered_is_in_the_journal(self) -> None:
        """Invariant 2."""
        if not hasattr(self, "world"):
            return
        for command_id, (user, reservation_id) in self.checkouts.items():
            answer = self.world.answers.get(command_id)
            if isinstance(answer, CheckedOut) and answer.reservation_id == reservation_id:
                made = events(self.world.actor("cart", user), CheckoutReserved)
                assert reservation_id in {event.reservation_id for event in made}

    @invariant()
    def replays(self) -> None:
        """Invariant 10."""
        if hasattr(self, "world"):
            check_replay(self.world)


TestTills = Tills.TestCase
TestTills.settings = settings(
    max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
