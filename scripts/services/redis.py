"""Redis, for the channel layer."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack

import redis as client

from scripts.services._process import (
    LOCALHOST,
    free_port,
    installed,
    private_directory,
    running,
    start,
)


def redis(stack: ExitStack, environ: Mapping[str, str]) -> tuple[str, str]:
    """The URL of a Redis server, and how it was found."""
    if found := running("a Redis server", "REDIS_URL", f"redis://{LOCALHOST}:6379", environ, _answers):
        return found
    server = installed("Redis", "redis-server", ("redis-server",), environ)
    directory = private_directory(stack, "redis")
    port = free_port()
    url = f"redis://{LOCALHOST}:{port}"
    command = [server, "--port", str(port), "--bind", LOCALHOST, "--save", "", "--appendonly", "no"]
    start(stack, [*command, "--dir", str(directory)], directory, lambda: _answers(url))
    return url, f"started from {server} on port {port}"


def _answers(url: str) -> bool:
    connection = client.Redis.from_url(url, socket_connect_timeout=2, socket_timeout=2)
    try:
        return bool(connection.ping())
    except client.RedisError:
        return False
    finally:
        connection.close()
