"""Messages of the device link ``/ws/device/``, the same objects over every transport.

One JSON object a message with a ``type``. Schemas are closed: an unknown type,
an unknown field or a mistyped one is a WireError that names it. Times are
RFC 3339 UTC. Delivery is at least once both ways:

- the Pi repeats ``report``, ``result``, ``scan`` and ``telemetry`` after every
  reconnect until their ``seq`` is acknowledged, so the server acknowledges only
  what is durable, and a repeat changes nothing;
- the server repeats ``command`` until it has the result; a Pi that knows the id
  answers ``received`` again and repeats the result, but never acts twice.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import Meta, Struct

SUBPROTOCOL = "trolley-device.v1"
MAX_MESSAGE = 64 * 1024
"""Bytes of one encoded message, either way."""
UNREADABLE = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
"""What decoding raises for a message that is no JSON of ours, is none in UTF-8, or is nested without end."""

Hook = Literal["open", "closed", "unknown"]
FirmwareStep = Literal["downloading", "downloaded", "verified", "updating", "updated", "failed"]
Outcome = Literal["opened", "not_opened", "expired", "unsupported", "bus_error"]

Slot = Annotated[int, Meta(ge=0, le=0xFFFF)]
"""bus << 8 | board << 4 | lock; with one bus that is the number on the bus, board << 4 | lock."""
Seq = Annotated[int, Meta(ge=0)]
Id = Annotated[str, Meta(min_length=1, max_length=200)]
Text = Annotated[str, Meta(max_length=500)]
LONGEST_SCAN = 400
"""Characters of a barcode, as many as the server reads; GS1 messages are the long ones."""
When = Annotated[datetime, Meta(tz=True)]


class WireError(ValueError):
    """The peer sent what the schema does not allow; the message names the field or type."""


class _Closed(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of the parts: nothing may be in them that is not named here."""


class BusInfo(_Closed, frozen=True):
    """One serial bus and the board addresses configured on it."""

    port: str
    protocol: str
    boards: tuple[int, ...]


class SlotState(_Closed, frozen=True):
    """What the hardware says of one slot; hook ``unknown`` when its board does not answer."""

    slot: Slot
    hook: Hook
    present: bool
    at: When


class LinkConfig(_Closed, frozen=True):
    """Settings the server gives the Pi, in seconds."""

    heartbeat_s: Annotated[float, Meta(gt=0)] = 30.0
    telemetry_s: Annotated[float, Meta(gt=0)] = 60.0


class DesiredLock(_Closed, frozen=True):
    """The server's wish for one slot; information, never a reason to open: only a command opens."""

    slot: Slot
    lock: Literal["open", "closed"]


class _Message(_Closed, frozen=True, tag_field="type", tag=str.lower):
    """Base of the messages: the tag is the class name in lower case, or as a class says."""


# --- from the Pi ------------------------------------------------------------


class Hello(_Message, frozen=True):
    """First message of a connection: what the hardware says now, not what the Pi remembers."""

    device_id: Id
    boot_id: Id
    """New at every start of the agent."""
    firmware: str
    buses: tuple[BusInfo, ...] = ()
    slots: tuple[SlotState, ...] = ()


class Received(_Message, frozen=True):
    """The Pi has the command on disk: it will end by name. Its own clock counts the time to live."""

    id: Id


class Result(_Message, frozen=True):
    """How a command ended. Every received command gets one, acknowledged by ``seq``."""

    seq: Seq
    id: Id
    outcome: Outcome
    detail: Text = ""


class Report(_Message, frozen=True):
    """One change of a slot as the hardware showed it."""

    seq: Seq
    slot: Slot
    hook: Hook
    present: bool
    at: When


class Telemetry(_Message, frozen=True):
    """Health of the Pi and its buses; free form inside ``data``."""

    seq: Seq
    at: When
    data: dict[str, Any]


class Scan(_Message, frozen=True):
    """A barcode read at a trolley by a reader on the device."""

    seq: Seq
    trolley_id: Id
    barcode: Annotated[str, Meta(min_length=1, max_length=LONGEST_SCAN)]
    id: Id | None = None
    """Made when it was read and the same however often it is sent, over restarts too; tells a repeat."""
    at: When | None = None
    """When it was read; it goes to the session of that time, or is refused if that is over."""


class Frame(_Closed, frozen=True):
    """One frame as it passed on a bus, or what came in one piece of silence."""

    at: When
    """Of its first byte, to the microsecond."""
    dir: Literal["out", "in"]
    """``out`` is from the Pi to the boards."""
    hex: Annotated[str, Meta(max_length=2000)]
    meaning: Text
    board: Annotated[int, Meta(ge=0, le=255)] | None = None
    """Whose exchange it belongs to."""
    fault: bool = False
    """No answer, a broken or a foreign one, or noise."""


class Frames(_Message, frozen=True):
    """What passed on a bus since the last one, after ``inspect``; best effort, never repeated."""

    bus: Annotated[int, Meta(ge=0, le=255)]
    dropped: Annotated[int, Meta(ge=0)]
    """Frames that passed and were not kept."""
    frames: tuple[Frame, ...]


class FirmwareState(_Message, frozen=True, tag="firmware_state"):
    """How far the Pi is with an offered firmware; ``updated`` and ``failed`` are ends.

    A Pi that comes back with the offered version in its hello need not say ``updated``.
    """

    seq: Seq
    rollout_id: Id
    state: FirmwareStep
    detail: Text = ""


