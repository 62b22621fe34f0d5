"""The same server under Daphne: no lifespan, and a ``send`` that never waits by itself."""

from __future__ import annotations

import asyncio
import json
import os
import re
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.realtime.conftest import World
from tests.realtime.serving import Sluggard

ROOT = Path(__file__).resolve().parents[3]


@asynccontextmanager
async def daphne(database: Path) -> AsyncIterator[tuple[int, asyncio.Event]]:
    """Run Daphne on a port of its choice; yield the port, and what is set when the log tells of a cut-off."""
    environ = {
        **os.environ,
        "DATABASE_URL": f"sqlite:///{database}",
        "WS_COMMANDS_PER_SECOND": "1000000",
        "ACCOUNT_CLAIMS_PER_MINUTE": "1000000",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "daphne", "-b", "127.0.0.1", "-p", "0", "asgi:application",
        cwd=ROOT, env=environ, stderr=subprocess.PIPE,
    )  # fmt: skip
    try:
        assert process.stderr is not None
        async with asyncio.timeout(90):
            while not (
                match := re.search(
                    rb"Listening on TCP address 127\.0\.0\.1:(\d+)", await process.stderr.readline()
                )
            ):
                pass
        cut_off = asyncio.Event()
        drain = asyncio.create_task(_listen(process.stderr, cut_off))
        yield int(match[1]), cut_off
    finally:
        process.terminate()
        await process.wait()
    await drain


async def _listen(log: asyncio.StreamReader, cut_off: asyncio.Event) -> None:
    while line := await log.readline():
        if b"cut off with 4408" in line:
            cut_off.set()


async def test_daphne_serves_sockets_and_cuts_off_who_does_not_read(world: World, database: Path) -> None:
    token = await asyncio.to_thread(world.token)
    async with daphne(database) as (port, cut_off):
        slow = await Sluggard.connect(port, token, "/ws/shopper/")
        slow.send(json.dumps({"id": "s", "type": "subscribe", "topic": "cart"}))
        assert json.loads((await slow.frame())[1])["ok"] is True
        body = {"type": "cart.add", "barcode": world.barcode}
        slow.send(json.dumps({"id": "one", **body}))
        slow.stop_reading()
        for number in range(30_000):
            slow.send(json.dumps({"id": f"p{number}", "type": "cart.remove", "item_id": "x" * 60}))
            if number % 500 == 0:
                await slow.drain()
        await asyncio.wait_for(cut_off.wait(), 90)
        slow.start_reading()
        assert await asyncio.wait_for(slow.close_code(), 90) == 4408
        slow.close()
