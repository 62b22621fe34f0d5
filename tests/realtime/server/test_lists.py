"""Long lists of a branch: answered in front of Django, to the byte as Django answers them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import httpx
import msgspec
import pytest
from django.core.asgi import get_asgi_application
from django.utils import timezone

from core.accounts.models import Grant
from core.fleet.models import Rental, Trolley
from core.telemetry.models import Sample
from realtime.server import Server
from tests.realtime.conftest import World, make_world

Callers = dict[str, dict[str, str]]
NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
HOUR = "from=2026-03-01T11:00:00Z&to=2026-03-01T12:00:00Z"
DJANGOS = "content-security-policy"
"""A header that Django's answers have and those in front of it have not."""


@pytest.fixture
def world(database: Path) -> World:
    """A world with more than a page of everything, some of it odd."""
    world = make_world(60)
    holder = world.user("holder", phone="+919812345678")
    Trolley.objects.filter(cart_number=7).update(
        phase="held", assigned_to=holder, assigned_at=NOW, missing_reason="\u05e2 é", at_slot=3,
        at_device=world.device.pk, last_seen=NOW,
    )  # fmt: skip
    Rental.objects.bulk_create(
        Rental(
            id=uuid4(), trolley_code=world.trolleys[number], branch_code=world.branch.code,
            user_id=holder.pk if number % 2 else None, start_time=NOW - timedelta(minutes=number),
            expected_return=NOW, actual_return=NOW, status="returned", notes="=1",
        )
        for number in range(60)
    )  # fmt: skip
    data = msgspec.json.encode({"load": 0.5, "boards": {"0": {"answers": 3}}}).decode()
    Sample.objects.bulk_create(
        Sample(device_id=world.device.pk, seq=n, at=at, received_at=timezone.now(), data=data)
        for n, at in enumerate(NOW - timedelta(minutes=minute) for minute in range(1, 30))
    )
    return world


@pytest.fixture
def who(world: World) -> Callers:
    """The headers of each caller."""
    tokens = {
        "staff": world.staff(),
        "boss": world.staff("boss", "chain_admin", whole_chain=True),
        "shopper": world.token(),
        "device": world.device_token(),
    }
    return {name: {"Authorization": f"Bearer {token}"} for name, token in tokens.items()}


@pytest.fixture
def member(world: World, who: Callers) -> str:
    """What the staff's role is called."""
    return str(Grant.objects.get(user=world.user("staff")).public_id)


@pytest.fixture
async def front(server: Server) -> AsyncIterator[httpx.AsyncClient]:
    """The whole server."""
    transport = httpx.ASGITransport(app=server)  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


@pytest.fixture
async def django() -> AsyncIterator[httpx.AsyncClient]:
    """Django alone."""
    transport = httpx.ASGITransport(app=get_asgi_application())
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost") as client:
        yield client


@pytest.mark.parametrize(
    "path",
    [
        "/api/branches/{code}/carts",
        "/api/branches/{id}/carts",
        "/api/v1/branches/{code}/carts/",
        "/api/branches/{code}/rentals/history",
        f"/api/telemetry/branches/{{code}}?bucket=raw&{HOUR}",
        f"/api/telemetry/branches/{{code}}?{HOUR}",
        "/api/telemetry/branches/{code}?bucket=1h",
    ],
)
async def test_an_answer_is_the_same_in_front_of_django(
    front: httpx.AsyncClient, django: httpx.AsyncClient, world: World, who: Callers, path: str
) -> None:
    where = path.format(code=world.branch.code, id=world.branch.pk)
    headers = who["staff"]
    ours, theirs = await front.get(where, headers=headers), await django.get(where, headers=headers)
    assert (ours.status_code, theirs.status_code) == (200, 200)
    assert (DJANGOS in ours.headers, DJANGOS in theirs.headers) == (False, True)
    assert ours.content == theirs.content
    for name in ("content-type", "cache-control", "x-content-type-options"):
        assert ours.headers[name] == theirs.headers[name]
    following = ours.json().get("next")
    if following:
        rest = await front.get(following, headers=headers)
        assert len(rest.json()["results"]) == 10


@pytest.mark.parametrize(
    ("query", "status"),
    [
        ("carts?standing=available", 200),
        ("carts?nonsense=1", 400),
        ("rentals/history?page=2", 200),
        ("rentals/history?status=gone", 400),
    ],
)
async def test_what_is_asked_for_in_another_way_is_djangos(
    front: httpx.AsyncClient, world: World, who: Callers, query: str, status: int
) -> None:
    headers = who["staff"]
    answer = await front.get(f"/api/branches/{world.branch.code}/{query}", headers=headers)
    assert (answer.status_code, DJANGOS in answer.headers) == (status, True)


@pytest.mark.parametrize(
    "query", ["from=yesterday", "bucket=2h", f"{HOUR}&from=2026-03-01T11:00:00Z", "to=2026-01-01&type=load"]
)
async def test_a_query_that_is_none_is_refused_by_django(
    front: httpx.AsyncClient, world: World, who: Callers, query: str
) -> None:
    headers = who["staff"]
    answer = await front.get(f"/api/telemetry/branches/{world.branch.code}?{query}", headers=headers)
    assert (answer.status_code, DJANGOS in answer.headers) == (400, True)


async def test_nobody_sees_a_branch_that_is_not_theirs(
    front: httpx.AsyncClient, world: World, who: Callers
) -> None:
    path = f"/api/branches/{world.branch.code}/carts"
    assert (await front.get(path)).status_code == 401
    assert (await front.get(path, headers={"Authorization": "Bearer x"})).status_code == 401
    assert (await front.get(path, headers=who["shopper"])).status_code == 404
    assert (await front.get(path, headers=who["device"])).status_code in (401, 403)
    staff = who["staff"]
    assert (await front.get("/api/branches/nowhere/carts", headers=staff)).status_code == 404
    assert (await front.get(path, headers={**staff, "Host": "evil.example"})).status_code == 400


async def test_a_role_that_is_taken_away_is_gone_at_once(
    front: httpx.AsyncClient, world: World, who: Callers, member: str
) -> None:
    path = f"/api/branches/{world.branch.code}/carts"
    assert (await front.get(path, headers=who["staff"])).status_code == 200
    gone = await front.delete(f"/api/chains/{world.chain.slug}/members/{member}", headers=who["boss"])
    assert gone.status_code == 204
    assert (await front.get(path, headers=who["staff"])).status_code == 404
