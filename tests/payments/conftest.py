"""The same tests at every provider."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.payments import shops
from tests.payments.shops import Shop


@pytest.fixture
def at_stripe() -> Iterator[Shop]:
    with shops.at_stripe() as shop:
        yield shop


@pytest.fixture
def at_razorpay() -> Iterator[Shop]:
    with shops.at_razorpay() as shop:
        yield shop


@pytest.fixture
def at_paypal() -> Iterator[Shop]:
    with shops.at_paypal() as shop:
        yield shop


@pytest.fixture(params=["stripe", "razorpay", "paypal"])
def shop(request: pytest.FixtureRequest) -> Shop:
    found: Shop = request.getfixturevalue(f"at_{request.param}")
    return found
