"""From what a barcode reader sends to barcodes, sans I/O.

Three kinds of reader: a serial one sends text and a line end; one that plays a
keyboard comes as input events (linux/input.h, struct input_event: time, type, code,
value) or as raw HID boot reports (modifiers, 0, six keys). Keys are read by the US
layout, which is what readers are set to when they leave the factory. The separator of a GS1
message (GS, FNC1 in the symbol) is typed as Ctrl and ], as a terminal would.
"""

from __future__ import annotations

import struct
from typing import Protocol

from devicegw.wire import LONGEST_SCAN

MOST = LONGEST_SCAN
"""Characters of a barcode; what is longer is noise and dropped."""
EVENT = struct.Struct("llHHi")
EV_KEY = 1
SEPARATOR = "\x1d"
SHIFTS = (42, 54)
CONTROLS = (29, 97)
ENTERS = (28, 96)
REPORT_SIZE = 8
HID_SHIFT = 0x22
HID_CONTROL = 0x11
HID_ENTERS = (0x28, 0x58)


def _row(first: int, plain: str, shifted: str) -> dict[int, tuple[str, str]]:
    return {first + n: pair for n, pair in enumerate(zip(plain, shifted, strict=True))}


KEYS = {
    **_row(2, "1234567890-=", "!@#$%^&*()_+"),
    **_row(16, "qwertyuiop[]", "QWERTYUIOP{}"),
    **_row(30, "asdfghjkl;'`", 'ASDFGHJKL:"~'),
    **_row(43, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
    **_row(57, " ", " "),
    **_row(71, "789-456+1230.", "789-456+1230."),
}
"""linux/input-event-codes.h: code -> (plain, with shift)."""
HID_KEYS = {
    **_row(0x04, "abcdefghijklmnopqrstuvwxyz", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    **_row(0x1E, "1234567890", "!@#$%^&*()"),
    **_row(0x2C, " -=[]\\", " _+{}|"),
    **_row(0x33, ";'`,./", ':"~<>?'),
    **_row(0x54, "/*-+", "/*-+"),
    **_row(0x59, "1234567890.", "1234567890."),
}
"""HID usage tables, page 7: usage -> (plain, with shift)."""


class Parser(Protocol):
    """Takes bytes in any chunks and returns the barcodes they complete."""

    def feed(self, data: bytes) -> list[str]:
        """Take the next bytes."""

    def idle(self) -> list[str]:
        """Take a pause: a reader without a line end has finished."""

    def reset(self) -> None:
        """Forget what was begun: the reader was unplugged."""


class _Typed:
    """Characters up to an end."""

    def __init__(self) -> None:
        self._text = ""

    def type(self, character: str) -> None:
        # One more than allowed is kept, so that the end still knows it was too long.
        if len(self._text) <= MOST and (character.isprintable() or character == SEPARATOR):
            self._text += character

    def end(self) -> list[str]:
        text, self._text = self._text.strip(), ""
        return [text] if 0 < len(text) <= MOST else []


def _typed(key: tuple[str, str], shift: bool, control: bool) -> str:
    """Return what a key types: with Ctrl nothing but the separator."""
    if control:
        return SEPARATOR if key[0] == "]" else ""
    return key[shift]


class LineParser:
    """Text of a serial reader; CR, LF or a pause ends a barcode."""

    def __init__(self) -> None:
        self._typed = _Typed()

    def feed(self, data: bytes) -> list[str]:
        """Take the next bytes."""
        found: list[str] = []
        for character in data.decode("latin-1"):
            if character in "\r\n":
                found += self._typed.end()
            else:
                self._typed.type(character)
        return found

    def idle(self) -> list[str]:
        """Take a pause: a reader without a line end has finished."""
        return self._typed.end()

    def reset(self) -> None:
        """Forget what was begun."""
        self._typed = _Typed()


class EventParser:
    """Input events of a reader that plays a keyboard; Enter ends a barcode."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget what was begun."""
        self._typed = _Typed()
        self._buffer = b""
        self._shifts: set[int] = set()
        self._controls: set[int] = set()

    def feed(self, data: bytes) -> list[str]:
        """Take the next bytes."""
        self._buffer += data
        whole = len(self._buffer) // EVENT.size * EVENT.size
        events, self._buffer = self._buffer[:whole], self._buffer[whole:]
        found: list[str] = []
        for _, _, kind, code, value in EVENT.iter_unpack(events):
            if kind == EV_KEY:
                found += self._key(code, value)
        return found

    def idle(self) -> list[str]:
        """Take a pause; keys come when they come."""
        return []

    def _key(self, code: int, value: int) -> list[str]:
        if code in SHIFTS:
            (self._shifts.add if value else self._shifts.discard)(code)
        elif code in CONTROLS:
            (self._controls.add if value else self._controls.discard)(code)
        elif value == 1 and code in ENTERS:
            return self._typed.end()
        elif value == 1 and code in KEYS:
            self._typed.type(_typed(KEYS[code], bool(self._shifts), bool(self._controls)))
        return []


class ReportParser:
    """Raw HID boot reports of a reader that plays a keyboard; Enter ends a barcode."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """Forget what was begun."""
        self._typed = _Typed()
        self._buffer = b""
        self._down: set[int] = set()

    def feed(self, data: bytes) -> list[str]:
        """Take the next bytes."""
        self._buffer += data
        found: list[str] = []
        while len(self._buffer) >= REPORT_SIZE:
            report, self._buffer = self._buffer[:REPORT_SIZE], self._buffer[REPORT_SIZE:]
            found += self._report(report)
        return found

    def idle(self) -> list[str]:
        """Take a pause; keys come when they come."""
        return []

    def _report(self, report: bytes) -> list[str]:
        found: list[str] = []
        shift, control = bool(report[0] & HID_SHIFT), bool(report[0] & HID_CONTROL)
        for usage in report[2:]:
            if usage in self._down:
                continue
            if usage in HID_ENTERS:
                found += self._typed.end()
            elif usage in HID_KEYS:
                self._typed.type(_typed(HID_KEYS[usage], shift, control))
        self._down = set(report[2:])
        return found


PARSERS: dict[str, type[LineParser] | type[EventParser] | type[ReportParser]] = {
    "serial": LineParser,
    "keyboard": EventParser,
    "hidraw": ReportParser,
}
