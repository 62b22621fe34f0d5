"""Codes as spreadsheets leave them.

What Excel, LibreOffice, Sheets and pandas do to a column of codes: they take zeros off the front,
write ``4.00638E+12``, ``4006381333931.0`` or ``4,006,381,333,931``, wrap a code as ``="0012"`` or put an
apostrophe before it, so that it stays text. People put blanks and hyphens in. What can be told for
sure is taken for the code that it was, with a note; what has lost digits is refused by its name.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

from core.catalogue import barcodes

_WRAPPED = re.compile(r'="(.*)"', re.S)
_SCIENTIFIC = re.compile(r"([0-9])(?:[.,]([0-9]+))?[eE]\+?([0-9]{1,3})", re.A)
_PLAIN_WITH_E = re.compile(r"[0-9]+[eE][0-9]+", re.A)
_WHOLE = re.compile(r"([0-9]+)[.,]0+", re.A)
_GROUPED = re.compile(r"[0-9]{1,3}([.,'’])[0-9]{3}(?:\1[0-9]{3})+", re.A)
_BETWEEN = re.compile(r"[\s\u00ad\u200b\u2010-\u2015\u2212\u2060\ufeff-]+")
_NOTHING = frozenset({"nan", "none", "null", "nil", "<na>", "n/a"})
_MOST_EXACT = 15
"""Digits of a number that a spreadsheet keeps."""
_WIDTHS = {7: 8, 9: 12, 10: 12, 11: 12}
"""To what a number of so many digits is filled up, if that makes a GTIN: shorter ones are a shop's own."""


class CellRefused(ValueError):
    """A cell that cannot be taken; the text says what was expected and what came.

    By ``code`` and ``values`` pages say the same in their own language.
    """

    def __init__(self, text: str, code: str, **values: str | int) -> None:
        super().__init__(text)
        self.code = code
        self.values = values


class NormalizedCode(NamedTuple):
    """A code in its normal form; ``note`` says what it was taken for if that was not what stood there."""

    code: str
    note: str = ""


def unwrapped(text: str) -> str:
    """Return what Excel's ``="…"`` holds, or the text itself."""
    found = _WRAPPED.fullmatch(text)
    return text if found is None else found[1].replace('""', '"').strip()


class Codes:
    """Reads codes of files, knowing those that the catalogue has."""

    def __init__(self, known: Iterable[str]) -> None:
        self._known = frozenset(known)
        self._by_number: dict[str, str] = {}
        self._ambiguous: set[str] = set()
        for code in self._known:
            if code.isascii() and code.isdigit():
                number = code.lstrip("0")
                if self._by_number.setdefault(number, code) != code:
                    self._ambiguous.add(number)

    def read(self, text: str) -> NormalizedCode:
        """Return the code that the cell's text means; raises CellRefused."""
        text = unwrapped(text.strip())
        if text.startswith("'"):
            text = text[1:].strip()
        if text in self._known:
            return NormalizedCode(text)
        if text.casefold() in _NOTHING:
            raise CellRefused(
                f"Expected a barcode, got {text}, which programs write for an empty cell.",
                "no_code",
                got=text,
            )
        digits = _scientific(text) or _digits(text)
        try:
            return self._plain(text) if digits is None else self._number(digits, text)
        except barcodes.BarcodeError as error:
            raise CellRefused(error.detail, error.code) from None

    def _plain(self, text: str) -> NormalizedCode:
        return NormalizedCode(barcodes.read(text, self._known))

    def _number(self, digits: str, text: str) -> NormalizedCode:
        """Return what the digits mean, of which ``text`` is how they were written."""
        try:
            code, problem = barcodes.read(digits, self._known), None
        except barcodes.BarcodeError as error:
            code, problem = digits, error
        if problem is None and code in self._known:
            return NormalizedCode(code, _read_as(text, digits, code))
        number = digits.lstrip("0")
        if number in self._ambiguous:
            raise CellRefused(
                f"Expected a barcode with its leading zeros: {digits} could be several products.",
                "zeros_missing",
                got=digits,
            )
        if (known := self._by_number.get(number)) is not None:
            return NormalizedCode(known, f"{text} and {known} differ by zeros in front: taken for {known}.")
        width = _WIDTHS.get(len(digits))
        if width is not None and barcodes.is_gtin(filled := digits.zfill(width)):
            code = barcodes.read(filled)
            return NormalizedCode(code, f"{text} has lost zeros in front: taken for {code}.")
        if problem is not None:
            if len(digits) == 8 and text != digits:
                return self._plain(text)  # a shop's own code with a hyphen
            raise problem
        return NormalizedCode(code, _read_as(text, digits, code))


def _read_as(text: str, digits: str, code: str) -> str:
    return "" if text == digits else f"{text} is read as {code}."


def _digits(text: str) -> str | None:
    """Return the digits of a number or of a code with blanks and hyphens, None: it is neither."""
    found = _WHOLE.fullmatch(text)
    if found is not None:
        return _exact(found[1], text)
    if _GROUPED.fullmatch(text):
        return re.sub(r"[.,'’]", "", text)
    bare = _BETWEEN.sub("", text)
    if not (bare.isascii() and bare.isdigit()):
        return None
    if bare != text and len(bare) not in barcodes.GTIN_LENGTHS:
        return None
    return bare


def _scientific(text: str) -> str | None:
    found = _SCIENTIFIC.fullmatch(text)
    if found is None or _PLAIN_WITH_E.fullmatch(text):
        return None
    decimals, exponent = found[2] or "", int(found[3])
    if len(decimals) != exponent:
        raise CellRefused(
            f"Expected a barcode, got {text[:40]}: a spreadsheet wrote it in scientific notation, and digits"
            " are lost. Make the column one of text and put the codes in again.",
            "digits_lost",
            got=text[:40],
        )
    return _exact(found[1] + decimals, text)


def _exact(digits: str, text: str) -> str:
    if len(digits.lstrip("0")) > _MOST_EXACT:
        raise CellRefused(
            f"Expected a barcode, got {text[:40]}: a spreadsheet keeps {_MOST_EXACT} digits of a number, so"
            " the last ones are lost. Make the column one of text and put the codes in again.",
            "digits_lost",
            got=text[:40],
        )
    return digits
