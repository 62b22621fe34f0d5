"""The serial port, and the only place that opens one.

Faults of the line that the bus has to meet; each has its scenario in
``tests/devicegw/bus/test_bus_faults.py``:

- an answer comes in pieces, down to a byte at a time;
- an answer is lost, or the request was: silence;
- an answer is garbled: wrong sum, missing or extra bytes, noise before or after it;
- an answer comes late, into the next exchange, and says what was true before;
- a board is dead, or answers with another board's address;
- a board acknowledges an unlock and does not open, or opens without a word;
- the adapter is unplugged while a frame is under way, comes back under the same name;
- the USB adapter holds bytes back up to 16 ms, and says "written" before a bit is on the wire;
- another process holds the port: opened exclusively, a second opener is refused.
"""

from __future__ import annotations

import contextlib
import select
import termios
from collections.abc import Callable
from typing import Protocol

import serial

BITS_PER_CHAR = 10
"""8N1: start, eight data bits, stop."""


class PortLost(OSError):
    """The port cannot be opened, or was lost: unplugged, no such device, held by another."""


class PortTransport(Protocol):
    """An open line. Every method raises PortLost once the line is lost."""

    def write(self, data: bytes) -> None:
        """Hand the bytes to the line; returns before they have left."""

    def read(self, timeout: float) -> bytes:
        """Return what has come, waiting up to ``timeout`` seconds for a first byte; b"" for none."""

    def flush_input(self) -> None:
        """Throw away what has come and was not read."""

    def close(self) -> None:
        """Close the line; never raises, may be called twice."""


OpenPort = Callable[[], PortTransport]
"""Opens the line anew; raises PortLost."""


def char_seconds(baudrate: int) -> float:
    """Return how long one character takes on the wire."""
    return BITS_PER_CHAR / baudrate


class SerialTransport:
    """A real serial port, or a pty."""

    def __init__(self, path: str, baudrate: int) -> None:
        try:
            self._serial = serial.Serial(path, baudrate, timeout=0, write_timeout=1.0, exclusive=True)
        except (OSError, ValueError) as error:
            raise PortLost(f"cannot open {path}: {error}") from error
        self._path = path
        # An FTDI chip holds bytes back 16 ms unless told not to; others, and ptys, know no such mode.
        with contextlib.suppress(OSError, ValueError, NotImplementedError):
            self._serial.set_low_latency_mode(True)

    def write(self, data: bytes) -> None:
        """Write all of it. A line that takes no byte for a second counts as lost."""
        try:
            self._serial.write(data)
        except OSError as error:
            raise self._lost(error) from error

    def read(self, timeout: float) -> bytes:
        """Return what is there, or the first bytes to come within ``timeout`` seconds."""
        try:
            fd = self._serial.fileno()
            readable, _, _ = select.select([fd], [], [], max(0.0, timeout))
            if not readable:
                return b""
            data = bytes(self._serial.read(max(1, self._serial.in_waiting)))
        except (OSError, ValueError, TypeError) as error:
            raise self._lost(error) from error
        if not data:
            raise self._lost("end of file")
        return data

    def flush_input(self) -> None:
        """Throw away unread input."""
        try:
            self._serial.reset_input_buffer()
        except (OSError, termios.error) as error:
            raise self._lost(error) from error

    def close(self) -> None:
        """Close the port."""
        try:
            self._serial.close()
        except OSError:
            # Unplugged under our hands: the descriptor is gone, which is what was wanted.
            return

    def _lost(self, why: object) -> PortLost:
        return PortLost(f"lost {self._path}: {why}")


def serial_port(path: str, baudrate: int) -> OpenPort:
    """Return what opens this port, now and after every unplugging."""
    return lambda: SerialTransport(path, baudrate)