class Heartbeat(_Message, frozen=True):
    """Sent by the Pi every ``heartbeat_s`` and answered by the same; three missed: offline."""


# --- from the server --------------------------------------------------------


class Welcome(_Message, frozen=True):
    """Answer to hello. Commands still wanted follow as ``command``."""

    config: LinkConfig = LinkConfig()
    desired: tuple[DesiredLock, ...] = ()
    last_seq: Seq = 0
    """Highest ``seq`` the server has taken from this device; the Pi numbers on above it."""


class Command(_Message, frozen=True):
    """Do something to a slot, or answer ``expired`` once ``ttl_ms`` have passed since receipt."""

    id: Id
    slot: Slot
    op: str
    """``unlock``; the Pi answers any other with the result ``unsupported``."""
    ttl_ms: Annotated[int, Meta(ge=0, le=24 * 3600 * 1000)]


class Inspect(_Message, frozen=True):
    """Send the frames of a bus as they pass, for so long; a later one takes the place of an earlier.

    0 seconds: no more of that bus.
    """

    bus: Annotated[int, Meta(ge=0, le=255)]
    seconds: Annotated[float, Meta(ge=0, le=600)]


class Firmware(_Message, frozen=True):
    """Get this firmware, verify size, digest and signature, and update to it.

    Repeated after every hello until its end is known: a Pi that works on it already goes on, one
    that failed says so again. The file comes from ``url`` with the device's token and may be
    resumed by Range.
    """

    rollout_id: Id
    version: Annotated[str, Meta(min_length=1, max_length=40)]
    url: Annotated[str, Meta(max_length=500)]
    size: Annotated[int, Meta(ge=0)]
    sha256: Annotated[str, Meta(pattern="^[0-9a-f]{64}$")]
    signature: Annotated[str, Meta(max_length=100)]
    """Ed25519 over :func:`firmware_statement`, in base64."""


class FirmwareCancel(_Message, frozen=True, tag="firmware_cancel"):
    """The offer does not hold any more: stop, unless the update has begun."""

    rollout_id: Id


class Ack(_Message, frozen=True):
    """The message with this ``seq`` is durable; the Pi forgets it."""

    seq: Seq


class Problem(_Message, frozen=True):
    """A message was refused and would be again; the Pi drops the one numbered ``seq``, if any."""

    code: str
    detail: str
    seq: Seq | None = None


FromDevice = Hello | Received | Result | Report | Telemetry | Scan | Frames | FirmwareState | Heartbeat
FromServer = Welcome | Command | Inspect | Firmware | FirmwareCancel | Ack | Problem | Heartbeat
Outgoing = Result | Report | Telemetry | Scan | FirmwareState
"""What the Pi keeps until it is acknowledged."""

_encoder = msgspec.json.Encoder()
_from_device: msgspec.json.Decoder[FromDevice] = msgspec.json.Decoder(FromDevice)
_from_server: msgspec.json.Decoder[FromServer] = msgspec.json.Decoder(FromServer)


def encode(message: FromDevice | FromServer) -> str:
    """Return the message as it goes on the wire (text, for a text frame)."""
    return _encoder.encode(message).decode()


def decode_from_device(data: str | bytes) -> FromDevice:
    """Return the message a Pi sent. Raises WireError naming the unknown type or wrong field."""
    return _decode(_from_device, data)


def decode_from_server(data: str | bytes) -> FromServer:
    """Return the message a server sent. Raises WireError naming the unknown type or wrong field."""
    return _decode(_from_server, data)


def seq_of(data: str | bytes) -> int | None:
    """Return the ``seq`` of a message however wrong the rest is, for the Problem that refuses it."""
    try:
        seq = msgspec.json.decode(data, type=_Numbered).seq
    except UNREADABLE:
        return None
    return seq


def slot_number(bus: int, board: int, lock: int) -> int:
    """Return the slot of a lock on the device's n-th bus."""
    return bus << 8 | board << 4 | lock


def slot_place(slot: int) -> tuple[int, int, int]:
    """Return (bus, board, lock) of a slot."""
    return slot >> 8, slot >> 4 & 0x0F, slot & 0x0F


def firmware_statement(version: str, size: int, sha256: str) -> bytes:
    """Return what the maker of a firmware signs: so no other version can carry its signature."""
    return f"smart-trolley firmware\n{version}\n{size}\n{sha256}\n".encode()


def utc(posix: float) -> datetime:
    """Return POSIX seconds as the wire's time, to the millisecond."""
    return datetime.fromtimestamp(round(posix, 3), UTC)


def utc_exact(posix: float) -> datetime:
    """Return POSIX seconds as the wire's time, to the microsecond."""
    return datetime.fromtimestamp(posix, UTC)


_T = TypeVar("_T")


class _Numbered(Struct):
    seq: Seq | None = None


def _decode(decoder: msgspec.json.Decoder[_T], data: str | bytes) -> _T:
    if len(data) > MAX_MESSAGE:
        raise WireError(f"expected at most {MAX_MESSAGE} bytes, got {len(data)}")
    try:
        return decoder.decode(data)
    except UNREADABLE as error:
        raise WireError(str(error)) from error
