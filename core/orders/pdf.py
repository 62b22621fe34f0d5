"""A receipt as PDF, on A4, in any language of the shop: for keeping, and for accounting.

The fonts are DejaVu's (``fonts/LICENSE.txt``), cut down to the scripts that receipts are in, and stand in the
file. Text that runs from right to left is brought into the order in which it is seen (Unicode Standard
Annex 9) by python-bidi, a line at a time; what stands on which side follows the language.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.units import mm
from reportlab.lib.utils import simpleSplit
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

_FONTS = Path(__file__).parent / "fonts"
_PLAIN, _BOLD = "DejaVuSans", "DejaVuSans-Bold"
_W, _H = A4
_MARGIN, _FOOT = 20 * mm, 20 * mm
_SOFT, _INK, _RULE = HexColor("#4a5d56"), HexColor("#10231d"), HexColor("#ccd6d1")
_RTL = frozenset({"R", "AL", "RLE", "RLO", "RLI"})


class Line(NamedTuple):
    """A word and an amount; ``detail`` in small print below it."""

    text: str
    amount: str
    detail: str = ""


class Page(NamedTuple):
    """What a receipt says, all in words already."""

    rtl: bool
    shop: str
    address: str
    title: str
    copy: str
    """A word above it all; empty: it is no copy."""
    facts: Sequence[tuple[str, str]]
    """Number, date, buyer: a word and what it is."""
    lines: Sequence[Line]
    sums: Sequence[Line]
    total: Line
    after: Sequence[Line]
    """How it was paid, what was given back."""
    taxes: Sequence[Sequence[str]]
    """A table, its head first; empty: no tax is known."""
    foot: str


def made(page: Page) -> bytes:
    """Return the file."""
    out = io.BytesIO()
    _register()
    canvas = Canvas(out, pagesize=A4, invariant=True, lang="he" if page.rtl else "en")
    canvas.setTitle(page.title)
    canvas.setAuthor(page.shop)
    _Writer(canvas, page).write()
    canvas.save()
    return out.getvalue()


@cache
def _register() -> None:
    for name in (_PLAIN, _BOLD):
        pdfmetrics.registerFont(TTFont(name, _FONTS / f"{name}.ttf"))


def seen(text: str, rtl: bool) -> str:
    """Return a line in the order in which its letters are seen from left to right."""
    if not any(unicodedata.bidirectional(letter) in _RTL for letter in text):
        return text
    from bidi.algorithm import get_display  # this one mirrors brackets; only such a script needs it

    return str(get_display(text, base_dir="R" if rtl else "L"))


class _Writer:
    """Writes down the page, and on to the next one when it is full."""

    def __init__(self, canvas: Canvas, page: Page) -> None:
        self._canvas, self._page = canvas, page
        self._y = _H - _MARGIN

    def write(self) -> None:
        """Write all of it."""
        page = self._page
        if page.copy:
            self._text(page.copy, 11, _BOLD, _SOFT)
        self._text(page.shop, 18, _BOLD)
        self._text(page.address, 10, colour=_SOFT)
        self._gap(4)
        self._text(page.title, 13, _BOLD)
        for word, what in page.facts:
            self._text(f"{word}: {what}", 10, colour=_SOFT)
        self._gap(3)
        self._rule()
        for line in page.lines:
            self._line(line)
        self._rule()
        for line in page.sums:
            self._line(line, 10, colour=_SOFT)
        self._line(page.total, 14, _BOLD)
        self._rule()
        for line in page.after:
            self._line(line, 10)
        if page.taxes:
            self._gap(4)
            self._table(page.taxes)
        self._gap(6)
        self._text(page.foot, 9, colour=_SOFT)

    def _room(self, height: float) -> None:
        if self._y - height < _FOOT:
            self._canvas.showPage()
            self._y = _H - _MARGIN

    def _gap(self, millimetres: float) -> None:
        self._y -= millimetres * mm

    def _rule(self) -> None:
        self._room(4 * mm)
        self._gap(2)
        self._canvas.setStrokeColor(_RULE)
        self._canvas.line(_MARGIN, self._y, _W - _MARGIN, self._y)
        self._gap(1.5)

    def _put(self, text: str, x: float, *, at_end: bool, size: float, font: str, colour: Any) -> None:
        """Draw a line that begins at ``x``, or ends there, as the page's language counts begin and end."""
        self._canvas.setFont(font, size)
        self._canvas.setFillColor(colour)
        visual = seen(text, self._page.rtl)
        if at_end == self._page.rtl:
            self._canvas.drawString(x, self._y, visual)
        else:
            self._canvas.drawRightString(x, self._y, visual)

    def _begin(self) -> float:
        return float(_W - _MARGIN if self._page.rtl else _MARGIN)

    def _end(self) -> float:
        return float(_MARGIN if self._page.rtl else _W - _MARGIN)

    def _text(self, text: str, size: float, font: str = _PLAIN, colour: Any = _INK) -> None:
        for part in simpleSplit(text, font, size, _W - 2 * _MARGIN):
            self._room(size * 1.4)
            self._y -= size * 1.4
            self._put(part, self._begin(), at_end=False, size=size, font=font, colour=colour)

    def _line(self, line: Line, size: float = 11, font: str = _PLAIN, colour: Any = _INK) -> None:
        width = _W - 2 * _MARGIN - pdfmetrics.stringWidth(line.amount, font, size) - 6 * mm
        parts = simpleSplit(line.text, font, size, width) or [""]
        self._room((size * len(parts) + (9 if line.detail else 0)) * 1.5)
        for place, part in enumerate(parts):
            self._y -= size * 1.45
            self._put(part, self._begin(), at_end=False, size=size, font=font, colour=colour)
            if place == 0:
                self._put(line.amount, self._end(), at_end=True, size=size, font=font, colour=colour)
        if line.detail:
            self._y -= 12
            self._put(line.detail, self._begin(), at_end=False, size=9, font=_PLAIN, colour=_SOFT)
        self._gap(0.8)

    def _table(self, rows: Sequence[Sequence[str]]) -> None:
        step = (_W - 2 * _MARGIN) / len(rows[0])
        for number, row in enumerate(rows):
            font = _PLAIN if number else _BOLD
            self._room(14)
            self._y -= 14
            for place, cell in enumerate(row):
                x = self._begin() - step * place if self._page.rtl else self._begin() + step * place
                self._put(cell, x, at_end=False, size=9, font=font, colour=_INK)
