"""Serve asgi:application with Uvicorn, the one way that `make run`, the container and the benchmark share.

One process: the actors live in it. Host and port are arguments; everything else
about the product comes from the environment through core/settings.
"""

from __future__ import annotations

import argparse
from typing import Any

import uvicorn

from realtime.limits.connections import raise_descriptor_limit

OPTIONS: dict[str, Any] = {
    "loop": "uvloop",
    "http": "realtime.limits.uvicorn:LimitedHttp",
    "ws": "realtime.limits.uvicorn:LimitedWebSocket",
    # The application reads what proxies say itself, by TRUSTED_PROXIES.
    "proxy_headers": False,
    "backlog": 2048,
    # Frames are small and many; deflating each costs more time than it saves on the wire.
    "ws_per_message_deflate": False,
    # Longer messages than the product's own limit are closed by the protocol before they are kept.
    "ws_max_size": 128 * 1024,
    # An open socket is a sign of life, so one whose client has gone without a word must be noticed soon.
    "ws_ping_interval": 10.0,
    "ws_ping_timeout": 5.0,
    "access_log": False,
    "server_header": False,
    "lifespan": "on",
    "timeout_graceful_shutdown": 10,
}


def main() -> None:
    """Serve until SIGINT or SIGTERM, then shut down in order."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--app", default="asgi:application")
    parser.add_argument("--lifespan", default=OPTIONS["lifespan"], choices=["on", "off"])
    arguments = parser.parse_args()
    raise_descriptor_limit()
    options = {**OPTIONS, "lifespan": arguments.lifespan}
    uvicorn.run(arguments.app, host=arguments.host, port=arguments.port, log_level="warning", **options)


if __name__ == "__main__":
    main()
