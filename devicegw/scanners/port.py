"""What a barcode reader is read from: a serial port, or an input or raw HID device of Linux."""

from __future__ import annotations

import contextlib
import fcntl
import os
import select
from typing import Protocol

from devicegw.bus.port import PortLost, SerialTransport
from devicegw.scanners.config import ScannerConfig


class Source(Protocol):
    """An open port that is only read. ``read`` raises PortLost once it is lost."""

    def read(self, timeout: float) -> bytes:
        """Return what has come, waiting up to ``timeout`` seconds for a first byte; b"" for none."""

    def close(self) -> None:
        """Close the port; never raises, may be called twice."""


EVIOCGRAB = 0x40044590
"""linux/input.h: take an input device for ourselves, or its keys would also be typed at the console."""


class InputDevice:
    """An input event device or a raw HID device, read only."""

    def __init__(self, path: str, *, grab: bool) -> None:
        try:
            self._fd: int | None = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            raise PortLost(f"cannot open {path}: {error}") from error
        self._path = path
        if grab:
            with contextlib.suppress(OSError):
                fcntl.ioctl(self._fd, EVIOCGRAB, 1)

    def read(self, timeout: float) -> bytes:
        """Return what is there, or the first bytes to come within ``timeout`` seconds."""
        if self._fd is None:
            raise PortLost(f"lost {self._path}: closed")
        try:
            if not select.select([self._fd], [], [], max(0.0, timeout))[0]:
                return b""
            data = os.read(self._fd, 4096)
        except BlockingIOError:
            return b""
        except OSError as error:
            raise PortLost(f"lost {self._path}: {error}") from error
        if not data:
            raise PortLost(f"lost {self._path}: end of file")
        return data

    def close(self) -> None:
        """Close the device."""
        fd, self._fd = self._fd, None
        if fd is not None:
            os.close(fd)


def scanner_port(scanner: ScannerConfig) -> Source:
    """Open a barcode reader. Raises PortLost."""
    if scanner.reads_as == "serial":
        return SerialTransport(scanner.port, scanner.baudrate)
    return InputDevice(scanner.port, grab=scanner.reads_as == "keyboard")
