"""The way to the server in config.json: straight, or over a site's broker."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta, Struct

PREFIX = "cartwise"
Level = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^+#/\x00]+$")]
"""One level of a topic."""
Prefix = Annotated[
    str, Meta(min_length=1, max_length=200, pattern=r"^[^+#\x00/][^+#\x00]*[^+#\x00/]$|^[^+#\x00/]$")
]


class TlsConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """How the broker proves who it is, and we who we are. Paths of PEM files."""

    ca: str | None = None
    """The authority that signed the broker's certificate; the system's if not set."""
    cert: str | None = None
    key: str | None = None


class BrokerConfig(Struct, frozen=True, forbid_unknown_fields=True):
    """Where the broker is and how it lets us in."""

    host: Annotated[str, Meta(min_length=1)]
    port: Annotated[int, Meta(ge=1, le=65535)] | None = None
    """8883 with TLS, else 1883."""
    username: str | None = None
    password_file: str | None = None
    """Read at every connection."""
    tls: TlsConfig | None = None
    keepalive_s: Annotated[int, Meta(ge=1, le=3600)] = 15
    """A broker that hears nothing for one and a half of it takes us for gone."""

    @property
    def address(self) -> str:
        """Return host and port."""
        return f"{self.host}:{self.port or (8883 if self.tls else 1883)}"


class MqttLink(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="mqtt"):
    """The agent's ``link`` over a broker."""

    broker: BrokerConfig
    chain: Level
    branch: Level
    prefix: Prefix = PREFIX


class WebsocketLink(Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="websocket"):
    """The agent's ``link`` straight to ``server_url``."""
