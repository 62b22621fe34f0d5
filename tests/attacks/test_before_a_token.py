"""Limits that hold before anybody says who they are: size, time, connections. Under both servers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.attacks.target import SERVERS, Target, target

FEW = {
    "HTTP_HEAD_S": "1",
    "HTTP_BODY_S": "1",
    "MAX_CONNECTIONS": "40",
    "HTTP_MAX_BODY_BYTES": "1048576",
}


@pytest.fixture(scope="module", params=SERVERS)
def shop(
    request: pytest.FixtureRequest, database: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Target]:
    with target(request.param, database, tmp_path_factory.mktemp("shop"), **FEW) as made:
        yield made


def _is_problem(body: bytes, status: int) -> bool:
    document = json.loads(body)
    return bool(document["status"] == status and document["code"] and document["detail"])


async def test_no_strangers_body_is_kept_however_long_it_says_it_is(shop: Target) -> None:
    before = set(shop.files())
    line = await shop.connect()
    line.send(
        b"POST /api/auth/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 300000010\r\n\r\n"
        + b"x" * 200_000
    )
    answer = await line.answer()
    assert answer.status == 413
    assert _is_problem(answer.body, 413)
    assert [name for name in set(shop.files()) - before if "deleted" in name] == []


async def test_a_body_without_a_length_is_counted_as_it_comes(shop: Target) -> None:
    line = await shop.connect()
    line.send(b"POST /api/auth/token HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    for _ in range(20):
        line.send(chunk)
        await line.writer.drain()  # A server that closed at once would reset the connection here.
    assert (await line.answer()).status == 413


async def test_who_still_sends_a_refused_head_reads_why(shop: Target) -> None:
    line = await shop.connect()
    line.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n")
    for _ in range(20):
        line.send(b"X-Long: " + b"a" * 8000 + b"\r\n")
        await line.writer.drain()
        await asyncio.sleep(0)
    assert (await line.answer()).status == 431


async def test_who_never_stops_sending_is_cut_off_all_the_same(shop: Target) -> None:
    line = await shop.connect()
    line.send(b"POST /api/auth/token HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n")
    with pytest.raises(ConnectionError):
        async with asyncio.timeout(60):
            while True:
                line.send(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")
                await line.writer.drain()


async def test_headers_without_an_end_are_refused(shop: Target) -> None:
    line = await shop.connect()
    line.send(b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X-Long: " + b"a" * 100_000)
    assert (await line.answer()).status == 431


async def test_many_headers_in_one_piece_are_refused(shop: Target) -> None:
    line = await shop.connect()
    line.send(
        b"GET / HTTP/1.1\r\nHost: localhost\r\n" + b"X-A: bbbbbbbbbbbbbbbbbbbbbbbb\r\n" * 4000 + b"\r\n"
    )
    assert (await line.answer()).status in (400, 431)


@pytest.mark.parametrize(
    "sent",
    [
        b"",
        b"GET / HTTP/1.1\r\nHost: localhost\r\nX: ",
        b"POST /api/auth/token HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\n{",
        b"GET /ws/shopper/ HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\n",
    ],
    ids=["silence", "half a header", "half a body", "half a handshake"],
)
async def test_who_does_not_go_on_is_cut_off(shop: Target, sent: bytes) -> None:
    line = await shop.connect()
    line.send(sent)
    assert (await line.answer()).status == 408


async def test_more_connections_than_there_may_be_are_refused_and_the_rest_is_served(shop: Target) -> None:
    lines = [await shop.connect() for _ in range(39)]
    late = [await shop.connect() for _ in range(20)]
    answers = await asyncio.gather(*(line.answer() for line in late))
    assert {answer.status for answer in answers} <= {503, 408}
    assert 503 in {answer.status for answer in answers}
    for line in lines:
        await line.close()
    async with asyncio.timeout(20):
        while (await shop.get("/healthz")).status != 200:
            await asyncio.sleep(0.05)


async def test_running_out_of_descriptors_is_never_a_500(database: Path, tmp_path: Path) -> None:
    """As many silent connections as the process has descriptors, and a page is still served."""
    with target("uvicorn", database, tmp_path, MAX_CONNECTIONS="200", HTTP_HEAD_S="5") as shop:
        lines = [await shop.connect() for _ in range(195)]
        assert (await shop.get("/api/branches")).status == 401
        more = [await shop.connect() for _ in range(200)]
        assert (await shop.get("/api/branches")).status == 503
        for line in (*lines, *more):
            await line.close()
        async with asyncio.timeout(20):
            while (await shop.get("/api/branches")).status != 401:
                await asyncio.sleep(0.05)
