"""What a scanner may read, brought into the one form that the catalogue keeps.

EAN-8, EAN-13, UPC-A and GTIN-14 with their check digits (GS1 General Specifications 7.9,
by python-stdnum), GS1 Digital Link addresses (GS1 Digital Link URI Syntax 1.2: the GTIN
follows ``/01/``), and plain codes when the chain has given them to products itself.
UPC-A is written as EAN-13, and a GTIN-14 without packaging level as what it wraps.
"""

from __future__ import annotations

import re
from collections.abc import Container
from urllib.parse import unquote, urlsplit

from stdnum import ean

GTIN_LENGTHS = (8, 12, 13, 14)
"""Digits of EAN-8, UPC-A, EAN-13 and GTIN-14."""
_LONGEST = 400
_PLAIN = re.compile(r"[0-9A-Za-z._-]{1,40}")
_DIGITAL_LINK = re.compile(r"/01/([0-9]+)(?:/|$)")


class BarcodeError(ValueError):
    """A code that cannot be anybody's barcode; the text is for people, ``code`` for machines."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


def read(scanned: str, known: Container[str] = ()) -> str:
    """Return the normalised code; raises BarcodeError (barcode_malformed, barcode_check_digit).

    ``known`` are the codes the catalogue has: those are taken as they are.
    """
    text = scanned.strip()
    if text in known:
        return text
    if not text or len(text) > _LONGEST:
        raise BarcodeError("barcode_malformed", f"Expected a barcode, got {len(text)} characters.")
    if "://" in text:
        return _normalised(_gtin_of_link(text))
    if text.isascii() and text.isdigit() and len(text) in GTIN_LENGTHS:
        return _normalised(text)
    if not _PLAIN.fullmatch(text):
        raise BarcodeError(
            "barcode_malformed", f"Expected digits, letters, '.', '_' or '-', got {text[:40]!r}."
        )
    return text


def is_gtin(digits: str) -> bool:
    """Return whether the digits are a GTIN with the check digit that it must have."""
    return len(digits) in GTIN_LENGTHS and bool(ean.is_valid(digits))


def _gtin_of_link(link: str) -> str:
    try:
        path = unquote(urlsplit(link).path)
    except ValueError:
        path = ""
    found = _DIGITAL_LINK.search(path)
    if found is None or len(found[1]) not in GTIN_LENGTHS:
        raise BarcodeError(
            "barcode_malformed",
            f"Expected a GS1 Digital Link with /01/ and a GTIN of 8, 12, 13 or 14 digits, got {link[:60]!r}.",
        )
    return found[1]


def _normalised(gtin: str) -> str:
    if not ean.is_valid(gtin):
        raise BarcodeError(
            "barcode_check_digit",
            f"The check digit of {gtin} is wrong: expected {ean.calc_check_digit(gtin[:-1])}, got {gtin[-1]}."
            " Please scan it again.",
        )
    short = gtin.lstrip("0")
    if len(gtin) == 14 and len(short) <= 8:
        return gtin[-8:]
    if len(gtin) == 14 and gtin.startswith("0"):
        return gtin[1:]
    return gtin.zfill(13) if len(gtin) == 12 else gtin
