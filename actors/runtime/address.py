"""Where an actor lives."""

from __future__ import annotations

from typing import NamedTuple


class Address(NamedTuple):
    """Kind and key of an entity or an edge, written ``kind/key``.

    A tuple, because it is the key of every table on the hot path.
    """

    kind: str
    key: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.key}"

    @classmethod
    def parse(cls, text: str) -> Address:
        """Return the address written as ``kind/key``; the key may hold slashes.

        Raises ValueError if there is no slash.
        """
        kind, slash, key = text.partition("/")
        if not slash:
            raise ValueError(f"expected an address as kind/key, got {text!r}")
        return cls(kind, key)
