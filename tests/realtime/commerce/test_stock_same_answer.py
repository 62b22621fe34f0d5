"""Generated: a branch's stock gets the same answer over HTTP, over a socket and from a file."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import httpx
import pytest

from core.inventory import counts
from realtime.server import Server
from realtime.testing import CommandRefused, TrolleyClient, trolley_client
from tests.realtime.conftest import World
from tests.realtime.paying import http

UNITS = [
    "-1", "1", "7", "1.0", "1.5", "1e3", "1_000", "٣", "0x10", "NaN", "many", "--1", "+1", "1000000",
    "1000001", "1000000000", "1000000001", "99999999999999999999",
]  # fmt: skip
"""Of what was received, 0 is left out: in a file's cell it is that nothing came."""
PLAIN = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")


def imported(world: World, field: str, text: str) -> Any:
    """What a dry run of a file with that cell would write."""
    (line,) = counts.check(world.branch, f"barcode,{field}\n{world.products[0].barcode},{text}\n".encode())
    return "refused" if line.outcome == "refused" else getattr(line, field)


def asked(world: World, field: str, given: Any) -> tuple[str, dict[str, Any]]:
    """The command and its fields."""
    product = str(world.products[0].pk)
    if field == "received":
        return "receive", {"lines": [{"product_id": product, "quantity": given}]}
    return "adjust", {"product_id": product, "reason": "a count", field: given}


async def over_http(desk: httpx.AsyncClient, world: World, field: str, given: Any) -> Any:
    name, body = asked(world, field, given)
    answer = await desk.post(f"/api/branches/{world.branch.code}/stock/{name}", json=body)
    assert answer.status_code in (200, 201, 400), answer.text
    return "refused" if answer.status_code == 400 else given


async def over_the_socket(tablet: TrolleyClient, world: World, field: str, given: Any) -> Any:
    name, body = asked(world, field, given)
    try:
        await tablet.command(f"stock.{name}", branch=world.branch.code, **body)
    except CommandRefused as error:
        assert error.problem["status"] == 400
        return "refused"
    return given


@pytest.mark.parametrize("field", ["received", "counted", "low_at"])
async def test_stock_gets_one_answer_from_every_door(field: str, world: World, server: Server) -> None:
    staff = await asyncio.to_thread(world.staff)
    differ = {}
    async with http(server, staff) as desk, trolley_client(server, staff) as tablet:
        for text in UNITS if field == "received" else [*UNITS, "0"]:
            given = json.loads(text) if PLAIN.fullmatch(text) else text
            said = {
                "file": await asyncio.to_thread(imported, world, field, text),
                "HTTP": await over_http(desk, world, field, given),
                "socket": await over_the_socket(tablet, world, field, given),
            }
            if len({str(each) for each in said.values()}) > 1:
                differ[text] = said
    assert differ == {}
