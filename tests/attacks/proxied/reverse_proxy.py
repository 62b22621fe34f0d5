"""A reverse proxy in a process of its own: appends whom it serves to X-Forwarded-For, as nginx and Caddy do.

    python -m tests.attacks.proxied.reverse_proxy FROM_ADDRESS TO_PORT

It connects to the server from ``FROM_ADDRESS``, and prints the port on which it listens. One request a
connection; what follows the head, also both ways of a websocket, passes as it is.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import suppress


def forwarded(head: bytes, peer: str) -> bytes:
    """Return a request's head (without its empty line) with the peer appended to X-Forwarded-For."""
    first, *fields = head.split(b"\r\n")
    named = [field.partition(b":")[2].strip() for field in fields if _is(field, b"x-forwarded-for")]
    kept = [field for field in fields if not _is(field, b"x-forwarded-for")]
    return b"\r\n".join((first, *kept, b"X-Forwarded-For: " + b", ".join((*named, peer.encode()))))


def _is(field: bytes, name: bytes) -> bool:
    return field.partition(b":")[0].strip().lower() == name


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError):
        while piece := await reader.read(65536):
            writer.write(piece)
            await writer.drain()
        writer.write_eof()


async def serve(from_address: str, to_port: int) -> None:
    """Run until the process is ended."""

    async def one(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n"))[:-4]
        there = await asyncio.open_connection("127.0.0.1", to_port, local_addr=(from_address, 0))
        there[1].write(forwarded(head, writer.get_extra_info("peername")[0]) + b"\r\n\r\n")
        await asyncio.gather(_pass_on(reader, there[1]), _pass_on(there[0], writer))
        for each in (there[1], writer):
            each.close()

    server = await asyncio.start_server(one, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1], int(sys.argv[2])))
