"""The base of commands, which declares the type of the answer."""

from __future__ import annotations

from typing import Generic, TypeVar

A = TypeVar("A")


class Command(Generic[A]):
    """Beside ``msgspec.Struct``, the base of a command answered with A; other messages have no answer."""

    __slots__ = ()

    def answers(self) -> A:
        """Carry the type of the answer for type checkers; never called."""
        raise NotImplementedError
