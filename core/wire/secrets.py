"""Comparing secrets without telling by the time it takes how much of one was right."""

from __future__ import annotations

import hmac


def same(given: str | bytes, expected: str | bytes) -> bool:
    """Return whether they are equal. Any text will do, whatever a header brought."""
    return hmac.compare_digest(_bytes(given), _bytes(expected))


def _bytes(value: str | bytes) -> bytes:
    return value if isinstance(value, bytes) else value.encode("utf-8", "surrogatepass")
