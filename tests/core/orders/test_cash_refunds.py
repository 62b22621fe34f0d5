"""Refunds of what was paid in cash: what is handed over in coins, and what was rounded."""

from __future__ import annotations

from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from actors.kit import money
from core.accounts.models import User
from core.orders.models import Order, Refund
from core.payments.models import TillPayment
from tests.core.support import Api, order


def refund(row: Order, place: int, amount: str, status: str = "made", user_id: Any = None) -> None:
    Refund.objects.create(
        id=f"{row.pk}:{place}", order_id=row.pk, place=place, amount=Decimal(amount), reason="broken",
        status=status, at=timezone.now(), user_id=user_id,
    )  # fmt: skip


def paid(user: User, method: str, due: str) -> Order:
    row = order(user.pk, total=Decimal("49.30"))
    TillPayment.objects.create(
        payment_id=row.pk, method=method, due=Decimal(due), received=50, taken_by=uuid4(), at=timezone.now()
    )
    return row


def seen(user: User, row: Order) -> list[tuple[Any, ...]]:
    refunds = Api(user).get(f"/api/orders/{row.pk}").json()["refunds"]
    return [(each["amount"], each["in_cash"], each["rounding"]) for each in refunds]


def test_parts_in_cash_make_up_what_was_paid(people: dict[str, User]) -> None:
    shopper, staff = people["shopper"], people["staff"]
    row = paid(shopper, "cash", "49.50")
    refund(row, 0, "10.30", user_id=staff.pk)
    refund(row, 1, "10.20", "failed", staff.pk)
    refund(row, 2, "10.20", "pending", staff.pk)
    refund(row, 3, "28.80", user_id=staff.pk)
    parts = [(10.3, 10.5, 0.2), (10.2, None, None), (10.2, 10.0, -0.2), (28.8, 29.0, 0.2)]
    assert seen(shopper, row) == seen(staff, row) == parts
    assert sum(each[1] or 0 for each in parts) == 49.5


@pytest.mark.parametrize("method", ["card", ""])
def test_what_was_not_paid_in_cash_is_given_back_to_the_last_unit(
    method: str, people: dict[str, User]
) -> None:
    row = paid(people["shopper"], method, "49.30") if method else order(people["shopper"].pk)
    refund(row, 0, "10.30", user_id=people["staff"].pk)
    assert seen(people["shopper"], row) == [(10.3, None, None)]


@given(
    currency=st.sampled_from(["INR", "ILS", "CHF", "HUF", "KWD", "EUR", "JPY"]),
    units=st.lists(st.integers(1, 100_000), min_size=1, max_size=8),
)
def test_at_any_time_coins_are_what_the_sum_is_in_coins(currency: str, units: list[int]) -> None:
    amounts = [Decimal(each).scaleb(-money.decimals(currency)) for each in units]
    found = money.coins(amounts, currency)
    for count in range(1, len(units) + 1):
        handed = sum(found[:count], money.zero(currency))
        assert handed == money.cash(sum(amounts[:count], money.zero(currency)), currency)
    assert all(each >= 0 for each in found)
