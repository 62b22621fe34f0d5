"""A payment provider's API on a local port: what the two peers have in common.

A peer is strict: a request it does not know, without the right credentials or in another form is an
error that the test hears of when the peer closes. Faults are planned one by one, for the next requests.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlsplit


class Request(NamedTuple):
    """What came."""

    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


class Answer(NamedTuple):
    """What goes back; ``body`` is JSON unless it is bytes."""

    status: int
    body: Any
    headers: dict[str, str] = {}


HANG = "hang"
"""A fault: no answer, until the peer closes."""
DROP = "drop"
"""A fault: the connection breaks without an answer."""
LOSE = "lose"
"""A fault: it is done, and the connection breaks before the answer."""

Fault = Answer | str


class Peer:
    """The server's side. A subclass has ``answer`` and its own state; requests come one at a time."""

    def __init__(self) -> None:
        self.requests: list[Request] = []
        self.wrong: list[str] = []
        """What no client of this API may send."""
        self.url = ""
        self._faults: deque[Fault] = deque()
        self._closing = threading.Event()
        self._one = threading.Lock()

    def answer(self, request: Request) -> Answer:
        """Answer a request as the provider would."""
        raise NotImplementedError

    def fail(self, *faults: Fault) -> None:
        """Plan what becomes of the next requests, one fault each."""
        self._faults.extend(faults)

    def serve(self, request: Request) -> Fault:
        """Return what to do with a request."""
        with self._one:
            self.requests.append(request)
            fault = self._faults.popleft() if self._faults else None
            if fault is None or fault == LOSE:
                answer = self.answer(request)
                return answer if fault is None else DROP
            return fault

    def calls(self, method: str, ending: str) -> list[Request]:
        """Return the requests of that method whose path ends so."""
        return [each for each in self.requests if (each.method, each.path.endswith(ending)) == (method, True)]

    def refuse(self, what: str) -> Answer:
        """Remember what was wrong with a request, and say so."""
        self.wrong.append(what)
        return Answer(400, {"error": {"type": "invalid_request_error", "message": what, "code": "wrong"}})

    @contextmanager
    def running(self) -> Iterator[None]:
        """Listen on a free port of this machine."""
        server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self.serve, self._closing))
        server.daemon_threads = True
        self.url = f"http://127.0.0.1:{server.server_address[1]}"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield
        finally:
            self._closing.set()
            server.shutdown()
            server.server_close()
            thread.join(10)
        assert self.wrong == []


def _handler(serve: Callable[[Request], Fault], closing: threading.Event) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # an answer in one piece, or TCP waits for the first one's acknowledgement

        def handle_any(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            query = dict(parse_qsl(parts.query, strict_parsing=bool(parts.query)))
            found = serve(Request(self.command, parts.path, query, headers, body))
            if isinstance(found, str):
                if found == HANG:
                    closing.wait(60)
                self.close_connection = True
                return
            data = found.body if isinstance(found.body, bytes) else json.dumps(found.body).encode()
            self.send_response(found.status)
            for name, value in {"Content-Type": "application/json", **found.headers}.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = handle_any

        def log_message(self, *args: Any) -> None:
            pass

    return Handler
