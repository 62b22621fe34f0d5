"""An RS-485 adapter with echo: our own bytes come back before the answer.

Whether it does is learned from requests whose answer cannot look like them, so
nobody has to know what the adapter does.
"""

from __future__ import annotations


class EchoFilter:
    """Removes the echo of a request from the bytes received after it."""

    def __init__(self) -> None:
        self.echoing = False
        """Whether the last request that could tell came back."""
        self._awaited = b""
        self._held = b""
        self._mirrored = False

    def sent(self, request: bytes, *, mirrored: bool) -> None:
        """Expect the echo of a request; ``mirrored``: its answer may be the same bytes."""
        self._mirrored = mirrored
        self._awaited = b"" if mirrored and not self.echoing else request
        self._held = b""

    def take(self, data: bytes) -> bytes:
        """Return the received bytes without the echo; the beginning of a possible one is held back."""
        if not self._awaited:
            return data
        self._held += data
        if self._held.startswith(self._awaited):
            rest = self._held[len(self._awaited) :]
            self._ended(echoing=True)
            return rest
        if self._awaited.startswith(self._held):
            return b""
        heard = self._held
        self._ended(echoing=False)
        return heard

    def _ended(self, *, echoing: bool) -> None:
        if not self._mirrored:
            self.echoing = echoing
        self._awaited = self._held = b""
