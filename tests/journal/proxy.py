"""A wire to PostgreSQL that can be cut on purpose."""

from __future__ import annotations

import selectors
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal
from urllib.parse import urlsplit, urlunsplit

Direction = Literal["question", "answer"]


class Wire:
    """Forwards connections; ``cut`` loses the next question or answer together with its connection."""

    def __init__(self, target: tuple[str, int]) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._cut: Direction | None = None
        self._spared = 0
        self._down = self._down_next = self._hold = False
        self.was_cut = threading.Event()
        self._late: tuple[socket.socket, bytes]
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        threading.Thread(target=self._accept, daemon=True).start()

    @property
    def port(self) -> int:
        """Where to connect."""
        return int(self._listener.getsockname()[1])

    def cut(self, direction: Direction, *, after: int = 0, down: bool = False, hold: bool = False) -> None:
        """Lose a message of that direction, the next or one after so many others.

        ``down``: and refuse connections until ``mend``. ``hold``: the server does not notice that
        the client is gone, and a lost question may still be delivered late.
        """
        self.was_cut.clear()
        self._cut, self._spared, self._down_next, self._hold = direction, after, down, hold

    def deliver_late(self) -> bytes:
        """Let the server have the question that was lost last; return what it says to it."""
        server, data = self._late
        with server:
            server.settimeout(20)
            server.sendall(data)
            return server.recv(1 << 16)

    def mend(self) -> None:
        """Accept connections again."""
        self._down = False

    def break_now(self) -> None:
        """Close every connection on the client's side; the server may still be at work."""
        for client, _ in self._pairs:
            client.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Stop for good."""
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            if self._down:
                client.close()
                continue
            server = socket.create_connection(self._target)
            self._pairs.append((client, server))
            threading.Thread(target=self._forward, args=(client, server), daemon=True).start()

    def _forward(self, client: socket.socket, server: socket.socket) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(client, selectors.EVENT_READ, (server, "question"))
            selector.register(server, selectors.EVENT_READ, (client, "answer"))
            try:
                while True:
                    for key, _ in selector.select():
                        other, direction = key.data
                        data = key.fileobj.recv(1 << 16)  # type: ignore[union-attr]
                        if not data:
                            return
                        if self._loses(direction):
                            if self._hold:
                                self._late = (server.dup(), data)
                            self.was_cut.set()
                            return
                        other.sendall(data)
            except OSError:
                return
            finally:
                self._pairs.remove((client, server))
                client.close()
                server.close()

    def _loses(self, direction: str) -> bool:
        if self._cut != direction:
            return False
        if self._spared:
            self._spared -= 1
            return False
        self._cut, self._down = None, self._down_next
        return True


@contextmanager
def wire_to(url: str) -> Iterator[tuple[Wire, str]]:
    """A wire to the database at ``url``, and the URL that leads through it."""
    parts = urlsplit(url)
    wire = Wire((parts.hostname or "127.0.0.1", parts.port or 5432))
    user, at, _ = parts.netloc.rpartition("@")
    try:
        yield wire, urlunsplit(parts._replace(netloc=f"{user}{at}127.0.0.1:{wire.port}"))
    finally:
        wire.close()
