"""The stock of a branch."""

from actors.stock.decider import DECIDER
from actors.stock.state import Level, State

__all__ = ["DECIDER", "Level", "State"]
