"""Every command of staff stands in the audit trail with its reason, and of shoppers none."""

from __future__ import annotations

import asyncio
from typing import Any

from realtime.server import Server
from realtime.testing import trolley_client
from tests.realtime.conftest import World
from tests.realtime.test_alarm_commands import http


async def test_staffs_commands_are_in_the_trail_and_shoppers_are_not(world: World, server: Server) -> None:
    running = await server.running()
    shopper, staff = await asyncio.to_thread(world.token), await asyncio.to_thread(world.staff)
    boss = await asyncio.to_thread(world.staff, "boss", "chain_admin", True)
    guest = str((await asyncio.to_thread(world.customer, "guest")).pk)
    code, product = world.branch.code, str(world.products[0].pk)
    async with (
        trolley_client(server, shopper) as phone,
        trolley_client(server, staff) as desk,
        http(server, boss) as api,
    ):
        await phone.command("session.start", trolley_id=world.trolleys[2])
        called = await phone.command("help.call", words="the scale")
        await desk.command("help.answer", branch=code, alarm_id=called["alarm_id"])
        await desk.command("trolley.unlock", trolley_id=world.trolleys[0], reason="wheel stuck")
        await desk.command("trolley.maintenance", trolley_id=world.trolleys[1], on=True, notes="wheel")
        await desk.command("stock.receive", branch=code, lines=[{"product_id": product, "quantity": 9}])
        await desk.command("trolley.assign", branch=code, trolley_id=world.trolleys[3], user_id=guest)
        await phone.command("session.end")
        await running.settled()
        found = (await api.get("/api/audit?who=" + world.user("staff").username)).json()["results"]
        told: dict[str, Any] = {each["what"]: each for each in found}
        assert set(told) == {
            "alarm.acknowledge", "trolley.unlock", "trolley.maintenance", "stock.receive", "trolley.assign",
        }  # fmt: skip
        assert {each["chain"] for each in found} == {world.chain.slug}
        assert {each["branch"] for each in found} == {code}
        assert told["trolley.unlock"]["reason"] == "wheel stuck"
        assert told["trolley.maintenance"]["reason"] == "wheel"
        mine = (await api.get("/api/audit?who=" + world.user().username)).json()["results"]
        assert mine == []
