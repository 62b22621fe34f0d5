"""What a sender promises."""

from __future__ import annotations

from typing import Protocol

from core.outbox.letters import Letter
from core.outbox.models import OutgoingMessage


class DeliveryRefused(Exception):
    """It will never be delivered: the address is none, or its owner does not want it. Not tried again."""


class Sender(Protocol):
    """Delivers on one channel. What fails for now raises whatever it raises, and is tried again."""

    def send(self, message: OutgoingMessage, letter: Letter) -> None:
        """Deliver; ``message.attempts`` is 1 at the first try. Blocking. Raises DeliveryRefused."""
