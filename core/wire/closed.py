"""Closed messages: the names that a body, query or command may hold, and the error for any other."""

from __future__ import annotations

from collections.abc import Collection, Iterable


def unknown(given: Iterable[str], known: Collection[str], what: str = "field") -> dict[str, list[str]]:
    """Return the names that are not among the known ones, each with its sentence."""
    return {name: [sentence(known, what)] for name in sorted(set(given).difference(known))}


def sentence(known: Collection[str] | None, what: str = "field") -> str:
    """Return the sentence about an unknown name; None if the known ones are not known either."""
    told = f"This {what} is not known."
    return told if known is None else f"{told} Expected: {', '.join(sorted(known)) or 'none'}."
