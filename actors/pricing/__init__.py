"""Prices, and what a cart of them amounts to: pure functions of what the edge knew at a command's moment."""

from actors.pricing.amounts import amounts
from actors.pricing.units import order, precedence, price, stages

__all__ = ["amounts", "order", "precedence", "price", "stages"]
