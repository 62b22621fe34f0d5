"""What a page must not do, collected while it runs: errors, broken policies, requests to other hosts.

Also the checks of a page as it stands that need no eyes: names, texts, languages, sizes.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import BrowserContext, ConsoleMessage, Page, Request, WebSocket

_NETWORK_GONE = re.compile(r"ERR_CONNECTION_|WebSocket connection to|ERR_EMPTY_RESPONSE")
_REFUSED = re.compile(r"the server responded with a status of 4\d\d")


class Watch:
    """Everything said and asked for in one browser context."""

    def __init__(self, context: BrowserContext, origin: str) -> None:
        self._host = urlsplit(origin).netloc
        self._allowed: list[re.Pattern[str]] = []
        self.log: list[str] = []
        self._bad: list[str] = []
        context.on("console", self._said)
        context.on("weberror", lambda error: self._complain(f"uncaught: {error.error}"))
        context.on("request", self._asked)
        context.on("page", lambda page: page.on("websocket", self._connected))

    def allow_lost_connection(self) -> None:
        """The test takes the server away; the browser then says so in the console by itself."""
        self._allowed.append(_NETWORK_GONE)

    def allow_refusals(self) -> None:
        """The test is refused on purpose; the browser notes each such answer in the console."""
        self._allowed.append(_REFUSED)

    def allow_errors(self, words: str) -> None:
        """The test breaks something on purpose; the page says so in the console, in these words."""
        self._allowed.append(re.compile(re.escape(words)))

    def allow_host(self, host: str) -> None:
        """The test loads something from there, and answers for it itself."""
        self._allowed.append(re.compile(rf"^request to another host: https://{re.escape(host)}/"))

    @property
    def complaints(self) -> list[str]:
        """What nobody allowed."""
        return [each for each in self._bad if not any(allowed.search(each) for allowed in self._allowed)]

    def _said(self, message: ConsoleMessage) -> None:
        line = f"{message.type}: {message.text} ({message.location.get('url', '')})"
        self.log.append(line)
        if message.type in ("error", "warning"):
            self._complain(line)

    def _asked(self, request: Request) -> None:
        self.log.append(f"request: {request.method} {request.url}")
        parts = urlsplit(request.url)
        if parts.scheme not in ("data", "blob") and parts.netloc != self._host:
            self._complain(f"request to another host: {request.url}")

    def _connected(self, socket: WebSocket) -> None:
        self.log.append(f"socket: {socket.url}")
        if urlsplit(socket.url).netloc != self._host:
            self._complain(f"socket to another host: {socket.url}")

    def _complain(self, line: str) -> None:
        self._bad.append(line)


_FLAWS = Path(__file__).with_name("flaws.js").read_text()


def flaws(page: Page, *, least_touch: int = 0) -> list[str]:
    """Return what is wrong with the page once it is drawn; ``least_touch``: the smallest a control may be."""
    # A page is drawn when the words of its language have come.
    page.locator("main").first.wait_for(state="attached")
    found: list[Any] = page.evaluate(_FLAWS, least_touch)
    return [f"{urlsplit(page.url).path}: {each}" for each in found]
