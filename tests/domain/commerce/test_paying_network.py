"""Shoppers who pay, over a network that reorders, repeats and crashes, at a provider that falls silent.

Invariants 2, 3, 4, 6 and 10 hold at every step, and no money is lost: once everything has been said, every
amount that the provider took is one order's or was given back, and never both.
"""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from actors.messages.cart import AddItem, ClearCart, CloseSession, OpenSession
from actors.messages.money.checkout import CancelCheckout, Checkout
from actors.messages.money.order import OrderPlaced, RefundOrder
from actors.messages.money.paying import CheckoutPaid, PaymentAsked, PaymentRequested, RequestPayment
from actors.messages.money.payment import ChargeTaken, CheckPayment, ConfirmPayment
from actors.messages.stock import AdjustStock, Quantity, ReceiveStock, StockSold, SweepReservations
from actors.pricing import adds_up
from tests.domain.bank import DECLINED, Account
from tests.domain.network import World, check_replay, events
from tests.domain.things import offer

BRANCH = "B"
USERS = ("alice", "bob")
PRICES = {"INR": ("12.50", "9.99"), "JPY": ("1250", "999"), "KWD": ("12.505", "0.999")}
SKUS = ("product-milk", "product-tea/mint")
users = st.sampled_from(USERS)


class Payers(RuleBasedStateMachine):
    """What may happen between carts, stock, payments, orders and a provider, in any order."""

    @initialize(currency=st.sampled_from(sorted(PRICES)))
    def open(self, currency: str) -> None:
        self.world = World()
        self.count = 0
        self.asked: dict[str, tuple[str, str]] = {}
        milk, tea = PRICES[currency]
        self.offers = (offer("milk", milk, currency), offer("tea", tea, currency, variant="mint"))
        self.world.ask("stock", BRANCH, ReceiveStock(tuple(Quantity(sku, 6) for sku in SKUS)))

    @rule(user=users, product=st.integers(0, 1), quantity=st.integers(1, 3))
    def add(self, user: str, product: int, quantity: int) -> None:
        self.world.ask("cart", user, AddItem(self.offers[product], quantity))

    @rule(user=users, session=st.integers(1, 2))
    def begin(self, user: str, session: int) -> None:
        command = OpenSession(
            session_id=f"s{session}",
            trolley_id="T",
            branch=BRANCH,
            chain="demo",
            currency=self.offers[0].currency,
            exclusive=True,
            restore_s=900.0,
        )
        self.world.post("cart", user, command)

    @rule(user=users, session=st.integers(1, 2), outcome=st.sampled_from(["paid", "abandoned", "expired"]))
    def end(self, user: str, session: int, outcome: Any) -> None:
        self.world.post("cart", user, CloseSession(f"s{session}", outcome))

    @rule(user=users, command=st.sampled_from([ClearCart(), CancelCheckout()]))
    def change(self, user: str, command: Any) -> None:
        self.world.ask("cart", user, command)

    @rule(user=users, hold_s=st.sampled_from([1.0, 300.0]))
    def checkout(self, user: str, hold_s: float) -> None:
        self.count += 1
        self.world.ask("cart", user, Checkout(f"r{self.count}", BRANCH, hold_s))

    @rule(user=users, provider=st.sampled_from(["one", "two"]), begins=st.booleans())
    def ask_to_pay(self, user: str, provider: str, begins: bool) -> None:
        self.count += 1
        payment_id = f"p{self.count}"
        begin = Checkout(f"r{self.count}", BRANCH, 300.0) if begins else None
        command = RequestPayment(payment_id, provider, "demo", None, begin)
        command_id = self.world.post("cart", user, command)
        self.asked[command_id] = (user, payment_id)
        self.world.deliver(len(self.world.letters) - 1)

    @rule(user=users, provider=st.sampled_from(["one", "two"]))
    def go_to_the_till(self, user: str, provider: str) -> None:
        """The usual way, so that most runs have a payment."""
        self.world.ask("cart", user, AddItem(self.offers[0], 1))
        self.checkout(user, 300.0)
        self.world.settle()
        self.ask_to_pay(user, provider, False)
        self.world.settle()

    # --- the provider ---------------------------------------------------------------

    def _account(self, number: int) -> Account | None:
        accounts = list(self.world.bank.accounts.values())
        return accounts[number % len(accounts)] if accounts else None

    @rule(number=st.integers(0, 5), card=st.sampled_from(["paid", "declined"]))
    def confirm(self, number: int, card: str) -> None:
        account = self._account(number)
        if account is not None:
            self.world.post("payment", account.charge.payment_id, ConfirmPayment(card))

    @rule(number=st.integers(0, 5), twice=st.booleans(), tells=st.booleans())
    def pay_there(self, number: int, twice: bool, tells: bool) -> None:
        """On the provider's own page; its webhook comes now, or is lost."""
        account = self._account(number)
        if account is not None:
            account.pay(self.world.now, twice)
            if tells:
                for word in account.words():
                    self.world.post("payment", account.charge.payment_id, word)

    @rule(user=users, meanwhile=st.sampled_from(["nothing", "more", "sold out"]))
    def pay_late(self, user: str, meanwhile: str) -> None:
        """An hour after the reservation's end, when the shopper may be at the till with other goods."""
        self.go_to_the_till(user, "one")
        accounts = list(self.world.bank.accounts.values())
        self.world.pass_time(3600.0)
        self.world.settle()
        if meanwhile == "more":
            self.world.ask("cart", user, AddItem(self.offers[1], 1))
            self.checkout(user, 300.0)
        if meanwhile == "sold out":
            free = self.world.actor("stock", BRANCH).state.level(SKUS[0]).available
            self.world.ask("stock", BRANCH, AdjustStock(sku=SKUS[0], reason="gone", delta=-free))
        self.world.settle()
        for account in accounts[-1:]:
            account.pay(self.world.now)
            self.world.post("payment", account.charge.payment_id, account.word())

    @rule(number=st.integers(0, 5))
    def decline(self, number: int) -> None:
        """Also what is paid in the end may have been declined before."""
        account = self._account(number)
        if account is not None:
            self.world.post("payment", account.charge.payment_id, DECLINED)

    @rule(deaf=st.booleans(), mute=st.booleans(), stubborn=st.booleans())
    def mood(self, deaf: bool, mute: bool, stubborn: bool) -> None:
        bank = self.world.bank
        bank.deaf, bank.mute, bank.stubborn = deaf, mute, stubborn

    @rule(number=st.integers(0, 5))
    def reconcile(self, number: int) -> None:
        account = self._account(number)
        if account is not None:
            self.world.post("payment", account.charge.payment_id, CheckPayment())

    @rule(number=st.integers(0, 5), part=st.booleans())
    def refund_the_order(self, number: int, part: bool) -> None:
        account = self._account(number)
        if account is not None:
            self.count += 1
            amount = self.offers[1].price if part else None
            command = RefundOrder(refund_id=f"f{self.count}", amount=amount, reason="broken", user_id="staff")
            self.world.ask("order", account.charge.payment_id, command)

    @rule(delta=st.integers(-3, 5))
    def adjust(self, delta: int) -> None:
        self.world.post("stock", BRANCH, AdjustStock(sku=SKUS[0], reason="counted", delta=delta))

    @rule()
    def sweep(self) -> None:
        self.world.post("stock", BRANCH, SweepReservations(60.0))

    # --- the network --------------------------------------------------------------------

    @precondition(lambda self: self.world.letters)
    @rule(data=st.data(), again=st.booleans())
    def deliver(self, data: Any, again: bool) -> None:
        index = data.draw(st.integers(0, len(self.world.letters) - 1))
        self.world.deliver(index, again)

    @rule(seconds=st.sampled_from([0.6, 2.0, 61.0, 301.0]))
    def wait(self, seconds: float) -> None:
        self.world.pass_time(seconds)

    @rule(again=st.integers(1, 4))
    def crash(self, again: int) -> None:
        self.world.crash(again)

    def teardown(self) -> None:
        """The provider speaks again, and everything is said: no money is lost."""
        if not hasattr(self, "world"):
            return
        bank = self.world.bank
        bank.deaf = bank.mute = bank.stubborn = False
        for _ in range(3):
            self.world.settle()
            for payment_id, account in bank.accounts.items():
                self.world.post("payment", payment_id, CheckPayment())
                if (
                    len(account.taken) > 1
                ):  # nobody looks that up, but a webhook is repeated until it is heard
                    for word in account.words():
                        self.world.post("payment", payment_id, word)
            self.world.settle()
            self.world.pass_time(70.0)
        self.world.settle()
        for payment_id, account in bank.accounts.items():
            self._no_money_is_lost(payment_id, account)
        paid = {event.payment_id for cart in self.world.of("cart") for event in events(cart, CheckoutPaid)}
        placed = {each.key for each in self.world.of("order") if events(each, OrderPlaced)}
        assert paid == placed

    def _no_money_is_lost(self, payment_id: str, account: Account) -> None:
        state = self.world.actor("payment", payment_id).state
        placed = events(self.world.actor("order", payment_id), OrderPlaced)
        back: Counter[str] = Counter()
        for capture, amount in account.given_back.values():
            back[capture] += amount  # type: ignore[assignment]
        if account.taken:
            assert state.phase in ("kept", "returned")
        for capture in account.taken:
            if capture == state.capture and placed:
                made = [each.amount for each in state.refunds if each.order_id and each.status == "made"]
                assert back[capture] == sum(made, Decimal(0)) <= state.purchase.total
            else:
                assert back[capture] == account.charge.amount
        assert len(placed) <= 1
        assert (state.phase == "kept") == bool(placed)

    # --- invariants -----------------------------------------------------------------------

    @invariant()
    def units_add_up(self) -> None:
        """Invariants 3 and 4."""
        if not hasattr(self, "world"):
            return
        actor = self.world.actor("stock", BRANCH)
        sold: Counter[str] = Counter()
        for event in events(actor, StockSold):
            sold.update({line.sku: line.units for line in event.lines})
        for sku in SKUS:
            level = actor.state.level(sku)
            held = [
                line.units for _, each in actor.state.reservations() for line in each.lines if line.sku == sku
            ]
            assert 0 <= level.reserved == sum(held) <= level.on_hand
            assert level.sold == sold[sku]
            assert level.sold + level.on_hand == level.received

    @invariant()
    def an_order_repeats_what_was_reserved_and_paid(self) -> None:
        """Invariant 6."""
        if not hasattr(self, "world"):
            return
        for actor in self.world.of("order"):
            for placed in events(actor, OrderPlaced):
                bought = placed.purchase
                assert bought.amounts is not None and adds_up(bought.amounts, bought.lines)  # noqa: PT018
                assert bought.total == self.world.bank.accounts[actor.key].charge.amount
                assert events(self.world.actor("payment", actor.key), ChargeTaken)

    @invariant()
    def nothing_is_given_back_twice(self) -> None:
        if not hasattr(self, "world"):
            return
        for account in self.world.bank.accounts.values():
            for capture in account.taken:
                back = [amount for each, amount in account.given_back.values() if each == capture]
                assert sum(back, Decimal(0)) <= account.charge.amount

    @invariant()
    def what_was_answered_is_in_the_journal(self) -> None:
        """Invariant 2."""
        if not hasattr(self, "world"):
            return
        for command_id, (user, payment_id) in self.asked.items():
            answer = self.world.answers.get(command_id)
            if isinstance(answer, PaymentAsked) and answer.payment_id == payment_id:
                made = events(self.world.actor("cart", user), PaymentRequested)
                assert payment_id in {event.payment_id for event in made}

    @invariant()
    def replays(self) -> None:
        """Invariant 10."""
        if hasattr(self, "world"):
            check_replay(self.world)


TestPayers = Payers.TestCase
TestPayers.settings = settings(
    max_examples=80, stateful_step_count=50, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
