"""Our server as it is shipped, on a database of its own, with shoppers who hold trolleys."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from bench.kit.process import HOST, ROOT, Server, free_port, serving
from bench.load.plan import Caller, Plan
from scripts.probe import healthy
from scripts.services.postgres import fresh_database

PRODUCTS = 40
NO_LIMIT = "1000000"
CLAIMS = {"ACCOUNT_CLAIMS_PER_MINUTE": NO_LIMIT, "ADDRESS_CLAIMS_PER_MINUTE": NO_LIMIT}
"""All shoppers claim their trolleys at once, and from one address."""


class Shop:
    """A running server and what is known of its shoppers."""

    def __init__(self, server: Server, rows: Mapping[str, Any]) -> None:
        self.server = server
        self.rows = rows

    def post(self, path: str, token: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """One HTTP command, not measured."""
        request = urllib.request.Request(
            f"http://{HOST}:{self.server.port}{path}",
            data=json.dumps(body).encode(),
            headers={"Authorization": f"Bearer {token}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=20) as answer:
            return dict(json.load(answer))

    def start_sessions(self) -> list[str]:
        """Every shopper scans a trolley's QR code; returns the session ids."""
        return [
            self.post("/api/session/qr-scan", each["token"], {"trolley_id": each["trolley_id"]})["session_id"]
            for each in self.rows["shoppers"]
        ]

    def plan(self, *, socket: bool) -> Plan:
        """Every shopper scans one product after the other, over and over."""
        callers = []
        for each, session_id in zip(self.rows["shoppers"], self.start_sessions(), strict=True):
            bodies = [{"session_id": session_id, "barcode": code} for code in self.rows["barcodes"]]
            headers = {"Authorization": f"Bearer {each['token']}"}
            if socket:
                bodies = [{"id": "@ID@", "type": "cart.add", **body} for body in bodies]
            else:
                headers["Idempotency-Key"] = "@ID@"
            callers.append(Caller(headers, [json.dumps(body, separators=(",", ":")) for body in bodies]))
        return Plan(
            host=HOST,
            port=self.server.port,
            path="/ws/shopper/" if socket else "/api/cart/add",
            callers=callers,
            warmup_s=2,
            measure_s=5,
            subprotocols=["trolley.v1"] if socket else [],
            good='"ok":true' if socket else '"cart_total"',
        )


@contextmanager
def shop(
    postgres: str, shoppers: int, work: Path, *, locks: bool = False, limited: bool = False
) -> Iterator[Shop]:
    """Serve an empty database filled for ``shoppers``; all is as shipped, but for the limits of rate."""
    with fresh_database(postgres, "trolley_bench") as url:
        port = free_port()
        environ = {
            "DATABASE_URL": url,
            "DATA_DIR": str(work / "data"),
            "SECRET_KEY": secrets.token_hex(32),
            **({} if limited else {"WS_COMMANDS_PER_SECOND": NO_LIMIT}),
            **CLAIMS,
            "ACCESS_TOKEN_S": "7200",
            "REDIS_URL": "",
            "DEMO_SHOPPERS": "",
            "PORT": str(port),
        }
        command = [
            sys.executable,
            "-m",
            "bench.kit.prepare",
            "--shoppers",
            str(shoppers),
            "--products",
            str(PRODUCTS),
        ]
        prepared = subprocess.run(
            [*command, *(["--locks"] if locks else [])],
            env={**os.environ, **environ}, cwd=ROOT, check=True, stdout=subprocess.PIPE,
        )  # fmt: skip
        serve = [sys.executable, "-m", "scripts.serve", "--host", HOST, "--port", str(port)]
        with serving(serve, port, environ, work / "shop.log") as server:
            until_ready(server)
            yield Shop(server, json.loads(prepared.stdout))


def until_ready(server: Server, patience_s: float = 30.0) -> None:
    """Wait until the server says that it is ready; raises with its log if it never does."""
    deadline = time.monotonic() + patience_s
    while not healthy(f"http://{HOST}:{server.port}/readyz"):
        if time.monotonic() > deadline:
            raise RuntimeError(f"the server is not ready:\n{server.log.read_text()[-2000:]}")
        time.sleep(0.1)
