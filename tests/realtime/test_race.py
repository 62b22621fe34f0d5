"""Two hundred shoppers scan the same QR at the same moment (invariant 1)."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import connections

from core.accounts.credentials import tokens
from core.accounts.models import User
from core.config import addresses
from core.fleet.models import Session, Trolley
from realtime.server import Server
from realtime.testing import CommandRefused, trolley_client
from scripts.services.postgres import refill
from tests import databases
from tests.realtime.conftest import World, make_world, use_database

SHOPPERS = 200


@pytest.fixture(params=["sqlite", "postgresql"])
def world(
    request: pytest.FixtureRequest, database: Path, postgres_server: str, django_db_blocker: Any
) -> Iterator[World]:
    """The same world on either database."""
    if request.param == "sqlite":
        yield make_world()
        return
    url = request.getfixturevalue("new_postgres_url")
    refill(postgres_server, urlsplit(url).path[1:], databases.migrated_database(postgres_server))
    with use_database({**settings.DATABASES["default"], **addresses.database(url)}, migrate=False):
        yield make_world()
        connections.close_all()


def _crowd() -> list[str]:
    password = make_password(None)
    users = [User(username=f"racer-{uuid4().hex[:12]}", password=password) for _ in range(SHOPPERS)]
    User.objects.bulk_create(users)
    return [str(tokens.issue(user)["access"]) for user in users]


async def _scan(server: Server, token: str, trolley_id: str, ready: asyncio.Barrier) -> str:
    async with trolley_client(server, token) as phone:
        await ready.wait()
        try:
            answer = await phone.command("session.start", trolley_id=trolley_id)
        except CommandRefused as refused:
            assert refused.code != "trolley_in_use" or refused.problem["assigned_to"]
            return refused.code
        return str(answer["session_id"])


async def test_of_two_hundred_shoppers_exactly_one_gets_the_trolley(world: World, server: Server) -> None:
    crowd = await asyncio.to_thread(_crowd)
    ready = asyncio.Barrier(SHOPPERS)
    trolley_id = world.trolleys[0]
    answers = await asyncio.gather(*(_scan(server, token, trolley_id, ready) for token in crowd))
    counted = Counter(answer for answer in answers if answer == "trolley_in_use")
    winners = [answer for answer in answers if answer != "trolley_in_use"]
    assert counted["trolley_in_use"] == SHOPPERS - 1
    assert len(winners) == 1
    held = await asyncio.to_thread(lambda: Trolley.objects.get(trolley_id=trolley_id))
    assert (held.phase, str(held.session_id)) == ("held", winners[0])
    sessions = await asyncio.to_thread(lambda: Session.objects.filter(trolley_code=trolley_id).count())
    assert sessions == 1


async def test_of_two_trolleys_one_shopper_gets_exactly_one(world: World, server: Server) -> None:
    token = await asyncio.to_thread(world.token)
    ready = asyncio.Barrier(2)
    answers = await asyncio.gather(
        *(_scan(server, token, trolley_id, ready) for trolley_id in world.trolleys[:2])
    )
    assert sorted(answer == "user_has_trolley" for answer in answers) == [False, True]
