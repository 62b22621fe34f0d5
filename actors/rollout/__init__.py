"""A rollout of one firmware to many devices."""

from actors.rollout.decider import DECIDER
from actors.rollout.state import State

__all__ = ["DECIDER", "State"]
