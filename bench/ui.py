"""`make bench-ui`: how soon a page can be used on a slow phone, in Chromium over CDP.

A processor four times slower, 1.6 Mbit/s down, 0.75 up and 150 ms there and back, as Lighthouse has its slow
phone. A page is usable when what one does there first can be pressed: the name of whoever signs in to shop, a
trolley of the branch's list. Bytes are those on the wire. Writes docs/PAGES.md.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import statistics
import sys
import tempfile
import urllib.error
import urllib.request
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from bench.kit.process import ROOT
from scripts.screenshots import PASSWORD, PHONE, store
from scripts.services import chromium
from scripts.services.browser import SWITCHES

PAGE = ROOT / "docs" / "PAGES.md"
SLOWER = 4
LATENCY_MS, DOWN_BIT_S, UP_BIT_S = 150, 1_600_000, 750_000
PATIENCE_MS = 120_000

# When the first of the wanted is there, in ms since the page was asked for; a frame later it is painted.
_WATCH = """wanted => {
  const look = () => {
    if (document.querySelector(wanted)) globalThis.usableAt ??= performance.now();
    else requestAnimationFrame(look);
  };
  look();
}"""


class Measured(NamedTuple):
    """A page, opened several times: medians of seconds until it can be used, requests, KiB that came."""

    title: str
    seconds: float
    requests: float
    kib: float


class Subject(NamedTuple):
    """A page to open; ``wanted`` is what one presses first."""

    title: str
    path: str
    wanted: str
    user: str = ""


SUBJECTS = (
    Subject("shop, before signing in", "/shop", "form input:not([disabled])"),
    Subject("shop, signed in", "/shop", ".claim-hero .btn", "shopper"),
    Subject("branch, a manager's", "/branch/BRANCH-001", ".board-list .entry", "manager"),
    Subject("branch of 300 trolleys", "/branch/BENCH-300", ".board-list .entry", "chain-admin"),
)


def main() -> int:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(prog="bench.ui", description=__doc__.split("\n\n")[0])
    parser.add_argument("--times", type=int, default=5, help="how often each page is opened")
    parser.add_argument("--url", help="a store of `make run` that runs already")
    options = parser.parse_args()
    with ExitStack() as stack:
        executable, _ = chromium(stack, os.environ)
        data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="trolley-")))
        url = options.url or stack.enter_context(store(data, shoppers=0))
        _many_trolleys(url, 300)
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=executable, args=[*SWITCHES])
        stack.callback(browser.close)
        rows = [row for subject in SUBJECTS for row in measure(browser, url, subject, options.times)]
    page = "\n".join(_lines(rows, options.times)) + "\n"
    print(page)
    PAGE.write_text(page, encoding="utf-8")
    return 0


def measure(browser: Browser, url: str, subject: Subject, times: int) -> list[Measured]:
    """Open the page with an empty cache, and again with what the first visit left, so many times."""
    first, second = [], []
    for _ in range(times):
        context = browser.new_context(viewport=PHONE)
        if subject.user:
            kept = json.dumps(json.dumps(_tokens(url, subject.user)))
            context.add_init_script(f"localStorage['st.tokens'] ??= {kept}")
        first.append(_open(context, url, subject))
        second.append(_open(context, url, subject))
        context.close()
    return [
        _median(f"{subject.title}; empty cache", first),
        _median(f"{subject.title}; second visit", second),
    ]


def _median(title: str, runs: list[tuple[float, int, float]]) -> Measured:
    seconds, requests, kib = (statistics.median(column) for column in zip(*runs, strict=True))
    return Measured(title, seconds, requests, kib)


def _open(context: BrowserContext, url: str, subject: Subject) -> tuple[float, int, float]:
    """Return the seconds until the page can be used, the requests until then, and the KiB that came."""
    page = context.new_page()
    wire = context.new_cdp_session(page)
    asked: list[str] = []
    came: list[float] = []
    wire.on("Network.requestWillBeSent", lambda event: asked.append(event["requestId"]))
    wire.on("Network.loadingFinished", lambda event: came.append(event["encodedDataLength"]))
    wire.send("Network.enable")
    line = {"latency": LATENCY_MS, "downloadThroughput": DOWN_BIT_S / 8, "uploadThroughput": UP_BIT_S / 8}
    wire.send("Network.emulateNetworkConditions", {"offline": False, **line})
    wire.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
    page.add_init_script(f"({_WATCH})({json.dumps(subject.wanted)})")
    page.goto(f"{url}{subject.path}", wait_until="commit", timeout=PATIENCE_MS)
    ms = _usable(page)
    found = (ms / 1000, len(asked), sum(came) / 1024)
    page.close()
    return found


def _usable(page: Page) -> float:
    page.wait_for_function("() => globalThis.usableAt !== undefined", timeout=PATIENCE_MS)
    return float(page.evaluate("globalThis.usableAt"))


def _many_trolleys(url: str, count: int) -> None:
    """Make the branch of so many trolleys, unless it is there already."""
    headers = {"Authorization": f"Bearer {_tokens(url, 'chain-admin')['access']}"}
    branch = {"chain": "demo-chain", "code": "BENCH-300", "name": "Demo Mart Outlet", "timezone": "UTC"}
    trolleys = {"count": count, "prefix": "BENCH_"}
    with contextlib.suppress(urllib.error.HTTPError):  # a store that runs already may have it
        for path, body in (("branches", branch), ("branches/BENCH-300/trolleys", trolleys)):
            request = urllib.request.Request(f"{url}/api/{path}", json.dumps(body).encode(), headers)
            request.add_header("Content-Type", "application/json")
            urllib.request.urlopen(request, timeout=60).close()


def _tokens(url: str, username: str) -> dict[str, str]:
    body = json.dumps({"username": username, "password": PASSWORD}).encode()
    request = urllib.request.Request(
        f"{url}/api/auth/token", body, {"Content-Type": "application/json"}, method="POST"
    )
    with urllib.request.urlopen(request, timeout=60) as answer:
        pair = json.load(answer)
    return {"access": pair["access"], "refresh": pair["refresh"]}


def _lines(rows: list[Measured], times: int) -> list[str]:
    load = f"load average {os.getloadavg()[0]:.2f}"
    return [
        "# The pages on a slow phone",
        "",
        "Written by `make bench-ui`; not edited by hand.",
        "",
        f"Chromium with its processor {SLOWER} times slower, {DOWN_BIT_S / 1e6} Mbit/s and {LATENCY_MS} ms; "
        f"the server of `make run` over HTTP/1.1. Medians of {times}. "
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {load}.",
        "",
        "| page | usable after | requests | KiB on the wire |",
        "|---|---|---|---|",
        *(f"| {one.title} | {one.seconds:.2f} s | {one.requests:.0f} | {one.kib:.0f} |" for one in rows),
    ]


if __name__ == "__main__":
    sys.exit(main())
