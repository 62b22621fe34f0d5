"""Vouchers that may be used so often: kept at the checkout, counted once paid, never oversold."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import invariant, rule
from msgspec.structs import replace

from actors import cart, voucher
from actors.kit.decider import TimeReached
from actors.messages.cart import AddItem, ApplyVoucher, DropVoucher, OpenSession
from actors.messages.money.checkout import (
    CancelCheckout,
    Checkout,
    CheckoutVoucherKept,
    ReservationMade,
    ReservationRefused,
    VoucherGone,
    VoucherKept,
)
from actors.messages.money.paying import CheckoutPaid, PaymentSucceeded, RequestPayment
from actors.messages.money.payment import StartPayment
from actors.messages.money.refund import RefundPayment
from actors.messages.money.voucher import (
    FreeVoucher,
    HoldVoucher,
    UseVoucher,
    VoucherDenied,
    VoucherHeld,
    VoucherUsed,
)
from actors.messages.pricing import Rule, Voucher
from actors.messages.stock import Quantity, ReleaseReservation, Reserve, Shortage
from tests.domain.commerce.test_paying_network import USERS, Payers
from tests.domain.given import Given, given
from tests.domain.network import World, events
from tests.domain.things import offer

MILK = offer("milk")
RESERVE = ("stock", "B", Reserve("r1", "alice", (Quantity("product-milk", 1),), 400.0))


def ten(
    max_uses: int | None = 1, per_person: int | None = None, name: str = "TEN", value: str = "10"
) -> Voucher:
    """Ten percent off, for so many purchases."""
    off = Rule(f"id-{name}", "voucher", "percent", Decimal(value), f"voucher:{name}")
    return Voucher(name, off, max_uses=max_uses, max_per_person=per_person)


# --- the voucher -----------------------------------------------------------------------


def held(number: int) -> HoldVoucher:
    return HoldVoucher(f"r{number}", f"user-{number}", 2)


def test_so_many_checkouts_keep_a_use_and_the_next_is_told_that_it_is_gone() -> None:
    state = given(voucher, "v")
    for number in (1, 2):
        kept = ("cart", f"user-{number}", VoucherKept(f"r{number}", "v"))
        state = state.when(held(number), command_id=f"h{number}").tells(kept).and_then()
    gone = ("cart", "user-3", VoucherGone("r3", "v"))
    state.when(held(3), command_id="h3").names("VoucherDenied").tells(gone)


def test_what_is_freed_can_be_kept_by_another_and_what_is_used_cannot() -> None:
    full = given(voucher, "v", VoucherHeld("r1", "a", 1.0), VoucherHeld("r2", "b", 1.0))
    freed = full.after(FreeVoucher("r1"), command_id="f")
    freed.when(held(3), command_id="h").names("VoucherHeld")
    used = full.after(UseVoucher("r1"), command_id="u")
    assert (used.state.used, used.state.held) == (1, {"r2": "b"})
    used.when(held(3), command_id="h").names("VoucherDenied")


def test_words_that_come_twice_or_too_late_do_nothing() -> None:
    state = given(voucher, "v", VoucherHeld("r1", "a", 1.0))
    state.when(HoldVoucher("r1", "a", 1), command_id="again").nothing()
    used = state.after(UseVoucher("r1"), command_id="u")
    used.when(UseVoucher("r1"), command_id="v").nothing()
    used.when(FreeVoucher("r1"), command_id="w").nothing()


# --- the cart ------------------------------------------------------------------------------


def with_vouchers(*vouchers: Voucher) -> Given:
    state = given(cart, "alice").after(
        OpenSession(
            session_id="s1",
            trolley_id="T",
            branch="B",
            chain="demo",
            currency="INR",
            exclusive=True,
            restore_s=900.0,
        ),
        command_id="o",
    )
    state = state.after(AddItem(MILK, 1, "s1", "l1"), command_id="add")
    for each in vouchers:
        state = state.after(ApplyVoucher(each, {"product-milk": MILK}), command_id=f"apply-{each.code}")
    return state


def asked(*vouchers: Voucher) -> Given:
    return with_vouchers(*vouchers).after(Checkout("r1", "B", 300.0), command_id="ask")


def kept(*vouchers: Voucher) -> Given:
    return asked(*vouchers).after(VoucherKept("r1", "id-TEN"), command_id="kept")


def reserved(*vouchers: Voucher) -> Given:
    return kept(*vouchers).after(ReservationMade("r1", "B"), command_id="made")


def test_the_voucher_is_asked_before_the_stock() -> None:
    asking = with_vouchers(ten(5)).when(Checkout("r1", "B", 300.0), command_id="ask").pending()
    asking.tells(("voucher", "id-TEN", HoldVoucher("r1", "alice", 5)))
    said = asking.and_then().when(VoucherKept("r1", "id-TEN"), command_id="kept")
    said.then(CheckoutVoucherKept("r1", "id-TEN", 100.0)).tells(RESERVE)
    said.and_then().when(VoucherKept("r1", "id-TEN"), command_id="again").nothing()


def test_a_voucher_without_a_limit_or_without_effect_is_asked_nothing() -> None:
    with_vouchers(ten(None)).when(Checkout("r1", "B", 300.0), command_id="ask").tells(RESERVE)
    weaker = with_vouchers(ten(None, value="50"), ten(3, name="FIVE", value="5"))
    weaker.when(Checkout("r1", "B", 300.0), command_id="ask").tells(RESERVE)


def test_a_used_up_voucher_thaws_the_cart_and_is_named() -> None:
    refused = asked(ten()).when(VoucherGone("r1", "id-TEN"), command_id="gone")
    refused.names("CheckoutRefused").settles(("ask", "voucher_used_up")).tells()
    thawed = refused.and_then()
    assert thawed.state.checkout is None
    dropped = thawed.after(DropVoucher("TEN", {"product-milk": MILK}), command_id="drop")
    dropped.when(Checkout("r2", "B", 300.0), command_id="ask-2").names("CheckoutRequested").pending()


def test_a_voucher_that_ended_in_the_cart_is_refused_at_the_checkout_by_name() -> None:
    rule = replace(ten(None).rule, valid_until=150.0)
    state = with_vouchers(replace(ten(None), rule=rule))
    state.when(Checkout("r1", "B", 300.0), at=149.0, command_id="in time").pending()
    late = state.when(Checkout("r1", "B", 300.0), at=150.0, command_id="late")
    late.refused(400, "voucher_expired", code_given="TEN")
    pay = RequestPayment("p1", "sandbox", "demo", checkout=Checkout("r1", "B", 300.0))
    state.when(pay, at=151.0, command_id="pay").refused(400, "voucher_expired", code_given="TEN")
    without = state.after(DropVoucher("TEN", {"product-milk": MILK}), at=152.0, command_id="drop")
    without.when(Checkout("r1", "B", 300.0), at=153.0, command_id="again").pending()


def test_every_end_but_a_payment_frees_the_voucher() -> None:
    free = ("voucher", "id-TEN", FreeVoucher("r1"))
    short = ReservationRefused("r1", (Shortage("product-milk", 1, 0),))
    kept(ten()).when(short, command_id="short").names("CheckoutRefused", "VouchersFreed").tells(free)
    kept(ten()).when(CancelCheckout(), command_id="x").names("CheckoutCancelled", "VouchersFreed").tells(free)
    back = ("stock", "B", ReleaseReservation("r1", "expired"))
    expired = reserved(ten()).when(TimeReached(), at=401.0, command_id="t")
    expired.names("CheckoutExpired", "VouchersFreed").tells(back, free)
    asked(ten()).when(CancelCheckout(), command_id="x").names("CheckoutCancelled").tells()


def test_a_use_that_is_kept_for_a_checkout_that_is_over_goes_back() -> None:
    over = asked(ten()).after(CancelCheckout(), command_id="x")
    late = over.when(VoucherKept("r1", "id-TEN"), command_id="late")
    late.names("VouchersFreed").tells(("voucher", "id-TEN", FreeVoucher("r1")))
    again = over.after(Checkout("r2", "B", 300.0), command_id="ask-2")
    stray = again.when(VoucherKept("r1", "id-TEN"), command_id="late").names("VouchersFreed")
    assert stray.state.checkout is not None
    over.when(VoucherGone("r1", "id-TEN"), command_id="gone").nothing()


def paid(state: Given) -> PaymentSucceeded:
    start = state.when(RequestPayment("p1", "sandbox", "demo"), command_id="pay")
    [told] = [tell.command for tell in start.told if isinstance(tell.command, StartPayment)]
    return PaymentSucceeded("p1", told.purchase, told.cart_revision)


def test_a_payment_uses_the_voucher_and_counts_the_person() -> None:
    state = reserved(ten(5, 1))
    word = paid(state)
    done = state.after(RequestPayment("p1", "sandbox", "demo"), command_id="pay").when(word, command_id="ok")
    done.names("CheckoutPaid", "VouchersUsed")
    assert ("voucher", "id-TEN", UseVoucher("r1")) in [(t.kind, t.key, t.command) for t in done.told]
    after = done.and_then()
    assert after.state.voucher_uses == {"id-TEN": 1}
    again = after.after(AddItem(MILK, 1, None, "l2"), command_id="add-2")
    again = again.after(ApplyVoucher(ten(5, 1), {"product-milk": MILK}), command_id="apply-2")
    again.when(Checkout("r2", "B", 300.0), command_id="ask-2").refused(
        400, "voucher_used_up", code_given="TEN"
    )
    twice = again.after(ApplyVoucher(ten(5, 2), {"product-milk": MILK}), command_id="apply-3")
    twice.when(Checkout("r2", "B", 300.0), command_id="ask-3").pending()


def test_money_that_comes_late_is_given_back_when_the_voucher_is_used_up_meanwhile() -> None:
    state = reserved(ten())
    word = paid(state)
    paying = state.after(RequestPayment("p1", "sandbox", "demo"), command_id="pay")
    thawed = paying.after(TimeReached(), at=401.0, command_id="t")
    reopened = thawed.when(word, at=500.0, command_id="late").names("CheckoutReopened")
    reopened.tells(("voucher", "id-TEN", HoldVoucher("p1", "alice", 1)))
    gone = reopened.and_then().when(VoucherGone("p1", "id-TEN"), at=501.0, command_id="gone")
    gone.names("CheckoutRefused", "PaymentReturned")
    assert [tell for tell in gone.told if isinstance(tell.command, RefundPayment)]
    came = reopened.and_then().after(VoucherKept("p1", "id-TEN"), at=501.0, command_id="kept")
    came.when(ReservationMade("p1", "B"), at=502.0, command_id="made").names("CheckoutPaid", "VouchersUsed")


# --- all of it together ------------------------------------------------------------------------


class Bargainers(Payers):
    """The payers, with vouchers for one purchase in all and for one a person."""

    @rule(user=st.sampled_from(USERS), scarce=st.booleans())
    def give_voucher(self, user: str, scarce: bool) -> None:
        one = ten(1, None, "LAST", "50") if scarce else ten(None, 1, "ONCE", "20")
        offers = {f"product-{each.name}": each for each in self.offers}
        self.world.ask("cart", user, ApplyVoucher(one, offers))

    @rule(user=st.sampled_from(USERS), scarce=st.booleans(), pays=st.booleans())
    def bargain(self, user: str, scarce: bool, pays: bool) -> None:
        """The usual way, so that most runs come to a limit."""
        self.world.ask("cart", user, AddItem(self.offers[0], 1))
        self.give_voucher(user, scarce)
        self.checkout(user, 300.0)
        self.world.settle()
        self.ask_to_pay(user, "one", False)
        self.world.settle()
        if pays:
            self.pay_there(len(self.world.bank.accounts) - 1, False, True)
            self.world.settle()

    def teardown(self) -> None:
        super().teardown()
        if not hasattr(self, "world"):
            return
        self.world.pass_time(400.0)
        self.world.settle()
        held = self.world.actor("voucher", "id-LAST").state.held
        frozen = {each.state.checkout.reservation_id for each in self.world.of("cart") if each.state.checkout}
        assert held.keys() <= frozen
        assert self.world.actor("voucher", "id-LAST").state.used == sum(sold(self.world, "LAST").values())

    @invariant()
    def no_voucher_is_oversold(self) -> None:
        if not hasattr(self, "world"):
            return
        actor = self.world.actor("voucher", "id-LAST")
        assert actor.state.used + len(actor.state.held) <= 1
        assert sum(sold(self.world, "LAST").values()) <= 1
        assert all(times == 1 for times in sold(self.world, "ONCE").values())
        assert len(events(actor, VoucherUsed)) == actor.state.used
        assert not events(actor, VoucherDenied) or events(actor, VoucherHeld)


def sold(world: World, code: str) -> Counter[str]:
    """How many purchases each user has paid at that voucher's price."""
    found: Counter[str] = Counter()
    for each in world.of("cart"):
        for event in events(each, CheckoutPaid):
            rules = {step.rule for line in event.purchase.lines for step in line.price_trace}
            found[each.key] += f"voucher:{code}" in rules
    return Counter({user: times for user, times in found.items() if times})


TestBargainers: Any = Bargainers.TestCase
TestBargainers.settings = settings(
    max_examples=30,
    stateful_step_count=50,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
