"""One account tries to open every lock of a store, and strangers try codes."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import httpx
import pytest

from core.fleet.models import Trolley
from core.fleet.trolleys import qr
from realtime.limits.attempts import DEFAULTS, Attempts
from realtime.server import Server
from realtime.testing import CommandRefused, TrolleyClient, trolley_client
from tests.attacks.test_tenants import api
from tests.realtime.conftest import World, make_world

ALLOWED = int(DEFAULTS["claim"].account)


@pytest.fixture
def world(database: Any) -> World:
    return make_world(ALLOWED + 2)


@pytest.fixture
def options(options: dict[str, Any]) -> dict[str, Any]:
    return {"limits": replace(options["limits"], attempts=DEFAULTS)}


async def claim_all(phone: TrolleyClient, world: World) -> tuple[int, dict[str, Any]]:
    """Claim one trolley after another; return how many it were, and the refusal."""
    for number, trolley in enumerate(world.trolleys):
        try:
            await phone.command("session.start", trolley_id=trolley)
        except CommandRefused as refused:
            return number, refused.problem
        await phone.command("session.end")
    raise AssertionError("expected a refusal, got every trolley of the store")


async def test_a_new_account_opens_its_allowance_and_the_branch_hears_of_it(
    world: World, server: Server
) -> None:
    token = await asyncio.to_thread(world.token)
    staff = await asyncio.to_thread(world.staff)
    topic = f"branch:{world.branch.code}"
    async with trolley_client(server, token) as phone, trolley_client(server, staff) as desk:
        await desk.subscribe(topic)
        opened, problem = await claim_all(phone, world)
        assert opened == ALLOWED
        assert (problem["status"], problem["code"]) == (429, "too_many_attempts")
        assert problem["retry_after"] >= 1
        alarm = (await desk.event(topic, "AlarmRaised"))["data"]["alarm"]
        assert (alarm["kind"], alarm["shopper"]) == ("many_claims", world.user().username)
        async with api(server, token) as http:
            answer = await http.post("/api/session/qr-scan", json={"trolley_id": world.trolleys[-1]})
        assert answer.status_code == 429
        assert int(answer.headers["Retry-After"]) >= 1
        # Nobody else is slowed, and who works there claims as many as there are.
        for free in world.trolleys:
            await desk.command("session.start", trolley_id=free)
            await desk.command("session.end")


async def test_codes_that_name_nothing_run_out_sooner(world: World, server: Server) -> None:
    token = await asyncio.to_thread(world.token)
    async with api(server, token) as http:
        heard = [
            (await http.post("/api/session/qr-scan", json={"trolley_id": f"GUESS_{n}"})).status_code
            for n in range(4)
        ]
    assert heard == [404, 404, 429, 429]


def only_by_qr(world: World) -> str:
    world.branch.signed_qr_only = True
    world.branch.save()
    return qr.url(world.trolleys[0], Trolley.objects.get(trolley_id=world.trolleys[0]).qr_nonce)


async def test_where_a_branch_wants_the_print_seen_a_code_from_home_opens_nothing(
    world: World, server: Server
) -> None:
    token = await asyncio.to_thread(world.token)
    staff = await asyncio.to_thread(world.staff)
    address = await asyncio.to_thread(only_by_qr, world)
    running = await server.running()
    await asyncio.to_thread(running.references.reload)
    async with trolley_client(server, token) as phone, api(server, token) as http:
        bare = address.partition("?")[0]
        seen = (await http.get(f"/api/trolleys/{world.trolleys[0]}")).json()["qr_code_data"]
        assert seen == bare
        for text in (world.trolleys[0], bare):
            with pytest.raises(CommandRefused) as refused:
                await phone.command("session.start", trolley_id=text)
            assert (refused.value.status, refused.value.code) == (400, "qr_required")
    async with trolley_client(server, await asyncio.to_thread(world.token, "present")) as phone:
        assert (await phone.command("session.start", trolley_id=address))["trolley_id"] == world.trolleys[0]
    async with trolley_client(server, staff) as desk:
        typed = await desk.command("session.start", trolley_id=world.trolleys[1])
        assert typed["trolley_id"] == world.trolleys[1]


async def test_codes_of_vouchers_and_calls_for_help_run_out(world: World, server: Server) -> None:
    token = await asyncio.to_thread(world.token)
    async with trolley_client(server, token) as phone:
        for name, fields in (("cart.apply_voucher", {"code": "GUESS"}), ("help.call", {})):
            heard = []
            for _ in range(6):
                with pytest.raises(CommandRefused) as refused:
                    await phone.command(name, **fields)
                heard.append(refused.value.status)
            assert heard[0] == 404
            assert heard[-1] == 429


async def test_a_stranger_tries_few_exit_passes(world: World, server: Server) -> None:
    transport = httpx.ASGITransport(app=server)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as http:
        heard = [(await http.get("/x/7K2M-Q0XP-91BD")).status_code for _ in range(25)]
    assert heard[0] == 404
    assert heard[-1] == 429
    assert heard.count(404) <= DEFAULTS["pass"].address / 2


def test_an_address_is_counted_over_all_its_accounts() -> None:
    attempts = Attempts(DEFAULTS, lambda: 0.0)
    most = int(DEFAULTS["claim"].address)
    for number in range(most):
        attempts.take("claim", f"account{number}", "192.0.2.1")
    with pytest.raises(Exception, match="one address"):
        attempts.take("claim", "one more", "192.0.2.1")
    attempts.take("claim", "one more", "192.0.2.2")


async def test_a_print_of_another_shop_or_host_opens_nothing(world: World, server: Server) -> None:
    token = await asyncio.to_thread(world.token)
    address = await asyncio.to_thread(only_by_qr, world)
    running = await server.running()
    await asyncio.to_thread(running.references.reload)
    _, _, path = address.partition("://")[2].partition("/")
    async with trolley_client(server, token) as phone:
        for text in (f"https://evil.example/{path}", f"//evil.example/{path}"):
            with pytest.raises(CommandRefused) as refused:
                await phone.command("session.start", trolley_id=text)
            assert refused.value.status in (400, 404), text
