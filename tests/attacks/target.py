"""The product under attack: a real server process, and connections made by hand."""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from tests.system.store import ROOT, free_port

SERVERS = ("uvicorn", "daphne")


class Target:
    """One server process on a port of this machine."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process = process
        self.port = port

    async def connect(self) -> Line:
        """Open a connection that says nothing yet."""
        return Line(*await asyncio.open_connection("127.0.0.1", self.port))

    async def get(self, path: str, *headers: str) -> Answer:
        """Ask for something, properly."""
        line = await self.connect()
        head = "\r\n".join((f"GET {path} HTTP/1.1", "Host: localhost", "Connection: close", *headers, "", ""))
        line.send(head.encode())
        try:
            return await line.answer()
        finally:
            await line.close()

    def files(self) -> list[str]:
        """What the process has open that is a file of its own, also a deleted one."""
        folder = Path(f"/proc/{self.process.pid}/fd")
        found = []
        for each in folder.iterdir():
            try:
                found.append(os.readlink(each))
            except OSError:
                continue
        return [name for name in found if name.startswith("/") and not name.startswith("/dev/")]

    def memory(self) -> int:
        """Resident bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        found = re.search(r"VmRSS:\s+(\d+) kB", status)
        assert found is not None
        return int(found[1]) * 1024


class Answer:
    """Status, headers, body of a response."""

    def __init__(self, status: int, head: str, body: bytes) -> None:
        self.status = status
        self.head = head.lower()
        self.body = body


class Line:
    """One TCP connection by hand."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    def send(self, data: bytes) -> None:
        """Write; never waits."""
        self.writer.write(data)

    async def answer(self, within: float = 30.0) -> Answer:
        """Return what comes until the server closes."""
        data = await asyncio.wait_for(self.rest(), within)
        head, _, body = data.partition(b"\r\n\r\n")
        return Answer(int(head.split()[1]), head.decode("latin-1"), body)

    async def rest(self) -> bytes:
        """Return everything until the end; a reset is an end too."""
        data = bytearray()
        try:
            while piece := await self.reader.read(65536):
                data += piece
        except ConnectionError:
            pass
        return bytes(data)

    async def close(self) -> None:
        """Hang up."""
        self.writer.close()
        with suppress(ConnectionError):
            await self.writer.wait_closed()


def command(server: str, port: int) -> Sequence[str]:
    """Return the command line that serves."""
    if server == "uvicorn":
        return (sys.executable, "-m", "scripts.serve", "--port", str(port))
    return (sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", str(port), "asgi:application")


@contextmanager
def target(server: str, database: Path, data: Path, **environ: str) -> Iterator[Target]:
    """Serve ``database`` with these settings, and stop."""
    port = free_port()
    process = subprocess.Popen(
        command(server, port),
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": f"sqlite:///{database}", "DATA_DIR": str(data), **environ},
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    try:
        deadline = time.monotonic() + 120
        while not _ready(port):
            assert process.poll() is None, "the server ended"
            assert time.monotonic() < deadline, "the server was not ready in time"
            time.sleep(0.05)
        yield Target(process, port)
    finally:
        process.terminate()
        process.wait(60)


def _ready(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
