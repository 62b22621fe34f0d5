"""A bus in config.json: its port, its boards, and how patient it is."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct

from devicegw.bus.boards import config as boards
from devicegw.bus.boards.config import BoardConfig
from devicegw.errors import ConfigError

Positive = Annotated[float, Meta(gt=0)]


class Timings(Struct, frozen=True, forbid_unknown_fields=True):
    """How patient the bus is, in seconds."""

    answer_s: Positive = 0.05
    """Silence after a request that counts as no answer."""
    gap_s: Positive = 0.02
    """Silence inside an answer that counts as its end (a USB adapter may hold bytes for 16 ms)."""
    poll_s: Positive = 0.1
    """How often each board is asked when nothing happens."""
    open_s: Positive = 1.0
    """How long after an unlock the hook may take to open."""
    tries: Annotated[int, Meta(ge=1, le=10)] = 3
    """How often one command pulses the lock."""
    retry_s: Positive = 0.1
    """Pause before the second try; doubles with each."""
    dead_after: Annotated[int, Meta(ge=1)] = 3
    """Unanswered requests in a row until a board counts as dead."""
    dead_poll_s: Positive = 2.0
    """Longest pause between two questions to a dead board."""
    reopen_s: Positive = 0.1
    """First pause before a lost port is opened again; doubles up to ``reopen_max_s``."""
    reopen_max_s: Positive = 2.0
    hook_settle_s: Annotated[float, Meta(ge=0)] = 0.02
    """How long a hook must show a change to be believed; one that was told to open is believed at once."""
    present_settle_s: Annotated[float, Meta(ge=0)] = 0.1
    """The same of a presence sensor, which a hand or a bag may cross."""
    lost_s: Positive = 2.0
    """How long a command waits for a lost port to come back before it ends in bus_error."""


class BusConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """One serial port and what hangs on it."""

    port: Annotated[str, Meta(min_length=1)]
    """E.g. /dev/serial/by-id/...: a name that an adapter keeps when it is plugged in again."""
    boards: tuple[BoardConfig, ...]
    baudrate: Annotated[int, Meta(ge=300)] = 19200
    protocol: Literal["kerong", "modbus", "simulator"] = "kerong"
    timings: Timings = Timings()


def check(key: str, bus: BusConfig) -> None:
    """Check what no single field shows; ``key`` is the bus's place in the file. Raises ConfigError."""
    addresses = [board.address for board in bus.boards]
    if not addresses:
        raise ConfigError(f"{key}.boards: expected at least one board")
    for place, board in enumerate(bus.boards):
        if board.address in addresses[:place]:
            raise ConfigError(
                f"{key}.boards[{place}].address: {board.address} is configured twice on {bus.port}"
            )
        boards.check(f"{key}.boards[{place}]", board, bus.protocol)
