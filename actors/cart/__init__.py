"""The cart of one shopper."""

from actors.cart.decider import DECIDER
from actors.cart.state import State

__all__ = ["DECIDER", "State"]
