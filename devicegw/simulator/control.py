"""The simulator's control socket: one order a line in, one JSON object a line out."""

from __future__ import annotations

import contextlib
import json
import socket
import socketserver
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from devicegw.simulator.boards import ControlError

CarryOut = Callable[[dict[str, Any]], dict[str, Any]]
"""Does an order and returns its answer; raises ControlError."""


def parse_order(line: str) -> dict[str, Any]:
    """Return the order of one line, JSON or words (``pull 3``, ``fault lost 0 2``). Raises ControlError."""
    if line.startswith("{"):
        try:
            order = json.loads(line)
        except json.JSONDecodeError as error:
            raise ControlError(f"expected JSON, got {error}") from error
        return dict(order)
    words = line.split()
    try:
        match words:
            case ["fault", name, *rest] if len(rest) <= 2:
                numbers = [None, None] if not rest else [int(rest[0]), float(rest[1]) if rest[1:] else None]
                return {"op": "fault", "name": name, "board": numbers[0], "value": numbers[1]}
            case [op, slot]:
                return {"op": op, "slot": int(slot)}
            case [op]:
                return {"op": op}
    except ValueError as error:
        raise ControlError(f"expected a number in {line!r}: {error}") from error
    raise ControlError(f"expected an order, got {line!r}")


class ControlServer:
    """Listens on a unix socket, a thread a connection; does nothing without a path."""

    def __init__(self, path: Path | None, carry_out: CarryOut) -> None:
        self._path = path
        self._carry_out = carry_out
        self._server: socketserver.BaseServer | None = None

    def start(self) -> None:
        """Listen."""
        if self._path is None:
            return
        self._path.unlink(missing_ok=True)
        carry_out = self._carry_out

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                with contextlib.suppress(ConnectionError):
                    for line in self.rfile:
                        answer = _answer(line, carry_out)
                        self.wfile.write(json.dumps(answer).encode() + b"\n")

        class Server(socketserver.ThreadingUnixStreamServer):
            daemon_threads = True

        self._server = Server(str(self._path), Handler)
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def stop(self) -> None:
        """Stop listening and remove the socket."""
        if self._server is None or self._path is None:
            return
        self._server.shutdown()
        self._server.server_close()
        self._path.unlink(missing_ok=True)


def _answer(line: bytes, carry_out: CarryOut) -> dict[str, Any]:
    text = line.decode("utf-8", "replace").strip()
    try:
        return carry_out(parse_order(text))
    except ControlError as error:
        return {"ok": False, "error": str(error)}


def control(path: Path, order: str | dict[str, Any], timeout: float = 5.0) -> dict[str, Any]:
    """Send one order to a running simulator and return its answer. Raises OSError if none listens."""
    line = order if isinstance(order, str) else json.dumps(order)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(timeout)
        client.connect(str(path))
        client.sendall(line.encode() + b"\n")
        with client.makefile("rb") as answers:
            answer: dict[str, Any] = json.loads(answers.readline())
    return answer
