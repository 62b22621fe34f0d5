"""Prices, and what a cart of them amounts to: pure functions of what the edge knew at a command's moment."""

from actors.pricing.amounts import adds_up, amounts, bill, taken_off
from actors.pricing.promotions import promoted
from actors.pricing.refunds import Return, given_back
from actors.pricing.units import order, precedence, price, stages

__all__ = [
    "Return",
    "adds_up",
    "amounts",
    "bill",
    "given_back",
    "order",
    "precedence",
    "price",
    "promoted",
    "stages",
    "taken_off",
]
