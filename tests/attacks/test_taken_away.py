"""What was taken away is gone: at once over HTTP, within seconds on every open socket, whoever took it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from core.accounts.credentials import logins, tokens
from core.accounts.models import Ending, Grant, Login, User
from realtime.server import Server
from realtime.testing import CommandRefused, TrolleyClient, trolley_client
from tests.realtime.conftest import World
from tests.system.store import ROOT

GONE, NO_ROLE = 4401, 4403
WITHIN_S = 30
"""Far more than the five seconds that it may take, for the machine may be busy."""


async def ended(client: TrolleyClient, code: int) -> None:
    assert await client.closed(WITHIN_S) == code


async def _unlock(client: TrolleyClient, world: World) -> Any:
    return await client.command("trolley.unlock", trolley_id=world.trolleys[0], reason="Cleaning")


async def test_a_role_that_is_taken_away_unlocks_nothing_more(world: World, server: Server) -> None:
    token = await asyncio.to_thread(world.staff, "manager", "manager")
    async with trolley_client(server, token, f"/ws/branch/{world.branch.code}/") as desk:
        await _unlock(desk, world)
        await asyncio.to_thread(lambda: Grant.objects.get(user=world.user("manager")).delete())
        await ended(desk, NO_ROLE)


async def test_who_lost_one_of_two_roles_goes_on_with_the_other(world: World, server: Server) -> None:
    token = await asyncio.to_thread(world.staff, "clerk", "staff")
    await asyncio.to_thread(world.staff, "clerk", "manager")
    async with trolley_client(server, token, f"/ws/branch/{world.branch.code}/") as desk:
        lost = Grant.objects.filter(user=world.user("clerk"), role="manager")
        await asyncio.to_thread(lambda: [grant.delete() for grant in lost])
        async with asyncio.timeout(WITHIN_S):
            while True:
                people = [socket.principal for socket in (await server.running()).shared.people]
                if all(grant.role == "staff" for person in people for grant in person.grants):
                    break
                await asyncio.sleep(0.02)
        await _unlock(desk, world)


def close_account(user: User) -> None:
    user.is_active = False
    user.save()


def new_password(user: User) -> None:
    user.set_password("a new and long one")
    user.save()


def erase(user: User) -> None:
    user.delete()


def used_twice(user: User) -> None:
    # The same login's refresh token, as it was before: whoever has it is not who logged in.
    for login in Login.objects.filter(user=user):
        logins.end((login.pk,), Ending.REUSE)


def log_out_by_admin(user: User) -> None:
    logins.end_all(user.pk, Ending.STAFF)


@pytest.mark.parametrize("take", [close_account, new_password, erase, used_twice, log_out_by_admin])
async def test_a_login_that_ended_claims_no_trolley(
    world: World, server: Server, take: Callable[[User], None]
) -> None:
    token = await asyncio.to_thread(world.token)
    async with trolley_client(server, token) as phone:
        await phone.command("ping")
        await asyncio.to_thread(take, world.user())
        await ended(phone, GONE)
    async with trolley_client(server, token) as again:
        assert await again.closed() == GONE


async def test_a_new_password_leaves_the_thief_nothing(world: World, server: Server) -> None:
    pair = await asyncio.to_thread(lambda: tokens.issue(world.user()))
    await asyncio.to_thread(new_password, world.user())
    with pytest.raises(tokens.TokenError):
        await asyncio.to_thread(tokens.rotate, pair["refresh"])


async def test_a_refresh_token_used_twice_ends_what_is_open(world: World, server: Server) -> None:
    pair = await asyncio.to_thread(lambda: tokens.issue(world.user()))
    async with trolley_client(server, pair["access"]) as phone:
        await asyncio.to_thread(tokens.rotate, pair["refresh"])
        await phone.command("ping")
        with pytest.raises(tokens.TokenError):
            await asyncio.to_thread(tokens.rotate, pair["refresh"])
        await ended(phone, GONE)


async def test_logging_out_of_one_device_leaves_the_other(world: World, server: Server) -> None:
    here = await asyncio.to_thread(lambda: tokens.issue(world.user()))
    there = await asyncio.to_thread(lambda: tokens.issue(world.user()))
    async with (
        trolley_client(server, here["access"]) as one,
        trolley_client(server, there["access"]) as other,
    ):
        await asyncio.to_thread(tokens.log_out, here["refresh"])
        await ended(one, GONE)
        await other.command("ping")
        await asyncio.to_thread(tokens.log_out_everywhere, there["refresh"])
        await ended(other, GONE)


async def test_the_hot_routes_forget_a_login_at_once(world: World, server: Server) -> None:
    token = await asyncio.to_thread(world.token)
    authenticator = (await server.running()).shared.authenticator
    assert (await authenticator.identify(token)).principal.id == str(world.user().pk)
    await asyncio.to_thread(log_out_by_admin, world.user())
    async with asyncio.timeout(WITHIN_S):
        while authenticator.known(token) is not None:
            await asyncio.sleep(0.01)


async def test_what_another_process_takes_away_is_gone_too(
    world: World, server: Server, database: Path, tmp_path: Path
) -> None:
    """As a command line or a worker does it; nobody announces anything here."""
    token = await asyncio.to_thread(world.token)
    name = (await asyncio.to_thread(world.user)).username
    code = (
        "import django; django.setup(); from core.accounts.models import User; "
        f"user = User.objects.get(username={name!r}); user.is_active = False; user.save()"
    )
    environ = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "core.settings",
        "DATABASE_URL": f"sqlite:///{database}",
        "DATA_DIR": str(tmp_path),
    }
    async with trolley_client(server, token) as phone:
        await phone.command("ping")
        await asyncio.to_thread(
            subprocess.run, [sys.executable, "-c", code], cwd=ROOT, env=environ, check=True, timeout=120
        )
        await ended(phone, GONE)


async def test_nobody_renews_a_socket_with_a_login_that_has_ended(world: World, server: Server) -> None:
    first = await asyncio.to_thread(world.token)
    second = await asyncio.to_thread(lambda: tokens.issue(world.user()))
    await asyncio.to_thread(tokens.log_out, second["refresh"])
    async with trolley_client(server, first) as phone:
        with pytest.raises(CommandRefused) as refused:
            await phone.command("auth.renew", token=second["access"])
        assert refused.value.status == 401
