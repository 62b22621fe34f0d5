"""Guessers: wrong passwords, many at once, from so many addresses that only hashing limits them."""

from __future__ import annotations

import asyncio
import json
import sys
import time

import msgspec
import uvloop

from bench.load.plan import write_outcome


class Guess(msgspec.Struct, frozen=True):
    """What the process is told."""

    host: str
    port: int
    seconds: float
    guessers: int


class Guessed(msgspec.Struct):
    """Answers by status."""

    statuses: dict[int, int]


async def guesser(guess: Guess, number: int, seen: Guessed) -> None:
    """Try one wrong password after the other until the time is over."""
    until = time.perf_counter() + guess.seconds
    tried = 0
    while time.perf_counter() < until:
        tried += 1
        status = await _try(guess, f"10.{number}.{tried >> 8 & 255}.{tried & 255}", f"owner{number}-{tried}")
        seen.statuses[status] = seen.statuses.get(status, 0) + 1


async def _try(guess: Guess, address: str, name: str) -> int:
    body = json.dumps({"username": name, "password": "a wrong one"})
    head = (
        f"POST /api/auth/token HTTP/1.1\r\nHost: {guess.host}\r\nConnection: close\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nX-Forwarded-For: {address}\r\n\r\n"
    )
    try:
        reader, writer = await asyncio.open_connection(guess.host, guess.port)
        try:
            writer.write((head + body).encode())
            async with asyncio.timeout(60):
                return int((await reader.readline()).split()[1])
        finally:
            writer.close()
    except (OSError, IndexError, TimeoutError):
        return 0


async def run(guess: Guess) -> None:
    """Let all of them guess, and say how they were answered."""
    seen = Guessed({})
    await asyncio.gather(*(guesser(guess, number, seen) for number in range(guess.guessers)))
    write_outcome(seen)


if __name__ == "__main__":
    uvloop.run(run(msgspec.json.decode(sys.stdin.buffer.read(), type=Guess)))
