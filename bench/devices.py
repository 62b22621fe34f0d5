"""A thousand Pis with 32 slots each against one server process: connecting, reports, telemetry, unlocks.

``python -m bench.devices --postgres URL`` prints what was measured. The Pis are one asyncio
process of their own, on the load's core; the server is the shipped one, on its own.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import uvloop
from picows import WSFrame, WSListener, WSMsgType, WSTransport, ws_connect

from bench.load.plan import quantile
from bench.process import HOST, ROOT, free_port, pinned, serving
from scripts.services.postgres import fresh_database

BRANCHES, SLOTS = 100, 32


class Pi(WSListener):  # type: ignore[misc]
    """One device's link: says hello, numbers what it sends, answers every command at once."""

    def __init__(self, fleet: Fleet, device_id: str) -> None:
        super().__init__()
        self.fleet, self.device_id = fleet, device_id
        self.seq = 0
        self.closed = [True] * SLOTS
        self.welcome: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.transport: WSTransport

    def say(self, **message: Any) -> None:
        """Send one message."""
        self.transport.send(WSMsgType.TEXT, json.dumps(message, separators=(",", ":")).encode())

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Say hello."""
        self.transport = transport
        at = _now()
        slots = [{"slot": n, "hook": "closed", "present": True, "at": at} for n in range(SLOTS)]
        self.say(type="hello", device_id=self.device_id, boot_id="b", firmware="1", slots=slots)

    def report(self) -> None:
        """Tell of the next slot's hook, the other way round than before."""
        self.seq += 1
        slot = self.seq % SLOTS
        self.closed[slot] = not self.closed[slot]
        hook = "closed" if self.closed[slot] else "open"
        self.fleet.sent[self.device_id, self.seq] = time.perf_counter()
        self.say(type="report", seq=self.seq, slot=slot, hook=hook, present=True, at=_now())

    def telemetry(self) -> None:
        """Say how it is."""
        self.seq += 1
        self.fleet.sent[self.device_id, self.seq] = time.perf_counter()
        data = {"load": 0.5, "temperature": 51.5, "bus": {"answers": 100, "timeouts": 0}}
        self.say(type="telemetry", seq=self.seq, at=_now(), data=data)

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Count acknowledgements; open locks."""
        if frame.msg_type == WSMsgType.CLOSE:
            self.fleet.failures.append(f"closed with {frame.get_close_code()}")
            return
        message = json.loads(frame.get_payload_as_bytes())
        kind = message["type"]
        if kind == "ack":
            began = self.fleet.sent.pop((self.device_id, message["seq"]), None)
            if began is not None:
                self.fleet.acked.append(time.perf_counter() - began)
        elif kind == "welcome":
            self.seq = max(self.seq, message["last_seq"])
            self.welcome.set_result(None)
        elif kind == "command":
            self.fleet.commanded(self.device_id)
            self.say(type="received", id=message["id"])
            self.seq += 1
            self.say(type="result", seq=self.seq, id=message["id"], outcome="opened")
        elif kind == "problem":
            self.fleet.failures.append(str(message))


class Fleet:
    """All Pis, and what was measured."""

    def __init__(self) -> None:
        self.sent: dict[tuple[str, int], float] = {}
        self.acked: list[float] = []
        self.failures: list[str] = []
        self.pis: list[Pi] = []
        self.wanted: dict[str, asyncio.Future[float]] = {}

    def commanded(self, device_id: str) -> None:
        """An unlock has reached its Pi."""
        waiting = self.wanted.pop(device_id, None)
        if waiting is not None and not waiting.done():
            waiting.set_result(time.perf_counter())

    async def connect(self, port: int, devices: list[dict[str, str]]) -> float:
        """Open every link; return how long it took until the last welcome."""
        began = time.perf_counter()
        gate = asyncio.Semaphore(50)

        async def one(device: dict[str, str]) -> None:
            pi = Pi(self, device["id"])
            self.pis.append(pi)
            headers = {
                "Authorization": f"Bearer {device['token']}",
                "Sec-WebSocket-Protocol": "trolley-device.v1",
            }
            async with gate:
                await ws_connect(lambda: pi, f"ws://{HOST}:{port}/ws/device/", extra_headers=headers)
                await asyncio.wait_for(pi.welcome, 60)

        await asyncio.gather(*map(one, devices))
        return time.perf_counter() - began

    async def send(self, rate: int, seconds: float, what: str) -> dict[str, float]:
        """Send at a rate, spread over all Pis; return what came back."""
        self.sent.clear()
        self.acked = []
        began, count = time.perf_counter(), 0
        while (passed := time.perf_counter() - began) < seconds:
            for _ in range(int(passed * rate) - count):
                getattr(self.pis[count % len(self.pis)], what)()
                count += 1
            await asyncio.sleep(0.005)
        in_time = len(self.acked)
        until = time.perf_counter() + 30
        while self.sent and time.perf_counter() < until:
            await asyncio.sleep(0.01)
        took = time.perf_counter() - began
        found = sorted(self.acked) or [0.0]
        return {
            "asked": rate, "sent": count, "acked": len(self.acked), "acked_in_time_per_s": in_time / seconds,
            "per_s_to_the_last": len(self.acked) / took, "p50_ms": quantile(found, 0.5) * 1000,
            "p99_ms": quantile(found, 0.99) * 1000,
        }  # fmt: skip


class Desk(WSListener):  # type: ignore[misc]
    """Staff's socket, to order locks open."""

    def on_ws_connected(self, transport: WSTransport) -> None:
        """Keep the transport."""
        self.transport = transport

    def on_ws_frame(self, transport: WSTransport, frame: WSFrame) -> None:
        """Read past the replies; what counts is when the Pi has the command."""


