"""Ids in paths: what is none reaches its view as such, so that the answer is a 400 that names it."""

from __future__ import annotations

import uuid
from typing import NamedTuple

from django.urls import register_converter

from core.wire import ids

_LARGEST = 2**31 - 1


class Malformed(NamedTuple):
    """Text in the place of an id, and the sentence on what was expected."""

    sentence: str


class IdConverter:
    """``<id:...>``: a UUID as RFC 9562 writes it, in capitals too."""

    regex = "[^/]+"

    def to_python(self, value: str) -> uuid.UUID | Malformed:
        """Return the id, or why it is none."""
        try:
            return ids.parse(value)
        except ids.InvalidId as error:
            return Malformed(str(error))

    def to_url(self, value: object) -> str:
        """Return the id as text."""
        return str(value)


class NumberConverter:
    """``<number:...>``: a whole number of the database, from 1."""

    regex = "[^/]+"

    def to_python(self, value: str) -> int | Malformed:
        """Return the number, or why it is none."""
        if value.isascii() and value.isdecimal() and len(value) <= 10 and 1 <= int(value) <= _LARGEST:
            return int(value)
        return Malformed(f"Expected a whole number from 1 to {_LARGEST}, got {ids.shown(value)}.")

    def to_url(self, value: object) -> str:
        """Return the number as text."""
        return str(value)


def register() -> None:
    """Let routes be written with the two."""
    register_converter(IdConverter, "id")
    register_converter(NumberConverter, "number")
