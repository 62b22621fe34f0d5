"""The agent as a process of its own, for tests."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def write_config(tmp_path: Path, url: str, port: str, **changes: object) -> Path:
    config = {
        "server_url": url,
        "device_id": "pi-1",
        "device_token": "secret-token",
        "state_dir": str(tmp_path / "state"),
        "log_level": "DEBUG",
        "buses": [{"port": port, "baudrate": 19200, "boards": [{"address": 0}, {"address": 1, "locks": 8}]}],
    }
    path = tmp_path / "config.json"
    path.write_text(json.dumps(config | changes))
    return path


class Process:
    """A running agent; its log is read along."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.log: list[dict[str, object]] = []
        self.text = ""
        self.said = asyncio.Condition()
        self.reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        assert self.process.stderr is not None
        async for line in self.process.stderr:
            self.text += line.decode()
            self.log.append(json.loads(line))
            async with self.said:
                self.said.notify_all()

    async def until_logged(self, text: str) -> None:
        """Wait for a line of the log that holds the text."""
        async with self.said:
            await asyncio.wait_for(self.said.wait_for(lambda: text in self.text), 90)

    async def stop(self, number: int = signal.SIGTERM) -> int:
        if self.process.returncode is None:
            self.process.send_signal(number)
        status = await asyncio.wait_for(self.process.wait(), 90)
        await self.reading
        return status


async def start_agent(config: Path, **environment: str) -> Process:
    arguments = ["-m", "devicegw.agent", "--config", str(config)]
    return Process(
        await asyncio.create_subprocess_exec(
            sys.executable, *arguments, cwd=ROOT, stderr=asyncio.subprocess.PIPE, env=os.environ | environment
        )
    )


@asynccontextmanager
async def running(config: Path, **environment: str) -> AsyncIterator[Process]:
    agent = await start_agent(config, **environment)
    try:
        yield agent
    finally:
        await agent.stop(signal.SIGKILL)


async def finished(*arguments: str, timeout: float = 50) -> tuple[int, str, str]:
    """Run the agent's program to its end; return status, standard output and standard error."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "devicegw.agent.process",
        *arguments,
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    said, complained = await asyncio.wait_for(process.communicate(), timeout)
    return process.returncode or 0, said.decode(), complained.decode()