async def unlocks(fleet: Fleet, port: int, plan: dict[str, Any], rounds: int) -> dict[str, float]:
    """Order locks open, one at a time; return how long the orders took to reach their Pis."""
    headers = {"Authorization": f"Bearer {plan['admin']}", "Sec-WebSocket-Protocol": "trolley.v1"}
    _, desk = await ws_connect(Desk, f"ws://{HOST}:{port}/ws/shopper/", extra_headers=headers)
    took = []
    for number in range(rounds):
        device = plan["devices"][number * 7 % len(plan["devices"])]
        waiting = fleet.wanted[device["id"]] = asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        order = {
            "id": f"u{number}-{rounds}",
            "type": "trolley.unlock",
            "trolley_id": device["trolley"],
            "reason": "bench",
        }
        desk.transport.send(WSMsgType.TEXT, json.dumps(order).encode())
        try:
            took.append(await asyncio.wait_for(waiting, 10) - began)
        except TimeoutError:
            fleet.failures.append(f"an unlock of {device['id']} did not come within 10 s")
            break
        await asyncio.sleep(0.02)
    took = sorted(took) or [10.0]
    return {"p50_ms": quantile(took, 0.5) * 1000, "p99_ms": quantile(took, 0.99) * 1000, "rounds": rounds}


async def client(port: int, pid: int, plan: dict[str, Any], seconds: float) -> None:
    """Measure everything; print JSON."""
    fleet = Fleet()
    before = _rss_kb(pid)
    result: dict[str, Any] = {
        "pis": len(plan["devices"]),
        "connected_s": await fleet.connect(port, plan["devices"]),
    }
    await asyncio.sleep(3)
    result["kb_a_pi"] = (_rss_kb(pid) - before) / len(plan["devices"])
    result["unlock_idle"] = await unlocks(fleet, port, plan, 200)
    result["telemetry"] = await fleet.send(5000, seconds, "telemetry")
    load = asyncio.create_task(fleet.send(1000, seconds, "report"))
    result["unlock_at_1000_reports"] = await unlocks(fleet, port, plan, int(seconds * 20))
    result["reports_1000"] = await load
    for rate in (2000, 5000):
        result[f"reports_{rate}"] = await fleet.send(rate, seconds, "report")
    result["failures"] = fleet.failures[:5]
    json.dump(result, sys.stdout)


