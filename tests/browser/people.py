"""Who visits the store, and the store they visit."""

from __future__ import annotations

import functools
import json
import shutil
import urllib.request
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Page

from core.checks import DEMO_USERNAMES
from core.config.production import DEMO_PASSWORD
from tests.system.store import Store

Visit = Callable[..., Page]


def open_store(furnished: Path, folder: Path, change: str = "", **environ: str) -> Store:
    """A running server on a copy of the demo, with a change of its data if one is named."""
    shutil.copy(furnished, folder / "store.sqlite3")
    shutil.copytree(furnished.parent / "media", folder / "media")
    # One store serves many tests, and people sign in once for all of them.
    usual = {"AUTH_RATE": "10000/minute", "ACCESS_TOKEN_S": "14400"}
    store = Store(f"sqlite:///{folder}/store.sqlite3", folder, **usual | environ)
    if change:
        store.manage("shell", "-v0", "-c", change)
    store.start()
    return store


@functools.lru_cache(maxsize=256)
def tokens(store: Store, username: str) -> dict[str, str]:
    """Sign in one of the demo's people, or make a new shopper of that name."""
    path = "token" if username in DEMO_USERNAMES else "register"
    body = json.dumps({"username": username, "password": DEMO_PASSWORD}).encode()
    request = urllib.request.Request(
        f"{store.url}/api/auth/{path}", body, {"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        pair = json.load(answer)
    return {"access": pair["access"], "refresh": pair["refresh"]}
