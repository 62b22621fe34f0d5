"""Sheets of labels to print, in millimetres on A4: the QR code of each trolley, its number and its code.

Both files hold the modules as one path, so a printer of any resolution has sharp edges. Only what is ASCII is
written: the fonts that every reader of PDF has know no more.
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from xml.sax.saxutils import escape

import segno
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from core.fleet.models import Trolley
from core.fleet.trolleys import qr

PAGE_W, PAGE_H = 210.0, 297.0
_MARGIN = 10.0
_QUIET = 4
"""Modules around the code that must stay white (ISO/IEC 18004)."""


class Size(NamedTuple):
    """Of a label."""

    width: float
    height: float

    @property
    def code(self) -> float:
        """The side of its QR code, with the white around it."""
        return self.width - 4

    @property
    def columns(self) -> int:
        """Return how many fit beside each other."""
        return int((PAGE_W - 2 * _MARGIN) // self.width)

    @property
    def rows(self) -> int:
        """Return how many fit above each other."""
        return int((PAGE_H - 2 * _MARGIN) // self.height)


SIZES = {"s": Size(38, 50), "m": Size(63, 78), "l": Size(95, 130)}
"""By the name in the address; five, three and two beside each other."""


class TrolleyLabel(NamedTuple):
    """One trolley's label and the upper left corner of its place."""

    page: int
    x: float
    y: float
    number: str
    code: str
    matrix: Sequence[bytes]


def labels(trolleys: Iterable[Trolley], size: Size) -> Iterator[TrolleyLabel]:
    """Yield the labels in the order of reading."""
    for place, row in enumerate(trolleys):
        page, rest = divmod(place, size.columns * size.rows)
        down, right = divmod(rest, size.columns)
        address = qr.url(row.trolley_id, row.qr_nonce)
        yield TrolleyLabel(
            page=page,
            x=_MARGIN + right * size.width,
            y=_MARGIN + down * size.height,
            number=str(row.cart_number),
            code=row.trolley_id,
            matrix=[bytes(line) for line in segno.make(address, error="q", micro=False).matrix],
        )


def svg(trolleys: Iterable[Trolley], size: Size) -> str:
    """Return all pages as one picture, below each other."""
    found = list(labels(trolleys, size))
    pages = max((label.page for label in found), default=0) + 1
    height = pages * PAGE_H
    body = "".join(_svg_label(label, size) for label in found)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{PAGE_W:g}mm" height="{height:g}mm" '
        f'viewBox="0 0 {PAGE_W:g} {height:g}"><rect width="100%" height="100%" fill="#fff"/>{body}</svg>'
    )


def _svg_label(label: TrolleyLabel, size: Size) -> str:
    module = _module(label, size)
    inner = (size.width - size.code) / 2 + _QUIET * module
    path = "".join(f"M{x} {y}h{length}v1h-{length}z" for x, y, length in _runs(label.matrix))
    x, y = label.x, label.y + label.page * PAGE_H
    centre, below = size.width / 2, inner + size.code
    return (
        f'<g transform="translate({x:g} {y:g})" font-family="Helvetica,sans-serif" text-anchor="middle">'
        f'<rect width="{size.width:g}" height="{size.height:g}" fill="none" stroke="#999" '
        f'stroke-width=".2" stroke-dasharray="1"/>'
        f'<path transform="translate({inner:g} {inner:g}) scale({module:.4f})" d="{path}"/>'
        f'<text x="{centre:g}" y="{below + 2:g}" font-size="7" font-weight="bold">{label.number}</text>'
        f'<text x="{centre:g}" y="{below + 5.5:g}" font-size="2.8">{escape(label.code)}</text></g>'
    )


def pdf(trolleys: Iterable[Trolley], size: Size, title: str) -> bytes:
    """Return the pages as a PDF."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(PAGE_W * mm, PAGE_H * mm), pageCompression=1, invariant=1)
    canvas.setTitle(title)
    page = 0
    for label in labels(trolleys, size):
        while page < label.page:
            canvas.showPage()
            page += 1
        _draw(canvas, label, size)
    canvas.save()
    return out.getvalue()


def _draw(canvas: Canvas, label: TrolleyLabel, size: Size) -> None:
    module = _module(label, size)
    inner = (size.width - size.code) / 2 + _QUIET * module
    top = PAGE_H - label.y
    canvas.setStrokeGray(0.6)
    canvas.setLineWidth(0.2 * mm)
    canvas.setDash(1 * mm, 1 * mm)
    canvas.rect(label.x * mm, (top - size.height) * mm, size.width * mm, size.height * mm)
    path = canvas.beginPath()
    for x, y, length in _runs(label.matrix):
        left, bottom = label.x + inner + x * module, top - inner - (y + 1) * module
        path.rect(left * mm, bottom * mm, length * module * mm, module * mm)
    canvas.setFillGray(0)
    canvas.drawPath(path, stroke=0, fill=1)
    centre, below = (label.x + size.width / 2) * mm, top - inner - size.code
    canvas.setFont("Helvetica-Bold", 7 * mm)
    canvas.drawCentredString(centre, (below - 2) * mm, label.number)
    canvas.setFont("Helvetica", 2.8 * mm)
    canvas.drawCentredString(centre, (below - 5.5) * mm, label.code)


def _module(label: TrolleyLabel, size: Size) -> float:
    return size.code / (len(label.matrix) + 2 * _QUIET)


def _runs(matrix: Sequence[bytes]) -> Iterator[tuple[int, int, int]]:
    """Yield column, row and length of each run of dark modules."""
    for y, line in enumerate(matrix):
        start = None
        for x, dark in enumerate((*line, 0)):
            if dark and start is None:
                start = x
            elif not dark and start is not None:
                yield start, y, x - start
                start = None