def fill(pis: int) -> dict[str, Any]:
    """Make branches, devices and a trolley for each slot; return ids and tokens."""
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0)
    from core.accounts.models import User
    from core.accounts.tokens import issue, issue_device
    from core.fleet.models import Device, Trolley
    from core.tenancy.models import Branch, Chain

    chain = Chain.objects.create(slug="bench", name="Bench", currency="INR")
    branches = Branch.objects.bulk_create(
        Branch(chain=chain, code=f"B{n:03}", name=f"B{n}", has_lock_hardware=True) for n in range(BRANCHES)
    )
    devices = Device.objects.bulk_create(
        Device(branch=branches[n % BRANCHES], name=f"pi{n}") for n in range(pis)
    )
    Trolley.objects.bulk_create(
        (
            Trolley(
                trolley_id=f"T{n}_{slot}", branch=device.branch, cart_number=n * SLOTS + slot + 1,
                place_device=device, place_slot=slot,
            )
            for n, device in enumerate(devices)
            for slot in range(SLOTS)
        ),
        batch_size=2000,
    )  # fmt: skip
    admin = User.objects.create(username="admin", is_superuser=True)
    return {
        "admin": issue(admin)["access"],
        "devices": [
            {"id": str(each.pk), "token": issue_device(each.pk, each.token_version), "trolley": f"T{n}_0"}
            for n, each in enumerate(devices)
        ],
    }


def _now() -> str:
    now = time.time()
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now)) + f".{int(now % 1 * 1000):03}Z"


def _rss_kb(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("VmRSS"))


def main() -> None:
    """Measure, or do one of the parts in a process of its own."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--postgres", default="postgresql://postgres@127.0.0.1:5432/postgres")
    parser.add_argument("--pis", type=int, default=1000)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--part", choices=("fill", "client"))
    options = parser.parse_args()
    if options.part == "fill":
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "core.settings")
        json.dump(fill(options.pis), sys.stdout)
    elif options.part == "client":
        given = json.load(sys.stdin)
        uvloop.run(client(given["port"], given["pid"], given["plan"], options.seconds))
    else:
        measure(options)


def measure(options: Any) -> None:
    """Fill a database, serve it, let the Pis come, print."""
    part = [
        sys.executable,
        "-m",
        "bench.devices",
        "--pis",
        str(options.pis),
        "--seconds",
        str(options.seconds),
    ]
    with tempfile.TemporaryDirectory() as work, fresh_database(options.postgres, "trolley_bench") as url:
        environ = {"DATABASE_URL": url, "SECRET_KEY": secrets.token_hex(32), "DATA_DIR": work}
        environ |= {"WS_COMMANDS_PER_SECOND": "100000", "LOG_LEVEL": "warning"}
        filled = subprocess.run(
            [*part, "--part", "fill"],
            cwd=ROOT,
            env={**os.environ, **environ},
            check=True,
            capture_output=True,
        )
        port = free_port()
        command = [sys.executable, "-m", "scripts.serve", "--port", str(port)]
        with serving(command, port, environ, Path(work) / "server.log") as server:
            given = {"port": port, "pid": server.process.pid, "plan": json.loads(filled.stdout)}
            done = subprocess.run(
                pinned([*part, "--part", "client"], "load"), input=json.dumps(given).encode(), cwd=ROOT,
                check=False, capture_output=True,
            )  # fmt: skip
            if done.returncode:
                print(done.stderr.decode()[-3000:], (Path(work) / "server.log").read_text()[-3000:])
                raise SystemExit(1)
            print(json.dumps(json.loads(done.stdout), indent=1))


if __name__ == "__main__":
    main()
