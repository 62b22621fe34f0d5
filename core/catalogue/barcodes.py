"""What a scanner may read, brought into the one form that the catalogue keeps.

EAN-8, EAN-13, UPC-A and GTIN-14 with their check digits (GS1 General Specifications 7.9,
by python-stdnum), UPC-E, GS1 messages and GS1 Digital Link addresses (``gs1.py``) with or
without a symbology identifier, and plain codes when the chain has given them to products itself.
UPC-A is written as EAN-13, and a GTIN-14 without packaging level as what it wraps.
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping
from types import MappingProxyType
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from stdnum import ean

from core.catalogue import gs1

GTIN_LENGTHS = (8, 12, 13, 14)
"""Digits of EAN-8, UPC-A, EAN-13 and GTIN-14."""
LONGEST = 400
"""Characters of a scan; GS1 messages and addresses are the long ones. Readers on a Pi cut there too."""
_NO_ELEMENTS: Mapping[str, str] = MappingProxyType({})
_PLAIN = re.compile(r"[0-9A-Za-z._-]{1,40}")
_DIGITAL_LINK = re.compile(r"/01/([0-9]+)(?:/|$)")


class BarcodeError(ValueError):
    """A code that cannot be anybody's barcode; the text is for people, ``code`` for machines."""

    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail


class Reading(NamedTuple):
    """The normalised code, and what a GS1 message says besides, by application identifier."""

    code: str
    elements: Mapping[str, str] = _NO_ELEMENTS


def read(scanned: str, known: Container[str] = ()) -> str:
    """Return the normalised code; raises BarcodeError (barcode_malformed, barcode_check_digit).

    ``known`` are the codes the catalogue has: those are taken as they are.
    """
    return reading(scanned, known).code


def reading(scanned: str, known: Container[str] = ()) -> Reading:
    """Return all that the code says; see ``read``."""
    text = scanned.strip()
    if text in known:
        return Reading(text)
    if not text or len(text) > LONGEST:
        raise BarcodeError("barcode_malformed", f"Expected a barcode, got {len(text)} characters.")
    if text[0] == "]" and len(text) > 3:
        symbol, text = text[:3], text[3:].strip()
        if symbol in gs1.SYMBOLS and "://" not in text:
            return _message(text)
        if text in known:
            return Reading(text)
    if "://" in text:
        found = gs1.linked(text)
        return Reading(_normalised(_gtin_of_link(text)), found)
    if text.isascii() and text.isdigit() and len(text) in GTIN_LENGTHS:
        return Reading(_short(text, known) if len(text) == 8 else _normalised(text))
    if text[0] == "(" or gs1.SEPARATOR in text or _begins_with_gtin(text):
        return _message(text)
    if not _PLAIN.fullmatch(text):
        raise BarcodeError(
            "barcode_malformed", f"Expected digits, letters, '.', '_' or '-', got {text[:40]!r}."
        )
    return Reading(text)


def _begins_with_gtin(text: str) -> bool:
    """Return whether a reader that names no symbology has read a GS1 message."""
    return len(text) >= 16 and text.startswith("01") and text[2:16].isdigit() and is_gtin(text[2:16])


def _message(text: str) -> Reading:
    try:
        found = gs1.elements(text)
    except gs1.MalformedMessage as error:
        raise BarcodeError("barcode_malformed", str(error)) from None
    return Reading(_normalised(found["01"]), found)


def _short(text: str, known: Container[str]) -> str:
    """Return what eight digits are: an EAN-8, or a UPC-E if only that has this check digit, or is known."""
    full = _expanded(text)
    if full is not None and is_gtin(full) and (not is_gtin(text) or full.zfill(13) in known):
        return full.zfill(13)
    return _normalised(text)


def _expanded(upc_e: str) -> str | None:
    """Return the UPC-A of a UPC-E (GS1 General Specifications 5.2.2.4.2), None: it cannot be one."""
    if upc_e[0] not in "01":
        return None
    system, six, check = upc_e[0], upc_e[1:7], upc_e[7]
    last = six[5]
    if last in "012":
        body = six[:2] + last + "0000" + six[2:5]
    elif last == "3":
        body = six[:3] + "00000" + six[3:5]
    elif last == "4":
        body = six[:4] + "00000" + six[4]
    else:
        body = six[:5] + "0000" + last
    return system + body + check


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
