"""A cashier's word about a payment: what is due in coins, what goes back, and when it is too late."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from actors import payment
from actors.kit import money
from actors.messages.money.paying import PaymentSucceeded
from actors.messages.money.payment import Opened, SettleAtTill, StartPayment, TillSettled
from tests.domain.commerce.test_payment import BOUGHT
from tests.domain.given import Given, given


def waiting(provider: str = "till") -> Given:
    start = StartPayment(
        user_id="alice", purchase=BOUGHT, provider=provider, expires_at=400.0, cart_revision=3
    )
    return given(payment, "p1").after(start).after(Opened("till_p1", "shopper"), command_id="o")


def took(received: str | None = None, method: Any = "cash", branch: str = BOUGHT.branch) -> SettleAtTill:
    amount = None if received is None else Decimal(received)
    return SettleAtTill(branch=branch, by="mia", method=method, received=amount)


def test_what_is_received_for_what_is_due_pays_and_the_rest_goes_back() -> None:
    due = money.cash(BOUGHT.total, "INR")
    paid = waiting().when(took(str(due + 7)))
    paid.names("TillPaid", "ChargeTaken").answers(TillSettled(due, due + 7, Decimal("7.00")))
    paid.tells(("cart", "alice", PaymentSucceeded("p1", BOUGHT, 3)))
    paid.and_then().when(took()).refused(409, "already_paid")


def test_too_little_and_what_is_no_amount_is_refused() -> None:
    waiting().when(took(str(BOUGHT.total - 1))).refused(400, "received_too_little")
    waiting().when(took("99999.123")).refused(400, "invalid_amount")
    waiting().when(took(str(BOUGHT.total + 1), "card")).refused(400, "invalid_amount")


def test_a_code_is_of_one_branchs_till_and_of_its_time() -> None:
    waiting().when(took(branch="elsewhere")).refused(404, "till_code_unknown")
    waiting("sandbox").when(took()).refused(404, "till_code_unknown")
    waiting().when(took(), at=400.0).refused(409, "till_code_over")
    given(payment, "p2").when(took()).refused(404, "till_code_unknown")


@pytest.mark.parametrize(
    ("amount", "currency", "coins"),
    [
        ("10.02", "CHF", "10.00"),
        ("10.03", "CHF", "10.05"),
        ("0.35", "INR", "0.50"),
        ("4.95", "ILS", "5.00"),
        ("7.30", "EUR", "7.30"),
        ("1.255", "KWD", "1.255"),
        ("12", "JPY", "12"),
        ("2", "HUF", "0.00"),
    ],
)
def test_cash_is_what_coins_can_make_up(amount: str, currency: str, coins: str) -> None:
    assert money.cash(Decimal(amount), currency) == Decimal(coins)
