"""Firmware for tests: images of this very software, signed, and a server that cuts downloads off."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import io
import tarfile
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from devicegw import wire
from tests.devicegw.process import ROOT, start_agent

KEY = Ed25519PrivateKey.generate()
PUBLIC_KEY = base64.b64encode(KEY.public_key().public_bytes_raw()).decode()


def image(changes: dict[str, str] | None = None) -> bytes:
    """Return a tar archive of devicegw and actors, with some files replaced or added."""
    out = io.BytesIO()
    paths = [path for folder in ("devicegw", "actors") for path in sorted((ROOT / folder).rglob("*.py"))]
    files = {str(path.relative_to(ROOT)): path.read_text() for path in paths} | (changes or {})
    with tarfile.open(fileobj=out, mode="w:gz") as archive:
        for name, text in files.items():
            data = text.encode()
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return out.getvalue()


def offer(url: str, data: bytes, version: str = "2.0", rollout: str = "r1") -> wire.Firmware:
    """Return the signed offer of an image."""
    digest = hashlib.sha256(data).hexdigest()
    signature = KEY.sign(wire.firmware_statement(version, len(data), digest))
    return wire.Firmware(
        rollout_id=rollout,
        version=version,
        url=url,
        size=len(data),
        sha256=digest,
        signature=base64.b64encode(signature).decode(),
    )


class FileServer:
    """Serves one file by Range; the first answers end after ``cut`` bytes."""

    def __init__(self, data: bytes, cuts: int = 0, cut: int = 20_000) -> None:
        self.data = data
        self.cuts = cuts
        self.cut = cut
        self.asked: list[str | None] = []
        self.tokens: list[str | None] = []
        self.url = ""

    @contextmanager
    def running(self) -> Iterator[FileServer]:
        ours = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                ours.serve(self)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{server.server_port}/file"
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        try:
            yield self
        finally:
            server.shutdown()
            server.server_close()
            thread.join()

    def serve(self, request: BaseHTTPRequestHandler) -> None:
        asked = request.headers["Range"]
        self.asked.append(asked)
        self.tokens.append(request.headers["Authorization"])
        begin = 0 if asked is None else int(asked.removeprefix("bytes=").removesuffix("-"))
        rest = self.data[begin:]
        request.send_response(200 if asked is None else 206)
        request.send_header("Content-Length", str(len(rest)))
        request.end_headers()
        cut = len(self.asked) <= self.cuts
        request.wfile.write(rest[: self.cut] if cut else rest)


@asynccontextmanager
async def supervised(config: Path) -> AsyncIterator[list[int]]:
    """Run the agent and start it again whenever it ends, as a service manager does; yields the statuses."""
    statuses: list[int] = []
    running = []

    async def forever() -> None:
        while True:
            agent = await start_agent(config)
            running[:] = [agent.process]
            statuses.append(await agent.process.wait())

    task = asyncio.create_task(forever())
    try:
        yield statuses
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        for process in running:
            if process.returncode is None:
                process.kill()
                await process.wait()
