"""The flooders: sockets that send commands as fast as the wire takes them, and come again when cut off.

Reads a ``Flood`` from standard input, prints ``Flooded``. By hand, on bare streams: a websocket library
would spend on each frame more than the server does.
"""

from __future__ import annotations

import asyncio
import sys
import time

import msgspec
import uvloop

from bench.load.plan import cpu_seconds, write_outcome

_FRAMES = 50
"""Written at once."""
_AGAIN_S = 0.2
"""From being cut off to the next attempt."""


class Flooder(msgspec.Struct, frozen=True):
    """One socket's account, and the address it claims to come from (None: this machine's)."""

    token: str
    address: str | None


class Flood(msgspec.Struct, frozen=True):
    """What the process is told."""

    host: str
    port: int
    command: str
    """A frame's text, ``@ID@`` where its id goes."""
    seconds: float
    flooders: list[Flooder]
    once: bool = False
    """Each opens its socket, sends one command, hears the answer and leaves: a visitor, no attacker."""


class Flooded(msgspec.Struct):
    """What it did, over all sockets."""

    opened: int = 0
    turned_away: int = 0
    """Attempts that were refused before they were a socket."""
    cut_off: int = 0
    sent: int = 0
    """Commands that the wire took; what the server did not read of them is lost with the socket."""
    answered: int = 0
    refused: int = 0
    client_cpu: float = 0.0
    """Share of one core; near 1 this client was the bottleneck."""


def frame(text: bytes) -> bytes:
    """Return a client's text frame (RFC 6455, 5.2), masked by zeros, which leaves the text as it is."""
    length = bytes([0x80 | len(text)]) if len(text) < 126 else b"\xfe" + len(text).to_bytes(2, "big")
    return b"\x81" + length + b"\0\0\0\0" + text


def command(flood: Flood, number: int) -> bytes:
    """Return the command's text, with an id that this socket has not used."""
    return flood.command.replace("@ID@", f"f{number}", 1).encode()


def handshake(flood: Flood, flooder: Flooder) -> bytes:
    """Return the request that opens the socket."""
    lines = [
        "GET /ws/shopper/ HTTP/1.1",
        f"Host: {flood.host}:{flood.port}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Version: 13",
        "Sec-WebSocket-Protocol: trolley.v1",
        f"Authorization: Bearer {flooder.token}",
    ]
    if flooder.address is not None:
        lines.append(f"X-Forwarded-For: {flooder.address}")
    return "\r\n".join([*lines, "", ""]).encode()


async def attack(flood: Flood, flooder: Flooder, seen: Flooded) -> None:
    """Open the socket and flood it, again and again, until cancelled."""
    while True:
        try:
            reader, writer = await asyncio.open_connection(flood.host, flood.port)
        except OSError:
            seen.turned_away += 1
            await asyncio.sleep(_AGAIN_S)
            continue
        try:
            writer.write(handshake(flood, flooder))
            head = await reader.readuntil(b"\r\n\r\n")
            if b" 101 " not in head.split(b"\r\n", 1)[0]:
                seen.turned_away += 1
            else:
                seen.opened += 1
                if flood.once:
                    await _visit(reader, writer, frame(command(flood, 0)))
                    return
                await _use(reader, writer, flood, seen)
                seen.cut_off += 1
        except (OSError, asyncio.IncompleteReadError):
            seen.turned_away += 1
        finally:
            writer.close()
        await asyncio.sleep(_AGAIN_S)


async def _visit(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, command: bytes) -> None:
    writer.write(command)
    await reader.readuntil(b'"type":"reply"')


async def _use(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, flood: Flood, seen: Flooded
) -> None:
    listening = asyncio.create_task(_listen(reader, seen))
    talking = asyncio.create_task(_talk(writer, flood, seen))
    try:
        # Full is where the server reads no more; then the wait is for it or for the end.
        await asyncio.wait((talking, listening), return_when=asyncio.FIRST_COMPLETED)
    finally:
        for each in (talking, listening):
            each.cancel()
        await asyncio.gather(talking, listening, return_exceptions=True)


async def _talk(writer: asyncio.StreamWriter, flood: Flood, seen: Flooded) -> None:
    number = 0
    while True:
        writer.write(b"".join(frame(command(flood, number + n)) for n in range(_FRAMES)))
        number += _FRAMES
        seen.sent += _FRAMES
        await writer.drain()
        await asyncio.sleep(0)


async def _listen(reader: asyncio.StreamReader, seen: Flooded) -> None:
    try:
        while data := await reader.read(65536):
            seen.answered += data.count(b'"ok":true')
            seen.refused += data.count(b'"ok":false')
    except OSError:
        pass


async def run(flood: Flood) -> None:
    """Flood for the time given and say what came of it."""
    seen = Flooded()
    cpu, began = cpu_seconds(), time.perf_counter()
    attackers = [asyncio.create_task(attack(flood, each, seen)) for each in flood.flooders]
    await (asyncio.wait(attackers, timeout=60) if flood.once else asyncio.sleep(flood.seconds))
    for each in attackers:
        each.cancel()
    await asyncio.gather(*attackers, return_exceptions=True)
    seen.client_cpu = (cpu_seconds() - cpu) / (time.perf_counter() - began)
    write_outcome(seen)


if __name__ == "__main__":
    uvloop.run(run(msgspec.json.decode(sys.stdin.buffer.read(), type=Flood)))
