"""An order: what was bought and paid."""

from actors.order.decider import DECIDER
from actors.order.state import State

__all__ = ["DECIDER", "State"]
