"""What an order amounts to, as JSON in its row: the shape that the API shows."""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from actors.kit import money
from actors.messages.cart import key_of
from actors.messages.money.amounts import Tax
from actors.messages.money.purchase import Purchase
from core.journal.codec import encode
from core.orders.models import Order


class Exact(serializers.DecimalField):
    """A number of any size, as it was written."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(max_digits=None, decimal_places=None, **kwargs)


class SavingAnswer(serializers.Serializer[Any]):
    """What one rule took off the whole order; ``name`` is the rule as in a line's trace."""

    name = serializers.CharField()
    amount = Exact()


class PromotedItemAnswer(serializers.Serializer[Any]):
    """What of a promotion falls on a line, and how many of its units counted for it."""

    item_id = serializers.CharField()
    units = serializers.IntegerField()
    amount = Exact()


@extend_schema_serializer(component_name="OrderPromotion")
class OrderPromotionAnswer(serializers.Serializer[Any]):
    """What one promotion took off the order; it is among the savings, too."""

    id = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.CharField()
    times = serializers.IntegerField()
    amount = Exact()
    items = PromotedItemAnswer(many=True)


class DepositAnswer(serializers.Serializer[Any]):
    """The deposit on the containers of a line's goods."""

    item_id = serializers.CharField()
    name = serializers.CharField()
    quantity = serializers.IntegerField()
    unit_price = Exact()
    line_total = Exact()


@extend_schema_serializer(component_name="TaxAnswer")
class TaxAnswer(serializers.Serializer[Any]):
    """What one tax makes of all goods of its class; ``rate`` is percent, ``net`` before any tax."""

    name = serializers.CharField()
    rate = Exact()
    net = Exact()
    tax = Exact()

    def get_fields(self) -> dict[str, Any]:
        """Return the fields; ``class`` is no name that Python knows."""
        return {"class": serializers.CharField(), **super().get_fields()}


def of_purchase(bought: Purchase) -> str:
    """Return what a purchase amounts to; empty for one from before there were taxes."""
    found = bought.amounts
    if found is None:
        return ""
    ids = {key_of(line): line.line_id for line in bought.lines}
    whole = {
        "subtotal": found.subtotal,
        "savings": [{"name": each.name, "amount": each.amount} for each in found.savings],
        "promotions": [
            {
                "id": each.promotion_id,
                "name": each.name,
                "kind": each.kind,
                "times": each.times,
                "amount": each.amount,
                "items": [
                    {"item_id": ids[part.key], "units": part.units, "amount": part.amount}
                    for part in each.lines
                ],
            }
            for each in found.promotions
        ],
        "deposits": [
            {
                "item_id": ids[each.key],
                "name": each.name,
                "quantity": each.quantity,
                "unit_price": each.unit_price,
                "line_total": each.line_total,
            }
            for each in found.deposits
        ],
        "taxes": _taxes(found.taxes),
        "tax_included": found.tax_included,
        "rounding": found.rounding,
    }
    return encode(whole).decode()


def of_taxes(taxes: Iterable[Tax]) -> str:
    """Return the taxes of a refund."""
    found = _taxes(taxes)
    return encode(found).decode() if found else ""


def _taxes(taxes: Iterable[Tax]) -> list[dict[str, Any]]:
    return [
        {"class": each.tax_class, "name": each.name, "rate": each.rate, "net": each.net, "tax": each.tax}
        for each in taxes
    ]


def read(row: Order) -> dict[str, Any]:
    """Return what an order amounts to; amounts are Decimals with the digits in which they were written."""
    if row.amounts:
        found: dict[str, Any] = json.loads(row.amounts, parse_float=Decimal)
        return {"promotions": [], **found}
    return {
        "subtotal": money.quantize(row.total, row.currency),
        "savings": [],
        "promotions": [],
        "deposits": [],
        "taxes": [],
        "tax_included": True,
        "rounding": money.zero(row.currency),
    }


def read_taxes(text: str) -> list[dict[str, Any]]:
    """Return the taxes of a refund."""
    found: list[dict[str, Any]] = json.loads(text, parse_float=Decimal) if text else []
    return found
