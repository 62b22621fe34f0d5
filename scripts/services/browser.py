"""Chromium, for the tests that walk the pages."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from contextlib import ExitStack, suppress

from scripts.services._process import NO_APT, Missing, apt_install, binary

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SHELL = "chromium-headless-shell"

_NOT_WANTED = (
    # A page under the address bar, in a process of its own, for every window: half of what a window costs.
    "WebUIOmniboxPopup",
    "WebUIOmniboxAimPopup",
    "WebUIOmniboxFullPopup",
    # Chromium heeds the last list alone, so what Playwright does not want stands here again.
    "AimEnabled",
    "AvoidCorsURLLoaderRestartOnRedirect",
    "AvoidUnnecessaryBeforeUnloadCheckSync",
    "DestroyProfileOnBrowserClose",
    "HttpsFirstBalancedModeAutoEnable",
    "HttpsUpgrades",
    "LensOverlay",
    "MediaRouter",
    "NetworkTimeServiceQuerying",
    "OptimizationHints",
    "PaintHolding",
    "PreconnectToSearch",
    "TcpPortRandomizationWin",
    "ThirdPartyStoragePartitioning",
    "msEdgeUpdateLaunchServicesPreferredVersion",
    "msForceBrowserSignIn",
)
SWITCHES = (
    "--no-sandbox",
    "--disable-background-networking",
    f"--disable-features={','.join(_NOT_WANTED)}",
)
"""What Chromium is started with, besides what Playwright gives it."""


def chromium(stack: ExitStack, environ: Mapping[str, str]) -> tuple[str, str]:
    """The path of a Chromium that starts, and how it was found."""
    if named := environ.get("TEST_CHROMIUM") or environ.get("CHROMIUM"):
        if not _starts(named):
            raise Missing(f"CHROMIUM names a browser that does not start: {named}")
        return named, "named by CHROMIUM"
    if found := _installed():
        return found, "installed"
    try:
        apt_install("Chromium", ("chromium",), environ)
    except Missing:
        if environ.get(NO_APT, "") not in ("", "0"):
            raise
    if found := _installed():
        return found, "installed with apt"
    # Ubuntu's package is a stub for snap; the test library fetches its own build.
    subprocess.run([sys.executable, "-m", "playwright", "install", "--with-deps", "chromium"], check=False)
    if found := _playwrights():
        return found, "installed by playwright"
    raise Missing("Chromium is missing; install the package chromium or name a browser in CHROMIUM.")


def headless_shell(stack: ExitStack, environ: Mapping[str, str]) -> tuple[str, str]:
    """The path of Chromium without its windows, and how it was found; the whole one where there is none.

    It shows pages as Chromium does, for less than half of what a person's window costs there, and has no
    camera.
    """
    if named := environ.get("TEST_HEADLESS_SHELL"):
        return named, "named by TEST_HEADLESS_SHELL"
    how = "installed"
    if binary(SHELL) is None:
        how = "installed with apt"
        with suppress(Missing):
            apt_install("Chromium's headless shell", (SHELL,), environ)
    if (found := binary(SHELL)) and _starts(found):
        return found, how
    whole, _ = chromium(stack, environ)
    return whole, "the whole Chromium, for it is missing"


def _installed() -> str | None:
    candidates = [path for name in NAMES if (path := binary(name))]
    return next(filter(_starts, candidates), None) or _playwrights()


def _playwrights() -> str | None:
    ask = "import playwright.sync_api as p\nwith p.sync_playwright() as x: print(x.chromium.executable_path)"
    path = subprocess.run(
        [sys.executable, "-c", ask], capture_output=True, text=True, check=False
    ).stdout.strip()
    return path if path and os.access(path, os.X_OK) and _starts(path) else None


def _starts(path: str) -> bool:
    try:
        shown = subprocess.run([path, "--version"], capture_output=True, timeout=60, check=False)
    except OSError:
        return False
    return shown.returncode == 0 and b"Chrom" in shown.stdout
