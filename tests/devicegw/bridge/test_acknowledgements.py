"""Messages that are acknowledged when they are dealt with: what the broker brings again, and what not."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from uuid import uuid4

from devicegw.bridge.acknowledgements import Acknowledgements
from devicegw.link import broker
from devicegw.link.config import BrokerConfig
from tests.devicegw.carriers import DEADLINE, OverBroker


class Session:
    """A session that outlives its connections."""

    def __init__(self, mqtt_url: str) -> None:
        self.config: BrokerConfig = OverBroker("ws://nowhere/ws/device/", mqtt_url).broker
        self.name = uuid4().hex
        self.topic = f"test-{self.name}/orders"

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[Callable[[], object]]:
        """Connect; yields a function that waits for the next message."""
        client = broker.client(self.config, self.name, None, session_s=30)
        acknowledgements = Acknowledgements(client)
        async with client:
            await client.subscribe(self.topic, qos=1)
            messages = aiter(client.messages)

            async def take() -> tuple[str, Callable[[], None]]:
                message = await asyncio.wait_for(anext(messages), DEADLINE)
                return broker.payload_of(message).decode(), acknowledgements.came(message)

            yield take
            # What was acknowledged is on the wire once something that came after it is answered.
            await client.subscribe(self.topic, qos=1)

    async def publish(self, *texts: str) -> None:
        async with broker.client(self.config, uuid4().hex, None) as client:
            for text in texts:
                await broker.publish(client, self.topic, text)


async def test_what_was_not_dealt_with_comes_again_and_the_rest_does_not(mqtt_url: str) -> None:
    session = Session(mqtt_url)
    async with session.connected() as take:
        await session.publish("one", "two", "three")
        came = [await take() for _ in range(3)]
        assert [text for text, _ in came] == ["one", "two", "three"]
        came[0][1]()
    async with session.connected() as take:
        assert [(await take())[0] for _ in range(2)] == ["two", "three"]


async def test_a_message_is_not_acknowledged_before_those_that_came_before_it(mqtt_url: str) -> None:
    session = Session(mqtt_url)
    async with session.connected() as take:
        await session.publish("one", "two")
        (_, first), (_, second) = await take(), await take()
        second()
    async with session.connected() as take:
        (one, first), (two, second) = await take(), await take()
        assert (one, two) == ("one", "two")
        second()
        first()
    async with session.connected() as take:
        await session.publish("three")
        assert (await take())[0] == "three"
