"""Mosquitto, the MQTT broker of sites that want one."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from contextlib import ExitStack
from urllib.parse import urlsplit

from scripts.services._process import (
    LOCALHOST,
    free_port,
    installed,
    private_directory,
    running,
    start,
)

# MQTT 3.1.1 CONNECT: protocol name, level 4, clean session, keep alive 10 s, id "probe".
CONNECT = bytes.fromhex("1011 0004 4d515454 04 02 000a 0005") + b"probe"
CONNACK_ACCEPTED = bytes.fromhex("20020000")


def mosquitto(stack: ExitStack, environ: Mapping[str, str]) -> tuple[str, str]:
    """The URL of an MQTT broker, and how it was found."""
    if found := running("an MQTT broker", "MQTT_URL", f"mqtt://{LOCALHOST}:1883", environ, _accepts):
        return found
    server = installed("Mosquitto", "mosquitto", ("mosquitto", "mosquitto-clients"), environ)
    directory = private_directory(stack, "mosquitto")
    port = free_port()
    url = f"mqtt://{LOCALHOST}:{port}"
    config = directory / "mosquitto.conf"
    # As root it would turn into the user mosquitto, who cannot read our directory.
    settings = (f"listener {port} {LOCALHOST}", "allow_anonymous true", "set_tcp_nodelay true", "user root")
    config.write_text("\n".join((*settings, "persistence false", "")))
    start(stack, [server, "-c", str(config)], directory, lambda: _accepts(url))
    return url, f"started from {server} on port {port}"


def _accepts(url: str) -> bool:
    """Whether an anonymous client is accepted; a URL with a user or TLS only needs to listen."""
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or LOCALHOST, parts.port or 1883), timeout=2) as broker:
            if parts.username or parts.scheme == "mqtts":
                return True
            broker.settimeout(2)
            broker.sendall(CONNECT)
            return broker.recv(4) == CONNACK_ACCEPTED
    except OSError:
        return False
