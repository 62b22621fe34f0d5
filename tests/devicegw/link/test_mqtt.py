"""The device link over a real broker: last will, refusals by name, what other clients hear."""

from __future__ import annotations

import asyncio
import gc
import signal
from pathlib import Path
from typing import Any

import aiomqtt
import msgspec
import pytest

from devicegw import wire
from devicegw.agent.check import check_link
from devicegw.agent.config import load
from devicegw.errors import ConfigError
from devicegw.link import broker
from devicegw.link.config import BrokerConfig, MqttLink
from devicegw.link.mqtt import MqttTransport, closed_by
from devicegw.link.transport import ChannelClosed
from tests.devicegw.brokers import OwnBroker
from tests.devicegw.carriers import DEADLINE, OverBroker
from tests.devicegw.process import running, write_config
from tests.devicegw.server import FakeServer

SIMULATED = [{"port": "sim", "protocol": "simulator", "boards": [{"address": 0}]}]
STATUS = "chain/branch/devices/pi-1/status"


def agent_config(tmp_path: Path, over: OverBroker, **changes: Any) -> Path:
    link = {"kind": "mqtt", **msgspec.to_builtins(over.link)}
    link.pop("kind", None)
    settings = {"server_url": None, "buses": SIMULATED, "link": {"kind": "mqtt", **link}} | changes
    return write_config(tmp_path, "", "sim", **settings)


async def test_an_unlock_goes_to_the_agent_over_the_broker_and_its_end_comes_back(
    tmp_path: Path, mqtt_url: str
) -> None:
    async with FakeServer() as server:
        over = OverBroker(server.url, mqtt_url)
        async with over.running(), running(agent_config(tmp_path, over)) as agent:
            hello = await server.next(wire.Hello)
            assert hello.slots[0].hook == "closed"
            await server.unlock("u1", 0x03)
            await server.next(wire.Received, id="u1")
            assert (await server.next(wire.Result, id="u1")).outcome == "opened"
            assert await agent.stop() == 0


async def test_an_agent_that_is_killed_is_offline_at_once_by_its_last_will(
    tmp_path: Path, mqtt_url: str
) -> None:
    async with FakeServer() as server:
        over = OverBroker(server.url, mqtt_url)
        async with over.running(), over.client() as other:
            async with running(agent_config(tmp_path, over)) as agent:
                await other.next(STATUS, lambda said: said["type"] == "online")
                await server.next(wire.Hello)
                await agent.stop(signal.SIGKILL)
                await other.next(STATUS, lambda said: said["type"] == "offline")
            await server.until(lambda: server.is_gone, "the end of the device's websocket")
        async with over.client() as late:
            await late.next(STATUS, lambda said: said["type"] == "offline")


async def test_a_bridge_that_starts_later_finds_the_devices_that_are_there(
    tmp_path: Path, mqtt_url: str
) -> None:
    async with FakeServer() as server:
        over = OverBroker(server.url, mqtt_url)
        async with running(agent_config(tmp_path, over)) as agent:
            async with over.client() as other:
                await other.next(STATUS, lambda said: said["type"] == "hello")
            async with over.running():
                await server.next(wire.Hello)
                await agent.until_logged("link up")
            async with over.running():
                await server.next(wire.Hello)


async def test_what_the_broker_brings_twice_changes_nothing(tmp_path: Path, mqtt_url: str) -> None:
    async with FakeServer() as server:
        over = OverBroker(server.url, mqtt_url)
        async with over.running(), over.client() as other:
            async with running(agent_config(tmp_path, over)):
                hello = await server.next(wire.Hello)
                login = await other.next("chain/branch/devices/pi-1/login", lambda said: True)
                await other.publish("chain/branch/devices/pi-1/login", login)
                await other.publish(STATUS, wire.encode(hello))
                for _ in range(2):
                    command = wire.encode(wire.Command(id="u1", slot=2, op="unlock", ttl_ms=9000))
                    await other.publish("chain/branch/devices/pi-1/commands", command)
                    await server.next(wire.Received, id="u1")
                await server.next(wire.Result, id="u1", outcome="opened")
                await server.next(wire.Report, slot=2)
                assert server.connections == 1


async def test_an_unlock_that_is_older_than_the_connection_is_not_carried_out(mqtt_url: str) -> None:
    over = OverBroker("ws://127.0.0.1:1/ws/device/", mqtt_url)
    async with over.client() as other:
        async with over.transport(lambda: "token").open(5) as channel:
            text = wire.encode(wire.Command(id="old", slot=2, op="unlock", ttl_ms=9000))
            topic = f"{over.prefix}/chain/branch/devices/pi-1/commands"
            stale = broker.user_property(broker.CONNECTION, "an-earlier-one")
            await broker.publish(other.client, topic, text, properties=stale)
            await other.publish("chain/branch/devices/pi-1/commands", wire.encode(wire.Heartbeat()))
            assert wire.decode_from_server(await channel.recv()) == wire.Heartbeat()


async def test_a_second_client_of_the_same_device_ends_the_first(mqtt_url: str) -> None:
    over = OverBroker("ws://127.0.0.1:1/ws/device/", mqtt_url)
    async with over.transport(lambda: "token").open(5) as first:
        async with over.transport(lambda: "token").open(5):
            with pytest.raises(ChannelClosed, match="Disconnected"):
                await first.recv()


async def test_a_connection_that_breaks_while_nobody_waits_for_it_is_no_exception_that_was_lost(
    own_broker: OwnBroker,
) -> None:
    complaints: list[Any] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    client = broker.client(BrokerConfig(host="127.0.0.1", port=own_broker.port), "idle", None)
    async with client:
        ended = asyncio.Event()
        client._disconnected.add_done_callback(lambda _: ended.set())
        await asyncio.to_thread(own_broker.stop)
        await asyncio.wait_for(ended.wait(), DEADLINE)
    del client
    gc.collect()
    assert complaints == []


def test_a_broker_that_says_we_were_taken_over_means_that_another_speaks_for_the_device() -> None:
    config = MqttLink(broker=BrokerConfig(host="broker"), chain="chain", branch="branch")
    lost = aiomqtt.MqttError("Disconnected during message iteration")
    lost.__cause__ = aiomqtt.MqttCodeError(broker.TAKEN_OVER)
    assert closed_by(config, lost).code == 4409
    assert closed_by(config, aiomqtt.MqttError("lost")).code is None


def strict(port: int, password: Path) -> BrokerConfig:
    return BrokerConfig(host="127.0.0.1", port=port, username="pi-1", password_file=str(password))


async def test_a_wrong_password_is_named(tmp_path: Path, strict_broker: Any) -> None:
    password = tmp_path / "password"
    password.write_text("wrong\n")
    config = MqttLink(broker=strict(strict_broker.port, password), chain="chain", branch="branch")
    with pytest.raises(ChannelClosed, match="refused the username or password of 'pi-1'"):
        async with MqttTransport(config, "pi-1", lambda: "token").open(5):
            pass
    password.write_text("right\n")
    async with MqttTransport(config, "pi-1", lambda: "token").open(5):
        pass


async def test_a_missing_password_file_is_named(tmp_path: Path, mqtt_url: str) -> None:
    config = MqttLink(broker=strict(1883, tmp_path / "none"), chain="chain", branch="branch")
    with pytest.raises(ChannelClosed, match=r"link\.broker\.password_file: .*No such file"):
        async with MqttTransport(config, "pi-1", lambda: "token").open(5):
            pass


async def test_the_check_tells_of_the_broker(tmp_path: Path, mqtt_url: str, strict_broker: Any) -> None:
    over = OverBroker("ws://127.0.0.1:1/ws/device/", mqtt_url)
    config = load(agent_config(tmp_path, over))
    assert (await check_link(config)).ok
    password = tmp_path / "password"
    password.write_text("wrong\n")
    link = msgspec.structs.replace(config.link, broker=strict(strict_broker.port, password))
    row = await check_link(msgspec.structs.replace(config, link=link))
    assert not row.ok
    assert "refused the username or password of 'pi-1'" in row.detail


def test_a_websocket_needs_a_server_and_a_topic_no_wildcard(tmp_path: Path, mqtt_url: str) -> None:
    over = OverBroker("ws://127.0.0.1:1/ws/device/", mqtt_url)
    with pytest.raises(ConfigError, match="server_url: expected unless link"):
        load(agent_config(tmp_path, over, link={"kind": "websocket"}))
    path = agent_config(tmp_path, over)
    path.write_text(path.read_text().replace('"chain": "chain"', '"chain": "a/b"'))
    with pytest.raises(ConfigError, match=r"link\.chain"):
        load(path)


async def test_tls_wants_the_authority_that_we_trust(tmp_path: Path, tls_broker: Any) -> None:
    def config(ca: str | None) -> MqttLink:
        tls = broker.TlsConfig(ca=ca)
        at = BrokerConfig(host="localhost", port=tls_broker.port, tls=tls)
        return MqttLink(broker=at, chain="chain", branch="branch")

    async with MqttTransport(config(tls_broker.ca), "pi-1", lambda: "token").open(5):
        pass
    with pytest.raises(ChannelClosed, match="certificate verify failed"):
        async with MqttTransport(config(None), "pi-1", lambda: "token").open(5):
            pass


async def test_a_broker_that_starts_anew_loses_nothing(tmp_path: Path, own_broker: Any) -> None:
    async with FakeServer() as server:
        over = OverBroker(server.url, own_broker.url)
        async with over.running(), running(agent_config(tmp_path, over)):
            await server.next(wire.Hello)
            await server.unlock("u1", 4)
            await server.next(wire.Received, id="u1")
            await asyncio.to_thread(own_broker.stop)
            await server.until(lambda: server.is_gone, "the end of the device's websocket")
            await asyncio.to_thread(own_broker.start)
            await server.next(wire.Hello)
            assert (await server.next(wire.Result, id="u1")).outcome == "opened"
