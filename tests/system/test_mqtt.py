"""From a broker's client to a lock and back: real server, bridge, agent and Mosquitto."""

from __future__ import annotations

import asyncio
import json
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import pytest

from devicegw.link import broker
from devicegw.wire import utc
from scripts.services._process import installed
from tests.devicegw.brokers import OwnBroker
from tests.devicegw.carriers import Client, OverBroker
from tests.system.demo import furnished
from tests.system.mqtt import MqttStore
from tests.system.store import ROOT

DOCS = ROOT / "docs" / "MQTT.md"


@pytest.fixture
def shop(tmp_path: Path, mqtt_url: str) -> Iterator[MqttStore]:
    """A running store with the demo in it, on SQLite; bridge and agent are started by the test."""
    with furnished(f"sqlite:///{tmp_path}/store.sqlite3", tmp_path) as store:
        shop = MqttStore(store, mqtt_url, tmp_path, f"test-{uuid4().hex[:12]}")
        store.start()
        try:
            yield shop
        finally:
            shop.close()


@asynccontextmanager
async def listening(shop: MqttStore, topic: str) -> Any:
    over = OverBroker("ws://nowhere/ws/device/", shop.mqtt_url)
    async with broker.client(over.broker, uuid4().hex, None) as client:
        await client.subscribe(topic, qos=1)
        yield Client(shop.prefix, client)


def command(id_: str, ago: float = 0.0, **more: Any) -> dict[str, Any]:
    """A command that was given so many seconds ago."""
    return {"id": id_, "at": utc(time.time() - ago).isoformat(), **more}


def place(shop: MqttStore, rest: str) -> str:
    return f"{shop.chain}/{shop.branch}/{rest}"


@pytest.mark.timeout(300)
async def test_a_command_from_the_broker_opens_a_lock_and_the_status_tells_of_it(shop: MqttStore) -> None:
    status = place(shop, "carts/TROLLEY_01/status")
    unlock = place(shop, "carts/TROLLEY_01/unlock")
    async with listening(shop, f"{shop.prefix}/#") as client:
        bridge = shop.start_bridge()
        agent = shop.start_agent()
        await client.next(status, lambda said: said["lock"]["reported"] == "closed")
        for _ in range(2):
            await client.publish(unlock, command("desk-1", reason="Stuck"))
        opened = await client.next(status, lambda said: said["lock"]["reported"] == "open")
        assert opened["answer"] == {"id": "desk-1", "op": "unlock", "code": "ok", "detail": ""}
        assert "assigned_to" not in opened

        await client.publish(place(shop, "carts/TROLLEY_01/lock"), command("desk-2"))
        refused = await client.next(status, lambda said: said["answer"]["id"] == "desk-2")
        assert refused["answer"]["code"] == "unsupported"

        # The bridge goes without a word; devices and trolleys are found again by the next one.
        bridge.send_signal(signal.SIGKILL)
        bridge.wait(90)
        await client.next("bridge/bridge/status", lambda said: said == "offline")
        shop.start_bridge()
        await client.next(
            place(shop, f"devices/{shop.device_id}/commands"), lambda said: said["type"] == "welcome"
        )
        await client.publish(place(shop, "carts/TROLLEY_02/unlock"), command("desk-3", reason="Stuck"))
        await client.next(
            place(shop, "carts/TROLLEY_02/status"), lambda said: said["lock"]["reported"] == "open"
        )
        agent.send_signal(signal.SIGKILL)
        device = place(shop, f"devices/{shop.device_id}/status")
        await client.next(device, lambda said: said["type"] == "offline")


@pytest.mark.timeout(300)
async def test_a_command_that_a_bridge_had_when_it_was_killed_is_carried_out_by_the_next(
    shop: MqttStore,
) -> None:
    status = place(shop, "carts/TROLLEY_01/status")
    patient = shop.folder / "bridge.json"
    patient.write_text(json.dumps({"session_s": 600}))
    async with listening(shop, f"{shop.prefix}/#") as client:
        bridge = shop.start_bridge("--config", str(patient))
        await client.next(status, lambda said: True)
        shop.store.kill()
        late = command("desk-1", reason="Stuck", ttl_s=120)
        await client.publish(place(shop, "carts/TROLLEY_01/unlock"), late)
        await until_logged(shop, "command desk-1 of TROLLEY_01 has come")
        bridge.send_signal(signal.SIGKILL)
        bridge.wait(90)
        shop.store.start()
        shop.start_bridge("--config", str(patient))
        opening = await client.next(status, lambda said: said["lock"]["desired"] == "open" and said["answer"])
        assert opening["answer"] == {"id": "desk-1", "op": "unlock", "code": "ok", "detail": ""}


async def until_logged(shop: MqttStore, text: str) -> None:
    """Wait until the bridge has said something."""
    async with asyncio.timeout(90):
        while text not in shop.log():
            await asyncio.sleep(0.05)


@pytest.mark.timeout(300)
async def test_commands_that_are_wrong_are_answered_by_name(shop: MqttStore) -> None:
    status = place(shop, "carts/TROLLEY_03/status")
    unlock = place(shop, "carts/TROLLEY_03/unlock")
    async with listening(shop, f"{shop.prefix}/#") as client:
        await client.publish(unlock, command("kept", reason="x"), retain=True)
        shop.start_bridge()
        said = await client.next(status, lambda said: said["answer"])
        assert (said["answer"]["id"], said["answer"]["code"]) == ("kept", "retained")
        await client.publish(unlock, "", retain=True)
        await client.publish(unlock, command("a"))
        await client.next(status, lambda said: said["answer"]["code"] == "invalid_field")
        await client.publish(unlock, command("b", colour=1))
        said = await client.next(status, lambda said: "colour" in said["answer"]["detail"])
        assert said["answer"]["code"] == "invalid_message"


