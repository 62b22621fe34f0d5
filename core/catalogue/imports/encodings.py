"""Text of files in whatever encoding a shop's programs write: marked, UTF-8, UTF-16 or a code page."""

from __future__ import annotations

import codecs
from typing import NamedTuple

from charset_normalizer import from_bytes

from core.catalogue.imports.refused import FileRefused

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_LIKELY = (
    "cp1252", "cp1250", "cp1251", "cp1253", "cp1254", "cp1255", "cp1256", "cp1257", "cp1258", "cp874",
    "cp932", "cp936", "cp949", "cp950",
)  # fmt: skip
"""What Windows writes, among which a guess is made; the first is the likeliest where nothing tells."""
CODE_PAGES = (*_LIKELY, "cp850", "cp437", "cp862", "cp866", "mac_roman")
"""Those, and what DOS and the old Mac wrote, whose texts no guess tells from them."""
_SAMPLE = 64 * 1024


class NoText(FileRefused, ValueError):
    """The bytes are no text; the message says what was expected."""


class Text(NamedTuple):
    """The text, and the code page that was guessed ("": nothing had to be)."""

    text: str
    guess: str = ""


def decoded(data: bytes, encoding: str = "") -> Text:
    """Return the text of the bytes, in ``encoding`` if one is named; raises NoText."""
    if encoding:
        return Text(_strictly(data, encoding))
    for mark, name in _MARKS:
        if data.startswith(mark):
            return Text(_strictly(data, name))
    unmarked = _utf16(data)
    if unmarked:
        return Text(_strictly(data, unmarked))
    try:
        return Text(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        return _guessed(data, error.start)


def _strictly(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeError:
        named = encoding.removesuffix("-sig").upper()
        said = f"Expected text in {named}, got other bytes."
        raise NoText(said, "file_other_text", encoding=named) from None


def _utf16(data: bytes) -> str:
    """Return the byte order in which most of the text is Latin, each letter with a zero byte."""
    sample = data[:_SAMPLE]
    half = len(sample) // 2
    if half < 4:
        return ""
    even, odd = sample[::2].count(0), sample[1::2].count(0)
    if odd > half * 0.3 and even < half * 0.05:
        return "utf-16-le"
    return "utf-16-be" if even > half * 0.3 and odd < half * 0.05 else ""


def _guessed(data: bytes, first: int) -> Text:
    """Return the text by the code page that fits best around the first byte that is no UTF-8."""
    begin = max(0, data.rfind(b"\n", 0, max(0, first - _SAMPLE // 4)))
    sample = data[begin : begin + _SAMPLE]
    best = from_bytes(sample, cp_isolation=list(_LIKELY), enable_fallback=False).best()
    names = ([best.encoding] if best is not None else []) + list(_LIKELY)
    for name in names:
        try:
            return Text(data.decode(name), name)
        except UnicodeDecodeError:
            continue
    raise NoText(
        f"Expected text, got the byte 0x{data[first]:02x} that no code page explains.", "file_no_text"
    )
