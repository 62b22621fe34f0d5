"""A picture in front of the browser's camera: a QR code or an EAN-13 symbol, as a y4m film.

Chromium opens the file anew each time a page asks for the camera, so replacing the
file points the camera at something else.
"""

from __future__ import annotations

from pathlib import Path

import segno

WIDTH, HEIGHT = 1280, 720
WHITE, BLACK, GREY = 235, 16, 128
"""Brightness in video range; ``GREY`` is also "no colour"."""
QUIET = 12
"""White modules around the symbol, where the standards want four and eleven."""
FRAMES = 4

# One digit is seven modules. The left half's set says the first digit, which has no bars of its own.
_ODD = (
    "0001101", "0011001", "0010011", "0111101", "0100011",
    "0110001", "0101111", "0111011", "0110111", "0001011",
)  # fmt: skip
_SETS = (
    "OOOOOO", "OOEOEE", "OOEEOE", "OOEEEO", "OEOOEE", "OEEOOE", "OEEEOO", "OEOEOE", "OEOEEO", "OEEOEO",
)  # fmt: skip

Modules = list[list[int]]
"""Rows of modules, 1 is black."""


def ean13(code: str) -> Modules:
    """Return the one row of bars of a 13-digit code."""
    digits = [int(each) for each in code]
    assert len(digits) == 13, code
    total = sum(digit * (3 if place % 2 else 1) for place, digit in enumerate(digits))
    assert total % 10 == 0, f"the check digit of {code} is wrong"
    bars = "101"
    for digit, kind in zip(digits[1:7], _SETS[digits[0]], strict=True):
        # The even set is the right set mirrored.
        bars += _ODD[digit] if kind == "O" else _right(digit)[::-1]
    bars += "01010" + "".join(map(_right, digits[7:])) + "101"
    return [[int(bar) for bar in bars]]


def _right(digit: int) -> str:
    return _ODD[digit].translate(str.maketrans("01", "10"))


def qr(text: str) -> Modules:
    """Return the modules of a QR code, without its quiet zone."""
    return [[int(bool(module)) for module in row] for row in segno.make(text, error="q", micro=False).matrix]


class Camera:
    """The file that the browser films; ``arguments`` are what Chromium is started with."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.show_nothing()

    @property
    def arguments(self) -> list[str]:
        """Chromium's switches that put this camera into it."""
        return [
            "--use-fake-device-for-media-stream",
            f"--use-file-for-fake-video-capture={self.path}",
        ]

    def show_nothing(self) -> None:
        """Film a grey wall."""
        self._film(bytes([GREY]) * (WIDTH * HEIGHT))

    def show_qr(self, text: str) -> None:
        """Hold a QR code into the picture."""
        self._film(_draw(qr(text), size=(9, 9)))

    def show_ean13(self, code: str) -> None:
        """Hold a product's bars into the picture."""
        self._film(_draw(ean13(code), size=(7, 280)))

    def _film(self, brightness: bytes) -> None:
        colours = bytes([GREY]) * (WIDTH * HEIGHT // 2)
        head = f"YUV4MPEG2 W{WIDTH} H{HEIGHT} F10:1 Ip A1:1 C420jpeg\n".encode()
        fresh = self.path.with_suffix(".new")
        fresh.write_bytes(head + (b"FRAME\n" + brightness + colours) * FRAMES)
        fresh.replace(self.path)


def _draw(modules: Modules, size: tuple[int, int]) -> bytes:
    """Return the brightness of a white label with the modules on it, before a grey wall."""
    across, down = size
    ink = {0: bytes([WHITE]) * across, 1: bytes([BLACK]) * across}
    bare = ink[0] * (len(modules[0]) + 2 * QUIET)
    side = bytes([GREY]) * ((WIDTH - len(bare)) // 2)
    margin = min(QUIET * across, (HEIGHT - len(modules) * down) // 2)
    assert side
    assert margin > 0
    blank = _row(side, bare) * margin
    wall = bytes([GREY]) * WIDTH * ((HEIGHT - len(modules) * down) // 2 - margin)
    rows = b"".join(
        _row(side, ink[0] * QUIET + b"".join(ink[module] for module in row) + ink[0] * QUIET) * down
        for row in modules
    )
    return _pad(wall + blank + rows + blank + wall)


def _row(side: bytes, middle: bytes) -> bytes:
    return (side + middle).ljust(WIDTH, bytes([GREY]))


def _pad(picture: bytes) -> bytes:
    return picture.ljust(WIDTH * HEIGHT, bytes([GREY]))
