"""The server behind a real port, and a client that does not read."""

from __future__ import annotations

import asyncio
import base64
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn

from scripts.serve import OPTIONS


@asynccontextmanager
async def served(application: Any) -> AsyncIterator[int]:
    """Serve on a free port of this loop, as `make run` does; yield the port."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(128)
    options = {**OPTIONS, "lifespan": "off", "loop": "none"}
    config = uvicorn.Config(application, log_level="warning", **options)
    server = uvicorn.Server(config)
    task = asyncio.create_task(server.serve([listener]))
    try:
        yield listener.getsockname()[1]
    finally:
        server.should_exit = True
        await task


class Sluggard:
    """A websocket client by hand, so that it can leave the bytes where they are."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, raw: socket.socket
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._raw = raw

    @classmethod
    async def connect(cls, port: int, token: str, path: str) -> Sluggard:
        """Open the socket with as small a buffer as the system gives."""
        raw = socket.socket()
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.setblocking(False)
        await asyncio.get_running_loop().sock_connect(raw, ("127.0.0.1", port))
        reader, writer = await asyncio.open_connection(sock=raw, limit=4096)
        key = base64.b64encode(os.urandom(16)).decode()
        writer.write(
            f"GET {path} HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n"
            f"Authorization: Bearer {token}\r\n\r\n".encode()
        )
        head = await reader.readuntil(b"\r\n\r\n")
        assert b" 101 " in head
        return cls(reader, writer, raw)

    def send(self, text: str) -> None:
        """Send one short text frame, masked with zeros."""
        data = text.encode()
        assert len(data) < 65536
        size = bytes([0x80 | len(data)]) if len(data) < 126 else b"\xfe" + len(data).to_bytes(2, "big")
        self._writer.write(b"\x81" + size + b"\0\0\0\0" + data)

    async def drain(self) -> None:
        """Wait until the server has taken what was sent, but for some."""
        await self._writer.drain()

    async def frame(self) -> tuple[int, bytes]:
        """Return opcode and payload of the next frame."""
        first, second = await self._reader.readexactly(2)
        size = second & 0x7F
        if size >= 126:
            size = int.from_bytes(await self._reader.readexactly(2 if size == 126 else 8), "big")
        return first & 0x0F, await self._reader.readexactly(size)

    async def close_code(self) -> int:
        """Read to the close frame and return its code."""
        while True:
            opcode, payload = await self.frame()
            if opcode == 8:
                return int.from_bytes(payload[:2], "big")

    def stop_reading(self) -> None:
        """Leave everything that comes in the kernel's buffers, until ``start_reading``."""
        self._writer.transport.pause_reading()  # type: ignore[attr-defined]

    def start_reading(self) -> None:
        """Read on."""
        self._writer.transport.resume_reading()  # type: ignore[attr-defined]

    def close(self) -> None:
        """Go away without a word."""
        self._writer.transport.abort()
