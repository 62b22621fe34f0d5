"""The server is killed while an unlock is on its way to the Pi: the lock opens, once, and that is known."""

from __future__ import annotations

import json
import tempfile
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.browser.hardware import DEVICE_ID, Hardware
from tests.system.demo import furnished
from tests.system.store import Store

WITHIN_S = 120.0
NUMBER = 3


def _post(store: Store, path: str, token: str, body: dict[str, Any]) -> Any:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{store.url}{path}", json.dumps(body).encode(), headers, method="POST")
    with urllib.request.urlopen(request, timeout=90) as answer:
        return json.load(answer)


def _until(store: Store, path: str, token: str, met: Callable[[Any], bool]) -> None:
    """Wait until the server says what is wanted."""
    deadline = time.monotonic() + WITHIN_S
    while True:
        got = store.get(path, token)
        if met(got):
            return
        assert time.monotonic() < deadline, f"it never came: {got}"
        time.sleep(0.05)


@pytest.mark.timeout(300)
def test_an_unlock_on_its_way_when_the_server_is_killed_opens_the_lock_once(tmp_path: Path) -> None:
    with (
        furnished(f"sqlite:///{tmp_path}/s.sqlite3", tmp_path) as store,
        tempfile.TemporaryDirectory() as folder,
    ):
        [(_, token)] = store.shoppers(0)
        store.start()
        hardware = Hardware(store, Path(folder), tmp_path / "hardware.log")
        status = f"/api/devices/{DEVICE_ID}/status"
        try:
            _until(store, status, token, lambda said: said["status"] == "online")
            assert hardware.pulses(NUMBER) == 0
            with hardware.frozen_pi():
                _post(store, f"/api/branches/BRANCH-001/carts/{NUMBER}/unlock", token, {"reason": "stuck"})
                [pending] = store.get(status, token)["pending"]
                assert pending["slot"] == NUMBER - 1
                store.kill()
                store.start()
            trolley = f"/api/trolleys/TROLLEY_{NUMBER:02}"
            _until(store, trolley, token, lambda said: said["lock"]["reported"] == "open")
            _until(store, status, token, lambda said: not said["pending"])
            assert hardware.pulses(NUMBER) == 1
        finally:
            hardware.close()
        store.stop()
        store.manage("check_journal")
