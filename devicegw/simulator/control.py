"""The simulator's control socket: one command a line in, one JSON object a line out."""

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
from devicegw.simulator.line import SimulatedLine

COMMANDS = "pull, push_back, state, stick, free, chatter, calm, fault, unplug, replug"
CarryOut = Callable[[dict[str, Any]], dict[str, Any]]
"""Does a command and returns its answer; raises ControlError."""


def parse_command(line: str) -> dict[str, Any]:
    """Return the command of one line, JSON or words (``pull 3``, ``fault lost 0 2``). Raises ControlError."""
    if line.startswith("{"):
        try:
            command = json.loads(line)
        except json.JSONDecodeError as error:
            raise ControlError(f"expected JSON, got {error}") from error
        return dict(command)
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
    raise ControlError(f"expected a command, got {line!r}")


def carry_out(line: SimulatedLine, command: dict[str, Any]) -> dict[str, Any]:
    """Do one command and return its answer. Raises ControlError."""
    match command:
        case {"op": "pull", "slot": int(slot)}:
            line.pull(slot)
        case {"op": "push_back", "slot": int(slot)}:
            line.push_back(slot)
        case {"op": "stick" | "free" as op, "slot": int(slot)}:
            line.stick(slot, op == "stick")
        case {"op": "chatter", "slot": int(slot)}:
            line.chatter(slot, command.get("seconds", 0.05))
        case {"op": "calm", "slot": int(slot)}:
            line.chatter(slot, 0.0)
        case {"op": "fault", "name": str(name)}:
            line.fault(name, command.get("board"), command.get("value"))
        case {"op": "unplug"}:
            line.unplug()
        case {"op": "replug"}:
            line.replug()
        case {"op": "state"}:
            return {"ok": True, "port": line.port, "slots": line.state()}
        case _:
            raise ControlError(f"expected {COMMANDS}, got {command}")
    return {"ok": True}


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
        return carry_out(parse_command(text))
    except ControlError as error:
        return {"ok": False, "error": str(error)}


def control(path: Path, command: str | dict[str, Any], timeout: float = 5.0) -> dict[str, Any]:
    """Send one command to a running simulator and return its answer. Raises OSError if none listens."""
    line = command if isinstance(command, str) else json.dumps(command)
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client:
        client.settimeout(timeout)
        client.connect(str(path))
        client.sendall(line.encode() + b"\n")
        with client.makefile("rb") as answers:
            answer: dict[str, Any] = json.loads(answers.readline())
    return answer
