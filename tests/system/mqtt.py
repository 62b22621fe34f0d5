"""A store whose Pi speaks MQTT: server, bridge and agent as processes, boards simulated in the agent."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

from tests.system.store import ROOT, Store

DEVICE = """
import django; django.setup()
from core.accounts.credentials.tokens import issue_device
from core.fleet.models import Trolley
device = Trolley.objects.get(trolley_id="TROLLEY_01").place_device
print(device.pk, issue_device(device.pk, device.token_version), device.branch.chain.slug, device.branch.code)
"""


class MqttStore:
    """Bridge and agent of a running store."""

    def __init__(self, store: Store, mqtt_url: str, folder: Path, prefix: str) -> None:
        self.store = store
        self.mqtt_url = mqtt_url
        self.folder = folder
        self.prefix = prefix
        device = store.run("-c", DEVICE).split()
        self.device_id, self.token, self.chain, self.branch = device
        self._stack = ExitStack()
        (folder / "password").write_text("trolley-demo\n")

    def topic(self, rest: str) -> str:
        return f"{self.prefix}/{self.chain}/{self.branch}/{rest}"

    def start_bridge(self, *more: str) -> subprocess.Popen[bytes]:
        arguments = [
            "-m",
            "devicegw.bridge.process",
            "--server",
            self.store.socket_url(""),
            "--broker",
            self.mqtt_url,
        ]
        arguments += ["--branch", self.branch, "--username", "manager", "--prefix", self.prefix]
        return self._start(*arguments, "--password-file", str(self.folder / "password"), *more)

    def start_agent(self) -> subprocess.Popen[bytes]:
        parts = urlsplit(self.mqtt_url)
        broker = {"host": parts.hostname, "port": parts.port}
        config = {
            "device_id": self.device_id,
            "device_token": self.token,
            "state_dir": str(self.folder / "state"),
            "link": {
                "kind": "mqtt",
                "chain": self.chain,
                "branch": self.branch,
                "prefix": self.prefix,
                "broker": broker,
            },
            "buses": [{"port": "simulated", "protocol": "simulator", "boards": [{"address": 0}]}],
        }
        path = self.folder / "agent.json"
        path.write_text(json.dumps(config))
        return self._start("-m", "devicegw.agent", "--config", str(path))

    def _start(self, *arguments: str) -> subprocess.Popen[bytes]:
        log = self._stack.enter_context((self.folder / f"{arguments[1]}.log").open("ab"))
        process = subprocess.Popen(
            [sys.executable, *arguments], cwd=ROOT, stdout=log, stderr=log, env=dict(os.environ)
        )
        self._stack.callback(process.wait, 10)
        self._stack.callback(process.kill)
        return process

    def log(self) -> str:
        return "\n".join(path.read_text()[-3000:] for path in sorted(self.folder.glob("devicegw.*.log")))

    def close(self) -> None:
        self._stack.close()
