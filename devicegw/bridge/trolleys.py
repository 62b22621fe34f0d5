"""What broker clients and the bridge say to each other about trolleys.

Below ``{prefix}/{chain}/{branch}/carts/{trolley}/``: ``unlock`` and ``lock`` take a TrolleyCommand,
``status`` holds a TrolleyStatus, retained. No name of a person and no sum of money leaves here.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

AHEAD_S = 5.0
"""So far may the clock of whoever gives a command be ahead of ours."""


class TrolleyCommand(Struct, frozen=True, forbid_unknown_fields=True):
    """Open a trolley's lock, or close it. The same ``id`` again changes nothing and is answered again.

    It is carried out within ``ttl_s`` of ``at`` or not at all, wherever it waited meanwhile: in the
    broker, here, or on a way that was cut. A lock must not open out of the blue.
    """

    id: Annotated[str, Meta(pattern=r"^[A-Za-z0-9_-]{1,64}$")]
    at: Annotated[datetime, Meta(tz=True)]
    """When it was given, by the clock of whoever gave it."""
    ttl_s: Annotated[float, Meta(gt=0, le=300)] = 30.0
    reason: Annotated[str, Meta(min_length=1, max_length=300)] = ""
    """Needed to open; it is kept in the journal."""
    op: Literal["unlock", "lock"] | None = None
    """By default what the topic is called; Home Assistant has one topic for both."""

    def age(self, now: float) -> float:
        """Return how many seconds ago it was given; ``now`` is POSIX."""
        return now - self.at.timestamp()

    def left(self, now: float) -> float:
        """Return the seconds in which it may still be carried out; ``now`` is POSIX."""
        return self.ttl_s - self.age(now)


class CommandAnswer(Struct, frozen=True):
    """What became of the last command: ``code`` is ok, or the name of the refusal."""

    id: str | None
    """None if the command was not understood."""
    op: str
    code: str
    detail: str = ""


class LockStatus(Struct, frozen=True):
    """Shadow of the lock."""

    desired: str
    reported: str
    at: str | None = None


class TrolleyStatus(Struct, frozen=True):
    """A trolley, as the branch's topic shows it, but for what concerns people."""

    trolley_id: str
    cart_number: int
    phase: str
    custody: str
    is_active: bool
    maintenance: bool
    lock: LockStatus
    lock_fault: str
    place: Any = None
    answer: CommandAnswer | None = None
    """To the last command that came by the broker since the bridge started."""


decode_command = msgspec.json.Decoder(TrolleyCommand).decode
"""Raises msgspec.DecodeError."""


def status_of(trolley: dict[str, Any]) -> TrolleyStatus:
    """Return what is published of a trolley of the branch's topic. Raises msgspec.ValidationError."""
    return msgspec.convert(trolley, TrolleyStatus)


class TrolleyTopics:
    """The topics of one trolley."""

    def __init__(self, prefix: str, chain: str, branch: str, trolley_id: str) -> None:
        base = f"{prefix}/{chain}/{branch}/carts/{trolley_id}"
        self.status = f"{base}/status"
        self.unlock = f"{base}/unlock"
        self.lock = f"{base}/lock"
