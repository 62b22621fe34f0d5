"""The device link over a broker: the same messages on the device's topics, the bridge at the other end."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from uuid import uuid4

import aiomqtt

from devicegw import mqtt_wire, wire
from devicegw.link import broker
from devicegw.link.broker import DeviceTopics
from devicegw.link.config import MqttLink
from devicegw.link.transport import ChannelClosed, LinkChannel

GOODBYE_S = 2.0


class MqttTransport:
    """Opens a new connection to the broker for every channel, so that no state of an earlier one is left."""

    def __init__(self, config: MqttLink, device_id: str, token: Callable[[], str]) -> None:
        self._config = config
        self._token = token
        self._topics = DeviceTopics(config.prefix, config.chain, config.branch, device_id)

    @property
    def name(self) -> str:
        """Return broker and topic."""
        return f"mqtt {self._config.broker.address} {self._topics.status}"

    @asynccontextmanager
    async def open(self, answer_s: float) -> AsyncIterator[LinkChannel]:
        """Connect, publish that we are online and log in; the last will publishes that we are not."""
        connection = uuid4().hex
        offline = mqtt_wire.encode(mqtt_wire.Offline())
        will = aiomqtt.Will(self._topics.status, offline, qos=1, retain=True)
        login = mqtt_wire.encode(mqtt_wire.Login(connection, self._token()))
        try:
            async with broker.client(
                self._config.broker, self._topics.identifier, will, timeout=answer_s
            ) as client:
                await client.subscribe(self._topics.commands, qos=1)
                online = mqtt_wire.encode(mqtt_wire.Online())
                await broker.publish(client, self._topics.status, online, retain=True)
                await broker.publish(client, self._topics.login, login)
                try:
                    yield _MqttChannel(client, self._topics, connection, self._config)
                finally:
                    with contextlib.suppress(aiomqtt.MqttError):
                        await broker.publish(
                            client, self._topics.status, offline, retain=True, within_s=GOODBYE_S
                        )
        except aiomqtt.MqttError as error:
            raise closed_by(self._config, error) from error
        except broker.BrokerError as error:
            raise ChannelClosed(f"link.{error}") from error


class _MqttChannel:
    """A connection to the broker as a Channel."""

    def __init__(
        self, client: aiomqtt.Client, topics: DeviceTopics, connection: str, config: MqttLink
    ) -> None:
        self._client = client
        self._topics = topics
        self._connection = connection
        self._config = config
        self._messages = aiter(client.messages)

    async def send(self, text: str) -> None:
        """Publish; returns once the broker has it."""
        topics = self._topics
        is_telemetry = mqtt_wire.type_of(text.encode()) == wire.Telemetry.__struct_config__.tag
        topic = topics.telemetry if is_telemetry else topics.status
        try:
            await broker.publish(self._client, topic, text)
        except aiomqtt.MqttError as error:
            raise closed_by(self._config, error) from error

    async def recv(self) -> bytes:
        """Return the next message that is for this connection."""
        while True:
            try:
                message = await anext(self._messages)
            except aiomqtt.MqttError as error:
                raise closed_by(self._config, error) from error
            if broker.property_of(message, broker.CONNECTION) not in (None, self._connection):
                continue
            payload = broker.payload_of(message)
            if mqtt_wire.type_of(payload) == "closed":
                raise _closed(payload)
            return payload


def _closed(payload: bytes) -> ChannelClosed:
    try:
        closed = mqtt_wire.decode_closed(payload)
    except wire.UNREADABLE as error:
        return ChannelClosed(f"closed by the bridge: {error}")
    return ChannelClosed(f"closed by the bridge: {closed.reason}", closed.code)


def closed_by(config: MqttLink, error: aiomqtt.MqttError) -> ChannelClosed:
    """Return an end that the broker made; one that took our name for another counts as replaced."""
    code = 4409 if broker.code_of(error) == broker.TAKEN_OVER else None
    return ChannelClosed(broker.why(config.broker, error), code)
