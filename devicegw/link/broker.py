"""A site's MQTT broker: how to get there, and topics; what is published on them is in devicegw.mqtt_wire.

MQTT 5, QoS 1. Below ``{prefix}/{chain}/{branch}/devices/{device}/``:

- ``login`` from the device: Login, the first message of a connection; only the bridge may read it;
- ``status`` from the device: Online and Offline (retained; Offline is the last will), and the wire
  messages of devicegw.wire but for telemetry;
- ``telemetry`` from the device;
- ``commands`` to the device: the wire messages, and Closed in place of a socket's close.

What the bridge sends a device names the connection it answers in the user property
``connection``; what is still on its way from an earlier one is dropped.
"""

from __future__ import annotations

import asyncio
import math
import socket
import ssl
from pathlib import Path
from typing import Any

import aiomqtt
from paho.mqtt.packettypes import PacketTypes
from paho.mqtt.properties import Properties

from devicegw.link.config import BrokerConfig, TlsConfig

CONNECTION = "connection"
REFUSALS = (134, 135)
"""MQTT 5 reason codes of CONNACK that say our username or password is wrong."""
TAKEN_OVER = 142


class BrokerError(Exception):
    """A file that the configuration of the broker names cannot be read; the message names the key."""


class DeviceTopics:
    """The topics of one device."""

    def __init__(self, prefix: str, chain: str, branch: str, device_id: str) -> None:
        base = f"{prefix}/{chain}/{branch}/devices/{device_id}"
        self.identifier = base
        """The client's: a second client of the same device takes the first one's place."""
        self.status = f"{base}/status"
        self.telemetry = f"{base}/telemetry"
        self.commands = f"{base}/commands"
        self.login = f"{base}/login"


# --- the client -------------------------------------------------------------


class BrokerClient(aiomqtt.Client):
    """aiomqtt's client, whose end may come when nobody waits for it.

    The library keeps why a connection broke for the next call; where there is none, asyncio would log
    it as an exception that was never retrieved.
    """

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._disconnected.add_done_callback(_retrieve)

    async def __aenter__(self) -> BrokerClient:
        await super().__aenter__()
        self._disconnected.add_done_callback(_retrieve)  # it is another one after an earlier connection
        return self


def _retrieve(ended: asyncio.Future[None]) -> None:
    if not ended.cancelled():
        ended.exception()


def client(
    config: BrokerConfig,
    identifier: str,
    will: aiomqtt.Will | None,
    *,
    session_s: int = 0,
    timeout: float = 10.0,
) -> BrokerClient:
    """Return a client, not yet connected. Raises BrokerError.

    With ``session_s`` the broker keeps our subscriptions and what comes for us for so long.
    """
    properties = Properties(PacketTypes.CONNECT)  # type: ignore[no-untyped-call]
    properties.SessionExpiryInterval = session_s
    host, _, port = config.address.rpartition(":")
    return BrokerClient(
        host,
        int(port),
        username=config.username,
        password=_password(config),
        identifier=identifier,
        protocol=aiomqtt.ProtocolVersion.V5,
        will=will,
        clean_start=session_s == 0,
        properties=properties,
        keepalive=config.keepalive_s,
        timeout=timeout,
        # Small messages go both ways at once: without it each waits 40 ms for the other's acknowledgement.
        socket_options=((socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),),
        tls_context=None if config.tls is None else _tls(config.tls),
    )


async def publish(
    client: aiomqtt.Client,
    topic: str,
    payload: str | bytes,
    *,
    retain: bool = False,
    properties: Properties | None = None,
    within_s: float = 10.0,
) -> None:
    """Publish with QoS 1; return once the broker has it. Raises MqttError.

    The library's own timeout stands on asyncio.wait_for, which in Python 3.11 swallows a
    cancellation that comes together with the acknowledgement; asyncio.timeout does not.
    """
    try:
        async with asyncio.timeout(within_s):
            await client.publish(
                topic, payload, qos=1, retain=retain, properties=properties, timeout=math.inf
            )
    except TimeoutError as error:
        raise aiomqtt.MqttError(f"no acknowledgement within {within_s:g} s") from error


def user_property(name: str, value: str) -> Properties:
    """Return the properties of a PUBLISH with one user property."""
    properties = Properties(PacketTypes.PUBLISH)  # type: ignore[no-untyped-call]
    properties.UserProperty = (name, value)
    return properties


def property_of(message: aiomqtt.Message, name: str) -> str | None:
    """Return a user property of a message."""
    pairs: Any = getattr(message.properties, "UserProperty", ())
    return next((value for key, value in pairs if key == name), None)


def payload_of(message: aiomqtt.Message) -> bytes:
    """Return the payload as bytes."""
    payload: Any = message.payload
    return payload if isinstance(payload, bytes) else str(payload).encode()


def why(config: BrokerConfig, error: aiomqtt.MqttError) -> str:
    """Return what is wrong in words that name what to look after."""
    if code_of(error) in REFUSALS:
        who = (
            "an anonymous client"
            if config.username is None
            else f"the username or password of {config.username!r}"
        )
        return f"the broker {config.address} refused {who}"
    return f"broker {config.address}: {error}"


def code_of(error: BaseException) -> int:
    """Return the MQTT 5 reason code of an error or of what it came from, or 0."""
    reason = getattr(error, "rc", None)
    if reason is None:
        return 0 if error.__cause__ is None else code_of(error.__cause__)
    return int(getattr(reason, "value", reason))


def _password(config: BrokerConfig) -> str | None:
    if config.password_file is None:
        return None
    try:
        return Path(config.password_file).read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BrokerError(f"broker.password_file: {error}") from error


def _tls(config: TlsConfig) -> ssl.SSLContext:
    try:
        context = ssl.create_default_context(cafile=config.ca)
        if config.cert is not None:
            context.load_cert_chain(config.cert, config.key)
    except (OSError, ssl.SSLError) as error:
        raise BrokerError(f"broker.tls: {error}") from error
    return context
