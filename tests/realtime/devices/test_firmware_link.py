"""Firmware from the manager's call to the Pi's socket and back, with its read models."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import uuid4

import httpx
import pytest

from core.firmware.models import Release, Rollout, RolloutDevice
from realtime.server import Server
from realtime.testing import trolley_client
from tests.realtime.conftest import World
from tests.realtime.devices.test_devices import _in_database, pi


def _release() -> Release:
    version = f"2.{uuid4().hex[:6]}"
    return Release.objects.create(version=version, file="x.bin", size=9, sha256="ab" * 32, signature="c2ln")


@pytest.fixture
def release(world: World) -> Release:
    return _release()


def _rows(rollout_id: str) -> tuple[str, list[tuple[str, str]]]:
    status = Rollout.objects.get(pk=rollout_id).status
    jobs = RolloutDevice.objects.filter(rollout_id=rollout_id)
    return status, [(job.state, job.detail) for job in jobs]


async def _put(server: Server, world: World, release: Release) -> Any:
    manager = await asyncio.to_thread(world.staff, "manager", "manager")
    transport = httpx.ASGITransport(app=server)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        return await http.put(
            f"/api/devices/{world.device.pk}/firmware",
            json={"version": release.version},
            headers={"Authorization": f"Bearer {manager}", "Idempotency-Key": release.version},
        )


async def test_a_pi_hears_of_a_firmware_and_its_progress_is_kept(
    world: World, server: Server, release: Release
) -> None:
    async with pi(server, world) as device:
        await device.hello()
        begun = await _put(server, world, release)
        assert begun.status_code == 202, begun.text
        rollout_id = begun.json()["id"]
        offer = await device.take("firmware")
        assert (offer["rollout_id"], offer["version"], offer["size"]) == (rollout_id, release.version, 9)
        assert offer["url"].endswith(f"/api/firmware/{release.pk}/file")
        for seq, state in enumerate(("downloading", "downloaded", "verified", "updating"), 1):
            await device.send("firmware_state", seq=seq, rollout_id=rollout_id, state=state)
            assert (await device.take("ack"))["seq"] == seq
    async with pi(server, world) as device:
        await device.send(
            "hello", device_id=str(world.device.pk), boot_id="b2", firmware=release.version, slots=[]
        )
        await device.take("welcome")
        await (await server.running()).settled()
        assert await asyncio.to_thread(_in_database, _rows, rollout_id) == ("finished", [("updated", "")])
    # The same key again: the first answer again, as it was.
    again = await _put(server, world, release)
    assert (again.status_code, again.json()) == (202, begun.json())


async def test_a_pi_that_was_away_hears_of_it_when_it_comes(
    world: World, server: Server, release: Release
) -> None:
    rollout_id = (await _put(server, world, release)).json()["id"]
    await (await server.running()).settled()
    for boot_id in ("b1", "b2"):
        async with pi(server, world) as device:
            await device.hello(boot_id=boot_id)
            assert (await device.take("firmware"))["rollout_id"] == rollout_id
    async with pi(server, world) as device:
        await device.hello(boot_id="b3")
        await device.take("firmware")
        await device.send(
            "firmware_state", seq=1, rollout_id=rollout_id, state="failed", detail="The signature is wrong."
        )
        await device.take("ack")
        await (await server.running()).settled()
    # All that it had have failed, which is over every limit.
    expected = ("paused", [("failed", "The signature is wrong.")])
    assert await asyncio.to_thread(_in_database, _rows, rollout_id) == expected


async def test_a_device_whose_lock_is_being_opened_is_not_disturbed(
    world: World, server: Server, release: Release
) -> None:
    token = await asyncio.to_thread(world.token)
    async with pi(server, world) as device, trolley_client(server, token) as phone:
        await device.hello()
        await phone.command("session.start", trolley_id=world.trolleys[0])
        await device.take("command")
        refused = await _put(server, world, release)
        assert (refused.status_code, refused.json()["code"]) == (409, "lock_opening")
        assert refused.headers["retry-after"] == "10"
