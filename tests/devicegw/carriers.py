"""The two ways a link's messages may go, with what has to run for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Protocol
from uuid import uuid4

import aiomqtt
import msgspec

from devicegw.bridge.config import BridgeConfig, broker_of
from devicegw.bridge.process import Bridge
from devicegw.link import broker
from devicegw.link.config import BrokerConfig, MqttLink
from devicegw.link.link import Backoff
from devicegw.link.mqtt import MqttTransport
from devicegw.link.transport import Transport, WebsocketTransport

DEVICE_PATH = "/ws/device/"
QUICK = Backoff(0.01, 0.02)
DEADLINE = 60.0


class Carrier(Protocol):
    def transport(self, token: Callable[[], str]) -> Transport: ...

    def running(self) -> Any: ...


class OverWebsocket:
    def __init__(self, url: str) -> None:
        self.url = url

    def transport(self, token: Callable[[], str]) -> Transport:
        return WebsocketTransport(self.url, token)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        yield


class OverBroker:
    """A broker and the bridge; topics have a prefix of the test's own."""

    def __init__(self, url: str, mqtt_url: str, device_id: str = "pi-1", **settings: Any) -> None:
        self.prefix = f"test-{uuid4().hex[:12]}"
        self.broker = msgspec.convert(broker_of(mqtt_url), BrokerConfig)
        self.link = MqttLink(broker=self.broker, chain="chain", branch="branch", prefix=self.prefix)
        self.device_id = device_id
        raw = {
            "server_url": url.removesuffix(DEVICE_PATH),
            "broker": broker_of(mqtt_url),
            "prefix": self.prefix,
            "session_s": 1,
        }
        self.config = msgspec.convert(raw | settings, BridgeConfig)

    def transport(self, token: Callable[[], str]) -> Transport:
        return MqttTransport(self.link, self.device_id, token)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        bridge = Bridge(self.config, QUICK)
        async with broker.client(self.broker, uuid4().hex, None) as watching:
            await watching.subscribe(f"{self.prefix}/bridge/{self.config.name}/status", qos=1)
            task = asyncio.create_task(bridge.run())
            await asyncio.wait_for(_comes(watching), DEADLINE)
        try:
            yield
        finally:
            bridge.stop()
            await asyncio.wait_for(task, DEADLINE)

    @asynccontextmanager
    async def client(self) -> AsyncIterator[Client]:
        """Another client of the broker, that hears everything below the prefix."""
        async with broker.client(self.broker, uuid4().hex, None) as connected:
            await connected.subscribe(f"{self.prefix}/#", qos=1)
            yield Client(self.prefix, connected)


async def _comes(client: aiomqtt.Client) -> None:
    """Wait until the bridge says that it is there and hears devices; what is retained was said before."""
    async for message in client.messages:
        if not message.retain:
            return


class Client:
    """Somebody else at the broker."""

    def __init__(self, prefix: str, client: aiomqtt.Client) -> None:
        self.prefix = prefix
        self.client = client
        self.heard: list[tuple[str, Any]] = []

    async def publish(self, topic: str, payload: Any, *, retain: bool = False) -> None:
        text = payload if isinstance(payload, str) else msgspec.json.encode(payload)
        await self.client.publish(f"{self.prefix}/{topic}", text, qos=1, retain=retain)

    async def next(self, topic: str, met: Callable[[Any], Any]) -> Any:
        """Wait for a message on a topic that meets the condition; fail with all of them at the deadline."""

        async def read() -> Any:
            async for message in self.client.messages:
                payload = broker.payload_of(message)
                try:
                    content = msgspec.json.decode(payload)
                except msgspec.DecodeError:
                    content = payload.decode()
                place = str(message.topic).removeprefix(f"{self.prefix}/")
                self.heard.append((place, content))
                if place == topic and met(content):
                    return content
            raise AssertionError("the broker has nothing more")

        try:
            return await asyncio.wait_for(read(), DEADLINE)
        except TimeoutError:
            raise AssertionError(f"nothing like it on {topic}; heard {self.heard}") from None
