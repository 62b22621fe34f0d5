"""The bridge's part for one device: its messages on the broker become a websocket, and the other way round.

A login and the hello after it open a websocket with the device's own token. From then on
messages pass as they are: whatever is decided is decided by the device and the server,
which also repeat until acknowledged and know a repeat. When the websocket ends, the
device is told Closed and begins again; when the device goes, the websocket is closed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine
from typing import Any

from devicegw import mqtt_wire
from devicegw.link.transport import ChannelClosed, LinkChannel, WebsocketTransport
from devicegw.mqtt_wire import Closed, Login
from devicegw.tasks import until_one_ends
from devicegw.wire import UNREADABLE

_log = logging.getLogger("devices.bridge")

MOST_WAITING = 1000
"""Messages that may wait for a slow server; a device sends what is lost again."""
ANSWER_S = 10.0

Tell = Callable[[str, str | None], Coroutine[Any, Any, None]]
"""Publish a text for the device, for one of its connections or for any."""


class DeviceConnection:
    """One device. ``take`` does not wait; ``stop`` before the loop ends."""

    def __init__(self, device_id: str, url: str, tell: Tell) -> None:
        self._device_id = device_id
        self._url = url
        self._tell = tell
        self._login: Login | None = None
        self._is_fresh = False
        self._waiting: asyncio.Queue[str] = asyncio.Queue(MOST_WAITING)
        self._running: asyncio.Task[None] | None = None
        self._telling: set[asyncio.Task[None]] = set()

    def take(self, payload: bytes, *, login: bool = False, retained: bool = False) -> None:
        """Take what the device published; a repeat changes nothing."""
        kind = mqtt_wire.type_of(payload)
        if login:
            self._take_login(payload)
        elif kind == "online":
            # Of a device that was there before us: we do not know what it last heard.
            if retained and not self._is_open:
                self._say(Closed("the bridge has come"), None)
        elif kind == "offline":
            self._end()
        elif kind == "hello":
            self._begin(payload.decode("utf-8", "replace"))
        elif self._is_open:
            self._pass_on(payload.decode("utf-8", "replace"))

    async def stop(self) -> None:
        """Close the websocket."""
        self._end()
        tasks = [task for task in (self._running, *self._telling) if task is not None]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    @property
    def _is_open(self) -> bool:
        return self._running is not None and not self._running.done()

    def _take_login(self, payload: bytes) -> None:
        try:
            login = mqtt_wire.decode_login(payload)
        except UNREADABLE as error:
            _log.error("device %s: login not understood: %s", self._device_id, error)
            return
        if self._login is None or login.connection != self._login.connection:
            self._login, self._is_fresh = login, True

    def _begin(self, hello: str) -> None:
        if self._login is None or not self._is_fresh:
            if not self._is_open:
                self._say(Closed("expected login before hello"), None)
            return
        self._end()
        self._is_fresh = False
        self._waiting = asyncio.Queue(MOST_WAITING)
        self._running = asyncio.create_task(self._run(self._login, hello, self._waiting))

    def _end(self) -> None:
        if self._running is not None:
            self._running.cancel()

    def _pass_on(self, text: str) -> None:
        try:
            self._waiting.put_nowait(text)
        except asyncio.QueueFull:
            self._end()
            self._say(Closed("the server does not take what the device sends"), self._connection)

    @property
    def _connection(self) -> str | None:
        return None if self._login is None else self._login.connection

    def _say(self, closed: Closed, connection: str | None) -> None:
        task = asyncio.create_task(self._tell(mqtt_wire.encode(closed), connection))
        self._telling.add(task)
        task.add_done_callback(self._told)

    def _told(self, task: asyncio.Task[None]) -> None:
        self._telling.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            _log.warning("device %s was not told: %s", self._device_id, error)

    # --- one connection -------------------------------------------------------

    async def _run(self, login: Login, hello: str, waiting: asyncio.Queue[str]) -> None:
        try:
            async with WebsocketTransport(self._url, lambda: login.token).open(ANSWER_S) as channel:
                _log.info("device %s is connected", self._device_id)
                await channel.send(hello)
                await until_one_ends(_up(channel, waiting), self._down(channel, login.connection))
        except ChannelClosed as error:
            closed = Closed(str(error), error.code)
        except OSError as error:
            closed = Closed(f"{type(error).__name__}: {error}")
        else:
            closed = Closed("the server closed the link")
        _log.info("device %s is not connected: %s", self._device_id, closed.reason)
        # Without a broker the device knows already, and its next login finds us.
        with contextlib.suppress(ChannelClosed):
            await self._tell(mqtt_wire.encode(closed), login.connection)

    async def _down(self, channel: LinkChannel, connection: str) -> None:
        while True:
            data = await channel.recv()
            await self._tell(data if isinstance(data, str) else data.decode(), connection)


async def _up(channel: LinkChannel, waiting: asyncio.Queue[str]) -> None:
    while True:
        await channel.send(await waiting.get())
