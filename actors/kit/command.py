"""A message that says what it is answered with."""

from __future__ import annotations

from typing import Generic, TypeVar

import msgspec

A = TypeVar("A")


class Command(msgspec.Struct, Generic[A], frozen=True):
    """Base of the messages that are asked, as ``class Count(Command[Level], frozen=True, tag="Count")``.

    ``Command[None]`` is answered with nothing. A type's answer can be read off its ``__orig_bases__``.
    """

    def answers(self) -> A:
        """Stand for the type of the answer, for type checkers; never called."""
        raise NotImplementedError(f"expected nobody to call this of {type(self).__name__}")
