"""Restrictions on the sale of a product, as offers and cart lines carry them."""

from __future__ import annotations

import msgspec


class Restriction(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """The conditions for buying a product; all of it empty is no restriction."""

    age: int = 0
    """Years that a buyer has to have."""
    tagged: bool = False
    """It wears a security tag that somebody takes off."""
    weighed: bool = False
    """It is sold by weight, so somebody weighs it unless a label says what it weighs."""
    most: int = 0
    """So many units a shopper at most; 0: any number."""
