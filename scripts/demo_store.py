"""The hardware of the demo store: simulated lock boards, and the Raspberry Pi's agent that drives them.

For every device with a lock board in the database: one simulator a serial port,
one agent with a token of its own. A trolley that nobody holds any more is pushed
back into its slot, as the store's staff would. ``--check`` says by its exit status
whether a running store is well.
"""

from __future__ import annotations

import argparse
import json
import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, NoReturn
from uuid import UUID

import django

from scripts.children import Children, stop_once

PUSH_BACK_AFTER_S = 3.0
AUTO_PULL_S = "1.5"
UNLOCK_MS = "150"


class DemoBus(NamedTuple):
    """One serial port of a device, simulated."""

    device_id: str
    boards: list[dict[str, Any]]
    baudrate: int
    link: Path
    control: Path


def main() -> int:
    """Run until SIGINT or SIGTERM."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--server", default="ws://127.0.0.1:8000/ws/device/")
    parser.add_argument("--check", action="store_true")
    options = parser.parse_args()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.settings")
    django.setup()
    if options.check:
        return 0 if _fresh(_heartbeat()) else 1
    # SIGTERM is how containers and scripts/run.py stop us; both signals leave by the same door, and a
    # shell that starts us in the background has had Ctrl-C ignored.
    stop_once()
    children = Children(lambda line: print(line, file=sys.stderr, flush=True))
    try:
        _run(children, options.server)
    except KeyboardInterrupt:
        return 0
    finally:
        children.stop()


def _run(children: Children, server: str) -> NoReturn:
    buses = list(_buses())
    for bus in buses:
        children.start(f"simulated boards of {bus.device_id}", _simulator(bus), quiet=True)
    for bus in buses:
        _wait_for(bus.link)
    for device_id in dict.fromkeys(bus.device_id for bus in buses):
        config = _agent_config(device_id, [bus for bus in buses if bus.device_id == device_id], server)
        children.start(
            f"agent of {device_id}", [sys.executable, "-m", "devicegw.agent", "--config", str(config)]
        )
    abandoned: dict[tuple[str, int], float] = {}
    while True:
        time.sleep(0.5)
        children.watch()
        _push_back(buses, abandoned)
        if children.all_alive():
            _heartbeat().touch()


def _folder() -> Path:
    from django.conf import settings

    folder = Path(settings.DATA_DIR) / "store"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _heartbeat() -> Path:
    return _folder() / "alive"


def _fresh(path: Path) -> bool:
    return path.exists() and time.time() - path.stat().st_mtime < 10


def _buses() -> Iterator[DemoBus]:
    """The serial ports of every device that is in use, with the boards on each."""
    from core.fleet.models import Controller

    ports: dict[tuple[str, str], list[Controller]] = {}
    for board in Controller.objects.filter(device__is_revoked=False).select_related("device"):
        ports.setdefault((str(board.device_id), board.port), []).append(board)
    for number, ((device_id, _), boards) in enumerate(ports.items()):
        yield DemoBus(
            device_id,
            [{"address": b.address, "hook_open_level": int(b.polarity == "inverted")} for b in boards],
            boards[0].baudrate,
            _folder() / f"bus{number}",
            # A socket's path may be some hundred characters at most.
            _folder() / f"bus{number}.sock",
        )


def _simulator(bus: DemoBus) -> list[str]:
    boards = 1 + max(board["address"] for board in bus.boards)
    placed = _placed(bus)
    command = [sys.executable, "-m", "devicegw.simulator", "--boards", str(boards), "--link", str(bus.link)]
    command += ["--control", str(bus.control), "--auto-pull", AUTO_PULL_S, "--unlock-ms", UNLOCK_MS]
    command += ["--hook-open-level", str(bus.boards[0]["hook_open_level"])]
    return [*command, "--empty", *(str(slot) for slot in range(boards * 16) if slot not in placed)]


def _placed(bus: DemoBus) -> set[int]:
    """The slots in which trolleys of the fleet stand."""
    from core.fleet.models import Trolley

    places = Trolley.objects.filter(place_device=UUID(bus.device_id)).values_list("place_slot", flat=True)
    return {slot for slot in places if slot is not None}


def _agent_config(device_id: str, buses: list[DemoBus], server: str) -> Path:
    """Write the agent's config.json, and its token next to it, readable by its owner only."""
    from core.accounts.credentials.tokens import issue_device
    from core.fleet.models import Device

    folder = _folder() / device_id
    folder.mkdir(exist_ok=True)
    token = folder / "token"
    token.touch(mode=0o600)
    token.write_text(issue_device(device_id, Device.objects.get(pk=device_id).token_version))
    config = folder / "config.json"
    ports = [{"port": str(bus.link), "baudrate": bus.baudrate, "boards": bus.boards} for bus in buses]
    content = {
        "server_url": server,
        "device_id": device_id,
        "device_token_file": str(token),
        "state_dir": str(folder),
        "log_level": "WARNING",
        "buses": ports,
    }
    config.write_text(json.dumps(content, indent=2))
    return config


def _wait_for(link: Path, patience_s: float = 20.0) -> None:
    deadline = time.monotonic() + patience_s
    while not link.exists():
        if time.monotonic() > deadline:
            raise RuntimeError(f"the simulated bus {link} did not appear")
        time.sleep(0.05)


def _push_back(buses: list[DemoBus], abandoned: dict[tuple[str, int], float]) -> None:
    """Push back what has stood about unheld for a while."""
    from core.fleet.models import Trolley

    outside = Trolley.objects.filter(phase="available", custody="out", place_device__isnull=False)
    standing = {
        (str(device), int(slot or 0)) for device, slot in outside.values_list("place_device_id", "place_slot")
    }
    now = time.monotonic()
    for place in abandoned.keys() - standing:
        del abandoned[place]
    for place in standing:
        if now - abandoned.setdefault(place, now) >= PUSH_BACK_AFTER_S:
            device_id, slot = place
            abandoned[place] = now
            for bus in buses:
                if bus.device_id == device_id and slot >> 4 in {board["address"] for board in bus.boards}:
                    _order(bus.control, f"push_back {slot}")


def _order(control: Path, line: str) -> None:
    """Give the simulator one order; it may be restarting, then the next round does it."""
    try:
        with socket.socket(socket.AF_UNIX) as connection:
            connection.settimeout(2)
            connection.connect(str(control))
            connection.sendall(f"{line}\n".encode())
            connection.recv(4096)
    except OSError as error:
        print(f"the simulated bus {control.name} did not take {line!r}: {error}", file=sys.stderr)


if __name__ == "__main__":
    raise SystemExit(main())