@pytest.mark.timeout(300)
async def test_a_command_that_is_older_than_its_time_to_live_moves_nothing_and_says_when_it_was_given(
    shop: MqttStore,
) -> None:
    status = place(shop, "carts/TROLLEY_04/status")
    unlock = place(shop, "carts/TROLLEY_04/unlock")
    async with listening(shop, f"{shop.prefix}/#") as client:
        bridge = shop.start_bridge()
        shop.start_agent()
        await client.next(status, lambda said: said["lock"]["reported"] == "closed")
        # It lies in the broker while the bridge is away, and is too old when the next one comes.
        bridge.send_signal(signal.SIGKILL)
        bridge.wait(90)
        await client.publish(unlock, command("old", ago=31, reason="Stuck"))
        shop.start_bridge()
        said = await client.next(status, lambda said: said["answer"])
        assert (said["answer"]["id"], said["answer"]["code"]) == ("old", "expired")
        assert re.match(
            r"It was given at 20\d\d-\d\d-\d\dT[\d:]{8}Z, \d+ s ago, and held for 30 s\.",
            said["answer"]["detail"],
        )
        await client.publish(unlock, command("ahead", ago=-60, reason="Stuck"))
        await client.next(status, lambda said: said["answer"]["code"] == "clock_ahead")
        await client.publish(unlock, {"id": "timeless", "reason": "Stuck"})
        said = await client.next(status, lambda said: said["answer"]["code"] == "invalid_message")
        assert "`at`" in said["answer"]["detail"]
        assert (said["lock"]["desired"], said["lock"]["reported"]) == ("closed", "closed")
        # What waits is no reason to wait longer: the same lock opens for one that is in time.
        await client.publish(unlock, command("new", ago=0, reason="Stuck"))
        await client.next(status, lambda said: said["lock"]["reported"] == "open")


@pytest.mark.timeout(300)
async def test_home_assistant_hears_of_every_trolley_that_has_a_slot(shop: MqttStore) -> None:
    home = f"{shop.prefix}-home"
    config = shop.folder / "bridge.json"
    config.write_text(json.dumps({"home_assistant": {"prefix": home}}))
    async with listening(shop, f"{home}/#") as client:
        shop.start_bridge("--config", str(config))
        lock = await client.next(
            f"{home}/lock/trolley_TROLLEY_01/lock/config", lambda said: said["unique_id"]
        )
        assert lock["command_topic"] == shop.topic("carts/TROLLEY_01/unlock")
        assert lock["state_topic"] == shop.topic("carts/TROLLEY_01/status")
        given = re.sub(r"\{\{.*?\}\}", "1", lock["command_template"])
        assert json.loads(given) == {"id": "ha-1", "at": "1", "reason": "Home Assistant", "op": "1"}
        sensor = await client.next(
            f"{home}/binary_sensor/trolley_TROLLEY_01/present/config", lambda said: said
        )
        assert sensor["device_class"] == "occupancy"


@pytest.fixture
def own_broker() -> Iterator[OwnBroker]:
    """A broker on which topics need no prefix of the test's own."""
    with ExitStack() as stack:
        own = OwnBroker(stack)
        own.start()
        yield own


def documented() -> list[str]:
    """The command lines of the page that speak to the broker."""
    blocks = re.findall(r"^```sh\n(.*?)^```", DOCS.read_text(), re.M | re.S)
    return [line for block in blocks for line in block.splitlines() if line.startswith("mosquitto_")]


@pytest.mark.timeout(300)
async def test_the_commands_of_the_page_do_what_it_says(tmp_path: Path, own_broker: OwnBroker) -> None:
    installed("Mosquitto's clients", "mosquitto_pub", ("mosquitto-clients",), os.environ)
    with furnished(f"sqlite:///{tmp_path}/store.sqlite3", tmp_path) as store:
        shop = MqttStore(store, own_broker.url, tmp_path, "cartwise")
        store.start()
        # The clients read where the broker is from here, so that the commands stay as they are written.
        for name in ("mosquitto_pub", "mosquitto_sub"):
            (tmp_path / name).write_text(f"-h 127.0.0.1\n-p {urlsplit(own_broker.url).port}\n")
        said = []
        async with listening(shop, "cartwise/#") as client:
            shop.start_bridge()
            shop.start_agent()
            status = place(shop, "carts/TROLLEY_01/status")
            await client.next(status, lambda said: said["lock"]["reported"] == "closed")
            for line in documented():
                said.append(run(line, tmp_path))
            await client.next(status, lambda said: (said["answer"] or {}).get("code") == "unsupported")
            await client.next(status, lambda said: said["lock"]["reported"] == "open")
        assert json.loads(said[0])["trolley_id"] == "TROLLEY_01"
        assert said[-1].strip() == "online"
        shop.close()


def run(line: str, folder: Path) -> str:
    done = subprocess.run(
        ["sh", "-c", line],
        env={"PATH": "/usr/bin:/bin:/usr/local/bin:/opt/homebrew/bin", "XDG_CONFIG_HOME": str(folder)},
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout
