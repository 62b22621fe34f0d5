"""The product as its operators run it: real processes on a real database, for tests that kill them."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
READY_WITHIN_S = 150.0

_SHOPPERS = """
import json, sys, django
django.setup()
from core.accounts.credentials import tokens
from core.accounts.models import User
names = [f"walker{i}" for i in range(int(sys.argv[1]))]
User.objects.bulk_create([User(username=name) for name in names], ignore_conflicts=True)
users = {user.username: user for user in User.objects.filter(username__in=[*names, "manager"])}
people = [users[name] for name in [*names, "manager"]]
print(json.dumps([[str(user.pk), tokens.issue(user)["access"]] for user in people]))
"""


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Store:
    """One server process and its database. ``kill`` is ``kill -9``."""

    def __init__(self, database_url: str, data_dir: Path, **environ: str) -> None:
        self.port = free_port()
        self.environ = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "core.settings",
            "DATABASE_URL": database_url,
            "DATA_DIR": str(data_dir),
            "PORT": str(self.port),
            "WS_COMMANDS_PER_SECOND": "100000",
            "ACCOUNT_CLAIMS_PER_MINUTE": "100000",
            "ADDRESS_CLAIMS_PER_MINUTE": "100000",
            **environ,
        }
        self._log = (data_dir / "server.log").open("ab")
        self._log_path = data_dir / "server.log"
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it answers HTTP."""
        return f"http://127.0.0.1:{self.port}"

    def socket_url(self, path: str) -> str:
        """Where it answers websockets."""
        return f"ws://127.0.0.1:{self.port}{path}"

    def manage(self, *arguments: str) -> str:
        """Run a management command; returns its output, fails the test with it if it fails."""
        return self.run("manage.py", *arguments)

    def shoppers(self, count: int) -> list[tuple[str, str]]:
        """Make users; returns (user id, access token) of each, and the manager's last."""
        lines = self.run("-c", _SHOPPERS, str(count)).splitlines()
        return [tuple(pair) for pair in json.loads(lines[-1])]

    def run(self, *arguments: str) -> str:
        """Run Python in this installation; returns its output, fails the test with it if it fails."""
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=ROOT,
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{arguments[:2]} failed:\n{done.stdout}\n{done.stderr}"
        return done.stdout

    def spawn(self) -> None:
        """Start the server and return at once."""
        self.process = subprocess.Popen(
            [sys.executable, "-m", "scripts.serve", "--port", str(self.port)],
            cwd=ROOT,
            env=self.environ,
            stdout=self._log,
            stderr=self._log,
        )

    def start(self) -> None:
        """Start the server and wait until it is ready."""
        self.spawn()
        assert self.process is not None
        deadline = time.monotonic() + READY_WITHIN_S
        while not self._ready():
            assert self.process.poll() is None, f"the server ended:\n{self.log()}"
            assert time.monotonic() < deadline, f"the server was not ready in time:\n{self.log()}"
            time.sleep(0.03)

    def _ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:
                return bool(answer.status == 200)
        except (OSError, urllib.error.URLError):
            return False

    def get(self, path: str, token: str) -> Any:
        """Return the JSON that the server answers a GET with."""
        request = urllib.request.Request(f"{self.url}{path}", headers={"Authorization": f"Bearer {token}"})
        with urllib.request.urlopen(request, timeout=60) as answer:
            return json.load(answer)

    def barcodes(self, token: str, most: int = 20) -> list[str]:
        """Return codes that can be scanned as they are: a scale's own say nothing without a weight."""
        found = self.get(f"/api/products?chain=demo-chain&page_size={most}", token)["results"]
        return [each["barcode"] for each in found if not each["barcode"].startswith("2")]

    def kill(self) -> None:
        """End the process as a power cut would."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(90)
            self.process = None

    def stop(self) -> None:
        """End the process as an operator would; it must end by itself, and in time."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(90)
        # Uvicorn shuts down in order, then lets the signal have its way.
        assert status in (0, -signal.SIGTERM), f"the server ended with {status}:\n{self.log()}"
        self.process = None

    def log(self) -> str:
        """What the server said, at its end."""
        return self._log_path.read_text(errors="replace")[-4000:]

    def close(self) -> None:
        """Leave nothing running."""
        self.kill()
        self._log.close()
