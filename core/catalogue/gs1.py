"""GS1 messages: the data of a GS1-128, DataBar, DataMatrix or QR code besides the GTIN.

Element strings (GS1 General Specifications 3 and 7.8): an application identifier (AI) and its value,
one after the other; a value whose length is not predefined ends at the separator GS or at the end. The
same elements stand in a GS1 Digital Link's address. ``biip`` reads them too, and tests compare with it;
a message takes it 50 us and more, which is too much for a scan.
"""

from __future__ import annotations

import datetime
import re
from urllib.parse import parse_qsl, unquote, urlsplit

SEPARATOR = "\x1d"
SYMBOLS = frozenset({"]C1", "]e0", "]d2", "]Q3", "]J1"})
"""Symbology identifiers (ISO/IEC 15424) of codes that hold a GS1 message."""

_PREDEFINED = {
    "00": 20, "01": 16, "02": 16, "03": 16, "04": 18, "20": 4, "41": 16,
    **dict.fromkeys(("11", "12", "13", "14", "15", "16", "17", "18", "19"), 8),
    **dict.fromkeys(("31", "32", "33", "34", "35", "36"), 10),
}  # fmt: skip
"""Length of AI and value by the AI's first two digits (figure 7.8.5-2)."""
_FOUR = frozenset({"31", "32", "33", "34", "35", "36", "39", "43", "70", "72", "80", "81", "82"})
_TWO = frozenset({"00", "01", "02", "03", "10", "20", "21", "22", "30", "37"})
_BRACKETED = re.compile(r"\(([0-9]{2,4})\)([^(]*)")
_LINKED = re.compile(r"/01/([0-9]+)((?:/[0-9]{2,4}/[^/]+)*)/?$")
_GTIN = re.compile(r"[0-9]{14}")
_DATE = re.compile(r"[0-9]{6}")


class MalformedMessage(ValueError):
    """A message that cannot be read; the text says what was expected and what came."""


def elements(message: str) -> dict[str, str]:
    """Return the values of a message by AI, ``(01)…`` as people write it too; raises MalformedMessage."""
    if message.startswith("("):
        pairs = _BRACKETED.findall(message)
        if "".join(f"({ai}){value}" for ai, value in pairs) != message:
            raise MalformedMessage(f"Expected elements such as (01)09501101530003, got {message[:40]!r}.")
        if not all(value.strip() for _, value in pairs):
            raise MalformedMessage(f"Expected a value after each (AI), got {message[:40]!r}.")
        return _checked({ai: value.strip() for ai, value in pairs})
    found: dict[str, str] = {}
    at, end = 0, len(message)
    while at < end:
        if message[at] == SEPARATOR:
            at += 1
            continue
        two = message[at : at + 2]
        length = _PREDEFINED.get(two)
        if length is None:
            stop = message.find(SEPARATOR, at)
            stop = end if stop < 0 else stop
        else:
            stop = at + length
        width = 2 if two in _TWO or "11" <= two <= "19" or two >= "90" else 4 if two in _FOUR else 3
        ai = message[at : at + width]
        if stop > end or stop <= at + width or not (ai.isascii() and ai.isdigit()):
            raise MalformedMessage(f"Expected an element of a GS1 message, got {message[at : at + 20]!r}.")
        found[ai] = message[at + width : stop]
        at = stop
    return _checked(found)


def linked(address: str) -> dict[str, str]:
    """Return the elements of a GS1 Digital Link (URI Syntax 1.2); without an AI 01 there is no GTIN in it."""
    try:
        parts = urlsplit(address)
        path = unquote(parts.path)
        found = {ai: value for ai, value in parse_qsl(parts.query) if ai.isascii() and ai.isdigit()}
    except ValueError:
        return {}
    place = _LINKED.search(path)
    if place is None:
        return {}
    pairs = place[2].split("/")[1:]
    return {**found, **dict(zip(pairs[::2], pairs[1::2], strict=True)), "01": place[1]}


def _checked(found: dict[str, str]) -> dict[str, str]:
    if not _GTIN.fullmatch(found.get("01", "")):
        raise MalformedMessage("Expected a GS1 message with a GTIN (01) of 14 digits, got one without.")
    return found


def expiry(value: str) -> datetime.date:
    """Return the date of an AI 17, YYMMDD; day 00 is the month's last (7.12). Raises MalformedMessage."""
    if not _DATE.fullmatch(value):
        raise MalformedMessage(f"Expected an expiry of six digits (YYMMDD), got {value[:20]!r}.")
    year, month, day = 2000 + int(value[:2]), int(value[2:4]), int(value[4:])
    try:
        if day:
            return datetime.date(year, month, day)
        following = datetime.date(year + month // 12, month % 12 + 1, 1)
        return following - datetime.timedelta(days=1)
    except ValueError:
        raise MalformedMessage(f"Expected an expiry (YYMMDD), got {value}.") from None
