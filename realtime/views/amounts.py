"""What a cart, a checkout and an order amount to, as clients see it."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import msgspec

from actors.messages.cart import Line
from actors.messages.money.amounts import Amounts, Promoted
from realtime.views.base import View


class SavingView(View, frozen=True):
    """What one rule takes off the whole cart; ``name`` is the rule as in a line's trace."""

    name: str
    amount: Decimal


class PromotedLineView(View, frozen=True):
    """What of a promotion falls on a line, and how many of its units count for it."""

    item_id: str
    units: int
    amount: Decimal


class PromotionView(View, frozen=True):
    """What one promotion takes off the whole cart, ``times`` applied; it is among the savings, too.

    ``kind``: ``n_for_m``, ``nth``, ``bundle``, ``price`` or ``spend``.
    """

    id: str
    name: str
    kind: str
    times: int
    amount: Decimal
    items: tuple[PromotedLineView, ...]


class DepositView(View, frozen=True):
    """The deposit on the containers of a line's goods; given back when they come back."""

    item_id: str
    name: str
    quantity: int
    unit_price: Decimal
    line_total: Decimal


class TaxView(View, frozen=True):
    """What one tax makes of all goods of its class; ``rate`` is percent, ``net`` before any tax."""

    tax_class: str = msgspec.field(name="class")
    name: str
    rate: Decimal
    net: Decimal
    tax: Decimal


def amounts_fields(found: Amounts, lines: Mapping[str, Line]) -> dict[str, Any]:
    """Return the fields of whatever shows them, but for the total; ``lines`` by their keys."""
    return {
        "subtotal": found.subtotal,
        "savings": tuple([SavingView(name=each.name, amount=each.amount) for each in found.savings]),
        "promotions": promotion_views(found.promotions, lines),
        "deposits": tuple(
            [
                DepositView(
                    item_id=lines[each.key].line_id,
                    name=each.name,
                    quantity=each.quantity,
                    unit_price=each.unit_price,
                    line_total=each.line_total,
                )
                for each in found.deposits
            ]
        ),
        "taxes": tuple(
            [
                TaxView(tax_class=each.tax_class, name=each.name, rate=each.rate, net=each.net, tax=each.tax)
                for each in found.taxes
            ]
        ),
        "tax_included": found.tax_included,
        "rounding": found.rounding,
    }


def promotion_views(found: tuple[Promoted, ...], lines: Mapping[str, Line]) -> tuple[PromotionView, ...]:
    """Return what promotions made of lines, by their keys."""
    return tuple(
        [
            PromotionView(
                id=each.promotion_id,
                name=each.name,
                kind=each.kind,
                times=each.times,
                amount=each.amount,
                items=tuple(
                    [
                        PromotedLineView(
                            item_id=lines[part.key].line_id, units=part.units, amount=part.amount
                        )
                        for part in each.lines
                    ]
                ),
            )
            for each in found
        ]
    )
