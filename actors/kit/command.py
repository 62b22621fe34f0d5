"""The base of commands, which declares the type of the answer."""

from __future__ import annotations

from typing import Generic, TypeVar

A = TypeVar("A")


class Command(Generic[A]):
    """Beside ``msgspec.Struct``, the base of a command that is answered with A; others are only told."""

    __slots__ = ()

    def answers(self) -> A:
        """Stand for the type of the answer; nobody calls it."""
        raise NotImplementedError
