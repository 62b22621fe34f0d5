"""A Pi's life with the real server, real processes on both sides.

It is let in by the command that is shown, updated over a bad line, saved from a sick firmware
and taken down.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import json
import shlex
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from core.config.production import DEMO_PASSWORD
from devicegw import wire
from devicegw.agent.process import firmware
from devicegw.firmware.versions import Versions
from tests.devicegw.firmware import KEY, PUBLIC_KEY, image, supervised
from tests.devicegw.process import finished
from tests.system.demo import furnished
from tests.system.store import Store

WITHIN_S = 120.0
"""A deadline for a busy machine, not an expectation."""
CUT_AFTER = 20_000
SICK = """
from devicegw.link.transport import WebsocketTransport
def transport_of(config):
    return WebsocketTransport("ws://127.0.0.1:1/", config.token)
"""


class BadLine:
    """What lies between the Pi and the server: it cuts the first download of a file off."""

    def __init__(self, to_port: int) -> None:
        self.port = 0
        self._to_port = to_port
        self.downloads: list[str] = []
        """The Range of each."""

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = server.sockets[0].getsockname()[1]
        try:
            yield
        finally:
            server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        up_reader, up_writer = await asyncio.open_connection("127.0.0.1", self._to_port)
        up_writer.write(head)
        limit = None
        if b" /api/firmware/" in head:
            lines = head.decode().lower().split("\r\n")
            self.downloads.append(next((line for line in lines if line.startswith("range:")), ""))
            limit = CUT_AFTER if len(self.downloads) == 1 else None
        ways = (_carry(reader, up_writer, None), _carry(up_reader, writer, limit))
        tasks = [asyncio.create_task(way) for way in ways]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            for end in (writer, up_writer):
                end.close()


async def _carry(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, limit: int | None) -> None:
    while data := await reader.read(16 * 1024):
        if limit is not None:
            data, limit = data[:limit], limit - len(data)
        writer.write(data)
        await writer.drain()
        if limit is not None and limit <= 0:
            return


class Office:
    """The API, as the manager of the branch and the platform's staff."""

    def __init__(self, store: Store) -> None:
        self._http = httpx.AsyncClient(base_url=store.url, timeout=90)
        self._tokens: dict[str, str] = {}

    async def call(self, method: str, path: str, who: str = "manager", **more: Any) -> Any:
        """Return the answer's JSON; fails unless it is a good one."""
        if who not in self._tokens:
            body = {"username": who, "password": DEMO_PASSWORD}
            self._tokens[who] = (await self._http.post("/api/auth/token", json=body)).json()["access"]
        headers = {"Authorization": f"Bearer {self._tokens[who]}"}
        answer = await self._http.request(method, path, headers=headers, **more)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    async def release(self, version: str, data: bytes) -> None:
        """Bring out a signed firmware."""
        statement = wire.firmware_statement(version, len(data), hashlib.sha256(data).hexdigest())
        form = {"version": version, "signature": base64.b64encode(KEY.sign(statement)).decode()}
        await self.call("POST", "/api/firmware", "admin", data=form, files={"file": ("image", data)})

    async def until(self, device_id: str, met: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return the device's status once it is as wanted."""
        status: dict[str, Any] = {}
        try:
            async with asyncio.timeout(WITHIN_S):
                while True:
                    status = await self.call("GET", f"/api/devices/{device_id}/status")
                    if met(status):
                        return status
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"it never came: {status}") from None

    async def close(self) -> None:
        await self._http.aclose()


async def _let_in(office: Office, config: Path) -> str:
    """Type the command that the page shows, as it is shown but for who types it; return the device's id."""
    shown = (await office.call("POST", "/api/branches/BRANCH-002/claim-codes", json={}))["command"]
    typed = shlex.split(shown)
    assert typed[:4] == ["sudo", "-u", "smart-trolley", "smart-trolley-agent"]
    ours = ["--config", str(config), "--mac", "b8:27:eb:00:77:01", "--serial", "77"]
    status, said, complained = await finished(*typed[4:], *ours)
    assert (status, complained) == (0, ""), complained
    content = json.loads(config.read_text())
    token = Path(content["device_token_file"])
    assert {token.stat().st_mode & 0o777, config.stat().st_mode & 0o777} == {0o600}
    assert token.read_text().strip() not in said
    return str(content["device_id"])


def _healthy_within(config: Path, seconds: float) -> None:
    content = json.loads(config.read_text())
    content["firmware"]["health_s"] = seconds
    config.write_text(json.dumps(content))


def _job(version: str, *states: str) -> Callable[[dict[str, Any]], bool]:
    def met(status: dict[str, Any]) -> bool:
        job = status["firmware_job"]
        return job is not None and job["version"] == version and job["state"] in states

    return met


@pytest.mark.timeout(300)
async def test_a_pi_is_let_in_updated_over_a_bad_line_saved_from_a_sick_firmware_and_taken_down(
    tmp_path: Path,
) -> None:
    with furnished(f"sqlite:///{tmp_path}/s.sqlite3", tmp_path, FIRMWARE_PUBLIC_KEY=PUBLIC_KEY) as store:
        line, office = BadLine(store.port), Office(store)
        async with line.running():
            store.environ["PUBLIC_URL"] = f"http://127.0.0.1:{line.port}"
            await asyncio.to_thread(store.start)
            await _life(office, line, tmp_path / "pi")
        await office.close()


async def _life(office: Office, line: BadLine, home: Path) -> None:
    home.mkdir()
    config = home / "config.json"
    buses = [{"port": "sim", "protocol": "simulator", "boards": [{"address": 0}]}]
    config.write_text(json.dumps({"state_dir": str(home / "state"), "buses": buses}))
    device_id = await _let_in(office, config)
    _healthy_within(config, WITHIN_S)
    versions = Versions(home / "state" / "firmware")
    async with supervised(config) as statuses:
        here = await office.until(device_id, lambda status: status["status"] == "online")
        assert (here["firmware"], len(here["reported"])) == (firmware(), 16)

        await office.release("2.0", image())
        await office.call("PUT", f"/api/devices/{device_id}/firmware", json={"version": "2.0"})
        updated = await office.until(device_id, _job("2.0", "updated", "failed"))
        assert (updated["firmware_job"]["detail"], statuses, versions.current) == ("", [75], "2.0")
        await office.until(device_id, lambda status: status["firmware"] == "2.0")
        first, *more = line.downloads
        assert first == ""
        assert [each.startswith("range: bytes=") for each in more] == [True]

        _healthy_within(config, 2)
        await office.release("3.0", image({"devicegw/agent/transports.py": SICK}))
        rollout = await office.call("PUT", f"/api/devices/{device_id}/firmware", json={"version": "3.0"})
        failed = await office.until(device_id, _job("3.0", "updated", "failed"))
        assert failed["firmware_job"]["state"] == "failed"
        assert "the link did not come up" in failed["firmware_job"]["detail"]
        await office.until(device_id, lambda status: status["status"] == "online")
        assert versions.current == "2.0"
        [job] = (await office.call("GET", f"/api/rollouts/{rollout['id']}"))["devices"]
        assert (job["state"], job["detail"]) == ("failed", failed["firmware_job"]["detail"])

        await office.call("DELETE", f"/api/devices/{device_id}")
        listed = await office.call("GET", "/api/devices?branch=BRANCH-002")
        assert device_id not in {each["id"] for each in listed["results"]}
