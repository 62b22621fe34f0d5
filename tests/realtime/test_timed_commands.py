"""A command that moves a lock says when it was given; after its time it is refused, however it came."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import httpx
import pytest

from realtime.commands.table import TABLE
from realtime.pipeline.timed import Timed, refuse_late
from realtime.problems import Problem
from realtime.server import Server
from realtime.testing import CommandRefused, trolley_client
from realtime.wire import rfc3339
from tests.realtime.conftest import World

GIVEN = [
    ({"given_at": -61.0}, "expired"),
    ({"given_at": -20.0, "ttl_s": 10}, "expired"),
    ({"given_at": -100.0, "ttl_s": 120}, None),
    ({"given_at": -20.0}, None),
    ({"given_at": 3.0}, None),
    ({"given_at": 20.0}, "clock_ahead"),
    ({}, None),
]


def _fields(given: dict[str, float]) -> dict[str, Any]:
    fields: dict[str, Any] = dict(given)
    if "given_at" in given:
        fields["given_at"] = rfc3339(time.time() + given["given_at"])
    return fields


@pytest.mark.parametrize(("given", "code"), GIVEN)
async def test_an_unlock_is_carried_out_within_its_time_or_not_at_all(
    world: World, server: Server, given: dict[str, float], code: str | None
) -> None:
    staff = await asyncio.to_thread(world.staff)
    path = f"/api/branches/{world.branch.code}/carts/1/unlock"
    transport = httpx.ASGITransport(app=server)  # type: ignore[arg-type]
    headers = {"Authorization": f"Bearer {staff}"}
    async with (
        trolley_client(server, staff) as desk,
        httpx.AsyncClient(transport=transport, base_url="http://localhost", headers=headers) as http,
    ):
        over_http = await http.post(path, json={"reason": "stuck"} | _fields(given))
        ordered = desk.command(
            "trolley.unlock", trolley_id=world.trolleys[0], reason="stuck", **_fields(given)
        )
        if code is None:
            assert over_http.status_code == 200, over_http.text
            assert (await ordered)["unlock_id"]
            return
        assert (over_http.status_code, over_http.json()["code"]) == (400, code)
        with pytest.raises(CommandRefused) as refused:
            await ordered
        assert (refused.value.status, refused.value.code) == (400, code)


async def test_a_claim_that_came_too_late_leaves_the_trolley_to_others(world: World, server: Server) -> None:
    token = await asyncio.to_thread(world.token)
    late = rfc3339(time.time() - 90)
    async with trolley_client(server, token) as phone:
        with pytest.raises(CommandRefused) as refused:
            await phone.command("session.start", trolley_id=world.trolleys[0], given_at=late)
        assert refused.value.code == "expired"
        with pytest.raises(CommandRefused) as refused:
            await phone.command("session.start", trolley_id=world.trolleys[0], given_at="yesterday")
        assert (refused.value.status, refused.value.code) == (400, "invalid_field")
        assert (await phone.command("session.start", trolley_id=world.trolleys[0]))["is_assigned"]


async def test_the_same_key_with_another_time_is_the_same_command(world: World, server: Server) -> None:
    staff = await asyncio.to_thread(world.staff)
    async with trolley_client(server, staff) as desk:
        key, fields = str(uuid4()), {"trolley_id": world.trolleys[0], "reason": "stuck"}
        first = await desk.command("trolley.unlock", id=key, given_at=rfc3339(time.time() - 5), **fields)
        assert await desk.command("trolley.unlock", id=key, given_at=rfc3339(time.time()), **fields) == first


def test_what_was_given_and_when_is_in_the_refusal() -> None:
    with pytest.raises(Problem, match=r"given at 1970-01-01T00:00:10.000Z, 70 s ago, and held for 60 s"):
        refuse_late(_timed(10.0), 80.0)


def test_every_command_that_opens_or_closes_a_lock_is_timed() -> None:
    timed = {row.name for row in TABLE if issubclass(row.body, Timed)}
    assert timed == {"session.start", "trolley.assign", "trolley.unlock", "trolley.lock"}


def _timed(at: float) -> Timed:
    return Timed(given_at=datetime.fromtimestamp(at, UTC))
