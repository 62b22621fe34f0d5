"""``CartManager`` in Node, against a running server."""

from __future__ import annotations

import json
import os
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.browser.people import tokens
from tests.browser.shopping import MANGOES, MILK, Product
from tests.system.store import Store

_SCRIPT = Path(__file__).with_name("cart_manager.mjs")
_NO_SOCKET = "process.exit(typeof WebSocket === 'undefined' ? 1 : 0)"


@pytest.fixture
def node_with_sockets(node: str) -> list[str]:
    """Node's command line; older ones have a WebSocket only when asked for it."""
    bare = subprocess.run([node, "-e", _NO_SOCKET], check=False).returncode == 0
    return [node] if bare else [node, "--experimental-websocket"]


def _post(store: Store, path: str, token: str, body: dict[str, Any]) -> None:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    request = urllib.request.Request(f"{store.url}{path}", json.dumps(body).encode(), headers, method="POST")
    with urllib.request.urlopen(request, timeout=90) as answer:
        assert answer.status in (200, 201)


def _id_of(store: Store, product: Product, token: str) -> str:
    found = store.get(f"/api/products?search={product.barcode}", token)
    return str(found["results"][0]["id"])


def test_the_documented_examples_work_against_a_running_server(
    store: Store, node_with_sockets: list[str]
) -> None:
    token = tokens(store, "programmer")["access"]
    _post(store, "/api/session/qr-scan", token, {"trolley_id": "TROLLEY_60"})
    environ = {
        **os.environ,
        "SERVER": store.url,
        "TOKEN": token,
        "PRODUCT": _id_of(store, MANGOES, token),
        "OTHER": _id_of(store, MILK, token),
    }
    done = subprocess.run(
        [*node_with_sockets, "--test", "--test-timeout=60000", str(_SCRIPT)],
        env=environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
