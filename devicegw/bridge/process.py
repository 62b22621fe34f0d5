"""The process between an MQTT broker and the server: ``python -m devicegw.bridge --config bridge.json``.

Start-up: configuration, then broker and branches side by side; each is tried again for ever.
For every device that logs in on the broker there is a DeviceConnection, for every configured branch a
BranchFeed. When the broker goes, the devices' websockets are closed, for they lead nowhere then.
Devices and server repeat what was not answered. Whoever commands a trolley's lock does not, so these commands
come in a session of their own, and the broker keeps each until it is answered.

Stop, on SIGTERM or SIGINT. Exit status: 0 stopped, 2 configuration wrong. ``--check`` tells by
its exit status whether the bridge that was started with the same arguments is well.
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from random import Random

import aiomqtt
import msgspec

from devicegw.bridge.acknowledgements import Acknowledgements
from devicegw.bridge.branch import BranchSubscription
from devicegw.bridge.config import BridgeConfig, arguments, from_arguments
from devicegw.bridge.device import DeviceConnection
from devicegw.bridge.homeassistant import announcements
from devicegw.bridge.login import ServiceAccount
from devicegw.bridge.trolleys import TrolleyTopics
from devicegw.errors import ConfigError
from devicegw.link import broker
from devicegw.link.broker import BrokerError, DeviceTopics
from devicegw.link.link import Backoff
from devicegw.link.transport import ChannelClosed
from devicegw.logs import set_up
from devicegw.mqtt_wire import TrolleyStatus
from devicegw.tasks import until_one_ends

_log = logging.getLogger("devices.bridge")

ALIVE_S = 5.0
STALE_S = 30.0


class Bridge:
    """Broker on one side, server on the other. ``run`` until ``stop``."""

    def __init__(self, config: BridgeConfig, backoff: Backoff | None = None) -> None:
        self._config = config
        self._backoff = backoff or Backoff()
        self._random = Random()
        self._client: aiomqtt.Client | None = None
        self._devices: dict[str, DeviceConnection] = {}
        self._announced: dict[str, bytes] = {}
        self._stopping = asyncio.Event()
        self._failures = 0
        self._down_logged = False
        service = config.service
        self._feeds: dict[str, BranchSubscription] = {}
        if service is not None:
            account = ServiceAccount(config.server_url, service.username, service.password)
            self._feeds = {
                code: BranchSubscription(code, config.server_url, account, self, self._backoff)
                for code in config.branches
            }

    def stop(self) -> None:
        """Begin to stop."""
        self._stopping.set()

    async def run(self) -> None:
        """Bridge until ``stop``."""
        feeds = [feed.run() for feed in self._feeds.values()]
        await until_one_ends(self._stopping.wait(), self._broker(), self._tell_alive(), *feeds)
        _log.info("bridge stopped")

    # --- the broker -----------------------------------------------------------

    @property
    def _availability(self) -> str:
        return f"{self._config.prefix}/bridge/{self._config.name}/status"

    async def _broker(self) -> None:
        while True:
            try:
                await self._session()
            except aiomqtt.MqttError as error:
                why = broker.why(self._config.broker, error)
            except BrokerError as error:
                why = str(error)
            if not self._down_logged:
                self._down_logged = True
                _log.warning("broker down: %s", why)
            await asyncio.sleep(self._backoff.pause(self._failures, self._random))
            self._failures += 1

    async def _session(self) -> None:
        config = self._config
        will = aiomqtt.Will(self._availability, "offline", qos=1, retain=True)
        name = f"{config.prefix}/bridge/{config.name}"
        async with broker.client(config.broker, name, will, session_s=config.session_s) as client:
            self._client = client
            try:
                await self._subscribe(client, "devices/+/login", "devices/+/status", "devices/+/telemetry")
                await until_one_ends(self._take(client), self._take_commands(name), self._show_all(client))
            finally:
                self._client = None
                await asyncio.gather(*(device.stop() for device in self._devices.values()))
                self._devices.clear()

    async def _subscribe(self, client: aiomqtt.Client, *leaves: str) -> None:
        await client.subscribe([(f"{self._config.prefix}/+/+/{leaf}", 1) for leaf in leaves])

    async def _show_all(self, client: aiomqtt.Client) -> None:
        """Publish again what a restarted broker has lost."""
        self._announced.clear()
        await broker.publish(client, self._availability, "online", retain=True)
        for feed in self._feeds.values():
            await feed.show_all()
        await asyncio.Event().wait()

    async def _take(self, client: aiomqtt.Client) -> None:
        async for message in client.messages:
            match self._levels(message):
                case [chain, branch, "devices", device, leaf]:
                    self._device(chain, branch, device).take(
                        broker.payload_of(message), login=leaf == "login", retained=bool(message.retain)
                    )
                case _:
                    _log.warning("no device or branch of ours: %s", message.topic)

    async def _take_commands(self, name: str) -> None:
        config = self._config
        client = broker.client(config.broker, f"{name}/commands", None, session_s=config.session_s)
        acknowledgements = Acknowledgements(client)
        async with client:
            await self._subscribe(client, "carts/+/unlock", "carts/+/lock")
            self._failures, self._down_logged = 0, False
            _log.info("broker up: %s", config.broker.address)
            try:
                async for message in client.messages:
                    await self._take_command(message, acknowledgements.came(message))
            finally:
                acknowledgements.close()

    async def _take_command(self, message: aiomqtt.Message, done: Callable[[], None]) -> None:
        payload, retained = broker.payload_of(message), bool(message.retain)
        match self._levels(message):
            case [_, branch, "carts", trolley, op] if branch in self._feeds:
                await self._feeds[branch].command(trolley, op, payload, done, retained=retained)
            case _:
                _log.warning("no device or branch of ours: %s", message.topic)
                done()

    def _levels(self, message: aiomqtt.Message) -> list[str]:
        return str(message.topic).removeprefix(f"{self._config.prefix}/").split("/")

    # --- from server to broker ------------------------------------------------

    def _device(self, chain: str, branch: str, device: str) -> DeviceConnection:
        connection = self._devices.get(device)
        if connection is None:
            topics = DeviceTopics(self._config.prefix, chain, branch, device)

            async def tell(text: str, connection: str | None) -> None:
                await self._publish(topics.commands, text, connection)

            connection = DeviceConnection(device, self._config.device_url, tell)
            self._devices[device] = connection
        return connection

    async def _publish(self, topic: str, text: str, connection: str | None) -> None:
        """Publish for a device. Raises ChannelClosed if the broker is not there."""
        properties = None if connection is None else broker.user_property(broker.CONNECTION, connection)
        if self._client is None:
            raise ChannelClosed("the broker is down")
        try:
            await broker.publish(self._client, topic, text, properties=properties)
        except aiomqtt.MqttError as error:
            raise ChannelClosed(broker.why(self._config.broker, error)) from error

    async def show(self, chain: str, branch: str, status: TrolleyStatus) -> None:
        """Publish what a trolley is like now; without a broker it is published when there is one."""
        client, config = self._client, self._config
        if client is None:
            return
        topics = TrolleyTopics(config.prefix, chain, branch, status.trolley_id)
        messages = {topics.status: msgspec.json.encode(status)}
        if config.home_assistant is not None:
            found = announcements(config.home_assistant.prefix, topics, self._availability, branch, status)
            messages |= {topic: each for topic, each in found.items() if self._announced.get(topic) != each}
            self._announced |= found
        try:
            for topic, payload in messages.items():
                await broker.publish(client, topic, payload, retain=True)
        except aiomqtt.MqttError as error:
            # Everything is shown again to the broker that comes.
            _log.info("not shown: %s", error)

    # --- health ---------------------------------------------------------------

    @property
    def is_well(self) -> bool:
        """Whether broker and server are both there."""
        return self._client is not None and all(feed.is_up for feed in self._feeds.values())

    async def _tell_alive(self) -> None:
        while True:
            if self.is_well and self._config.alive_file is not None:
                Path(self._config.alive_file).touch()
            await asyncio.sleep(ALIVE_S)


async def _run(config: BridgeConfig) -> None:
    bridge = Bridge(config)
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, bridge.stop)
    await bridge.run()


def _check(config: BridgeConfig) -> int:
    path = Path(config.alive_file or "")
    well = path.is_file() and time.time() - path.stat().st_mtime < STALE_S
    return 0 if well else 1


def _parser() -> argparse.ArgumentParser:
    parser = arguments((__doc__ or "").split("\n\n")[0])
    parser.add_argument("--check", action="store_true", help="say by the exit status whether it is well")
    return parser


def main(argv: list[str] | None = None) -> int:
    """Read the configuration, run, return the exit status."""
    options = _parser().parse_args(argv)
    try:
        config = from_arguments(options)
    except ConfigError as error:
        sys.stderr.write(f"configuration: {error}\n")
        return 2
    if options.check:
        return _check(config)
    set_up(config.log_level, config.log_format)
    asyncio.run(_run(config))
    return 0


if __name__ == "__main__":
    sys.exit(main())
