"""How a receipt writes an amount."""

from __future__ import annotations

from decimal import Decimal

from django import template

register = template.Library()


@register.filter
def money(amount: Decimal, currency: str) -> str:
    """Return the amount with all its digits, e.g. ``1,262.25 INR``."""
    return f"{amount:,} {currency}"
