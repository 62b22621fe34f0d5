"""A setting that is changed at one process is obeyed by the first command at another."""

from __future__ import annotations

import json
import time
import urllib.request
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from tests.system.demo import furnished
from tests.system.store import Store

PATIENCE_S = 60.0


def call(store: Store, method: str, path: str, token: str, body: Any) -> Any:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json", "If-Match": "*"}
    request = urllib.request.Request(store.url + path, json.dumps(body).encode(), headers, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def reach_s(changed: Store, obeying: Store, manager: str, timeout_s: int) -> float:
    """How long after the change's answer the first command at the other process goes by it."""
    call(
        changed, "PATCH", "/api/branches/BRANCH-002", manager, {"settings": {"session_timeout_s": timeout_s}}
    )
    began = time.monotonic()
    while time.monotonic() - began < PATIENCE_S:
        started = call(obeying, "POST", "/api/session/qr-scan", manager, {"trolley_id": "TROLLEY_51"})
        call(obeying, "POST", "/api/session/end", manager, {})
        if started["timeout_s"] == timeout_s:
            return time.monotonic() - began
    raise AssertionError(f"not obeyed within {PATIENCE_S} s")


@pytest.mark.timeout(300)
def test_a_changed_setting_is_obeyed_at_the_other_process(
    new_postgres_url: str, redis_url: str, redis_prefix: str, tmp_path: Path
) -> None:
    shared = {"REDIS_URL": redis_url, "REDIS_PREFIX": redis_prefix}
    with ExitStack() as stack:
        owner = stack.enter_context(furnished(new_postgres_url, tmp_path, **shared))
        (tmp_path / "edge").mkdir()
        edge = Store(new_postgres_url, tmp_path / "edge", ROLE="edge", **shared)
        stack.callback(edge.close)
        *_, (_, manager) = owner.shoppers(1)
        owner.start()
        edge.start()
        for timeout_s, (changed, obeying) in enumerate(((owner, edge), (edge, owner), (edge, edge)), 61):
            reach_s(changed, obeying, manager, timeout_s)
