"""A trolley: who may use it, where it is, what its lock should do."""

from actors.trolley.decider import DECIDER, expires_at
from actors.trolley.state import (
    CUSTODY,
    MAINTENANCE,
    State,
    card,
    rental_of_session,
    rental_without_session,
    stands,
)

__all__ = [
    "CUSTODY", "DECIDER", "MAINTENANCE", "State", "card", "expires_at", "rental_of_session",
    "rental_without_session", "stands",
]  # fmt: skip
