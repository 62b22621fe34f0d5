"""A line between a page and the server that can fall silent."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from playwright.sync_api import Error as PlaywrightError


class Line:
    """Between a page and the server: what is said while it is silent arrives once it is mended."""

    def __init__(self) -> None:
        self.is_silent = False
        self._held: list[Callable[[], None]] = []

    def carry(self, deliver: Callable[[], None]) -> None:
        """Deliver it, now or when the line is mended."""
        if self.is_silent:
            self._held.append(deliver)
        else:
            deliver()

    def mend(self) -> None:
        """Let through what was held, as far as anybody still listens."""
        self.is_silent = False
        for deliver in self._held:
            with contextlib.suppress(PlaywrightError):
                deliver()
        self._held.clear()
