"""What is published on a site's MQTT broker besides the messages of devicegw.wire: closed schemas.

Devices log in, say that they are there, and are told when the server does not hear them; any client that
may commands a trolley's lock and reads the trolley's status. No name of a person and no sum of money is here.
"""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal, get_args

import msgspec
from msgspec import Meta, Struct

from devicegw.wire import UNREADABLE, FromDevice, FromServer, Telemetry

# --- devices -------------------------------------------------------------------


class _BrokerMessage(Struct, frozen=True, forbid_unknown_fields=True, tag_field="type", tag=str.lower):
    """Base: the tag is the class name in lower case."""


class Login(_BrokerMessage, frozen=True):
    """From a device: a connection begins; ``token`` is the device's own and the server verifies it."""

    connection: Annotated[str, Meta(min_length=1, max_length=100)]
    token: Annotated[str, Meta(min_length=1, max_length=5000)]


class Online(_BrokerMessage, frozen=True):
    """From a device, retained: it is connected to the broker."""


class Offline(_BrokerMessage, frozen=True):
    """From a device or of it, retained: it is not."""


class Closed(_BrokerMessage, frozen=True):
    """To a device: the server does not read it; start over with login and hello."""

    reason: str
    code: int | None = None
    """The server's close code or HTTP status, if it gave one."""


class _TypedMessage(Struct):
    type: str


_encoder = msgspec.json.Encoder()
decode_login = msgspec.json.Decoder(Login).decode
"""Raises one of UNREADABLE."""
decode_closed = msgspec.json.Decoder(Closed).decode
"""Raises one of UNREADABLE."""
_decode_typed = msgspec.json.Decoder(_TypedMessage).decode


def encode(message: Login | Online | Offline | Closed) -> str:
    """Return the message as it is published."""
    return _encoder.encode(message).decode()


def type_of(payload: bytes) -> str:
    """Return the ``type`` of a message, whatever else it is; empty if it has none."""
    try:
        return _decode_typed(payload).type
    except UNREADABLE:
        return ""


ON_STATUS = (Online, Offline, *(each for each in get_args(FromDevice) if each is not Telemetry))
"""What a device publishes on its ``status``."""
ON_COMMANDS = (*get_args(FromServer), Closed)
"""What is published on a device's ``commands``."""

# --- trolleys ------------------------------------------------------------------

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


class Place(Struct, frozen=True):
    """A lock slot: the device's id, and board << 4 | lock."""

    device_id: str
    slot: int


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
    place: Place | None = None
    answer: CommandAnswer | None = None
    """To the last command that came by the broker since the bridge started."""


decode_command = msgspec.json.Decoder(TrolleyCommand).decode
"""Raises one of UNREADABLE."""


def status_of(trolley: dict[str, Any]) -> TrolleyStatus:
    """Return what is published of a trolley of the branch's topic. Raises msgspec.ValidationError."""
    return msgspec.convert(trolley, TrolleyStatus)


# --- the bridge ----------------------------------------------------------------

BridgeStatus = Literal["online", "offline"]
"""What the bridge publishes on its own status, as plain text."""
