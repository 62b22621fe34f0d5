"""The branch's hardware as processes: simulated lock boards and the Raspberry Pi's real agent.

As ``scripts.demo_store`` runs them, but nobody pulls or pushes a trolley unless the test does.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from devicegw.simulator.control import control
from scripts.children import die_with_parent
from tests.system.store import ROOT, Store

DEVICE_ID = "0d1ce000-0000-4000-8000-000000000001"
BOARDS = 2
TROLLEYS = 24
"""The demo's, in the first slots."""
_TOKEN = (
    "from core.accounts.credentials.tokens import issue_device; from core.fleet.models import Device; "
    f"print(issue_device('{DEVICE_ID}', Device.objects.get(pk='{DEVICE_ID}').token_version))"
)


class Hardware:
    """Two boards of the demo branch and their Pi."""

    def __init__(self, store: Store, folder: Path, log: Path, *simulator_arguments: str) -> None:
        self._control = folder / "bus.sock"
        self._log = log.open("ab")
        link = folder / "bus"
        simulator = ["--boards", str(BOARDS), "--link", str(link), "--control", str(self._control)]
        simulator += ["--empty", *(str(slot) for slot in range(TROLLEYS, BOARDS * 16))]
        self._processes = [
            self._start("devicegw.simulator", *simulator, "--unlock-ms", "60", *simulator_arguments)
        ]
        deadline = time.monotonic() + 20
        while not self._control.exists():
            assert time.monotonic() < deadline, "the simulated boards did not start"
            time.sleep(0.02)
        self._config = folder / "config.json"
        self._config.write_text(
            json.dumps(
                {
                    "server_url": store.socket_url("/ws/device/"),
                    "device_id": DEVICE_ID,
                    "device_token": store.manage("shell", "-v0", "-c", _TOKEN).strip(),
                    "state_dir": str(folder),
                    "log_level": "WARNING",
                    "buses": [
                        {
                            "port": str(link),
                            "boards": [{"address": n} for n in range(BOARDS)],
                            # A bolt that sticks is given up sooner than in a shop.
                            "timings": {"open_s": 0.4},
                        }
                    ],
                }
            )
        )
        self._processes.append(self._start("devicegw.agent", "--config", str(self._config)))

    def pull(self, trolley: int) -> None:
        """Take the trolley with this number out of its slot."""
        self._order(f"pull {trolley - 1}")

    def push_back(self, trolley: int) -> None:
        """Push it in until it clicks."""
        self._order(f"push_back {trolley - 1}")

    def jam(self, trolley: int) -> None:
        """Let its bolt stick: the lock will not open; it must be shut, as no other test has left it."""
        slot = self.slots()[trolley]
        assert slot["present"], f"trolley {trolley} was taken by another test: {slot}"
        assert slot["hook"] == "closed", f"the lock of trolley {trolley} was opened by another test: {slot}"
        self._order(f"stick {trolley - 1}")

    def free(self, trolley: int) -> None:
        """Let its bolt move again."""
        self._order(f"free {trolley - 1}")

    def pulses(self, trolley: int) -> int:
        """Return how often its lock was pulsed."""
        return int(self.slots()[trolley]["pulses"])

    def slots(self) -> dict[int, dict[str, Any]]:
        """Return what is so, by trolley: its slot's ``hook`` and ``present``."""
        return {each["slot"] + 1: each for each in control(self._control, "state")["slots"]}

    @contextmanager
    def unplugged_bus(self) -> Iterator[None]:
        """Pull the Pi's adapter out meanwhile."""
        self._order("unplug")
        yield
        self._order("replug")

    @contextmanager
    def dead_pi(self) -> Iterator[None]:
        """Let the Pi have no power meanwhile."""
        agent = self._processes.pop()
        agent.kill()
        agent.wait(90)
        yield
        self._processes.append(self._start("devicegw.agent", "--config", str(self._config)))

    @contextmanager
    def frozen_pi(self) -> Iterator[None]:
        """Let the Pi stand still meanwhile, its connection open."""
        agent = self._processes[-1]
        agent.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            agent.send_signal(signal.SIGCONT)

    def fault(self, what: str) -> None:
        """Break a board (``dead 1``) or mend everything (``none``)."""
        self._order(f"fault {what}")

    def close(self) -> None:
        """End both processes."""
        for process in reversed(self._processes):
            process.terminate()
        for process in self._processes:
            process.wait(90)
        self._log.close()

    def _order(self, line: str) -> None:
        answer: dict[str, Any] = control(self._control, line)
        assert answer["ok"], answer

    def _start(self, module: str, *arguments: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            preexec_fn=die_with_parent,
        )
