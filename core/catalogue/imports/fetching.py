"""Fetching a supplier's file by its address, so that nobody has us look into our own network.

What somebody may type for us to call could name what only we can reach. So the address of every connection
is looked at when its socket is made, after names were resolved and for each redirect anew: it must be one of
the public internet, and https. ``SUPPLIER_ORIGINS`` names the exceptions that an installation trusts.
Whoever imports this module imports aiohttp, which is slow; ``addresses`` does without.
"""

from __future__ import annotations

import asyncio
import socket
from typing import Any

import aiohttp
from django.conf import settings
from yarl import URL

from core.catalogue.imports.addresses import is_public, is_trusted
from core.catalogue.imports.refused import FileRefused

_MOST_REDIRECTS = 3
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_CHUNK = 1 << 16


class NotFetched(FileRefused):
    """There is no file to be had; the text says what was expected and what came."""


class _Inward(OSError):
    """An address that is not one of the public internet."""


def fetched(url: str) -> bytes:
    """Return the file at the address; raises NotFetched. Blocking, for ``SUPPLIER_TIMEOUT_S`` at the most."""
    return asyncio.run(_fetched(URL(url)))


async def _fetched(url: URL) -> bytes:
    try:
        trusted = url.origin() if is_trusted(url) else None
        async with asyncio.timeout(settings.SUPPLIER_TIMEOUT_S):
            for _ in range(_MOST_REDIRECTS + 1):
                found = await _answer(url, url.origin() == trusted)
                if isinstance(found, bytes):
                    return found
                url = found
    except TimeoutError:
        most = settings.SUPPLIER_TIMEOUT_S
        raise NotFetched(f"Expected the file within {most:g} s.", "fetch_slow", seconds=most) from None
    except (aiohttp.ClientError, OSError, ValueError) as error:
        said = f"Expected an answer of {url.host}, got none: {_reason(error)}."
        raise NotFetched(said, "fetch_no_answer", host=str(url.host)) from None
    raise NotFetched(f"Expected at most {_MOST_REDIRECTS} redirects.", "fetch_redirects")


async def _answer(url: URL, trusted: bool) -> bytes | URL:
    """Return the file, or where else it is. Only who was trusted from the start leads to the trusted."""
    if url.scheme != "https" and not trusted:
        got = f"{url.scheme}://{url.host}"
        raise NotFetched(f"Expected an https address, got {got}.", "no_address", got=got)
    connector = aiohttp.TCPConnector(socket_factory=None if trusted else _public_socket)
    headers = {"Accept-Encoding": "identity", "User-Agent": "smart-trolley"}
    async with (
        aiohttp.ClientSession(connector=connector, auto_decompress=False, headers=headers) as session,
        session.get(url, allow_redirects=False) as response,
    ):
        if response.status in _REDIRECTS and "Location" in response.headers:
            return url.join(URL(response.headers["Location"]))
        if response.status != 200:
            said = f"Expected a file from {url.host}, got status {response.status}."
            raise NotFetched(said, "fetch_status", host=str(url.host), status=response.status)
        if response.headers.get("Content-Encoding", "identity") != "identity":
            raise NotFetched("Expected the file as it is, got it compressed.", "fetch_compressed")
        return await _body(response)


async def _body(response: aiohttp.ClientResponse) -> bytes:
    data = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        data += chunk
        if len(data) > settings.IMPORT_MAX_BYTES:
            most = settings.IMPORT_MAX_BYTES
            raise NotFetched(f"Expected at most {most} bytes, got more.", "fetch_large", most=most)
    return bytes(data)


def _public_socket(info: tuple[Any, ...]) -> socket.socket:
    """Return a socket for the address that a connection is about to be made to; raises _Inward."""
    family, kind, protocol, _, address = info
    if not is_public(str(address[0])):
        raise _Inward("its address is not one of the public internet")
    return socket.socket(family, kind, protocol)


def _reason(error: Exception) -> str:
    cause = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    inward = cause if isinstance(cause, _Inward) else None
    return str(inward) if inward is not None else type(error).__name__
