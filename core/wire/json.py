"""JSON from strangers: one decoder for every body, and one check in front of a typed decoder.

Refused beside what is no JSON at all: more than ``DEEPEST`` levels, a name twice in one
object, NaN and Infinity, numbers that nobody can reckon with, lone surrogates and NUL in
any text or name. RFC 8259 section 9 lets a reader set such limits.
"""

from __future__ import annotations

import json
import re
from decimal import Decimal
from typing import Any

import msgspec

DEEPEST = 32
"""Levels of objects and lists within each other."""
LONGEST_NUMBER = 64
"""Characters of a number."""
_LARGEST_EXPONENT = 308
"""As a double has it; a Decimal would take a thousand million and then fill the memory."""

# Possessive, and an open string reaches to the end, so that no text makes it look twice at a byte.
_TEXT = re.compile(rb'"(?:[^"\\]++|\\.)*+(?:"|\\?\Z)', re.S)
_NUMBER = re.compile(rb"[-+.eE0-9]{%d,}" % (LONGEST_NUMBER + 1))
_untyped = msgspec.json.Decoder()


class InvalidJSON(msgspec.DecodeError):
    """Not acceptable JSON; the message gives the reason, with at most a fragment of it.

    ``field`` is the path of what is wrong, empty where that is the text as a whole.
    """

    def __init__(self, sentence: str, field: str = "") -> None:
        super().__init__(f"{field}: {sentence}" if field else sentence)
        self.sentence = sentence
        self.field = field


def decode(data: bytes) -> Any:
    """Return the value, its numbers with a point or an exponent as Decimals, digit for digit.

    Raises InvalidJSON.
    """
    _check_depth(data)
    try:
        value = json.loads(
            data.decode(),
            parse_float=_decimal,
            parse_int=_integer,
            parse_constant=_constant,
            object_pairs_hook=_object,
        )
    except UnicodeDecodeError as error:
        raise InvalidJSON(f"Expected UTF-8, got byte {data[error.start]:#04x} at {error.start}.") from None
    except json.JSONDecodeError as error:
        raise InvalidJSON(f"{error.msg}: line {error.lineno} column {error.colno}") from None
    if b"\\u" in data:
        _check_text(value)
    return value


def check(data: bytes) -> None:
    """Raise InvalidJSON for what ``decode`` refuses and a typed decoder of msgspec would take.

    Cheap for a small flat object, which nearly every command is.
    """
    if b"\\" not in data and data.count(b"{") == 1 and b"[" not in data and len(data) < 1024:
        try:
            # A name has one colon, so there is none twice if there are as many members as colons.
            if len(_untyped.decode(data)) == data.count(b":") and not _NUMBER.search(data):
                return
        except (msgspec.DecodeError, TypeError, UnicodeDecodeError):
            pass
    decode(data)


def _check_depth(data: bytes) -> None:
    if data.count(b"{") + data.count(b"[") <= DEEPEST:
        return
    depth = 0
    for byte in re.sub(rb"[^][{}]+", b"", _TEXT.sub(b"", data)):
        depth += 1 if byte in b"[{" else -1
        if depth > DEEPEST:
            raise InvalidJSON(f"Expected at most {DEEPEST} levels within each other, got more.")


def _check_text(value: Any, path: str = "") -> None:
    """Raise for text that UTF-8 or PostgreSQL cannot hold."""
    if isinstance(value, str):
        if "\0" in value:
            raise InvalidJSON("expected text without NUL characters, got one.", path or "The text")
        try:
            value.encode()
        except UnicodeEncodeError as error:
            code = f"{ord(value[error.start]):04x}"
            sentence = f"expected Unicode text, got the lone surrogate {code}."
            raise InvalidJSON(sentence, path or "The text") from None
    elif isinstance(value, dict):
        for name, member in value.items():
            _check_text(name, f"a name in {path}" if path else "A name")
            _check_text(member, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for number, member in enumerate(value):
            _check_text(member, f"{path}[{number}]")


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        raise InvalidJSON("expected once in an object, got more than once.", _printable(twice))
    return found


def _integer(text: str) -> int:
    _check_length(text)
    return int(text)


def _decimal(text: str) -> Decimal:
    _check_length(text)
    number = Decimal(text)
    if number and abs(number.adjusted()) > _LARGEST_EXPONENT:
        raise InvalidJSON(f"Expected numbers below 1e{_LARGEST_EXPONENT}, got {text}.")
    return number


def _check_length(text: str) -> None:
    if len(text) > LONGEST_NUMBER:
        raise InvalidJSON(f"Expected numbers of at most {LONGEST_NUMBER} characters, got {len(text)}.")


def _constant(name: str) -> Any:
    raise InvalidJSON(f"Expected a number, got {name}.")


def _printable(text: str) -> str:
    return text[:64].encode(errors="backslashreplace").decode()
