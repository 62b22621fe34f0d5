"""A payment, and the refunds of it."""

from actors.payment.decider import DECIDER
from actors.payment.state import State, Status

__all__ = ["DECIDER", "State", "Status"]
