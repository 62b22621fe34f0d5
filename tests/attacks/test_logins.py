"""A crowd of guessers before the login: most are told to come again before they cost anything."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient

from realtime import server as serving
from realtime.limits.logins import Logins
from realtime.server import Server

GUESSES = 20


@pytest.fixture
def options(options: dict[str, Any], monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """One is hashed, one looked up, and three wait."""
    monkeypatch.setattr(serving, "Logins", lambda *_: Logins(1, 3))
    return options


async def test_guesses_over_the_queue_never_come_to_django(server: Server) -> None:
    """They cost no thread and no connection to the database; everything else is served as ever."""
    transport = ASGITransport(app=server)  # type: ignore[arg-type]
    async with AsyncClient(transport=transport, base_url="http://localhost") as http:
        guesses = [
            http.post("/api/v1/auth/token/", json={"username": f"owner{number}", "password": "a wrong one"})
            for number in range(GUESSES)
        ]
        answers = await asyncio.gather(*guesses)
        assert (await http.get("/api/me")).status_code == 401
    busy = [answer for answer in answers if answer.status_code == 503]
    assert len(busy) == GUESSES - 5
    assert {(each.json()["code"], each.headers["Retry-After"]) for each in busy} == {("logins_busy", "5")}
    assert {answer.status_code for answer in answers} == {401, 503}
