"""Redis, for the channel layer."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack

import redis as client

from scripts.services._process import (
    LOCALHOST,
    Missing,
    free_port,
    ignores_running,
    installed,
    private_directory,
    start,
)


def redis(stack: ExitStack, environ: Mapping[str, str]) -> tuple[str, str]:
    """The URL of a Redis server, and how it was found."""
    if not ignores_running(environ):
        for variable in ("TEST_REDIS_URL", "REDIS_URL"):
            if url := environ.get(variable):
                if not _answers(url):
                    raise Missing(f"{variable} names a Redis server that does not answer: {url}")
                return url, f"named by {variable}"
        url = f"redis://{LOCALHOST}:6379"
        if _answers(url):
            return url, f"listening on {LOCALHOST}:6379"
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
