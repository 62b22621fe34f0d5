"""The demo's year of purchases: the same whenever it is made, and worth learning from."""

from __future__ import annotations

import uuid
from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from actors.messages.money.order import PlaceOrder
from core.accounts.models import User
from core.assistant.recommendations.people import measure_people
from core.demo import history, load
from core.orders.models import Order, OrderItem
from tests.core.support import order

NOW = 1_790_000_000.0


@pytest.fixture
def demo(db: None) -> None:
    """The demonstration."""
    load.load()


def test_the_year_is_the_same_whenever_it_is_made_and_ends_before_receipts_would_be_mailed(
    demo: None,
) -> None:
    found = history.orders(NOW, shoppers=8, days=60)
    assert history.orders(NOW, shoppers=8, days=60) == found
    assert [each.at for each in found] == sorted(each.at for each in found)
    assert found[-1].at <= NOW - history.ENDS_BEFORE_S
    assert found[0].at >= NOW - history.ENDS_BEFORE_S - 61 * history.DAY_S
    assert len({each.order_id for each in found}) == len(found) > 8 * 60 / 11 - 8
    assert {each.purchase.branch for each in found} <= {load.LOCKED_BRANCH, load.OPEN_BRANCH}
    assert User.objects.filter(username__startswith="visitor-").count() == 8


def test_every_purchase_adds_up_and_has_each_product_once(demo: None) -> None:
    for each in history.orders(NOW, shoppers=3, days=30):
        lines = each.purchase.lines
        assert lines
        assert sum(line.line_total for line in lines) == each.purchase.total
        assert max(Counter(line.product_id for line in lines).values()) == 1
        assert all(line.line_total == line.unit_price * line.quantity for line in lines)
        assert PlaceOrder(each.user_id, each.purchase).purchase == each.purchase


def test_what_was_written_is_not_written_again(demo: None) -> None:
    first = history.orders(NOW, shoppers=1, days=30)[0]
    placed = order(first.user_id)
    Order.objects.filter(pk=placed.pk).update(order_id=uuid.UUID(first.order_id))
    assert history.orders(NOW, shoppers=1, days=30) == []


def keep(found: list[history.PastOrder]) -> None:
    """Write orders as their projection does."""
    start = timezone.now() - timedelta(days=100)
    first = found[0].at
    for each in found:
        row = order(
            each.user_id, chain_slug="demo-chain", placed_at=start + timedelta(seconds=each.at - first)
        )
        OrderItem.objects.filter(order_id=row.pk).delete()
        OrderItem.objects.bulk_create(
            OrderItem(
                id=f"{row.pk}:{place}", order_id=row.pk, place=place, line_id=line.line_id, barcode="1",
                product_id=line.product_id, name=line.name, quantity=1, unit_price=1, line_total=1,
                price_trace="[]", returned=0,
            )
            for place, line in enumerate(each.purchase.lines)
        )  # fmt: skip


def test_what_is_suggested_is_clearly_better_than_what_is_popular(demo: None) -> None:
    keep(history.orders(NOW, shoppers=24, days=90))
    found = measure_people("demo-chain")
    assert found is not None
    assert found.cases > 50
    assert found.recall > 1.5 * found.popular_recall


def test_without_purchases_nothing_is_measured(demo: None) -> None:
    assert measure_people("demo-chain") is None
    order(uuid.uuid4(), chain_slug="demo-chain")
    assert measure_people("demo-chain") is None
